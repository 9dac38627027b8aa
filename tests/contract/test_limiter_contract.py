from __future__ import annotations

import math

import numpy as np
import pyebur128
import pytest
from cases import CASES, render, resolved
from oracles.limiter import cell_peaks
from scipy import signal
from signals import Array, programme, seconds, true_peak_db

from glassmaster.models.settings import default_settings

CASE = next(case for case in CASES if case.name == "limiter")
RATES = (8000, 11_025, 22_050, 44_100, 48_000, 96_000, 192_000)
EDGE_FILTER = signal.firwin(511, 0.95, window=("kaiser", 9.0))[np.newaxis]


def limited(
    x: Array, sample_rate: int, ceiling_db: float = -1.0, release_ms: float = 120.0
) -> Array:
    values = {"ceiling_dbtp": ceiling_db, "release_ms": release_ms}
    chain = resolved(CASE, default_settings().with_block("limiter", values))
    return render(chain, x * 10.0 ** (-CASE.gain_db / 20.0), sample_rate)


def hot(name: str, sample_rate: int) -> Array:
    """Half a second that is far above any ceiling, or full of peaks between samples."""
    rng = np.random.default_rng(8)
    t = seconds(0.5, sample_rate)
    frames = len(t)
    if name == "noise":
        return rng.standard_normal((2, frames))
    if name == "square":
        return 2.0 * np.sign(np.sin(2.0 * math.pi * np.array(((101.3,), (997.0,))) * t))
    if name == "impulses":
        x = np.zeros((2, frames))
        x[:, :: frames // 37] = 3.0
        x[1, 5 :: frames // 23] = -2.0
        return x
    if name == "clipped music":
        return np.clip(6.0 * programme(sample_rate, 0.5), -1.0, 1.0)
    if name == "quarter of the rate":  # every sample lies 3 dB below the peak
        return np.tile(np.sin(0.5 * math.pi * np.arange(frames) + math.pi / 4.0), (2, 1))
    noise = rng.standard_normal((2, frames))  # steps up and down between silence and shouting
    return 4.0 * noise * (np.sin(2.0 * math.pi * 11.0 * t) > 0.3)


HOT = ("noise", "square", "impulses", "clipped music", "quarter of the rate", "bursts")


def without_edge(x: Array) -> Array:
    """Take out what lies above 0.48 of the rate, where no interpolator that ends can follow."""
    return np.asarray(signal.oaconvolve(x, EDGE_FILTER, "same", axes=1))


@pytest.mark.parametrize("sample_rate", RATES)
@pytest.mark.parametrize("name", HOT)
def test_true_peak_stays_under_the_ceiling(name: str, sample_rate: int) -> None:
    x = without_edge(hot(name, sample_rate))
    for ceiling_db, release_ms in ((-1.0, 20.0), (-6.0, 300.0)):
        y = limited(x, sample_rate, ceiling_db, release_ms)
        assert true_peak_db(y) <= ceiling_db + 0.1


@pytest.mark.parametrize("sample_rate", RATES)
@pytest.mark.parametrize("name", HOT)
def test_no_point_of_the_eightfold_grid_exceeds_the_ceiling(name: str, sample_rate: int) -> None:
    y = limited(hot(name, sample_rate), sample_rate, -1.0, 20.0)
    # not exactly: the gain moves a little between the samples that a point is made of
    assert 20.0 * math.log10(cell_peaks(y, 1).max()) <= -1.0 + 0.05


@pytest.mark.parametrize("name", HOT)
def test_libebur128_finds_no_peak_over_the_ceiling(name: str) -> None:
    # its short filter is no judge of what lies close to Nyquist
    low_pass = signal.firwin(511, 0.89, window=("kaiser", 9.0))[np.newaxis]
    y = limited(signal.oaconvolve(hot(name, 48_000), low_pass, "same", axes=1), 48_000, -1.0, 20.0)
    state = pyebur128.R128State(2, 48_000, pyebur128.MeasurementMode.MODE_TRUE_PEAK)
    state.add_frames(np.ascontiguousarray(y.T).reshape(-1), y.shape[1])
    peak = max(pyebur128.get_true_peak(state, channel) for channel in (0, 1))
    assert 20.0 * math.log10(peak) <= -1.0 + 0.1


@pytest.mark.parametrize("name", HOT)
def test_limiting_is_not_deeper_than_the_peaks_ask_for(name: str) -> None:
    # the loudest place must come close to the ceiling again
    y = limited(without_edge(hot(name, 48_000)), 48_000)
    assert true_peak_db(y) == pytest.approx(-1.0, abs=0.1)


@pytest.mark.parametrize("sample_rate", RATES)
@pytest.mark.parametrize("drive_db", [1.0, 6.0, 20.0])
def test_steady_gain_reduction_equals_the_need(sample_rate: int, drive_db: float) -> None:
    t = seconds(1.0, sample_rate)
    tone = 10.0 ** ((drive_db - 1.0) / 20.0) * np.sin(2.0 * math.pi * 1000.0 * t)
    y = limited(np.stack((tone, np.full_like(t, 1e-3))), sample_rate)
    inside = slice(round(0.3 * sample_rate), -round(0.1 * sample_rate))
    gain_db = 20.0 * np.log10(y[1, inside] / 1e-3)
    assert gain_db.max() - gain_db.min() < 0.1
    assert float(np.mean(gain_db)) == pytest.approx(-drive_db, abs=0.1)


@pytest.mark.parametrize("sample_rate", RATES)
@pytest.mark.parametrize("name", HOT)
def test_gain_lies_between_zero_and_one_and_both_channels_share_it(
    name: str, sample_rate: int
) -> None:
    x = hot(name, sample_rate)
    x[1] = 1e-3
    y = limited(x, sample_rate)
    gain = y[1] / 1e-3
    assert gain.min() > 0.0
    assert gain.max() <= 1.0 + 1e-9
    np.testing.assert_allclose(y[0], x[0] * gain, atol=1e-9)


@pytest.mark.parametrize("sample_rate", RATES)
def test_below_the_ceiling_nothing_is_touched(sample_rate: int) -> None:
    x = programme(sample_rate, 0.5)
    x *= 10.0 ** ((-1.2 - true_peak_db(x)) / 20.0)
    np.testing.assert_allclose(limited(x, sample_rate), x, atol=1e-12)


def gain_after(burst_s: float, release_ms: float, sample_rate: int = 48_000) -> Array:
    """Gain from the end of a burst on, seen on the other channel."""
    x = np.full((2, 4 * sample_rate), 1e-3)
    end = 4800 + max(1, round(burst_s * sample_rate))
    x[0, 4800:end] = 2.0
    return limited(x, sample_rate, 0.0, release_ms)[1, end:] / 1e-3


def test_after_lasting_limiting_the_gain_comes_back_with_the_release_time() -> None:
    for release_ms in (50.0, 200.0):
        gain = gain_after(2.0, release_ms)
        # two times one release time apart, once the fast stage and the window have passed
        start = round(0.001 * 2.0 * release_ms * 48_000) + 960
        later = start + round(0.001 * release_ms * 48_000)
        # the slow stage still follows what is left of the fast one
        assert (1.0 - gain[later]) / (1.0 - gain[start]) == pytest.approx(math.exp(-1.0), rel=0.02)


def test_after_a_single_peak_the_gain_comes_back_fast() -> None:
    gain = gain_after(0.0, 200.0)
    assert 1.0 - gain[round(0.06 * 48_000)] < 0.25 * (1.0 - gain[0])
    assert 1.0 - gain[round(0.5 * 48_000)] < 0.05 * (1.0 - gain[0])
