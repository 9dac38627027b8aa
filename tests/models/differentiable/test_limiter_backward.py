from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from differences import slope
from signals import Array, programme, true_peak_db

from glassmaster.data.metering.true_peak import PeakGrid
from glassmaster.inference.engine.limiter import LimiterGain
from glassmaster.models.differentiable.limiter import LimiterProcessor
from glassmaster.models.kernels.adjoint.true_peak import peaks_adjoint
from glassmaster.models.kernels.interpolator import HALF, HALF_PAIRS, PAD, QUARTER, QUARTER_PAIRS
from glassmaster.models.kernels.limiter import apply_gain, limiter_gain
from glassmaster.models.processors.limiter import ResolvedLimiter, smoothing_window
from glassmaster.models.rates import hop_samples, limiter_cell_samples

RATES = (44_100, 96_000)
LENGTHS = (1, 29, 30, 31, 90, 400)  # in hops; a quantum of the peak grid has 30 at 44.1 kHz


def bursts(sample_rate: int, hops: int, seed: int = 3) -> Array:
    """Make noise below a quarter of the rate that swells some times a second."""
    frames = hops * hop_samples(sample_rate)
    rng = np.random.default_rng(seed)
    spectrum = np.fft.rfft(rng.standard_normal((2, frames + 64)))
    spectrum[:, spectrum.shape[1] // 2 :] = 0.0
    noise = np.fft.irfft(spectrum, frames + 64)[:, :frames]
    swell = np.sin(np.arange(frames) * 19.0 * np.pi / sample_rate + 1.0) ** 4
    x: Array = np.ascontiguousarray(noise * (0.05 + swell))
    return x / np.abs(x).max()


def limiter_of(x: Array, reduction_db: float = 4.0) -> ResolvedLimiter:
    ceiling_dbtp = true_peak_db(x) - reduction_db
    return ResolvedLimiter({"ceiling_dbtp": ceiling_dbtp, "release_ms": 90.0})


def control_of(limiter: ResolvedLimiter, sample_rate: int) -> Array:
    return np.array([limiter.ceiling, *limiter.release(sample_rate)])


def weights(x: Array) -> Array:
    return x * (1.0 + np.random.default_rng(5).standard_normal(x.shape))


def loss(sample_rate: int, x: Array, control: Array, weight: Array) -> float:
    y = np.empty_like(x)
    LimiterProcessor(sample_rate).forward(x, y, control)
    return float((weight * y).sum())


def gradients(sample_rate: int, x: Array, control: Array, dtype: Any = np.float64) -> Any:
    processor = LimiterProcessor(sample_rate)
    audio, gy = x.astype(dtype), weights(x).astype(dtype)
    y, gx = np.empty_like(audio), np.empty_like(audio)
    memory = processor.forward(audio, y, control)
    (gcontrol,) = processor.backward(audio, memory, gy, gx, control)
    return y, gx, gcontrol


@pytest.mark.parametrize("hops", LENGTHS)
@pytest.mark.parametrize("sample_rate", [8_000, *RATES, 192_000])
def test_forward_is_the_engines(sample_rate: int, hops: int) -> None:
    x = programme(sample_rate, 1.6)[:, : hops * hop_samples(sample_rate)]
    x = np.ascontiguousarray(x)
    limiter = limiter_of(x)
    processor, y = LimiterProcessor(sample_rate), np.empty_like(x)
    memory = processor.forward(x, y, control_of(limiter, sample_rate))
    cell = limiter_cell_samples(sample_rate)
    grid, gains = PeakGrid(2, cell), LimiterGain(limiter, sample_rate)
    peaks = np.concatenate((grid.feed(x), grid.finish()))
    expected = np.concatenate((gains.feed(peaks), gains.finish()))
    assert np.array_equal(memory.gain, expected)
    assert memory.gain.min() < 0.7
    limited = np.empty_like(x)
    apply_gain(x, expected, cell, 1.0, limited)
    assert np.array_equal(y, limited)


@pytest.mark.parametrize("hops", LENGTHS)
@pytest.mark.parametrize("sample_rate", RATES)
def test_gradients_of_the_control(sample_rate: int, hops: int) -> None:
    x = bursts(sample_rate, hops)
    control = control_of(limiter_of(x), sample_rate)
    weight = weights(x)
    _, _, gcontrol = gradients(sample_rate, x, control)
    for entry in range(4):
        unit = np.eye(4)[entry]
        expected = slope(lambda h, u=unit: loss(sample_rate, x, control + h * u, weight), 1e-6)  # type: ignore[misc]
        assert gcontrol[entry] == pytest.approx(expected, rel=1e-5, abs=1e-7)
    assert gcontrol[0] != 0.0


def peaks_in_double(x: Array, cell: int) -> Array:
    padded = np.pad(x, ((0, 0), (PAD, PAD)))
    half_taps = np.concatenate((HALF[::-1], HALF)).astype(np.float64)
    stream = np.zeros((2, 2 * padded.shape[1]))
    points = np.zeros((2, padded.shape[1], 2, 4))
    for channel in range(2):
        stream[channel, ::2] = padded[channel]
        between = np.convolve(padded[channel], half_taps)
        stream[channel, 1::2] = between[HALF_PAIRS : HALF_PAIRS + padded.shape[1]]
        points[channel, :, :, 0] = stream[channel].reshape(-1, 2)
        for q, taps in enumerate(QUARTER.astype(np.float64)):
            later = np.convolve(stream[channel], taps[::-1])
            later = later[QUARTER_PAIRS:][: stream.shape[1]]
            points[channel, :, :, q + 1] = later.reshape(-1, 2)
    inside = np.abs(points[:, PAD:-PAD]).max(axis=(0, 2, 3))
    return np.array(inside.reshape(-1, cell).max(axis=1))


def loss_in_double(sample_rate: int, x: Array, control: Array, weight: Array) -> float:
    cell, window = limiter_cell_samples(sample_rate), smoothing_window(sample_rate)
    span = len(window)
    peaks = np.pad(peaks_in_double(x, cell), span)
    gain, y = np.empty(len(peaks) - span), np.empty_like(x)
    limiter_gain(peaks, control[0], window, control[1:], np.ones(span - 1), np.ones(2), gain)
    apply_gain(x, gain[span - 1 :], cell, 1.0, y)
    return float((weight * y).sum())


@pytest.mark.parametrize("hops", LENGTHS)
@pytest.mark.parametrize("sample_rate", RATES)
def test_gradients_of_the_input(sample_rate: int, hops: int) -> None:
    # with peaks in float64 the steps can be so small that no other point becomes the largest
    x = bursts(sample_rate, hops)
    control = control_of(limiter_of(x), sample_rate)
    weight = weights(x)
    assert loss_in_double(sample_rate, x, control, weight) == pytest.approx(
        loss(sample_rate, x, control, weight), rel=1e-6
    )
    _, gx, _ = gradients(sample_rate, x, control)
    loudest = np.zeros_like(x)
    loudest[np.unravel_index(np.abs(x).argmax(), x.shape)] = 1.0
    for direction in (x, x * weights(x), loudest):
        expected = slope(
            lambda h, d=direction: loss_in_double(sample_rate, x + h * d, control, weight),  # type: ignore[misc]
            1e-6,
        )
        scale = float(np.abs(gx * direction).max())
        assert (gx * direction).sum() == pytest.approx(expected, rel=1e-5, abs=1e-5 * scale)


def test_gradients_of_the_input_as_the_meter_rounds() -> None:
    # A peak is rounded to float32, 6e-8 of it, and a step is 0.01 dB, 1.2e-3 of it: an error of
    # about 1e-4. A step reaches the next kink, so only one peak of a short signal is limited.
    x = bursts(44_100, 8)
    x /= np.abs(x).max()
    x[:, 40:80] *= 2.0
    control = control_of(limiter_of(x, 1.0), 44_100)
    weight = weights(x)
    _, gx, _ = gradients(44_100, x, control)
    expected = slope(lambda h: loss(44_100, x * (1.0 + h), control, weight), 1.2e-3)
    assert (gx * x).sum() == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("cell", [4, 8, 64])
@pytest.mark.parametrize("position", [0, 3, 5, 9, 22])
def test_the_peak_of_a_cell_reaches_the_samples(cell: int, position: int) -> None:
    # between two samples a sinc is the best possible interpolator; the taps are close to it
    frames = 256
    at = 128 + position / 8.0
    x = np.zeros((2, frames))
    x[1] = -np.sinc(0.9 * (np.arange(frames) - at))
    gpeaks = np.zeros(frames // cell)
    gpeaks[int(at) // cell] = 1.0
    gx = np.zeros_like(x)
    peaks_adjoint(x, cell, gpeaks, gx)
    assert not gx[0].any()
    assert (gx * x).sum() == pytest.approx(1.0, abs=2e-3)
    centered = np.arange(frames) - at
    assert -gx[1] @ np.cos(0.5 * centered) == pytest.approx(1.0, abs=2e-3)
    assert gx[1] @ np.sin(0.5 * centered) == pytest.approx(0.0, abs=2e-3)


def test_below_the_ceiling_nothing_is_changed() -> None:
    x = bursts(44_100, 90)
    control = control_of(limiter_of(x, -0.1), 44_100)
    y, gx, gcontrol = gradients(44_100, x, control)
    assert np.array_equal(y, x)
    assert np.array_equal(gx, weights(x))
    assert not gcontrol.any()


@pytest.mark.parametrize("sample_rate", RATES)
def test_single_precision_agrees_with_double(sample_rate: int) -> None:
    x = bursts(sample_rate, 400)
    control = control_of(limiter_of(x), sample_rate)
    (y, gx, gcontrol), single = (
        gradients(sample_rate, x, control, dtype) for dtype in (np.float64, np.float32)
    )
    assert np.abs(single[0] - y).max() < 1e-6
    assert np.abs(single[1] - gx).max() < 1e-5 * np.abs(gx).max()
    np.testing.assert_allclose(single[2], gcontrol, rtol=1e-5)


def test_nothing_is_nothing() -> None:
    control = np.array([0.5, 0.9, 0.9, 0.9])
    _, _, gcontrol = gradients(44_100, np.empty((2, 0)), control)
    assert not gcontrol.any()
