from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from glassmaster.data.synthetic import compose
from glassmaster.inference.corpora import shipped_corpus
from glassmaster.models.moves import RESPONSE_HZ
from glassmaster.models.settings import default_settings, settings_from_document
from glassmaster.training.benchmark.metrics.response import settings_response_db

RATE = 44_100


@pytest.fixture(scope="module")
def albums(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Path]]:
    """Two releases of the same three songs, one with far more treble and one with far less."""
    folder = tmp_path_factory.mktemp("albums")
    albums: dict[str, list[Path]] = {"bright": [], "dark": []}
    for seed in range(3):
        samples = compose(50 + seed, duration_s=16.0).mix.samples
        hz = np.maximum(np.fft.rfftfreq(samples.shape[1], 1.0 / RATE), 1.0)
        tilt_db = 12.0 * np.clip(np.log2(hz / 1000.0) / 3.0, -1.0, 1.0)
        for name, sign in (("bright", 1.0), ("dark", -1.0)):
            spectrum = np.fft.rfft(samples, axis=1) * 10.0 ** (sign * tilt_db / 20.0)
            song = np.fft.irfft(spectrum, samples.shape[1])
            path = folder / f"{name} {seed}.wav"
            soundfile.write(path, (0.8 * song / np.abs(song).max()).T, RATE, subtype="PCM_24")
            albums[name].append(path)
    return albums


@pytest.fixture
def weights(write_network: Any, moves: Any, telling: Any) -> Path:
    """Weights that would narrow any mix, and can tell settings."""
    songs = shipped_corpus().statistics
    normal = {"mean": songs.mean(axis=0), "scale": songs.std(axis=0)}
    path: Path = write_network(moves(width_db=-3.0), **telling, **normal)
    return path


def named(songs: list[Path]) -> list[str]:
    return [word for song in songs for word in ("--reference", str(song))]


def treble_db(file: dict[str, Any]) -> float:
    settings = settings_from_document(file["settings"])
    return float(settings_response_db(settings, RATE)[RESPONSE_HZ > 2500.0].mean())


def test_a_song_is_remastered_in_the_manner_of_a_release(
    run: Any, mix: Path, albums: dict[str, list[Path]], weights: Path, tmp_path: Path
) -> None:
    pages = tmp_path / "pages"
    moved = {}
    for name, songs in albums.items():
        out = tmp_path / f"{name}.wav"
        words = ("--finished", *named(songs), "--model", weights, "-o", out, "--report", pages)
        done = run("master", mix, *words, "--json")
        assert done.code == 0, done.err
        moved[name] = treble_db(done.file)
        assert done.file["finished"] is True
        assert done.file["intervals"] == {}
        shares = [each["share"] for each in done.file["references"]]
        assert shares == pytest.approx([1.0 / 3.0] * 3)
        assert done.file["basis"].startswith("The song was called finished")
        assert done.warnings.isdisjoint({"references_not_heard", "reference_unlike"})
        page = (pages / f"{name}-report.html").read_text(encoding="utf-8")
        for text in (
            "nothing of it is mended",
            "what 3 songs show",
            "they decide on nothing",
            "share that it counts among them",
        ):
            assert text in page
        for text in ("90 % of masters", "not determined", "How sure"):
            assert text not in page
            assert text not in done.err
    assert moved["bright"] > 0.3
    assert moved["dark"] < -0.3


@pytest.mark.parametrize("model", ["weights", "baseline", "linear", "network"])
def test_without_references_only_loudness_and_limiter_are_at_work(
    run: Any, mix: Path, weights: Path, tmp_path: Path, model: str
) -> None:
    out = tmp_path / "out.wav"
    name = weights if model == "weights" else model
    done = run("master", mix, "--finished", "--model", name, "-o", out, "--json")
    assert done.code == 0, done.err
    settings = settings_from_document(done.file["settings"])
    ceiling = settings["limiter"].values["ceiling_dbtp"]
    assert settings == default_settings().with_block("limiter", {"ceiling_dbtp": ceiling})
    assert "no reference was named" in done.file["basis"]
    as_mix = run("master", mix, "--model", weights, "-o", out, "--force", "--json")
    assert as_mix.file["finished"] is False
    assert not settings_from_document(as_mix.file["settings"])["imager"].bypass


