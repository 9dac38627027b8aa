"""Raising the peaks that a limiter has taken down."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.ndimage import maximum_filter1d

from ....models.decibel import decibel_to_amplitude
from .envelopes import at_samples, cells_of, smoothed
from .family import Restoration

Array: TypeAlias = npt.NDArray[np.float64]

_HELD_CELLS = 5  # a rise is held and then smoothed over so many, so that it clicks nowhere
_NOTHING = 1e-10
_HEARD = 1e-3  # cells below this share of the track's level, -60 dB, have no say


def restore_peaks(
    signal: Array, sample_rate: int, amount_db: float, restoration: Restoration
) -> Array:
    """Raise peaks that stand out of their surroundings.

    Args:
        signal: Shape ``(2, time)``.
        sample_rate: In Hz.
        amount_db: Gain of the peaks that stand out most; below 0 they are lowered.
        restoration: What stands out.

    """
    if amount_db == 0.0:
        return signal
    cell = round(restoration.cell_s * sample_rate)
    peak = cells_of(np.abs(signal).max(axis=0), cell).max(axis=1)
    power = cells_of(np.square(signal).mean(axis=0), cell).mean(axis=1)
    level = np.sqrt(
        np.maximum(smoothed(power, round(restoration.window_s / restoration.cell_s)), _NOTHING**2)
    )
    crest_db = 20.0 * np.log10(np.maximum(peak, _NOTHING) / level)
    heard = level > _HEARD * np.sqrt(power.mean())
    low_db, high_db = np.quantile(
        crest_db[heard], (restoration.low_quantile, restoration.high_quantile)
    )
    share = np.clip((crest_db - low_db) / max(high_db - low_db, 1e-6), 0.0, 1.0)
    share = maximum_filter1d(share * share * (3.0 - 2.0 * share), _HELD_CELLS)
    gain_db = amount_db * smoothed(share, _HELD_CELLS)
    return signal * decibel_to_amplitude(at_samples(gain_db, cell, signal.shape[1]))
