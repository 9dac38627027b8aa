from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import butter, sosfilt

from glassmaster.data.analysis import Analysis, Analyzer
from glassmaster.data.features.content import CONTENT, ContentMeter, harmony
from glassmaster.data.features.frames import MelFrames, mel_frames
from glassmaster.data.synthetic import compose
from glassmaster.models.spectrum import CENTERS_HZ, PowerSpectrum

RATE = 44_100


def analyzed(samples: np.ndarray, rate: int = RATE) -> Analysis:
    analyzer = Analyzer(rate, len(samples))
    analyzer.feed(np.ascontiguousarray(samples, np.float32))
    return analyzer.result()


@pytest.fixture(scope="module")
def songs() -> list[np.ndarray]:
    styles = ("pop", "rock", "electronic", "acoustic")
    known = [style for style in styles if _is_style(style)] or [""]
    return [
        compose(seed, style=known[seed % len(known)], duration_s=20.0).mix.samples
        for seed in range(4)
    ]


def _is_style(style: str) -> bool:
    from glassmaster.data.synthetic import STYLES

    return style in STYLES


@pytest.fixture(scope="module")
def contents(songs: list[np.ndarray]) -> np.ndarray:
    return np.array([analyzed(song).content for song in songs])


def spread(contents: np.ndarray) -> np.ndarray:
    return contents.std(axis=0) + 0.05


def test_every_number_has_a_name_and_is_finite(contents: np.ndarray) -> None:
    assert contents.shape == (4, len(CONTENT))
    assert len(set(CONTENT)) == len(CONTENT)
    assert np.isfinite(contents).all()


def test_gain_and_a_steady_filter_hardly_move_it(
    songs: list[np.ndarray], contents: np.ndarray
) -> None:
    shelf = butter(1, 400.0, "highpass", fs=RATE, output="sos")
    for song, before in zip(songs, contents, strict=True):
        filtered = 0.3 * song + 0.9 * sosfilt(shelf, song, axis=1)  # 12 dB of tilt
        for changed in (0.25 * song, filtered):
            moved = np.abs(analyzed(changed).content - before) / spread(contents)
            assert np.median(moved) < 0.15
        others = np.abs(contents - before) / spread(contents)
        assert np.median(np.sort(np.median(others, axis=1))[1:]) > 0.5  # other songs are far


def test_how_frames_are_cut_makes_no_difference(songs: list[np.ndarray]) -> None:
    frames = mel_frames(songs[0], RATE)
    analysis = analyzed(songs[0])
    found = []
    for step in (1, 100, 256, 10_000):
        meter = ContentMeter(RATE)
        for start in range(0, frames.mid.shape[1], step):
            meter.feed(frames.part(start, min(step, frames.mid.shape[1] - start)))
        found.append(meter.result(analysis.spectrum, analysis.statistics))
    for other in found[1:]:
        np.testing.assert_array_equal(found[0], other)


@pytest.mark.parametrize("seconds", [0.3, 1.2])
def test_of_too_little_nothing_is_told(songs: list[np.ndarray], seconds: float) -> None:
    assert not analyzed(songs[0][:, : round(seconds * RATE)]).content.any()


def test_pauses_do_not_count(songs: list[np.ndarray], contents: np.ndarray) -> None:
    chunk = 256 * 1024  # the frames of a chunk
    whole = songs[0][:, : 3 * chunk]
    paused = np.concatenate((whole, 0.0 * whole[:, :chunk]), axis=1)
    moved = np.abs(analyzed(paused).content - analyzed(whole).content) / spread(contents)
    assert np.median(moved) < 0.1


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 11), st.floats(-40.0, 40.0))
def test_harmony_knows_no_key_and_no_level(shift: int, gain_db: float) -> None:
    rng = np.random.default_rng(4)
    comb = np.where(np.isin(np.arange(len(CENTERS_HZ)) % 12, (0, 4, 7)), 8.0, 0.0)
    for values in (comb, rng.normal(0.0, 3.0, len(CENTERS_HZ))):
        level_db = np.resize(values[:12], len(values))
        power, moved = 10.0 ** (0.1 * level_db), 10.0 ** (0.1 * np.roll(level_db, shift))
        nothing = np.zeros_like(power)
        one = harmony(PowerSpectrum(power, nothing, nothing))
        other = harmony(PowerSpectrum(moved, nothing, nothing).scaled(gain_db))
        np.testing.assert_allclose(one, other, atol=0.12)


def test_a_scale_stands_out_of_noise() -> None:
    nothing = np.zeros(len(CENTERS_HZ))
    triad = np.where(np.isin(np.arange(len(CENTERS_HZ)) % 12, (0, 4, 7)), 10.0, 1.0)
    flat = harmony(PowerSpectrum(nothing + 1.0, nothing, nothing))
    tonal = harmony(PowerSpectrum(triad, nothing, nothing))
    assert tonal[-1] > flat[-1] + 2.0


def test_tempo_of_onsets_is_seen() -> None:
    """Strokes every half second repeat at 0.5 s and not at 0.7 s."""
    hop_s = 1024 / RATE
    frames = round(24.0 / hop_s)
    power = np.full((80, frames), 1e-4, np.float32)
    for beat in np.arange(0.0, 24.0, 0.5):
        power[:, round(beat / hop_s) : round(beat / hop_s) + 3] = 1e-1
    meter = ContentMeter(RATE)
    meter.feed(MelFrames(power, 0.0 * power, np.zeros(4 * frames, np.float32)))
    nothing = np.ones(len(CENTERS_HZ))
    spectrum = PowerSpectrum(nothing, nothing, nothing)
    told = dict(zip(CONTENT, meter.result(spectrum, np.ones(256)), strict=True))
    assert told["onset_low@0.46"] > 0.5 > 0.2 > told["onset_low@0.62"]