def test_its_recipe_renders_the_same_bytes(
    run: Any,
    mix: Path,
    albums: dict[str, list[Path]],
    weights: Path,
    tmp_path: Path,
    sha256: Any,
) -> None:
    first, again, recipe = (tmp_path / name for name in ("a.wav", "b.wav", "r.yaml"))
    words = ("--finished", *named(albums["dark"]), "--model", weights, "--recipe", recipe)
    assert run("master", mix, "-o", first, *words).code == 0
    done = run("render", recipe, mix, "-o", again, "--json")
    assert done.code == 0, done.err
    assert done.file["finished"] is False
    assert sha256(first) == sha256(again)


def test_every_worker_knows_that_songs_are_finished(
    spawn: Any, mix: Path, other_mix: Path, weights: Path, tmp_path: Path
) -> None:
    words = ("--finished", "--model", weights, "-o", tmp_path, "--jobs", "2", "--json")
    done = spawn("master", mix, other_mix, *words)
    assert done.code == 0, done.err
    assert [each["finished"] for each in done.document["files"]] == [True, True]
    assert all(each["settings"]["imager"]["bypass"] for each in done.document["files"])


@pytest.mark.parametrize(
    ("words", "error", "text"),
    [
        (("--model", "baseline"), "no_settings_told", "the predictor baseline"),
        (("--model", "UNABLE"), "no_settings_told", "the predictor linear"),
        (("--model", "WEIGHTS", "--reference-parts", "dynamics=0"), "usage", "compressed"),
    ],
)
def test_what_cannot_be_told_is_refused(
    run: Any,
    mix: Path,
    other_mix: Path,
    albums: dict[str, list[Path]],
    weights: Path,
    write_weights: Any,
    tmp_path: Path,
    words: tuple[str, ...],
    error: str,
    text: str,
) -> None:
    files = {"UNABLE": write_weights("unable"), "WEIGHTS": weights}
    given = [files.get(word, word) for word in words]
    output = tmp_path / "out"
    output.mkdir()
    asked = ("--finished", *named(albums["bright"]), *given)
    done = run("master", mix, other_mix, "-o", output, *asked, "--json")
    assert done.code == 64
    assert done.error_code == error
    assert done.document["files"] == []  # it belongs to no mix
    assert text in done.document["error"]["message"]
    assert list(output.iterdir()) == []


def test_neighbors_that_were_asked_for_are_shown_and_no_more(
    run: Any, mix: Path, weights: Path, tmp_path: Path
) -> None:
    words = ("--finished", "--corpus", "shipped", "--model", weights)
    done = run("master", mix, *words, "-o", tmp_path / "out.wav", "--json")
    assert done.code == 0, done.err
    assert "neighbors_not_heard" in done.warnings
    assert len(done.file["match"]["neighbors"]) == 16
    assert done.file["settings"]["equalizer"]["bypass"]


def test_an_amount_and_kept_stages_are_the_persons_as_ever(
    run: Any, mix: Path, albums: dict[str, list[Path]], weights: Path, tmp_path: Path
) -> None:
    own = tmp_path / "own.yaml"
    own.write_text("settings:\n  imager: {low_width: 0.5}\n", encoding="utf-8")
    words = ("--finished", *named(albums["bright"]), "--model", weights)
    done = run(
        *("master", mix, "-o", tmp_path / "out.wav", *words, "--json"),
        *("--amount", "multiband_compressor=0", "--lock", f"imager={own}"),
    )
    assert done.code == 0, done.err
    assert done.file["settings"]["multiband_compressor"]["bypass"]
    assert done.file["settings"]["imager"]["values"]["low_width"] == 0.5
    assert treble_db(done.file) > 0.3
