from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from referencing import Registry, Resource

from glassmaster.data.analysis import Analysis
from glassmaster.data.files.info import FileInfo
from glassmaster.inference.compliance import check_compliance
from glassmaster.inference.json_text import dump_json
from glassmaster.inference.profiles import load_profile, profile_names
from glassmaster.inference.report.document import document, error_entry
from glassmaster.inference.report.entries import (
    analysis_entry,
    check_entry,
    master_entry,
)
from glassmaster.inference.results import MasteringResult
from glassmaster.models.errors import OutputError, TargetError, UnsupportedAudioError, UsageError
from glassmaster.models.spectrum import PowerSpectrum

FOLDER = files("glassmaster.configs") / "schemas"
SCHEMAS: dict[str, Any] = {
    item.name: json.loads(item.read_text(encoding="utf-8")) for item in FOLDER.iterdir()
}
REGISTRY: Registry[Any] = Registry().with_resources(
    [(name, Resource.from_contents(schema)) for name, schema in SCHEMAS.items()]
)
SILENT = UnsupportedAudioError("x.wav: is silent; check it", code="silent", path="x.wav")


def problems(name: str, content: object) -> list[str]:
    validator = jsonschema.Draft202012Validator(SCHEMAS[f"{name}.json"], registry=REGISTRY)
    return [error.message for error in validator.iter_errors(content)]


def read_back(content: dict[str, Any]) -> Any:
    text = json.dumps(content, allow_nan=False)
    assert text.encode("utf-8")
    return json.loads(dump_json(content).encode("utf-8"))


def analyzed(info: FileInfo, analysis: Analysis) -> dict[str, Any]:
    return analysis_entry(Path("song.flac"), info, analysis, analysis.findings)


def checked(info: FileInfo, analysis: Analysis, asked: str) -> dict[str, Any]:
    names = profile_names() if asked == "all" else (asked,)
    reports = [check_compliance(analysis.loudness, load_profile(name)) for name in names]
    return check_entry(Path("song.flac"), info, analysis, (), asked, reports)


@pytest.mark.parametrize("name", SCHEMAS)
def test_schemas_are_valid(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMAS[name])


def test_analysis_is_a_valid_document(info: FileInfo, analysis: Analysis) -> None:
    content = read_back(document("analyze", [analyzed(info, analysis)]))
    assert problems("analyze", content) == []
    assert content["schema"] == 1
    assert content["version"] == version("glassmaster")
    entry = content["files"][0]
    assert (entry["path"], entry["status"], entry["exit_code"]) == ("song.flac", "ok", 0)
    assert entry["integrated_lufs"] == -21.3
    assert entry["true_peak_dbtp"] == -3.4
    assert entry["sample_peak_dbfs"] == -3.6
    assert entry["duration_s"] == 232.0
    assert entry["warnings"] == [
        {"code": "clipped", "message": "The audio is clipped in 3 places."}
    ]
    assert entry["band_levels"][0] == {
        "low_hz": 20.0,
        "high_hz": 120.0,
        "p10_dbfs": -44.0,
        "p50_dbfs": -33.5,
        "p95_dbfs": -27.25,
    }
    # side has a quarter of mid's power
    assert entry["third_octaves"]["side_share"] == pytest.approx([0.2] * 31)
    # of channels as loud as each other: (mid - side) / (mid + side)
    assert entry["third_octaves"]["correlation"] == pytest.approx([0.6] * 31)
    levels = zip(*(entry["third_octaves"][key] for key in ("mid_db", "side_db")), strict=True)
    assert [mid - side for mid, side in levels] == pytest.approx([6.0206] * 31, abs=1e-4)
    twelfths = entry["twelfth_octaves"]
    assert twelfths["frequency_hz"][0] == pytest.approx(1000.0 * 2.0 ** (-69.5 / 12.0), abs=1e-3)
    assert len(twelfths["frequency_hz"]) == len(twelfths["mid_db"]) == 4 * 31
    mid_db = [-30.0 - 0.3 * (m + 0.5) / 12.0 for m in range(-70, 54)]
    assert twelfths["mid_db"] == pytest.approx(mid_db, abs=1e-6)
    assert twelfths["side_db"] == pytest.approx([db - 6.0206 for db in mid_db], abs=1e-4)


