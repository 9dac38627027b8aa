from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pyebur128
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal

from glassmaster.data.metering.true_peak import PeakGrid, TruePeakMeter

Array = npt.NDArray[np.float64]


def measured(samples: Array) -> float:
    meter = TruePeakMeter(len(samples))
    meter.feed(samples)
    level = meter.true_peak_dbtp
    assert level is not None
    return level


def faded_sine(frequency: float, phase: float, frames: int = 6000) -> Array:
    fade = np.minimum(1.0, np.minimum(np.arange(frames), np.arange(frames)[::-1]) / 1000.0)
    window = 0.5 - 0.5 * np.cos(np.pi * fade)
    return (window * np.cos(2.0 * np.pi * frequency * np.arange(frames) + phase))[np.newaxis]


def brute_force(samples: Array, cell: int) -> Array:
    """Eightfold points by a far longer interpolator, in float64, maxima a cell."""
    reach = 256
    positions = np.arange(-reach * 8, reach * 8 + 1) / 8.0
    taps = np.sinc(positions) * np.kaiser(len(positions), 10.0)
    frames = -(-samples.shape[1] // cell) * cell
    points = np.stack(
        [
            signal.upfirdn(taps, np.pad(row, (0, frames - len(row))), up=8)[8 * reach :]
            for row in samples
        ]
    )[:, : 8 * frames]
    return np.abs(points).max(axis=0).reshape(-1, 8 * cell).max(axis=1)


# 1/4, 1/6, 1/3 ... are the tones whose samples fall on few phases, so that nothing averages out
@pytest.mark.parametrize(
    "frequency", [0.01, 0.05, 0.1, 1 / 8, 1 / 6, 0.2, 1 / 4, 1 / 3, 3 / 8, 0.4, 0.43, 0.45]
)
def test_steady_sine_at_any_phase_reads_its_amplitude(frequency: float) -> None:
    for phase in np.linspace(0.0, math.pi, 25):
        level = measured(faded_sine(frequency, phase))
        assert -0.02 <= level <= 0.05


@pytest.mark.parametrize("frequency", [0.46, 0.47, 0.48])
def test_pass_band_reaches_almost_to_nyquist(frequency: float) -> None:
    for phase in np.linspace(0.0, math.pi, 9):
        assert -0.05 <= measured(faded_sine(frequency, phase)) <= 0.05


def test_point_between_two_samples_is_found() -> None:
    # fs/4 at 45 degrees: every sample is 3.01 dB below the peak
    level = measured(faded_sine(0.25, math.pi / 4.0))
    assert level == pytest.approx(0.0, abs=0.01)


def test_noise_agrees_with_a_long_interpolator_and_with_libebur128() -> None:
    rng = np.random.default_rng(5)
    noise = signal.sosfilt(signal.butter(8, 0.8, output="sos"), rng.standard_normal((2, 40_000)))
    noise *= 0.3
    peak = brute_force(noise, 8).max()
    assert measured(noise) == pytest.approx(20.0 * math.log10(peak), abs=0.05)
    state = pyebur128.R128State(2, 48_000, pyebur128.MeasurementMode.MODE_TRUE_PEAK)
    state.add_frames(np.ascontiguousarray(noise.T).reshape(-1), noise.shape[1])
    other = max(pyebur128.get_true_peak(state, channel) for channel in (0, 1))
    assert measured(noise) == pytest.approx(20.0 * math.log10(other), abs=0.2)


def test_never_below_the_sample_peak_and_above_it_beside_the_edge() -> None:
    meter = TruePeakMeter(1)
    meter.feed(np.array([[1.0, 1.0]]))
    assert meter.sample_peak_dbfs == 0.0
    # two equal samples and nothing else: the point between them is 2 * sinc(1/2), windowed
    assert meter.true_peak_dbtp == pytest.approx(20.0 * math.log10(4.0 / math.pi), abs=0.02)


def test_one_sample_and_silence() -> None:
    meter = TruePeakMeter(2)
    assert meter.true_peak_dbtp is None
    meter.feed(np.zeros((2, 3000)))
    assert meter.true_peak_dbtp is None
    assert meter.sample_peak_dbfs is None
    meter.feed(np.array([[0.5], [-0.25]]))
    assert meter.true_peak_dbtp == pytest.approx(-6.0206, abs=1e-3)


def test_what_is_not_a_number_does_not_hide_the_rest() -> None:
    samples = faded_sine(0.25, math.pi / 4.0)
    samples[0, 100] = np.nan
    assert measured(samples) == pytest.approx(0.0, abs=0.01)


def test_pruning_never_lowers_the_peak() -> None:
    rng = np.random.default_rng(9)
    for _ in range(20):
        # peaks that grow and shrink by turns, most of them just above or below the one before
        bursts = np.repeat(rng.uniform(0.9, 1.0, 40), 700)
        samples = (rng.standard_normal((2, len(bursts))) * bursts).clip(-2.0, 2.0)
        grid = PeakGrid(2, 32)
        whole = float(max(grid.feed(samples).max(), grid.finish().max()))
        # the refinement between points adds at most what a band-limited signal can rise
        assert -1e-5 <= measured(samples) - 20.0 * math.log10(whole) <= 0.17


@pytest.mark.parametrize("cell", [8, 16, 32])
def test_grid_agrees_with_a_long_interpolator(cell: int) -> None:
    rng = np.random.default_rng(cell)
    band = signal.firwin(255, 0.9)
    samples = signal.lfilter(band, 1.0, rng.standard_normal((2, 5003)))
    grid = PeakGrid(2, cell)
    cells = np.concatenate((grid.feed(samples), grid.finish()))
    expected = brute_force(samples, cell)
    assert len(cells) == len(expected)
    np.testing.assert_allclose(cells, expected, atol=2e-3 * np.abs(samples).max())


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 2500), max_size=8), st.sampled_from([8, 16, 32]))
def test_no_result_depends_on_the_blocks(cuts: list[int], cell: int) -> None:
    rng = np.random.default_rng(1)
    samples = rng.standard_normal((2, 5555)) * np.linspace(0.0, 0.5, 5555)
    whole, grid = TruePeakMeter(2), PeakGrid(2, cell)
    whole.feed(samples)
    expected = np.concatenate((grid.feed(samples), grid.finish()))
    pieces, grid = TruePeakMeter(2), PeakGrid(2, cell)
    cells = []
    for block in np.split(samples, np.minimum(np.cumsum(cuts), 5555), axis=1):
        pieces.feed(block)
        cells.append(grid.feed(block))
    cells.append(grid.finish())
    assert pieces.true_peak_dbtp == whole.true_peak_dbtp
    np.testing.assert_array_equal(np.concatenate(cells), expected)


def test_sample_by_sample_and_queried_in_between() -> None:
    rng = np.random.default_rng(3)
    samples = rng.standard_normal((1, 3000))
    meter = TruePeakMeter(1)
    for index in range(3000):
        meter.feed(samples[:, index : index + 1])
        if index % 500 == 0:
            assert meter.true_peak_dbtp == measured(samples[:, : index + 1])
    assert meter.true_peak_dbtp == measured(samples)
