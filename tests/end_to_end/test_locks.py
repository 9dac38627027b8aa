from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import yaml

from glassmaster.data.analysis import analyze
from glassmaster.data.audio import ArrayReader, Audio
from glassmaster.inference.recipe import load_recipe
from glassmaster.models.chain import measure_anchors
from glassmaster.models.settings import BLOCKS

PLAIN = ("--model", "baseline", "--corpus", "none")
SHEET = (
    "settings:\n"
    "  equalizer: {low_shelf_gain_db: 4, high_shelf_gain_db: -5, low_mid_gain_db: 2}\n"
    "  imager: {low_width: 0.2, high_width: 1.5}\n"
    "  limiter: {ceiling_dbtp: -3, release_ms: 77}\n"
    "  multiband_compressor: {low_ratio: 3, low_threshold_db: -4, high_ratio: 2}\n"
)


@pytest.fixture
def human(tmp_path: Path) -> Path:
    path = tmp_path / "human.yaml"
    path.write_text(SHEET, "utf-8")
    return path


def test_a_locked_stage_is_the_persons_and_the_rest_the_predictors(
    run: Any, mix: Path, tmp_path: Path, human: Path, song: Audio
) -> None:
    free, locked = tmp_path / "free.yaml", tmp_path / "locked.yaml"
    report = tmp_path / "report"
    before = run("master", mix, "-o", tmp_path / "f.wav", "--recipe", free, *PLAIN, "--json")
    words = ("--lock", f"equalizer={human}", "--recipe", locked, "--report", report)
    done = run("master", mix, "-o", tmp_path / "m.wav", *words, *PLAIN, "--json")
    assert before.code == done.code == 0
    own, theirs = load_recipe(locked), load_recipe(free)
    values = own.settings["equalizer"].values
    assert [values[f"{name}_gain_db"] for name in ("low_shelf", "high_shelf", "low_mid")] == [
        4,
        -5,
        2,
    ]
    for name in BLOCKS:
        if name != "equalizer":
            assert own.settings[name] == theirs.settings[name]

    # thresholds follow: anchors are those behind the person's equalizer
    assert own.resolved is not None
    assert theirs.resolved is not None
    spectrum = analyze(ArrayReader(song)).spectrum.scaled(own.resolved.normalization_db)
    expected = measure_anchors(own.settings, spectrum, sample_rate=song.sample_rate)
    assert own.resolved.anchors.bands_dbfs == pytest.approx(expected.bands_dbfs, abs=1e-3)
    moved_db = np.subtract(own.resolved.anchors.bands_dbfs, theirs.resolved.anchors.bands_dbfs)
    assert np.abs(moved_db).max() > 1.0

    # and everybody is told
    digest = hashlib.sha256(human.read_bytes()).hexdigest()
    assert done.file["kept"] == [
        {"block": "equalizer", "file": "human.yaml", "form": "settings", "sha256": digest}
    ]
    assert before.file["kept"] == []
    assert own.kept["equalizer"].file_sha256 == digest
    reasons = [each["text"] for each in done.file["reasons"] if each["block"] == "equalizer"]
    assert reasons == ["Kept from human.yaml."]
    assert not [name for name in done.file["intervals"] if name.startswith("response_db")]
    assert [name for name in before.file["intervals"] if name.startswith("response_db")]
    assert "Equalizer       Kept from human.yaml." in done.err
    assert "Kept            Equalizer from human.yaml." in done.err
    page = next(report.iterdir()).read_text("utf-8")
    assert "Equalizer kept from" in page
    assert digest in page


