"""Upward expansion of three bands: the opposite of what a multiband compressor does."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ....models.decibel import decibel_to_amplitude
from .envelopes import at_samples, cells_of, smoothed
from .family import Expansion
from .spectral import split_zero_phase

Array: TypeAlias = npt.NDArray[np.float64]

_CELL_S = 0.003
_QUIET = 1e-2  # cells this far below the mean power, 20 dB, are no part of the mean level
_NOTHING = 1e-20


def band_gains(frequency_hz: Array, expansion: Expansion) -> Array:
    """Return the gain of each band, shape ``(3, frequency)``; their sum is 1.

    Args:
        frequency_hz: Above 0, shape ``(frequency,)``.
        expansion: Where bands meet.

    """
    above = []
    for corner_hz in expansion.corners_hz:
        octaves = np.log2(frequency_hz / corner_hz) / expansion.width_octaves
        above.append(0.5 + 0.5 * np.sin(np.pi * np.clip(octaves, -0.5, 0.5)))
    first, second = above
    return np.stack((1.0 - first, first - second, second))


def expand(
    signal: Array, sample_rate: int, exponents: tuple[float, float, float], expansion: Expansion
) -> Array:
    """Move the level of each band away from its mean.

    Args:
        signal: Shape ``(2, time)``.
        sample_rate: In Hz.
        exponents: Of the bands, low to high; 0 leaves a band alone, below 0 it is compressed.
        expansion: What they mean.

    """
    if not any(exponents):
        return signal

    def outer(band: int) -> Callable[[Array], Array]:
        return lambda frequency_hz: band_gains(frequency_hz, expansion)[band]

    low, high = split_zero_phase(signal, sample_rate, (outer(0), outer(2)))
    out = np.zeros_like(signal)
    for band, exponent in zip((low, signal - low - high, high), exponents, strict=True):
        out += band * _gain(band, sample_rate, exponent, expansion)
    return out


def _gain(band: Array, sample_rate: int, exponent: float, expansion: Expansion) -> Array:
    cell = round(_CELL_S * sample_rate)
    power = cells_of(np.square(band).mean(axis=0), cell).mean(axis=1)
    power = np.maximum(smoothed(power, round(expansion.window_s / _CELL_S)), _NOTHING)
    mean = power[power >= _QUIET * power.mean()].mean()
    gain_db = exponent * 10.0 * np.log10(power / mean)
    gain_db = np.clip(gain_db, -expansion.most_db, expansion.most_db)
    gain: Array = decibel_to_amplitude(at_samples(gain_db, cell, band.shape[1]))
    return gain
