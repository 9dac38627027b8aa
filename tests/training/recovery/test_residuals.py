from __future__ import annotations

import numpy as np
import pytest

from glassmaster.training.recovery.beginning import shifted
from glassmaster.training.recovery.residuals import MARGIN, LevelResidual, WaveformResidual

RATE = 44_100
RNG = np.random.default_rng(3)


def smooth(length: int) -> np.ndarray:
    """Noise without its highest frequencies, which a part of a sample would turn."""
    noise = np.fft.rfft(RNG.standard_normal((2, length)), axis=1)
    noise[:, noise.shape[1] // 2 :] = 0.0
    return np.fft.irfft(noise, length, axis=1)


@pytest.mark.parametrize("delay", [0, 3, -7])
def test_the_waveform_is_compared_later_in_the_master(delay: int) -> None:
    track = smooth(8192)
    start, length = 2048, 2048
    target = track[:, start - MARGIN : start + length + MARGIN]
    residual = WaveformResidual([target])
    compared = track[:, start + delay : start + delay + length]
    assert np.square(residual([compared], float(delay))).sum() < 1e-4
    assert np.square(residual([compared], delay + 2.0)).sum() > 0.1


def test_the_sum_of_squares_is_the_energy_left_over_that_of_the_master() -> None:
    track = smooth(4096 + 2 * MARGIN)
    inside = track[:, MARGIN:-MARGIN]
    left = WaveformResidual([track])([0.9 * inside], 0.0)
    assert np.square(left).sum() == pytest.approx(0.01)


def test_levels_are_told_in_decibels_whatever_the_phase() -> None:
    track = 0.1 * smooth(2 * RATE)
    residual = LevelResidual([track], RATE)
    louder = residual([track * 10.0 ** (1.0 / 20.0)], 0.0)
    assert np.square(louder).sum() == pytest.approx(1.0, abs=0.05)
    assert np.square(residual([-track], 0.0)).sum() == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("delay", [5.0, -4.0, 0.25])
def test_a_track_is_moved(delay: float) -> None:
    seconds = np.arange(RATE) / RATE
    track = np.stack([np.sin(2 * np.pi * 440.0 * seconds)] * 2).astype(np.float32)
    moved = shifted(track, delay)
    expected = np.sin(2 * np.pi * 440.0 * (seconds + delay / RATE))
    assert moved.shape == track.shape
    assert moved[0, 2000:-2000] == pytest.approx(expected[2000:-2000], abs=2e-3)