def test_the_recipe_of_a_locked_master_gives_the_same_bytes(
    run: Any, sha256: Any, mix: Path, tmp_path: Path, human: Path
) -> None:
    recipe, first, again = tmp_path / "r.yaml", tmp_path / "1.wav", tmp_path / "2.wav"
    words = ("--lock", f"equalizer={human}", "--lock", f"imager={human}", "--amount", "0.4")
    assert run("master", mix, "-o", first, *words, "--recipe", recipe, *PLAIN).code == 0
    done = run("render", recipe, mix, "-o", again, "--json")
    assert done.code == 0
    assert sha256(first) == sha256(again)
    assert [each["block"] for each in done.file["kept"]] == ["equalizer", "imager"]
    document = yaml.safe_load(recipe.read_text("utf-8"))
    document["settings"]["imager"]["values"]["low_width"] = 0.9
    recipe.write_text(yaml.safe_dump(document), "utf-8")
    edited = run("render", recipe, mix, "-o", tmp_path / "3.wav", "--json")
    assert [each["block"] for each in edited.file["kept"]] == ["equalizer"]


def test_locked_linear_stages_null_with_the_persons_recipe_alone(
    run: Any, read_samples: Any, mix: Path, tmp_path: Path, human: Path
) -> None:
    """The model's other stages are left out by amount, the limiter by a quiet target."""
    form = ("--lufs", "-26", "--bit-depth", "32f")
    words = ("--lock", f"equalizer={human}", "--lock", f"imager={human}", "--amount", "0")
    ours = tmp_path / "ours.wav"
    assert run("master", mix, "-o", ours, *words, *form, *PLAIN).code == 0
    alone = {
        "recipe": 1,
        "settings": {
            **{name: yaml.safe_load(SHEET)["settings"][name] for name in ("equalizer", "imager")},
            "limiter": {"ceiling_dbtp": -1},
        },
        "delivery": {
            "profile": "default",
            "container": "wav",
            "bit_depth": "32f",
            "sample_rate": 44_100,
            "target_lufs": -26,
        },
    }
    alone["settings"] = {name: {"values": values} for name, values in alone["settings"].items()}
    recipe, theirs = tmp_path / "alone.yaml", tmp_path / "theirs.wav"
    recipe.write_text(yaml.safe_dump(alone), "utf-8")
    assert run("render", recipe, mix, "-o", theirs).code == 0
    (first, _), (second, _) = read_samples(ours), read_samples(theirs)
    assert np.abs(first).max() > 0.01
    residue = np.sqrt(np.mean((first - second) ** 2))
    assert 20.0 * np.log10(max(residue, 1e-12)) < -120.0


def test_a_locked_compressor_does_what_it_does_alone_behind_another_equalizer(
    run: Any, mix: Path, tmp_path: Path, human: Path
) -> None:
    """Its levels count from the anchors of the master, wherever they lie."""
    recipe = tmp_path / "r.yaml"
    words = ("--lock", f"multiband_compressor={human}", "--recipe", recipe)
    done = run("master", mix, "-o", tmp_path / "m.wav", *words, *PLAIN, "--json")
    assert done.code == 0
    values = load_recipe(recipe).settings["multiband_compressor"].values
    assert (values["low_ratio"], values["low_threshold_db"], values["high_ratio"]) == (3, -4, 2)
    assert done.file["reductions"]["bands"]["low"]["p95_db"] > 1.0
    assert not [name for name in done.file["intervals"] if name.startswith("reduction")]


@pytest.mark.parametrize(
    ("words", "ceiling_dbtp", "lowered"),
    [((), -3.0, False), (("--true-peak", "-5"), -5.0, True), (("--true-peak", "-2"), -3.0, False)],
)
def test_a_locked_limiter_keeps_its_release_and_the_lower_ceiling_holds(
    run: Any,
    mix: Path,
    tmp_path: Path,
    human: Path,
    words: tuple[str, ...],
    ceiling_dbtp: float,
    lowered: bool,
) -> None:
    arguments = ("--lock", f"limiter={human}", *words, *PLAIN, "--json")
    done = run("master", mix, "-o", tmp_path / "m.wav", *arguments)
    assert done.code == 0
    values = done.file["settings"]["limiter"]["values"]
    assert values == {"ceiling_dbtp": ceiling_dbtp, "release_ms": 77.0}
    assert done.file["after"]["true_peak_dbtp"] <= ceiling_dbtp
    assert ("ceiling_lowered" in done.warnings) == lowered
    assert "limiter.release_ms" not in done.file["intervals"]


