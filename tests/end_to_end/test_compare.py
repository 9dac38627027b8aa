from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyloudnorm
import pytest
import soundfile
import yaml

from glassmaster.data.audio import Samples
from glassmaster.data.synthetic import compose
from glassmaster.inference.corpora import shipped_corpus

RATE = 44_100
READ = Callable[[Path], tuple[Samples, int]]

HAND = """\
settings:
  equalizer:
    low_shelf_gain_db: 5.0
    high_shelf_gain_db: -3.0
  saturator:
    drive_db: -10.0
    mix: 0.4
  limiter:
    release_ms: 90
"""


@pytest.fixture(scope="module")
def mix(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("mix") / "song.wav"
    samples = compose(6, duration_s=9.0).mix.samples
    soundfile.write(path, samples.T, RATE, subtype="PCM_24")
    return path


@pytest.fixture(scope="module")
def compared(mix: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """Compare with settings by hand; the folder, and the document of the only file."""
    import json

    from glassmaster.inference.cli import main

    folder = tmp_path_factory.mktemp("compared")
    hand, out = folder / "hand.yaml", folder / "out"
    hand.write_text(HAND, encoding="utf-8")
    assert main(["compare", str(mix), str(hand), "-o", str(out), "--listen-to", "whole"]) == 0
    return out, json.loads((out / "comparison.json").read_text(encoding="utf-8"))


def test_what_differs_most_comes_first(compared: tuple[Path, Any]) -> None:
    _, entry = compared
    sizes = [each["size_db"] for each in entry["differences"]]
    assert sizes == sorted(sizes, reverse=True)
    first = entry["differences"][0]
    assert first["kind"] == "tone"  # 8 dB of tilt beside little of the rest
    assert first["verdict"] == "different"
    assert "bass" in first["text"]
    rendered = entry["interchanged"]["equalizer"]["in_model"]
    assert first["in_model"]["mean_db"] == pytest.approx(rendered["mean_db"], abs=0.25)
    assert not entry["recovered"]
    assert all(each["human_interval"] is None for each in entry["quantities"])


def test_audio_is_equally_loud(compared: tuple[Path, Any], read_samples: READ) -> None:
    folder, entry = compared
    measured = {}
    for track in entry["tracks"]:
        samples, rate = read_samples(Path(track["audio"]))
        measured[track["name"]] = pyloudnorm.Meter(rate).integrated_loudness(samples)
        assert np.abs(samples).max() <= 1.0
        assert track["gain_db"] <= 0.0
    assert max(measured.values()) - min(measured.values()) < 0.1
    assert {"mix", "model", "human", "model-with-human-equalizer"} <= measured.keys()
    assert (folder / "report.html").is_file()


def test_a_counterfactual_is_the_recipe_without_that_stage(
    run: Any, mix: Path, compared: tuple[Path, Any], tmp_path: Path, read_samples: READ
) -> None:
    _, entry = compared
    tracks = {track["name"]: track for track in entry["tracks"]}
    model = yaml.safe_load(Path(tracks["model"]["recipe"]).read_text(encoding="utf-8"))
    removed = [name for name in tracks if name.startswith("model-without-")]
    assert removed
    for name in removed:
        track = tracks[name]
        stage = name.removeprefix("model-without-")
        if stage == "limiter":
            assert track["recipe"] is None  # it guards the ceiling
            continue
        recipe = yaml.safe_load(Path(track["recipe"]).read_text(encoding="utf-8"))
        for key in ("anchors", "normalization_db", "loudness_gain_db", "ceiling_dbtp"):
            assert recipe["resolved"][key] == model["resolved"][key]
        changed = {
            block
            for block in model["settings"]
            if recipe["settings"][block] != model["settings"][block]
        }
        assert changed == {stage}
        out = tmp_path / f"{stage}.wav"
        done = run("render", track["recipe"], mix, "-o", out, "--json")
        assert done.code in (0, 2), done.err
        assert "resolved_anew" not in done.warnings
        rendered, _ = read_samples(out)
        heard, _ = read_samples(Path(track["audio"]))
        rest = rendered * 10.0 ** (track["gain_db"] / 20.0) - heard
        assert 20.0 * np.log10(np.abs(rest).max()) < -90.0


def test_a_hybrid_has_the_others_stage_and_its_own_anchors(compared: tuple[Path, Any]) -> None:
    _, entry = compared
    recipes = {
        track["name"]: yaml.safe_load(Path(track["recipe"]).read_text(encoding="utf-8"))
        for track in entry["tracks"]
        if track["recipe"] is not None
    }
    for mine, theirs in (("model", "human"), ("human", "model")):
        hybrid = recipes[f"{mine}-with-{theirs}-equalizer"]
        own, other = recipes[mine], recipes[theirs]
        assert hybrid["settings"]["equalizer"] == other["settings"]["equalizer"]
        for block in own["settings"]:
            if block != "equalizer":
                assert hybrid["settings"][block] == own["settings"][block]
        assert hybrid["resolved"]["anchors"] == own["resolved"]["anchors"]


def test_numbers_that_are_told_are_those_that_are_measured(
    compared: tuple[Path, Any], mix: Path, read_samples: READ
) -> None:
    """Measured anew, by other means where there are any."""
    _, entry = compared
    moves = {move["stage"]: move for move in entry["moves"]}
    facts = {stage: {fact["name"]: fact for fact in move["facts"]} for stage, move in moves.items()}
    samples, rate = read_samples(mix)
    lufs = pyloudnorm.Meter(rate).integrated_loudness(samples)
    told = facts["limiter"]["integrated_lufs"]
    assert told["value"] == pytest.approx(lufs, abs=0.1)
    assert told["text"] == f"{told['value']:.1f} LUFS"
    others = shipped_corpus().production.figures[:, 0]
    below = 100.0 * np.mean(others < told["value"])
    assert facts["limiter"]["percentile"]["value"] == pytest.approx(below, abs=0.5)
    assert facts["limiter"]["typical_integrated_lufs"]["value"] == pytest.approx(np.median(others))
    tracks = {track["name"]: Path(track["audio"]) for track in entry["tracks"]}
    for stage, told in facts.items():
        if "plr_change_db" not in told:
            continue
        with_move, without = (
            plr_db(*read_samples(tracks[name])) for name in ("model", f"model-without-{stage}")
        )
        assert told["plr_change_db"]["value"] == pytest.approx(with_move - without, abs=0.15)


def test_what_is_heard_is_that_of_the_audio(compared: tuple[Path, Any], read_samples: READ) -> None:
    """Told numbers against the files that can be listened to, by a plain transform."""
    _, entry = compared
    tracks = {track["name"]: Path(track["audio"]) for track in entry["tracks"]}
    for move in entry["moves"]:
        told = {fact["name"]: fact["value"] for fact in move["facts"]}
        master, without = (
            spectrogram_db(read_samples(tracks[name])[0])
            for name in ("model", f"model-without-{move['stage']}")
        )
        loud = master > master.max() - 50.0
        change_db = np.abs(master - without)[loud]
        assert told["heard_mean_db"] == pytest.approx(change_db.mean(), abs=0.25)
        if move["stage"] == "equalizer":
            region = {"bass": (28, 140), "air": (7100, 14_000)}.get(move["place"])
            if region is not None:
                rows = slice(*(round(hz * 4096 / RATE) for hz in region))
                moved_db = (master - without)[rows][loud[rows]].mean()
                assert told["tone_change_db"] == pytest.approx(moved_db, abs=0.5)


def spectrogram_db(samples: Samples) -> np.ndarray:
    """Return power of mid in dB, shape ``(bin, moment)``, of moments of 186 ms."""
    mid = samples.mean(axis=1)
    frames = np.lib.stride_tricks.sliding_window_view(mid, 4096)[::1024] * np.hanning(4096)
    power = np.square(np.abs(np.fft.rfft(frames, axis=1)))
    pooled = power[: len(power) // 8 * 8].reshape(-1, 8, power.shape[1]).mean(axis=1)
    return 10.0 * np.log10(np.maximum(pooled.T, 1e-20))


def plr_db(samples: Samples, rate: int) -> float:
    """Peak to loudness by other means: 8-fold FFT interpolation, and pyloudnorm."""
    spectrum = np.fft.rfft(samples, axis=0)
    length = 8 * len(samples)
    between = np.fft.irfft(spectrum, length, axis=0) * 8.0
    peak_db = 20.0 * np.log10(np.abs(between).max())
    return float(peak_db - pyloudnorm.Meter(rate).integrated_loudness(samples))


def test_the_page_needs_nothing_else(compared: tuple[Path, Any]) -> None:
    folder, entry = compared
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "http" not in page.replace("http-equiv", "").replace("http://www.w3.org/2000/svg", "")
    assert "<script" not in page
    for reader in ("artist", "producer", "engineer"):
        for sentence in entry["moves"][0]["told"][reader][:1]:
            first = sentence.split(":")[0].split(" ")[0]
            assert first in page
        assert f'id="for-{reader}"' in page
    for track in entry["tracks"]:
        assert f'src="audio/{Path(track["audio"]).name}"' in page
    assert "3rd edition, 2007" in page  # whose threshold it is


def test_a_song_beside_itself_says_so(
    run: Any, mix: Path, compared: tuple[Path, Any], tmp_path: Path
) -> None:
    folder, _ = compared
    own = run("compare", mix, folder / "recipes" / "model.yaml", "--json")
    assert own.code == 0, own.err
    assert own.file["same"]
    assert "do the same" in own.file["summary"][0]
    assert {each["verdict"] for each in own.file["differences"]} == {"the same"}
    assert own.file["tracks"] == []
    itself = run("compare", mix, mix, "--json")
    assert itself.code == 0, itself.err
    assert itself.file["human_is_mix"]
    assert "the mix itself" in itself.file["summary"][0]


def test_a_master_is_recovered_first(
    run: Any, mix: Path, compared: tuple[Path, Any], tmp_path: Path
) -> None:
    folder, by_hand = compared
    master = tmp_path / "master.wav"
    recipe = folder / "recipes" / "human.yaml"
    assert run("render", recipe, mix, "-o", master).code in (0, 2)
    out = tmp_path / "out"
    done = run("compare", mix, master, "-o", out, "--json", "--listen-to", "3")
    assert done.code == 0, done.err
    entry = done.file
    assert entry["recovered"]
    first, exact = entry["differences"][0], by_hand["differences"][0]
    assert first["kind"] == exact["kind"] == "tone"
    assert first["size_db"] == pytest.approx(exact["size_db"], abs=0.05)
    assert entry["overall"]["mean_db"] == pytest.approx(by_hand["overall"]["mean_db"], abs=0.05)
    assert entry["unexplained"]["mean_db"] < 0.1
    assert entry["listening"]["duration_s"] == pytest.approx(3.0, abs=0.1)
    names = {track["name"] for track in entry["tracks"]}
    assert {"human", "human-recovered"} <= names
    again = run("compare", mix, master, "-o", out, "--json")
    assert (again.code, again.document["error"]["code"]) == (74, "exists")


def test_the_models_own_master_is_not_told_apart(run: Any, mix: Path, tmp_path: Path) -> None:
    """Recovered intervals are many, and some of them miss."""
    master = tmp_path / "own.wav"
    assert run("master", mix, "-o", master, "--lufs", "-14").code == 0
    done = run("compare", mix, master, "--lufs", "-14", "--json")
    assert done.code == 0, done.err
    assert done.file["same"]
    verdicts = {each["verdict"] for each in done.file["differences"]}
    assert verdicts <= {"the same", "not distinguishable"}


def test_an_earlier_comparison_is_replaced_as_a_whole(run: Any, mix: Path, tmp_path: Path) -> None:
    first, second, out = tmp_path / "1.yaml", tmp_path / "2.yaml", tmp_path / "out"
    first.write_text("settings:\n  saturator:\n    mix: 0.5\n", encoding="utf-8")
    second.write_text("settings:\n  imager:\n    high_width: 0.5\n", encoding="utf-8")
    short = ("--listen-to", "1", "-o", out)
    assert run("compare", mix, first, *short).code == 0
    own = out / "audio" / "mine.wav"
    own.write_bytes(b"mine")
    assert (out / "audio" / "human-with-model-saturator.wav").exists()
    (out / "report.html").unlink()
    (out / "comparison.json").unlink()
    assert run("compare", mix, second, *short).code == 74  # before any work
    assert run("compare", mix, second, *short, "--force").code == 0
    names = {path.stem for path in (out / "audio").iterdir()}
    assert "human-with-model-saturator" not in names
    assert {"human-with-model-imager", "mine"} <= names


def test_a_loudness_out_of_reach_is_named(run: Any, mix: Path, tmp_path: Path) -> None:
    hand = tmp_path / "hand.yaml"
    hand.write_text(
        "delivery: {profile: default, container: wav, bit_depth: 24, sample_rate: 44100, "
        "target_lufs: -1}\n" + HAND,
        encoding="utf-8",
    )
    done = run("compare", mix, hand, "--json")
    assert done.code == 0, done.err
    assert "loudness_out_of_reach" in done.warnings


def test_a_limiter_that_is_off_is_refused(run: Any, mix: Path, tmp_path: Path) -> None:
    hand = tmp_path / "hand.yaml"
    hand.write_text("settings:\n  limiter:\n    bypass: true\n", encoding="utf-8")
    done = run("compare", mix, hand, "--json")
    assert (done.code, done.error_code) == (65, "limiter_bypassed")


def test_a_missing_folder_for_intermediate_audio_is_named(
    run: Any, mix: Path, tmp_path: Path
) -> None:
    hand = tmp_path / "hand.yaml"
    hand.write_text(HAND, encoding="utf-8")
    done = run("compare", mix, hand, "--json", "--temp-dir", tmp_path / "none")
    assert (done.code, done.error_code) == (74, "no_directory")


@pytest.mark.parametrize(
    ("words", "code", "error"),
    [
        (("--listen-to", "soon"), 64, "usage"),
        (("--model", "nobody"), 64, "unknown_model"),
        (("--profile", "nobody"), 64, "unknown_profile"),
    ],
)
def test_wrong_usage_is_refused(
    run: Any, mix: Path, tmp_path: Path, words: tuple[str, ...], code: int, error: str
) -> None:
    hand = tmp_path / "hand.yaml"
    hand.write_text(HAND, encoding="utf-8")
    done = run("compare", mix, hand, "--json", *words)
    assert (done.code, done.error_code) == (code, error)


def test_what_cannot_be_read_is_named(run: Any, mix: Path, tmp_path: Path) -> None:
    done = run("compare", mix, tmp_path / "none.wav", "--json")
    assert (done.code, done.error_code) == (65, "not_found")
    hand = tmp_path / "hand.yaml"
    hand.write_text("settings:\n  equalizer:\n    shelf: 3\n", encoding="utf-8")
    done = run("compare", mix, hand, "--json")
    assert done.code == 65
    assert "shelf" in done.file["error"]["message"]
