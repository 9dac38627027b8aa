"""Half-band interpolation and decimation by two, for the oversampled saturator.

An interpolator keeps the samples and computes those between them by a symmetric FIR of ``T`` taps
(``T`` even). Its delay is ``T / 2`` samples of the lower rate, and so is the decimator's.
"""

from __future__ import annotations

from functools import cache
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from .jit import kernel

Array: TypeAlias = npt.NDArray[np.float64]

STEEP_TAPS = 64
"""First stage: flat to 0.45 of the lower rate."""

SHORT_TAPS = 16
"""Later stages: the signal ends at a quarter of their lower rate."""


@cache
def half_sample_taps(count: int, attenuation_db: float = 90.0) -> Array:
    """Return the FIR that interpolates half-way between samples, shape ``(count,)``.

    A sinc shortened by a Kaiser window (J. Kaiser, 1974), scaled to unit gain at DC.
    """
    position = np.arange(count) - (count - 1) / 2.0
    taps: Array = np.sinc(position) * np.kaiser(count, 0.1102 * (attenuation_db - 8.7))
    taps /= taps.sum()
    taps.setflags(write=False)
    return taps


@kernel
def add_symmetric_fir(x: Array, taps: Array, y: Array) -> None:
    """Add a symmetric FIR of ``x`` to ``y``: ``y[n] += Σ taps[k] · x[n + k]``.

    A function of its own on plain arrays, because only such a loop is vectorized.

    Args:
        x: Shape ``(time + len(taps) - 1,)`` or longer.
        taps: Symmetric, even in number.
        y: Shape ``(time,)``; updated.

    """
    count = taps.shape[0]
    time = y.shape[0]
    for k in range(count // 2):
        t = taps[k]
        before = x[k : k + time]
        after = x[count - 1 - k : count - 1 - k + time]
        for n in range(time):
            y[n] += t * (before[n] + after[n])


@kernel
def interpolate(x: Array, taps: Array, y: Array) -> None:
    """Double the rate.

    Args:
        x: ``len(taps)`` samples of history, then the block, shape ``(2, len(taps) + time)``.
        taps: Symmetric, even in number.
        y: Output, shape ``(2, 2 · time)``.

    """
    half = taps.shape[0] // 2
    time = x.shape[1] - taps.shape[0]
    for channel in range(2):
        between = np.zeros(time)
        add_symmetric_fir(x[channel, 1:], taps, between)
        kept, out = x[channel, half:], y[channel]
        for n in range(time):
            out[2 * n] = kept[n]
            out[2 * n + 1] = between[n]


@kernel
def decimate(x: Array, taps: Array, y: Array) -> None:
    """Halve the rate.

    Args:
        x: ``2 · len(taps)`` samples of history, then the block, shape
            ``(2, 2 · (len(taps) + time))``.
        taps: Symmetric, even in number.
        y: Output, shape ``(2, time)``.

    """
    count = taps.shape[0]
    time = y.shape[1]
    odd = np.empty(time + count)
    for channel in range(2):
        row, low = x[channel], y[channel]
        for n in range(time + count):
            odd[n] = 0.5 * row[2 * n + 1]
        for n in range(time):
            low[n] = 0.5 * row[2 * n + count]
        add_symmetric_fir(odd, taps, low)
