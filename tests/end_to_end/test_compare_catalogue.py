from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import soundfile

from glassmaster.data.synthetic import STYLES, compose
from glassmaster.inference.cli import main
from glassmaster.inference.recipe import load_recipe, save_recipe

RATE = 44_100
TITLES = ("Amber", "Birch", "Cedar", "Delta", "Ember", "Fjord", "Glade")
CHANGED = TITLES[-1]
TAGGED = TITLES[:2]
AIR_DB = 3.0


@pytest.fixture(scope="module")
def catalogue(kernels: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Mixes and what the model makes of them, but for a high shelf; the last master has changed."""
    root = tmp_path_factory.mktemp("studio")
    made = tmp_path_factory.mktemp("made")
    (root / "Mixes").mkdir()
    (root / "Masters").mkdir()
    recipe = made / "recipe.yaml"
    for place, title in enumerate(TITLES):
        mix = root / "Mixes" / f"{title} mix.wav"
        song = compose(6 + place, style=STYLES[place % len(STYLES)], duration_s=8.0)
        with soundfile.SoundFile(mix, "w", RATE, 2, "PCM_24") as file:
            if title in TAGGED:
                file.genre = "Dub"
            file.write(song.mix.samples.T)
        words = ["-o", str(made / "model.wav"), "--recipe", str(recipe), "--force"]
        assert main(["master", str(mix), *words]) == 0
        own = load_recipe(recipe)
        values = dict(own.settings["equalizer"].values)
        values["high_shelf_gain_db"] += AIR_DB
        brighter = replace(own, settings=own.settings.with_block("equalizer", values))
        save_recipe(brighter, recipe, force=True)
        master = root / "Masters" / f"{title} master.wav"
        assert main(["render", str(recipe), str(mix), "-o", str(master)]) == 0
    path = made / "studio.glassmaster"
    assert main(["catalogue", "scan", str(root), "-o", str(path)]) == 0
    changed = root / "Masters" / f"{CHANGED} master.wav"
    changed.write_bytes(changed.read_bytes() + b"\0")
    return path


@dataclass(frozen=True)
class Compared:
    """What a run in one process left behind."""

    code: int
    folder: Path
    entry: dict[str, Any]


@pytest.fixture(scope="module")
def compared(catalogue: Path, tmp_path_factory: pytest.TempPathFactory) -> Compared:
    folder = tmp_path_factory.mktemp("compared") / "out"
    code = main(["compare", "--catalogue", str(catalogue), "-o", str(folder), "--jobs", "1"])
    return Compared(code, folder, json.loads((folder / "agreement.json").read_text()))


def trait(entry: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in entry["traits"] if each["trait"] == name)
    return found


def test_a_consistent_difference_is_told_and_none_where_there_is_none(compared: Compared) -> None:
    air = trait(compared.entry, "tone@air")
    assert air["verdict"] == "consistent"
    assert (air["songs"], air["units"], air["agreeing"]) == (6, 6, 6)
    assert air["p_adjusted"] == 2.0 / 2.0**6
    # a shelf that lifts the middle third octave of three by half of its gain
    assert air["low"] <= air["mean"] <= air["high"]
    assert 0.4 * AIR_DB < air["mean"] < 0.8 * AIR_DB
    assert "consistently brighter than the model" in compared.entry["summary"][0]
    for name in ("width@low", "width@middle", "width@high", "reduction_p95@low", "loudness"):
        assert trait(compared.entry, name)["verdict"] == "no consistent difference"
    highest = compared.entry["response"]["mean_db"][-1]
    assert 0.5 * AIR_DB < highest < AIR_DB
    assert max(compared.entry["response"]["mean_db"]) == highest


def test_one_pair_that_fails_is_left_out_and_told(compared: Compared) -> None:
    assert compared.code == 65
    (left_out,) = compared.entry["left_out"]
    assert left_out["name"].casefold().startswith(CHANGED.casefold())
    assert "has changed" in left_out["reason"]
    assert compared.entry["songs"] == 6
    assert "1 pair could not be compared." in compared.entry["summary"]


def test_the_folder_holds_page_and_recipes(compared: Compared) -> None:
    text = (compared.folder / "report.html").read_text(encoding="utf-8")
    assert "<script" not in text
    for pair in compared.entry["pairs"]:
        assert pair["name"] in text
        assert Path(pair["recipe"]).parent == compared.folder / "recovered"
        assert load_recipe(Path(pair["recipe"])).predictor == "recovered"
        assert pair["explained"]["null_db"] < -45.0
    assert [pair["genre"] for pair in compared.entry["pairs"]] == ["Dub", "Dub", "", "", "", ""]
    assert all(len(pair["neighbors"]) == 16 for pair in compared.entry["pairs"])
    sizes = [each["mean_db"] for each in compared.entry["largest"]]
    assert sizes == sorted(sizes, reverse=True)
    assert len(sizes) == 6


def picture(folder: Path) -> tuple[dict[str, Any], str, dict[str, bytes]]:
    """Return all that was found, whoever found it and when."""
    entry = json.loads((folder / "agreement.json").read_text())
    for pair in entry["pairs"]:
        del pair["kept"], pair["recipe"], pair["details"]
    del entry["report"]
    rows = {path.name: path.read_bytes() for path in (folder / "compared").glob("*.json")}
    return entry, (folder / "report.html").read_text(encoding="utf-8"), rows


def test_a_killed_run_goes_on_and_two_workers_find_what_one_process_finds(
    run: Any, command: list[str], catalogue: Path, compared: Compared, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    recovered = shutil.copytree(compared.folder / "recovered", tmp_path / "recovered")
    before = {path.name: path.stat().st_mtime_ns for path in recovered.iterdir()}
    words = ["compare", "--catalogue", catalogue, "-o", out, "--recovered", recovered]
    with subprocess.Popen(
        [*command, *map(str, words), "--jobs", "2"],
        env={**os.environ, "OMP_NUM_THREADS": "2"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        deadline = time.monotonic() + 240.0
        while not any((out / "compared").glob("*.json")):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.01)
        process.kill()
    assert not (out / "agreement.json").exists()
    done = run(*words, "--jobs", "2", "--json")
    assert done.code == 65
    first, *failed = done.document["files"]
    assert [entry["error"]["code"] for entry in failed] == ["changed"]
    kept = [pair["kept"] for pair in first["pairs"]]
    assert any(kept)
    assert not all(kept)
    assert picture(out) == picture(compared.folder)
    after = {path.name: path.stat().st_mtime_ns for path in recovered.iterdir()}
    assert after == before  # nothing was recovered again


def test_what_was_compared_is_kept_and_only_of_the_same(
    run: Any, catalogue: Path, compared: Compared, tmp_path: Path
) -> None:
    out = shutil.copytree(compared.folder, tmp_path / "out")
    words = ("compare", "--catalogue", catalogue, "-o", out, "--jobs", 1, "--json")
    refused = run(*words)
    assert (refused.code, refused.error_code) == (74, "exists")
    edited = next((out / "recovered").glob("Amber*.yaml"))
    edited.write_text(edited.read_text() + "# mine\n")
    done = run(*words, "--force")
    assert done.code == 65
    assert all(pair["kept"] for pair in done.document["files"][0]["pairs"])
    assert sorted(entry["error"]["code"] for entry in done.document["files"][1:]) == [
        "changed",
        "edited",
    ]
    assert len(done.document["files"][0]["left_out"]) == 2


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--catalogue", "CAT"),
        ("MIX", "HUMAN", "--catalogue", "CAT", "-o", "DIR"),
        ("MIX",),
        ("MIX", "HUMAN", "--jobs", "2"),
        ("MIX", "HUMAN", "--recovered", "DIR"),
        ("--catalogue", "CAT", "-o", "DIR", "--listen-to", "5"),
    ],
)
def test_one_mix_or_a_catalogue(
    run: Callable[..., Any], tmp_path: Path, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = run("compare", *words, "--json")
    assert (done.code, done.error_code) == (64, "usage")
    assert not list(tmp_path.iterdir())


def test_a_catalogue_that_is_none_is_named(run: Any, tmp_path: Path) -> None:
    done = run("compare", "--catalogue", tmp_path / "none", "-o", tmp_path / "out", "--json")
    assert done.code == 65
    assert not (tmp_path / "out").exists()
