from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import numpy.typing as npt
import pyebur128
import pyloudnorm
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal

from glassmaster.data.metering.loudness import LoudnessMeter, bin_edges, gated_loudness
from glassmaster.models.k_weighting import k_weighting, k_weighting_power

Array = npt.NDArray[np.float64]

RATES = [8000, 11_025, 12_345, 22_050, 32_000, 44_100, 48_000, 96_000, 192_000, 384_000]


def sine(level_dbfs: float, seconds: float, rate: int, frequency_hz: float = 997.0) -> Array:
    time = np.arange(round(seconds * rate)) / rate
    return 10.0 ** (level_dbfs / 20.0) * np.sin(2.0 * np.pi * frequency_hz * time)


def measure(samples: Array, rate: int) -> LoudnessMeter:
    meter = LoudnessMeter(rate, len(samples))
    meter.feed(samples)
    meter.finish()
    return meter


def programme(rate: int, seconds: float, seed: int = 0) -> Array:
    """Pinkish stereo noise that swells and falls silent."""
    rng = np.random.default_rng(seed)
    frames = round(seconds * rate)
    noise = signal.lfilter([0.05], [1.0, -0.95], rng.standard_normal((2, frames)))
    swell = 10.0 ** (-1.2 + np.sin(2.0 * np.pi * np.arange(frames) / (7.3 * rate)))
    swell[frames // 2 : frames // 2 + rate] = 0.0
    result: Array = noise * swell
    return result


# BS.1770-5, Annex 1, Tables 1 and 2
SHELF = (1.53512485958697, -2.69169618940638, 1.19839281085285, -1.69065929318241, 0.73248077421585)
HIGH_PASS = (1.0, -2.0, 1.0, -1.99004745483398, 0.99007225036621)
TABLE_48K = np.array([SHELF, HIGH_PASS])


def test_coefficients_at_48_khz_are_the_table() -> None:
    np.testing.assert_allclose(k_weighting(48_000), TABLE_48K, atol=5e-10)


@pytest.mark.parametrize(
    ("frequency_hz", "gain_db"),
    [
        (20.0, -13.2754),
        (50.0, -3.9341),
        (100.0, -1.1335),
        (500.0, 0.0425),
        (997.0, 0.691),
        (2000.0, 3.0713),
        (4000.0, 3.9680),
        (10_000.0, 4.0419),
        (20_000.0, 4.0431),
    ],
)
def test_response_at_48_khz(frequency_hz: float, gain_db: float) -> None:
    power = k_weighting_power(np.array([frequency_hz]))
    assert 10.0 * math.log10(power[0]) == pytest.approx(gain_db, abs=2e-4)


@pytest.mark.parametrize(
    ("rate", "low_db", "high_db"),
    [
        (32_000, -0.009, 0.011),
        (44_100, -0.0015, 0.0025),
        (88_200, -0.007, 0.006),
        (96_000, -0.007, 0.006),
        (192_000, -0.009, 0.007),
        (384_000, -0.009, 0.007),
    ],
)
def test_other_rates_follow_48_khz(rate: int, low_db: float, high_db: float) -> None:
    frequency = np.geomspace(20.0, min(20_000.0, 0.45 * rate), 500)
    here = signal.freqz_sos(np.insert(k_weighting(rate), 3, 1.0, axis=1), frequency, fs=rate)[1]
    there = signal.freqz_sos(np.insert(TABLE_48K, 3, 1.0, axis=1), frequency, fs=48_000)[1]
    error_db = 20.0 * np.log10(np.abs(here / there))
    assert low_db <= error_db.min()
    assert error_db.max() <= high_db


@pytest.mark.parametrize("rate", RATES)
def test_full_scale_997_hz(rate: int) -> None:
    tone = sine(0.0, 5.0, rate)
    mono, stereo = measure(tone[np.newaxis], rate), measure(np.stack((tone, tone)), rate)
    for level in (mono.integrated_lufs, mono.momentary_max_lufs, mono.short_term_max_lufs):
        assert level == pytest.approx(-3.01, abs=0.02)
    assert stereo.integrated_lufs == pytest.approx(0.0, abs=0.02)


@pytest.mark.parametrize("rate", [44_100, 48_000])
def test_agrees_with_other_meters(rate: int) -> None:
    samples = programme(rate, 24.0)
    meter = measure(samples, rate)
    mode = pyebur128.MeasurementMode
    state = pyebur128.R128State(2, rate, mode.MODE_I | mode.MODE_S)
    state.add_frames(np.ascontiguousarray(samples.T).reshape(-1), samples.shape[1])
    assert meter.integrated_lufs == pytest.approx(pyebur128.get_loudness_global(state), abs=0.01)
    assert meter.short_term_lufs == pytest.approx(pyebur128.get_loudness_shortterm(state), abs=0.01)
    other = pyloudnorm.Meter(rate, filter_class="DeMan").integrated_loudness(samples.T)
    assert meter.integrated_lufs == pytest.approx(other, abs=0.05)


def test_loudness_range_against_the_definition() -> None:
    rate = 48_000
    samples = programme(rate, 30.0, seed=4)
    padded = np.pad(samples, ((0, 0), (0, 3 * rate // 2)))
    weighted = signal.sosfilt(np.insert(TABLE_48K, 3, 1.0, axis=1), padded)
    energy = np.cumsum(np.append(0.0, (weighted**2).sum(axis=0)))
    ends = np.arange(3 * rate, padded.shape[1] + 1, rate // 10)
    power = (energy[ends] - energy[ends - 3 * rate]) / (3 * rate)
    loudness = -0.691 + 10.0 * np.log10(power)
    loudness = loudness[loudness >= -70.0]
    gate = -0.691 + 10.0 * np.log10(np.mean(10.0 ** ((loudness + 0.691) / 10.0))) - 20.0
    loudness = np.sort(loudness[loudness >= gate])
    low, high = (loudness[math.floor((len(loudness) - 1) * p + 0.5)] for p in (0.1, 0.95))
    assert measure(samples, rate).range_lu == pytest.approx(high - low, abs=1e-3)


@pytest.mark.parametrize("rate", [8000, 11_025, 44_100, 48_000, 12_345])
def test_bins_of_10_ms_start_at_the_nearest_sample(rate: int) -> None:
    bins = np.arange(0, 2000)
    exact = bins * Fraction(rate, 100)
    expected = [math.floor(edge + Fraction(1, 2)) for edge in exact]
    assert bin_edges(bins, rate).tolist() == expected
    assert bin_edges(np.array([100]), rate).tolist() == [rate]


def test_relative_gate_drops_what_is_ten_below() -> None:
    tone = np.concatenate((sine(-20.0, 10.0, 48_000), sine(-40.0, 30.0, 48_000)))
    meter = measure(np.stack((tone, tone)), 48_000)
    # three blocks of the louder part's end reach into the other and stay above the gate
    expected = 10.0 * math.log10((97 + 0.75 + 0.5 + 0.25) / 100.0) - 20.0
    assert meter.integrated_lufs == pytest.approx(expected, abs=0.01)


def test_absolute_gate() -> None:
    quiet, audible = (np.tile(sine(level, 5.0, 48_000), (2, 1)) for level in (-70.5, -69.5))
    assert measure(quiet, 48_000).integrated_lufs is None
    assert measure(audible, 48_000).integrated_lufs == pytest.approx(-69.5, abs=0.02)


def test_incomplete_block_at_the_end_is_discarded() -> None:
    quiet = np.tile(sine(-30.0, 1.0, 48_000), (2, 1))
    loud = np.tile(sine(0.0, 0.099, 48_000), (2, 1))
    alone, followed = measure(quiet, 48_000), measure(np.hstack((quiet, loud)), 48_000)
    assert followed.integrated_lufs == alone.integrated_lufs


def test_shorter_than_a_block_is_undefined() -> None:
    tone = np.tile(sine(-10.0, 0.5, 48_000), (2, 1))
    meter = measure(tone[:, : 4 * 4800 - 1], 48_000)
    assert meter.integrated_lufs is None
    assert meter.momentary_max_lufs is None
    assert measure(tone[:, : 4 * 4800], 48_000).integrated_lufs == pytest.approx(-10.0, abs=0.1)


def test_three_seconds_make_a_short_term_loudness() -> None:
    tone = np.tile(sine(-10.0, 3.0, 44_100), (2, 1))
    assert measure(tone[:, :-1], 44_100).short_term_max_lufs is None
    assert measure(tone[:, :-1], 44_100).range_lu is None
    assert measure(tone, 44_100).short_term_max_lufs == pytest.approx(-10.0, abs=0.05)


@pytest.mark.parametrize("rate", [8000, 44_100])
@pytest.mark.parametrize("frames", [0, 1, 100_000])
def test_silence_has_no_loudness(rate: int, frames: int) -> None:
    meter = measure(np.zeros((2, frames)), rate)
    assert meter.integrated_lufs is None
    assert meter.momentary_max_lufs is None
    assert meter.short_term_max_lufs is None
    assert meter.momentary_lufs is None
    assert meter.short_term_lufs is None
    assert meter.range_lu is None


def test_not_a_number_never_becomes_a_figure() -> None:
    samples = np.tile(sine(-20.0, 8.0, 48_000), (2, 1))
    samples[0, 200_000] = np.nan
    meter = measure(samples, 48_000)
    assert meter.integrated_lufs == pytest.approx(-20.0, abs=0.05)
    assert meter.momentary_lufs is None
    assert meter.short_term_lufs is None


def test_weights_and_hop_powers() -> None:
    rng = np.random.default_rng(0)
    samples = rng.standard_normal((3, 48_000))
    weighted = signal.sosfilt(np.insert(TABLE_48K, 3, 1.0, axis=1), samples)
    expected = (weighted**2).reshape(3, 10, 4800).mean(axis=2).T @ [1.0, 0.0, 1.41]
    meter = LoudnessMeter(48_000, 3, weights=(1.0, 0.0, 1.41))
    meter.feed(samples)
    np.testing.assert_allclose(meter.hop_powers, expected, rtol=1e-9)
    assert meter.integrated_lufs == gated_loudness(meter.hop_powers)


@pytest.mark.parametrize("rate", [11_025, 33_333, 44_100])
def test_no_result_depends_on_the_blocks(rate: int) -> None:
    samples = programme(rate, 4.0)
    frames = samples.shape[1]
    whole = measure(samples, rate)

    @settings(max_examples=8, deadline=None)
    @given(st.lists(st.integers(0, frames), max_size=9))
    def check(cuts: list[int]) -> None:
        meter = LoudnessMeter(rate, 2)
        for block in np.split(samples, sorted(cuts), axis=1):
            meter.feed(block)
        meter.finish()
        np.testing.assert_array_equal(meter.hop_powers, whole.hop_powers)
        assert meter.momentary_max_lufs == whole.momentary_max_lufs
        assert meter.short_term_max_lufs == whole.short_term_max_lufs
        assert meter.range_lu == whole.range_lu

    check()


def test_float32_is_measured_as_it_is() -> None:
    samples = programme(44_100, 4.0).astype(np.float32)
    meter = LoudnessMeter(44_100, 2)
    meter.feed(samples)
    assert meter.integrated_lufs == measure(samples.astype(np.float64), 44_100).integrated_lufs