def test_correlation_tells_a_louder_channel_and_opposite_ones(
    info: FileInfo, analysis: Analysis
) -> None:
    ones = np.ones(124)
    cases = {  # mid, side and their product, of left and right
        (0.25, 0.25, 0.25): None,  # left alone
        (0.0, 1.0, 0.0): -1.0,
        (1.0, 0.0, 0.0): 1.0,
        (2.25, 0.25, 0.75): 1.0,  # left twice as high as right
        (0.5, 0.5, 0.0): 0.0,
    }
    for powers, expected in cases.items():
        spectrum = PowerSpectrum(*(power * ones for power in powers))
        entry = analyzed(info, replace(analysis, spectrum=spectrum))
        correlation = entry["third_octaves"]["correlation"]
        assert correlation == ([None] * 31 if expected is None else pytest.approx([expected] * 31))
        assert problems("analyze", read_back(document("analyze", [entry]))) == []


def test_what_is_undefined_is_null(info: FileInfo, undefined: Analysis) -> None:
    mono = replace(info, channels=1, bit_depth=None)
    content = read_back(document("analyze", [analyzed(mono, undefined)]))
    assert problems("analyze", content) == []
    entry = content["files"][0]
    assert entry["integrated_lufs"] is None
    assert entry["correlation"] is None
    assert entry["third_octaves"]["mid_db"] == [None] * 31
    assert entry["third_octaves"]["correlation"] == [None] * 31
    assert entry["twelfth_octaves"]["side_db"] == [None] * 124
    assert entry["band_levels"][0]["p50_dbfs"] is None
    content = read_back(document("check", [checked(mono, undefined, "ebu_r128")]))
    assert problems("check", content) == []
    assert content["files"][0]["complies"] is False


def test_check_of_one_profile(info: FileInfo, analysis: Analysis) -> None:
    content = read_back(document("check", [checked(info, analysis, "club")]))
    assert problems("check", content) == []
    entry = content["files"][0]
    assert (entry["profile"], entry["complies"], entry["exit_code"]) == ("club", False, 2)
    assert len(entry["violations"]) == 1
    assert "-21.30 LUFS" in entry["violations"][0]
    assert entry["profiles"] == [
        {
            "profile": "club",
            "complies": False,
            "violations": entry["violations"],
            "playback_gain_db": None,
        }
    ]


def test_check_of_all_profiles(info: FileInfo, analysis: Analysis) -> None:
    content = read_back(document("check", [checked(info, analysis, "all")]))
    assert problems("check", content) == []
    entry = content["files"][0]
    assert entry["profile"] == "all"
    assert [part["profile"] for part in entry["profiles"]] == list(profile_names())
    assert entry["complies"] is False
    assert any(text.startswith("club: ") for text in entry["violations"])
    spotify = next(part for part in entry["profiles"] if part["profile"] == "spotify")
    assert spotify["playback_gain_db"] == pytest.approx(7.3)


def test_a_file_that_complies_ends_with_0(info: FileInfo, analysis: Analysis) -> None:
    entry = checked(info, analysis, "default")
    assert (entry["complies"], entry["exit_code"], entry["violations"]) == (True, 0, [])


@pytest.mark.parametrize("command", ["master", "render"])
def test_master_is_a_valid_document(command: str, result: MasteringResult) -> None:
    entry = master_entry(result, Path("song.yaml"), Path("song-report.html"))
    content = read_back(document(command, [entry]))
    assert problems("master", content) == []
    entry = content["files"][0]
    assert entry["path"] == "song.flac"
    assert entry["output"] == "song-master.wav"
    assert entry["before"]["integrated_lufs"] == -21.3
    assert entry["after"]["integrated_lufs"] == -12.2
    assert entry["loudness_gain_db"] == 6.4
    assert entry["limiting"] == {"wanted_lufs": -12.2, "loss_lu": 0.9, "reduction_db": 3.7}
    assert entry["reductions"]["bands"]["low_mid"] == {"p50_db": 0.5, "p95_db": 1.3}
    assert entry["settings"]["equalizer"]["values"]["low_mid_gain_db"] == 4.0
    assert entry["settings"]["saturator"]["bypass"] is True
    assert entry["compliance"]["complies"] is True
    assert entry["recipe"] == "song.yaml"
    assert entry["report"] == "song-report.html"
    assert len(entry["reasons"]) == 6
    assert entry["basis"] == "Settings from a die; nothing is trained."
    assert entry["shortfall_lufs"] is None
    played = {part["profile"]: part["playback_gain_db"] for part in entry["playback"]}
    assert played["apple_music"] == pytest.approx(-3.8)


