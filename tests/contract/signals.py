"""Signals that the contracts are tested with, and how results are compared."""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import signal

Array: TypeAlias = npt.NDArray[np.float64]


def seconds(duration_s: float, sample_rate: int) -> Array:
    """Time of each sample."""
    return np.arange(round(duration_s * sample_rate)) / sample_rate


def programme(sample_rate: int, duration_s: float = 1.5, seed: int = 1) -> Array:
    """Tones, noise bursts and sibilants on both channels, partly alike; ``(2, time)``."""
    rng = np.random.default_rng(seed)
    t = seconds(duration_s, sample_rate)
    noise = rng.standard_normal((2, len(t)))
    dull = signal.lfilter(*signal.butter(1, 600.0, fs=sample_rate), noise)
    colored = 0.45 * dull + 0.03 * noise
    colored[1] = 0.6 * colored[0] + 0.8 * colored[1]
    corner_hz = min(4500.0, 0.4 * sample_rate)
    hiss = signal.lfilter(*signal.butter(2, corner_hz, "highpass", fs=sample_rate), noise[::-1])
    sibilants = 0.3 * (np.sin(2.0 * math.pi * 2.3 * t) > 0.8)
    bursts = 0.15 + (np.sin(2.0 * math.pi * 3.1 * t) > 0.2) * np.exp(-6.0 * (t * 3.1 % 1.0))
    tones = np.zeros_like(t)
    for frequency_hz, level in ((55.0, 0.1), (220.0, 0.06), (1330.0, 0.04), (6300.0, 0.03)):
        tones += level * np.sin(2.0 * math.pi * frequency_hz * t + frequency_hz)
    tones *= 0.3 + 0.7 * (np.sin(2.0 * math.pi * 1.3 * t) > 0.0)
    mix: Array = colored * bursts + hiss * sibilants + tones * np.array(((1.0,), (0.8,)))
    return mix


def tone_bursts(sample_rate: int, duration_s: float = 2.0) -> Array:
    """Tones below 8 kHz with smooth bursts, the same sound at every rate; ``(2, time)``."""
    t = seconds(duration_s, sample_rate)
    total = np.zeros_like(t)
    for index, (frequency_hz, level) in enumerate(
        ((70.0, 0.3), (310.0, 0.15), (1700.0, 0.1), (5200.0, 0.08), (7100.0, 0.06))
    ):
        phase = (t * (1.1 + 0.37 * index)) % 1.0
        rise = np.clip(phase / 0.01, 0.0, 1.0) ** 2 * np.clip((1.0 - phase) / 0.05, 0.0, 1.0) ** 2
        tone = np.sin(2.0 * math.pi * frequency_hz * t + index)
        total += level * tone * (0.03 + rise * np.exp(-4.0 * phase))
    return np.stack((total, 0.7 * total))


def impulse(frames: int, at: int = 0) -> Array:
    """One sample of 1 in the left channel; ``(2, time)``."""
    x = np.zeros((2, frames))
    x[0, at] = 1.0
    return x


def difference_db(one: Array, other: Array) -> float:
    """Largest difference over the largest value of ``other``, in dB."""
    assert one.shape == other.shape
    rest = float(np.abs(one - other).max())
    return 20.0 * math.log10(max(rest, 1e-300) / float(np.abs(other).max()))


def true_peak_db(x: Array, factor: int = 16) -> float:
    """Largest value between samples, by a sinc as long as the signal (zero-padded spectrum)."""
    padded = np.pad(x, ((0, 0), (512, 512)))
    frames = padded.shape[1]
    spectrum = np.fft.rfft(padded)
    if frames % 2 == 0:
        spectrum[:, -1] *= 0.5  # the bin at Nyquist stands for two once the spectrum is longer
    long = np.fft.irfft(spectrum, frames * factor) * factor
    return 20.0 * math.log10(float(np.abs(long).max()))
