from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from glassmaster.data.reference.corpus import empty_corpus, read_corpus, write_corpus
from glassmaster.data.synthetic import compose
from glassmaster.models.moves import RESPONSE_HZ
from glassmaster.models.settings import settings_from_document
from glassmaster.training.benchmark.metrics.response import settings_response_db

RATE = 44_100


@pytest.fixture(scope="module")
def masters(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("masters") / "album"
    folder.mkdir()
    for seed in range(3):
        samples = np.clip(3.0 * compose(20 + seed, duration_s=41.0).mix.samples, -0.9, 0.9)
        soundfile.write(folder / f"song {seed}.flac", samples.T, RATE, subtype="PCM_16")
    return folder


@pytest.fixture(scope="module")
def bright(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished song with 10 dB more treble than it should have."""
    samples = compose(31, duration_s=20.0).mix.samples
    spectrum = np.fft.rfft(samples, axis=1)
    hz = np.fft.rfftfreq(samples.shape[1], 1.0 / RATE)
    spectrum *= 10.0 ** (0.5 * np.clip(np.log2(np.maximum(hz, 1.0) / 500.0) / 4.0, 0.0, 1.0))
    louder = np.fft.irfft(spectrum, samples.shape[1])
    path = tmp_path_factory.mktemp("reference") / "bright.wav"
    soundfile.write(path, (0.8 * louder / np.abs(louder).max()).T, RATE, subtype="PCM_24")
    return path


def test_a_studios_corpus_from_folder_to_match(
    run: Any, mix: Path, masters: Path, tmp_path: Path
) -> None:
    corpus = tmp_path / "mine.corpus"
    done = run("corpus", "add", corpus, masters, "--json")
    assert done.code == 0, done.err
    [entry] = done.document["files"]
    assert (entry["added"], entry["known"], entry["refused"]) == (3, 0, [])
    again = run("corpus", "add", corpus, masters, "--json").document["files"][0]
    assert (again["added"], again["known"]) == (0, 3)

    listed = run("corpus", "list", corpus)
    assert listed.code == 0
    assert "mine: 3 tracks of 1 album" in listed.err
    assert "song 1.flac" in listed.err

    shown = run("corpus", "show", corpus, "album/song 2.flac", "--json").document["files"][0]
    [track] = shown["tracks"]
    assert len(track["third_octaves"]["mid_db"]) == 31

    found = run("corpus", "match", mix, "--corpus", corpus, "--json")
    assert found.code == 0, found.err
    neighbors = found.document["files"][0]["match"]["neighbors"]
    assert {each["identity"] for each in neighbors} == {f"album/song {i}.flac" for i in range(3)}
    assert "song 0.flac" in found.err

    gone = run("corpus", "remove", corpus, "album/song 0.flac", "--json")
    assert [t["identity"] for t in gone.document["files"][0]["tracks"]] == [
        "album/song 1.flac",
        "album/song 2.flac",
    ]
    assert run("corpus", "remove", corpus, "album/song 0.flac").code == 65


def test_the_corpus_that_ships_can_be_asked(run: Any, mix: Path) -> None:
    found = run("corpus", "match", mix, "--count", 4, "--json").document["files"][0]["match"]
    assert len(found["neighbors"]) == 4
    album = found["neighbors"][0]["album"]
    other = run("corpus", "match", mix, "--count", 4, "--exclude", album, "--json")
    neighbors = other.document["files"][0]["match"]["neighbors"]
    assert album not in {each["album"] for each in neighbors}
    assert "licence" in neighbors[0]


def test_a_master_tells_what_the_mix_is_like(run: Any, mix: Path, tmp_path: Path) -> None:
    out, pages = tmp_path / "m.wav", tmp_path / "pages"
    done = run("master", mix, "-o", out, "--report", pages, "--json")
    assert done.code == 0, done.err
    entry = done.document["files"][0]
    assert len(entry["match"]["neighbors"]) == 16
    assert entry["references"] == []
    assert "Finished music like it" in done.err
    [page] = pages.iterdir()
    assert "Finished music like it" in page.read_text(encoding="utf-8")


def test_neighbors_decide_only_when_asked(run: Any, mix: Path, tmp_path: Path) -> None:
    settings = []
    for words in ((), ("--corpus", "none"), ("--corpus", "shipped")):
        done = run("master", mix, "-o", tmp_path / "m.wav", "--force", *words, "--json")
        settings.append(done.document["files"][0]["settings"])
    assert settings[0] == settings[1] != settings[2]


def test_without_a_corpus_nothing_is_said_of_neighbors(run: Any, mix: Path, tmp_path: Path) -> None:
    done = run("master", mix, "-o", tmp_path / "m.wav", "--corpus", "none", "--json")
    assert done.document["files"][0]["match"] is None


def test_a_reference_moves_the_tone_toward_it(
    run: Any, mix: Path, bright: Path, tmp_path: Path
) -> None:
    """A reference with far too much treble makes the master brighter than none does."""
    treble = []
    for words in ((), ("--reference", f"{bright}:1")):
        done = run("master", mix, "-o", tmp_path / "m.wav", "--force", *words, "--json")
        assert done.code == 0, done.err
        settings = settings_from_document(done.document["files"][0]["settings"])
        treble.append(settings_response_db(settings, RATE)[RESPONSE_HZ > 4000.0].mean())
        told = done.document["files"][0]["references"]
        assert [each["name"] for each in told] == ([bright.name] if words else [])
    assert treble[1] > treble[0] + 0.3


def test_the_loudness_of_a_reference_counts_when_asked(
    run: Any, mix: Path, bright: Path, tmp_path: Path
) -> None:
    quiet = tmp_path / "quiet.wav"
    samples, rate = soundfile.read(bright)
    soundfile.write(quiet, 0.1 * samples, rate, subtype="PCM_24")
    loudness = []
    for parts in ("loudness=0", "loudness=1"):
        words = ("--reference", quiet, "--reference-parts", parts)
        done = run("master", mix, "-o", tmp_path / "m.wav", "--force", *words, "--json")
        assert done.code == 0, done.err
        loudness.append(done.document["files"][0]["after"]["integrated_lufs"])
    assert loudness[1] < loudness[0] - 3.0


@pytest.mark.parametrize(
    ("words", "code", "error"),
    [
        (("--reference", "GONE"), 65, "not_found"),
        (("--reference", "MIX"), 64, "no_reference"),
        (("--reference", "MIX:1.5"), 64, "usage"),
        (("--reference", "MIX:-1"), 64, "usage"),
        (("--reference-parts", "mood=1"), 64, "usage"),
        (("--reference-parts", "tone=2"), 64, "usage"),
        (("--corpus", "GONE.corpus"), 65, "no_corpus"),
        (("--corpus", "MIX"), 65, "corpus_damaged"),
        (("--corpus", "EMPTY"), 65, "empty_corpus"),
        (("--reference", "NOISE"), 64, "no_reference"),
        (("--reference", "MIX") * 51, 64, "too_many_references"),
    ],
)
def test_what_is_of_no_use_is_refused_by_name(
    run: Any, mix: Path, tmp_path: Path, words: tuple[str, ...], code: int, error: str
) -> None:
    write_corpus(tmp_path / "EMPTY", empty_corpus("empty"))
    noise = np.random.default_rng(0).normal(0.0, 0.1, (20 * RATE, 2))
    soundfile.write(tmp_path / "noise.wav", noise, RATE)
    places = {"MIX": mix, "GONE": tmp_path / "gone.wav", "NOISE": tmp_path / "noise.wav"}
    places |= {"GONE.corpus": tmp_path / "gone.corpus", "EMPTY": tmp_path / "EMPTY"}
    given = [
        str(places.get(word, word)) if ":" not in word else word.replace("MIX", str(mix))
        for word in words
    ]
    done = run("master", mix, "-o", tmp_path / "m.wav", *given, "--json")
    assert done.code == code, done.err
    document = done.document
    found = document["error"] or document["files"][0]["error"]
    assert found["code"] == error
    assert not (tmp_path / "m.wav").exists()


def test_fifty_references_are_taken(run: Any, mix: Path, bright: Path, tmp_path: Path) -> None:
    words = [word for _ in range(50) for word in ("--reference", str(bright))]
    done = run("master", mix, "-o", tmp_path / "m.wav", *words, "--json")
    assert done.code == 0, done.err
    references = done.document["files"][0]["references"]
    assert len(references) == 50
    assert sum(each["share"] for each in references) == pytest.approx(0.5)


def test_the_baseline_says_that_it_does_not_listen(
    run: Any, mix: Path, bright: Path, tmp_path: Path
) -> None:
    words = ("--model", "baseline", "--reference", bright)
    done = run("master", mix, "-o", tmp_path / "m.wav", *words, "--json")
    warnings = {each["code"] for each in done.document["files"][0]["warnings"]}
    assert "references_not_heard" in warnings


def test_adding_that_was_killed_goes_on(masters: Path, tmp_path: Path) -> None:
    corpus = tmp_path / "mine.corpus"
    command = [sys.executable, "-m", "glassmaster.inference.program", "corpus", "add", str(corpus)]
    process = subprocess.Popen([*command, str(masters), "--jobs", "1"], stderr=subprocess.PIPE)
    work = tmp_path / "mine.corpus.work"
    deadline = time.monotonic() + 60.0
    while not list(work.glob("*.npz")) and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert not corpus.exists()
    kept = {path.name: path.stat().st_mtime_ns for path in work.glob("*.npz")}
    assert kept
    done = subprocess.run(
        [*command, str(masters), "--jobs", "1", "--json"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout)["files"][0]["added"] == 3
    assert len(read_corpus(corpus)) == 3
    assert not work.exists()
