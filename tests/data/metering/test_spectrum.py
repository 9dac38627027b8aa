from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal

from glassmaster.data.metering.spectrum import SpectrumMeter
from glassmaster.models.spectrum import CENTERS_HZ, EDGES_HZ, PowerSpectrum

Array = npt.NDArray[np.float64]

RATE = 44_100


def measure(samples: Array, rate: int = RATE) -> SpectrumMeter:
    meter = SpectrumMeter(rate, len(samples))
    meter.feed(samples)
    return meter


def sine(frequency_hz: float, seconds: float, rate: int = RATE) -> Array:
    return np.sin(2.0 * np.pi * frequency_hz * np.arange(round(seconds * rate)) / rate)


@pytest.mark.parametrize("rate", [8000, 11_025, 22_050, 44_100, 48_000, 96_000, 384_000])
def test_full_scale_sine_in_both_channels_sums_to_one_half(rate: int) -> None:
    spectrum = measure(np.tile(sine(1000.0, 3.0, rate), (2, 1)), rate).spectrum()
    assert spectrum.mid.sum() == pytest.approx(0.5, rel=1e-4)
    assert spectrum.side.sum() < 1e-12
    if rate <= 96_000:
        near = np.abs(np.log2(CENTERS_HZ / 1000.0)) < 2.5 / 12.0
        assert spectrum.mid[near].sum() > 0.4999


def test_mid_side_and_cross() -> None:
    left, right = 0.5 * sine(440.0, 3.0), 0.25 * sine(440.0, 3.0)
    spectrum = measure(np.stack((left, right))).spectrum()
    assert spectrum.mid.sum() == pytest.approx(0.5 * 0.375**2, rel=1e-4)
    assert spectrum.side.sum() == pytest.approx(0.5 * 0.125**2, rel=1e-4)
    assert spectrum.cross.sum() == pytest.approx(0.5 * 0.375 * 0.125, rel=1e-4)
    # mid + side is the mean of both channels' powers, mid - side the mean product
    assert spectrum.total.sum() == pytest.approx(0.25 * (0.5**2 + 0.25**2), rel=1e-4)
    assert (spectrum.mid - spectrum.side).sum() == pytest.approx(0.5 * 0.5 * 0.25, rel=1e-4)


def test_mono_has_no_side() -> None:
    spectrum = measure(sine(1000.0, 2.0)[np.newaxis]).spectrum()
    assert spectrum.mid.sum() == pytest.approx(0.5, rel=1e-4)
    assert not spectrum.side.any()
    assert not spectrum.cross.any()


def test_noise_against_welch() -> None:
    rng = np.random.default_rng(1)
    samples = signal.lfilter([1.0], [1.0, -0.9], rng.standard_normal((2, 8 * RATE))) * 0.05
    mid = 0.5 * (samples[0] + samples[1])
    frequency, density = signal.welch(mid, RATE, window="hann", nperseg=16_384, detrend=False)
    cumulative = np.append(0.0, np.cumsum(density)) * frequency[1]
    edges = np.append(frequency - frequency[1] / 2.0, frequency[-1] + frequency[1] / 2.0)
    inside = EDGES_HZ[1:] < 0.5 * RATE
    expected = np.diff(np.interp(EDGES_HZ, edges, cumulative))[inside]
    np.testing.assert_allclose(measure(samples).spectrum().mid[inside], expected, rtol=2e-3)


def test_white_noise_keeps_its_power_in_every_band() -> None:
    rng = np.random.default_rng(2)
    samples = rng.standard_normal((2, 30 * RATE)) * 0.1
    spectrum = measure(samples).spectrum()
    inside = EDGES_HZ[1:] < 0.5 * RATE
    expected = 0.01 * np.diff(EDGES_HZ) / (0.5 * RATE)
    ratio_db = 10.0 * np.log10(spectrum.total / expected)[inside]
    assert np.abs(ratio_db[CENTERS_HZ[inside] > 500.0]).max() < 0.6
    assert spectrum.total.sum() == pytest.approx(0.01 * (22_050 - 17.5) / 22_050, rel=0.01)


def test_gate_leaves_quiet_frames_out() -> None:
    loud, quiet = 0.5 * sine(1000.0, 5.0), 0.005 * sine(200.0, 20.0)
    meter = measure(np.tile(np.concatenate((loud, quiet)), (2, 1)))
    gated, ungated = meter.spectrum(-30.0), meter.spectrum()
    assert gated.mid.sum() == pytest.approx(0.125, rel=0.05)
    assert ungated.mid.sum() == pytest.approx(0.125 / 5.0, rel=0.05)
    assert gated.mid[np.abs(CENTERS_HZ - 200.0) < 30.0].sum() < 1e-6


def test_frames_below_the_absolute_gate_count_only_alone() -> None:
    whisper = np.tile(1e-4 * sine(1000.0, 5.0), (2, 1))
    assert measure(whisper).spectrum().mid.sum() == pytest.approx(0.5e-8, rel=1e-3)
    tone = np.tile(0.5 * sine(1000.0, 5.0), (2, 1))
    assert measure(np.hstack((tone, 0.0 * whisper))).spectrum().mid.sum() > 0.115


def test_shorter_than_a_frame() -> None:
    assert measure(np.tile(sine(1000.0, 0.1), (2, 1))).spectrum().mid.sum() == pytest.approx(
        0.5, rel=1e-3
    )
    for frames in (0, 1, 2):
        assert np.all(np.isfinite(measure(np.ones((2, frames))).spectrum().total))


def test_last_frame_that_is_not_full_is_dropped() -> None:
    tone = np.tile(sine(1000.0, 1.0), (2, 1))[:, :16_384]
    silence = np.zeros((2, 8191))
    assert measure(np.hstack((tone, silence))).spectrum().mid.sum() == pytest.approx(0.5, rel=1e-4)


def test_band_levels_are_percentiles_of_frames() -> None:
    low, high = sine(60.0, 30.0), sine(2000.0, 30.0)
    # 20 % of the time at -40, 70 % at -20, 10 % at -10 dBFS peak
    envelope = np.repeat([0.01, 0.1, 10.0**-0.5], [6 * RATE, 21 * RATE, 3 * RATE])
    levels = measure(np.tile(envelope * (low + high), (2, 1))).band_levels()
    assert levels[1] is None or levels[1].p50_dbfs < -60.0
    for band in (0, 2):
        spread = levels[band]
        assert spread is not None
        assert spread.p10_dbfs == pytest.approx(-43.0, abs=0.2)
        assert spread.p50_dbfs == pytest.approx(-23.0, abs=0.2)
        assert spread.p95_dbfs == pytest.approx(-13.0, abs=0.2)


def test_silence_has_no_band_levels() -> None:
    meter = measure(np.zeros((2, 2 * RATE)))
    assert meter.band_levels() == (None, None, None, None)
    assert not meter.spectrum().total.any()


def assert_equal(one: PowerSpectrum, other: PowerSpectrum) -> None:
    np.testing.assert_array_equal(one.mid, other.mid)
    np.testing.assert_array_equal(one.side, other.side)
    np.testing.assert_array_equal(one.cross, other.cross)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 50_000), max_size=8))
def test_no_result_depends_on_the_blocks(cuts: list[int]) -> None:
    samples = np.random.default_rng(4).standard_normal((2, 50_000))
    whole, pieces = measure(samples), SpectrumMeter(RATE, 2)
    for block in np.split(samples, sorted(cuts), axis=1):
        pieces.feed(block)
    assert_equal(pieces.spectrum(-20.0), whole.spectrum(-20.0))
    assert pieces.band_levels() == whole.band_levels()
