"""What tells a song from silence, noise and loops, by figures that are simple to measure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from .fingerprint import Words, repetition

Array: TypeAlias = npt.NDArray[np.float64]

GATE_DB = -30.0
"""Frames quieter than this, relative to the mean power of the track, are pauses."""

LONGEST_PERIOD_S = 20.0
"""A passage of up to this length, repeated to the end, is a loop."""

_SHORTEST_PERIOD_S = 1.0
_STEADY_FRAMES = 12  # a quarter of a second
_FIRST_BAND, _LAST_BAND = 8, 64  # 0.25 to 7 kHz
_REACH_BANDS = 3
_FLOOR = 1e-12


@dataclass(frozen=True, slots=True)
class Character:
    """Figures of a track as a whole.

    Attributes:
        sounding_share: Share of frames that are no pauses.
        period_s: Period at which the track repeats itself best, from 1 to 20 s; 0 where it is too
            short to tell.
        period_error: Share of unlike bits of the fingerprint at that period; 0.5 by chance.
        tonality_db: How far peaks of the spectrum stand out from their neighbors for a quarter of a
            second, on average: noise has about 1 dB.
        movement_db: Mean change of the band levels from one quarter of a second to the next.

    """

    sounding_share: float
    period_s: float
    period_error: float
    tonality_db: float
    movement_db: float


def character(power: npt.NDArray[np.float32], words: Words, hop_s: float) -> Character:
    """Measure the character of a track.

    Args:
        power: Power of mid and side together, shape ``(80, frame)``.
        words: Its fingerprint.
        hop_s: Distance of frames.

    """
    total = power.sum(axis=0, dtype=np.float64)
    sounding = total > 10.0 ** (0.1 * GATE_DB) * total.mean()
    period, error = repetition(
        words, round(_SHORTEST_PERIOD_S / hop_s), round(LONGEST_PERIOD_S / hop_s)
    )
    levels_db = _steady_levels_db(power, sounding)
    return Character(
        sounding_share=float(sounding.mean()),
        period_s=period * hop_s,
        period_error=error,
        tonality_db=_tonality_db(levels_db),
        movement_db=float(np.abs(np.diff(levels_db, axis=1)).mean()) if levels_db.size else 0.0,
    )


def _steady_levels_db(power: npt.NDArray[np.float32], sounding: npt.NDArray[np.bool_]) -> Array:
    """Return levels of quarters of a second that sound throughout, shape ``(band, quarter)``."""
    quarters = power.shape[1] // _STEADY_FRAMES
    kept = power[_FIRST_BAND:_LAST_BAND, : quarters * _STEADY_FRAMES]
    mean = kept.reshape(len(kept), quarters, _STEADY_FRAMES).mean(axis=2, dtype=np.float64)
    full = sounding[: quarters * _STEADY_FRAMES].reshape(quarters, _STEADY_FRAMES).all(axis=1)
    mean = mean[:, full]
    loudest = mean.max(axis=0, keepdims=True, initial=1e-30)
    levels: Array = 10.0 * np.log10(mean + _FLOOR * loudest)
    return levels


def _tonality_db(levels_db: Array) -> float:
    if levels_db.shape[1] == 0:
        return 0.0
    width = 2 * _REACH_BANDS + 1
    around = np.lib.stride_tricks.sliding_window_view(levels_db, width, axis=0)
    middle = levels_db[_REACH_BANDS:-_REACH_BANDS]
    return float(np.abs(middle - np.median(around, axis=-1)).mean())