def test_rendered_recipe_without_loudness(result: MasteringResult, undefined: Analysis) -> None:
    rendered = replace(
        result,
        before=undefined,
        delivered=replace(result.delivered, loudness=undefined.loudness),
        prediction=None,
        limiting=None,
    )
    content = read_back(document("render", [master_entry(rendered, None, None)]))
    assert problems("master", content) == []
    entry = content["files"][0]
    assert (entry["limiting"], entry["reasons"], entry["recipe"]) == (None, [], None)
    assert entry["after"]["true_peak_dbtp"] is None


def test_a_master_says_what_was_asked_for_and_how_much_of_a_move_was_made(
    results: Callable[..., MasteringResult],
) -> None:
    entry = master_entry(results(shortfall_lufs=-8.0, amount=0.25), None, None)
    assert problems("master", read_back(document("master", [entry]))) == []
    assert entry["shortfall_lufs"] == -8.0
    told = {reason["block"]: reason["text"] for reason in read_back(entry)["reasons"]}
    assert told["equalizer"].endswith("decided by a die (\N{MULTIPLICATION SIGN} 0.25).")
    assert told["saturator"].endswith("decided by a die.")


def test_a_master_that_misses_its_profile(results: Callable[..., MasteringResult]) -> None:
    content = read_back(document("master", [master_entry(results(profile="club"), None, None)]))
    assert problems("master", content) == []
    assert content["files"][0]["exit_code"] == 2


@pytest.mark.parametrize("command", ["analyze", "check", "master"])
def test_errors_belong_to_their_file(command: str) -> None:
    full = OutputError("y.wav: disk full; free some", code="disk_full")
    entries = [error_entry(Path("x.wav"), SILENT), error_entry(Path("y.wav"), full)]
    content = read_back(document(command, entries))
    assert problems(command, content) == []
    first, second = content["files"]
    assert first == {
        "path": "x.wav",
        "status": "error",
        "exit_code": 65,
        "warnings": [],
        "error": {"code": "silent", "message": "x.wav: is silent; check it", "path": "x.wav"},
    }
    assert (second["exit_code"], second["error"]["path"]) == (74, None)


def test_a_target_out_of_reach_names_the_nearest() -> None:
    error = TargetError("x.wav: too loud; ask for less", nearest_lufs=-9.4)
    content = read_back(document("master", [error_entry(Path("x.wav"), error)]))
    assert problems("master", content) == []
    assert content["files"][0]["nearest_lufs"] == -9.4
    assert content["files"][0]["exit_code"] == 3


def test_an_error_of_no_file() -> None:
    content = read_back(document("check", [], UsageError("no such profile", code="usage")))
    assert problems("check", content) == []
    assert content["error"] == {"code": "usage", "message": "no such profile", "path": None}
    schema = {"$ref": "common.json#/$defs/document"}
    unknown = read_back(document("", [], UsageError("name a command", code="usage")))
    jsonschema.Draft202012Validator(schema, registry=REGISTRY).validate(unknown)


def test_warm_is_a_valid_document() -> None:
    assert problems("warm", read_back(document("warm", []))) == []
    assert problems("warm", read_back(document("analyze", []))) != []


def test_a_path_that_is_no_text_can_be_printed() -> None:
    entry = error_entry(Path("\udcff<script>\u202e.wav"), SILENT)
    assert read_back(entry)["path"] == "\\udcff<script>\u202e.wav"


def test_schemas_refuse_what_is_wrong(
    info: FileInfo, analysis: Analysis, result: MasteringResult
) -> None:
    entries = {
        "analyze": analyzed(info, analysis),
        "check": checked(info, analysis, "all"),
        "master": master_entry(result, None, None),
    }
    for command, entry in entries.items():
        content = read_back(document(command, [entry]))
        for key in content["files"][0]:
            broken = deepcopy(content)
            del broken["files"][0][key]
            assert problems(command, broken), f"{command} without {key}"
        assert problems(command, {**content, "extra": 1})
        for change in ({"extra": 1}, {"exit_code": 7}, {"status": "error"}, {"warnings": [1]}):
            broken = deepcopy(content)
            broken["files"][0] |= change
            assert problems(command, broken), f"{command} with {change}"