def test_amounts_of_each_stage(run: Any, mix: Path, tmp_path: Path) -> None:
    whole = run("master", mix, "-o", tmp_path / "1.wav", *PLAIN, "--json").file["settings"]
    amounts = ("--amount", "equalizer=0.5,imager=0")
    done = run("master", mix, "-o", tmp_path / "2.wav", *amounts, *PLAIN, "--json")
    assert done.code == 0
    assert "amount" in done.warnings
    part = done.file["settings"]
    for key, value in whole["equalizer"]["values"].items():
        if key.endswith("_gain_db"):
            assert part["equalizer"]["values"][key] == pytest.approx(0.5 * value)
        elif key != "high_pass_frequency_hz":
            assert part["equalizer"]["values"][key] == value
    assert part["imager"]["bypass"]
    assert part["multiband_compressor"] == whole["multiband_compressor"]


WRONG = {
    "unknown stage": ("--lock", "reverb=HUMAN"),
    "no file": ("--lock", "equalizer"),
    "not in the file": ("--lock", "deesser=HUMAN"),
    "twice": ("--lock", "equalizer=HUMAN", "--lock", "equalizer=HUMAN"),
    "kept and scaled": ("--lock", "equalizer=HUMAN", "--amount", "equalizer=0.5"),
    "unknown amount": ("--amount", "reverb=0.5"),
    "no amount": ("--amount", "equalizer=loud"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_usage_is_named_before_anything_is_done(
    run: Any, mix: Path, tmp_path: Path, human: Path, case: str
) -> None:
    words = [word.replace("HUMAN", str(human)) for word in WRONG[case]]
    done = run("master", mix, "-o", tmp_path / "m.wav", *words, "--json")
    assert (done.code, done.document["files"]) == (64, [])
    assert not (tmp_path / "m.wav").exists()


def test_a_file_that_cannot_be_read_belongs_to_no_mix(run: Any, mix: Path, tmp_path: Path) -> None:
    done = run("master", mix, "--lock", f"equalizer={tmp_path / 'no.yaml'}", "--json")
    assert (done.code, done.error_code, done.document["files"]) == (65, "not_found", [])


def test_the_file_itself_is_never_overwritten(
    run: Any, mix: Path, tmp_path: Path, human: Path
) -> None:
    words = ("--lock", f"equalizer={human}", "--recipe", human, "--force")
    done = run("master", mix, "-o", tmp_path / "m.wav", *words, *PLAIN, "--json")
    assert done.code == 74
    assert human.read_text("utf-8") == SHEET


def test_several_mixes_in_several_processes(
    run: Any, sha256: Any, song: Audio, tmp_path: Path, human: Path
) -> None:
    mixes = []
    for place in range(3):
        path = tmp_path / f"{place}.wav"
        soundfile.write(path, song.samples.T * (1.0 - 0.2 * place), song.sample_rate, "PCM_24")
        mixes.append(path)
    level = tmp_path / "level.yaml"
    level.write_text(
        "settings: {multiband_compressor: {low_mid_threshold_dbfs: -32, low_mid_ratio: 2}}", "utf-8"
    )
    words = ("--lock", f"equalizer={human}", "--lock", f"multiband_compressor={level}", *PLAIN)
    outcomes = []
    for jobs in ("1", "2"):
        folder = tmp_path / f"out-{jobs}"
        folder.mkdir()
        done = run("master", *mixes, "-o", folder, "--jobs", jobs, *words, "--json")
        assert done.code == 0
        outcomes.append([sha256(folder / f"{place}-master.wav") for place in range(3)])
        thresholds = [
            entry["settings"]["multiband_compressor"]["values"]["low_mid_threshold_db"]
            for entry in done.document["files"]
        ]
        # the quieter the mix, the farther above its level does the same threshold lie
        steps = 20.0 * np.log10([1.0 / 0.8, 0.8 / 0.6])
        assert np.diff(thresholds) == pytest.approx(steps, abs=1e-3)
    assert outcomes[0] == outcomes[1]
