from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from signals import Array

from glassmaster.models.kernels.quantize import quantize
from glassmaster.models.processors.dither import shaping_filter

FULL_SCALE = {16: 2.0**15, 24: 2.0**23}


def quantized(
    x: Array, bit_depth: int, shaping: Array, *, seed: int = 7, blocks: int = 1 << 30
) -> Array:
    """Word-length reduce ``x``, shape ``(2, time)``, in blocks; full scale ±1 again."""
    errors = np.zeros((2, len(shaping)))
    parts = []
    for at in range(0, x.shape[1], blocks):
        block = np.ascontiguousarray(x[:, at : at + blocks])
        steps = np.empty(block.shape, np.int32)
        quantize(block, FULL_SCALE[bit_depth], seed, at, shaping, errors, steps)
        parts.append(steps)
    return np.concatenate(parts, axis=1) / FULL_SCALE[bit_depth]


def music(frames: int) -> Array:
    rng = np.random.default_rng(2)
    return 0.1 * rng.standard_normal((2, frames))


def level_db(x: Array) -> float:
    return float(10.0 * np.log10(np.mean(x**2)))


@pytest.mark.parametrize(("bit_depth", "expected_db"), [(16, -96.33), (24, -144.49)])
def test_error_has_the_power_of_triangular_dither(bit_depth: int, expected_db: float) -> None:
    x = music(1 << 19)
    error = quantized(x, bit_depth, np.zeros(0)) - x
    assert level_db(error) == pytest.approx(expected_db, abs=0.05)
    for row in error:
        assert level_db(row) == pytest.approx(expected_db, abs=0.05)


def test_error_has_no_mean() -> None:
    x = music(1 << 22)
    error = (quantized(x, 16, np.zeros(0)) - x) * FULL_SCALE[16]
    assert np.abs(error.mean(axis=1)).max() < 0.001


def test_noise_does_not_follow_the_signal() -> None:
    frames = 1 << 18
    levels = []
    for place in np.linspace(0.0, 1.0, 9):  # between one step and the next
        x = np.full((2, frames), (100.0 + place) / FULL_SCALE[16])
        error = quantized(x, 16, np.zeros(0)) - x
        levels.append(level_db(error))
        # so that a mean of 0 does not hide a mean that moves with the signal
        assert np.abs(error.mean() * FULL_SCALE[16]) < 0.004
    assert max(levels) - min(levels) < 0.1


@pytest.mark.parametrize("sample_rate", [44_100, 96_000])
def test_a_faint_sine_has_no_harmonics(sample_rate: int) -> None:
    frames, cycle = 1 << 21, 47_491  # about 1 kHz at 44.1 kHz, and never the same samples
    tone = 1e-3 * np.sin(2.0 * np.pi * cycle / frames * np.arange(frames))
    y = quantized(np.stack((tone, tone)), 16, shaping_filter(16, sample_rate))
    amplitude_db = 20.0 * np.log10(2.0 * np.abs(np.fft.rfft(y)) / frames)
    assert amplitude_db[:, cycle] == pytest.approx(-60.0, abs=0.01)
    for harmonic in range(2, 20):
        assert amplitude_db[:, harmonic * cycle].max() < -130.0


def band_level_db(error: Array, sample_rate: int, low_hz: float, high_hz: float) -> float:
    frames = error.shape[1]
    frequency_hz = np.fft.rfftfreq(frames, 1.0 / sample_rate)
    power = np.mean(2.0 * np.abs(np.fft.rfft(error) / frames) ** 2, axis=0)
    return float(10.0 * np.log10(power[(frequency_hz >= low_hz) & (frequency_hz <= high_hz)].sum()))


@pytest.mark.parametrize("sample_rate", [44_100, 48_000])
def test_shaped_error_is_low_where_the_ear_is_keen(sample_rate: int) -> None:
    x = music(1 << 19)
    shaped = quantized(x, 16, shaping_filter(16, sample_rate)) - x
    white = quantized(x, 16, np.zeros(0)) - x
    assert band_level_db(shaped, sample_rate, 2000.0, 5000.0) <= -120.0
    lowered = band_level_db(white, sample_rate, 2000.0, 5000.0) - band_level_db(
        shaped, sample_rate, 2000.0, 5000.0
    )
    assert lowered > 15.0


def test_error_is_white_where_it_is_not_shaped() -> None:
    for bit_depth, sample_rate in ((16, 96_000), (24, 44_100), (24, 48_000)):
        assert len(shaping_filter(bit_depth, sample_rate)) == 0
    x = music(1 << 19)
    error = quantized(x, 16, np.zeros(0)) - x
    edges = np.linspace(0.0, 22_050.0, 12)
    levels = [band_level_db(error, 44_100, low, high) for low, high in pairwise(edges)]
    assert max(levels) - min(levels) < 0.2


@pytest.mark.parametrize("sample_rate", [44_100, 96_000])
def test_blocks_and_seeds(sample_rate: int) -> None:
    x = music(5000)
    shaping = shaping_filter(16, sample_rate)
    whole = quantized(x, 16, shaping)
    for blocks in (1, 777, 4096):
        np.testing.assert_array_equal(quantized(x, 16, shaping, blocks=blocks), whole)
    other = quantized(x, 16, shaping, seed=8)
    assert np.mean(other != whole) > 0.3


def test_channels_and_seeds_have_independent_errors() -> None:
    silent = np.zeros((2, 1 << 18))
    one = quantized(silent, 16, np.zeros(0), seed=1)
    two = quantized(silent, 16, np.zeros(0), seed=2)
    rows = np.concatenate((one, two))
    correlation = np.corrcoef(rows) - np.eye(4)
    assert np.abs(correlation).max() < 0.01


def test_the_loudest_values_stay_inside_the_word() -> None:
    x = np.stack((np.full(2000, 1.5), np.full(2000, -1.5)))
    for sample_rate in (44_100, 96_000):
        y = quantized(x, 16, shaping_filter(16, sample_rate)) * FULL_SCALE[16]
        assert y.max() <= 32_767.0
        assert y.min() >= -32_768.0
