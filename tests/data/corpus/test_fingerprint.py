from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from glassmaster.data.corpus.character import character
from glassmaster.data.corpus.fingerprint import Words, fingerprint, repetition
from glassmaster.data.corpus.matches import find_matches
from glassmaster.data.corpus.selection import NOISE_LIVELINESS_DB
from glassmaster.data.features.frames import mel_frames
from glassmaster.data.synthetic import compose

RATE = 44_100
HOP_S = 1024 / RATE
Samples = npt.NDArray[np.float32]


def power_of(samples: Samples) -> npt.NDArray[np.float32]:
    frames = mel_frames(samples, RATE)
    return frames.mid + frames.side


def words_of(samples: Samples) -> Words:
    return fingerprint(power_of(samples))


def coded(samples: Samples, container: str, codec: str) -> Samples:
    file = io.BytesIO()
    soundfile.write(file, samples.T, RATE, format=container, subtype=codec)
    file.seek(0)
    decoded, _ = soundfile.read(file, dtype="float32", always_2d=True)
    return np.ascontiguousarray(decoded.T)


@pytest.fixture(scope="module")
def songs() -> list[Samples]:
    return [compose(seed, duration_s=30.0).mix.samples for seed in (11, 12, 13)]


@pytest.mark.parametrize(
    ("container", "codec"),
    [("OGG", "VORBIS"), ("MP3", "MPEG_LAYER_III"), ("FLAC", "PCM_16")],
)
def test_the_same_song_is_found_again(songs: list[Samples], container: str, codec: str) -> None:
    prints = {f"song{number}": words_of(song) for number, song in enumerate(songs)}
    other = coded(0.4 * songs[0][:, int(1.3 * RATE) :], container, codec)
    matches = find_matches({**prints, "z": words_of(other)})
    assert [(match.first, match.second) for match in matches] == [("song0", "z")]
    assert matches[0].overlap > 0.95
    assert matches[0].error_rate < 0.2
    assert abs(matches[0].offset_frames + 1.3 / HOP_S) < 3


def test_a_passage_in_another_song_is_found_with_its_share(songs: list[Samples]) -> None:
    mixed = np.concatenate((songs[1], songs[0][:, : 14 * RATE]), axis=1)
    (match,) = find_matches({"a": words_of(songs[0]), "b": words_of(mixed)})
    assert 0.35 < match.overlap < 0.6


def test_different_songs_do_not_match(songs: list[Samples]) -> None:
    assert find_matches({str(n): words_of(song) for n, song in enumerate(songs)}) == ()


def test_few_or_empty_tracks_match_nothing() -> None:
    assert find_matches({}) == ()
    assert find_matches({"a": np.empty(0, np.uint32), "b": np.ones(3, np.uint32)}) == ()
    assert len(fingerprint(np.ones((80, 5), np.float32))) == 0


@pytest.mark.parametrize("period_s", [2.0, 3.37, 7.1])
def test_a_loop_is_known_by_its_period(songs: list[Samples], period_s: float) -> None:
    passage = songs[0][:, 5 * RATE : int((5 + period_s) * RATE)]
    loop = np.tile(passage, int(45 / period_s))
    found = character(power_of(loop), words_of(loop), HOP_S)
    assert found.period_error < 0.1
    assert found.period_s / period_s == pytest.approx(round(found.period_s / period_s), abs=0.02)


def test_a_song_is_no_loop(songs: list[Samples]) -> None:
    found = character(power_of(songs[2]), words_of(songs[2]), HOP_S)
    assert found.period_error > 0.1


def test_a_short_track_has_no_period() -> None:
    assert repetition(np.ones(10, np.uint32), 43, 860) == (0, 1.0)


@pytest.fixture
def noise() -> Callable[[float], Samples]:
    def make(color: float) -> Samples:
        generator = np.random.Generator(np.random.Philox(3))
        spectrum = np.fft.rfft(generator.standard_normal((2, 20 * RATE)))
        spectrum[:, 1:] *= np.arange(1, spectrum.shape[1]) ** color
        samples = np.fft.irfft(spectrum)
        return (0.1 * samples / samples.std()).astype(np.float32)

    return make


@pytest.mark.parametrize("color", [0.0, -0.5, -1.0])
def test_noise_is_flat_and_still(noise: Callable[[float], Samples], color: float) -> None:
    samples = noise(color)
    found = character(power_of(samples), words_of(samples), HOP_S)
    assert found.tonality_db + found.movement_db < NOISE_LIVELINESS_DB


def test_songs_are_not_flat_and_still(songs: list[Samples]) -> None:
    for song in songs:
        found = character(power_of(song), words_of(song), HOP_S)
        assert found.tonality_db + found.movement_db > 1.5 * NOISE_LIVELINESS_DB


def test_pauses_count_as_pauses(songs: list[Samples]) -> None:
    paused = np.concatenate((songs[0], np.zeros_like(songs[0])), axis=1)
    found = character(power_of(paused), words_of(paused), HOP_S)
    assert found.sounding_share == pytest.approx(0.5, abs=0.03)


def test_silence_has_a_character() -> None:
    silent = np.zeros((80, 2000), np.float32)
    found = character(silent, fingerprint(silent), HOP_S)
    assert found.sounding_share == 0.0
    assert found.tonality_db == 0.0
