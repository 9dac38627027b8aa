"""FIR tables of the eightfold interpolator that every true-peak figure comes from.

Two stages share the work. The first puts one point halfway between two samples: the hard part, as
its pass band must reach almost to Nyquist, so it is long, but it is one symmetric filter. The
signal is then band-limited to half of its doubled rate, and a short filter adds three more points
between any two neighbors. Original samples pass through unchanged.

At any of the eight points the gain lies within -0.010 … +0.015 dB up to 0.45 of the sample rate,
and within -0.011 … +0.016 dB up to 0.48. ITU-R BS.1770-5, Annex 2, asks for at least fourfold
oversampling and leaves the filter open; its own 48 taps read up to 0.3 dB low.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

FloatTable: TypeAlias = npt.NDArray[np.float32]

HALF_PAIRS = 48
"""Samples on each side of a halfway point that contribute to it."""

QUARTER_PAIRS = 4
"""Points of the doubled stream on each side that contribute to one of the three between."""

PAD = HALF_PAIRS + QUARTER_PAIRS // 2
"""Samples needed before and after a sample for the eight points that start at it."""

_KAISER_BETA = 6.0


def _windowed_sinc(offset: npt.NDArray[np.floating], reach: int) -> npt.NDArray[np.float64]:
    window = np.i0(_KAISER_BETA * np.sqrt(1.0 - (offset / reach) ** 2)) / np.i0(_KAISER_BETA)
    taps: npt.NDArray[np.float64] = np.sinc(offset) * window
    return taps


def half_table() -> FloatTable:
    """Return the taps of the halfway point, shape ``(HALF_PAIRS,)``, nearest pair first.

    Point ``n + 1/2`` is ``sum(h[k] * (x[n - k] + x[n + 1 + k]))``; the gain at 0 Hz is 1.
    """
    taps = _windowed_sinc(np.arange(HALF_PAIRS) + 0.5, HALF_PAIRS)
    table: FloatTable = (0.5 * taps / taps.sum()).astype(np.float32)
    return table


def quarter_table() -> FloatTable:
    """Return the taps of the three points between, shape ``(3, 2 * QUARTER_PAIRS)``.

    With ``v`` the doubled stream, point ``j + (q + 1) / 4`` is
    ``sum(g[q, m] * v[j + 1 - QUARTER_PAIRS + m])``; the gain at 0 Hz is 1.
    """
    positions = np.arange(2 * QUARTER_PAIRS) + 1 - QUARTER_PAIRS
    taps = np.stack([_windowed_sinc(positions - q / 4.0, QUARTER_PAIRS) for q in (1, 2, 3)])
    table: FloatTable = (taps / taps.sum(axis=1, keepdims=True)).astype(np.float32)
    return table


HALF = half_table()
QUARTER = quarter_table()

HALF_GAIN = float(np.float32(2.0 * np.abs(HALF).sum() * (1.0 + 1e-5)))
"""Bound of a halfway point over the largest sample it sees, rounding included."""

QUARTER_GAIN = float(np.float32(np.abs(QUARTER).sum(axis=1).max() * (1.0 + 1e-5)))
"""Bound of a point between over the largest point of the doubled stream it sees."""
