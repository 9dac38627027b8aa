"""Half-band interpolation and decimation by two, for the oversampled saturator.

An interpolator keeps the samples and computes those between them by a symmetric FIR of ``T`` taps.
Its delay is ``T / 2`` samples of the lower rate, and so is the decimator's. The transpose of the
interpolator is twice the decimator, that of the decimator half the interpolator.

Every signal of one channel is kept as two rows, its even and its odd samples. So two neighbors of
the result share the samples they are made of, whose loading is what limits a FIR. A row is
``HISTORY`` past items and then those of a chunk: each value is computed once, by the same
operations however the signal is cut into chunks, at the precision of the rows.
"""

from __future__ import annotations

from functools import cache
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from .jit import kernel

Array: TypeAlias = npt.NDArray[np.float64]
Signal: TypeAlias = npt.NDArray[Any]  # float32 or float64
Filters: TypeAlias = tuple[Signal, Signal]

STEEP_TAPS = 64
"""First stage: flat to 0.45 of the lower rate."""

SHORT_TAPS = 16
"""Later stages: the signal ends at a quarter of their lower rate."""

HISTORY = STEEP_TAPS // 2
"""Past items that every row begins with: as many as the longest filter reaches back."""

ROW = 1024
"""Items of a chunk in a row: so few that all rows stay in the cache."""

# an index that might be negative is tested, and a loop with such a test is not vectorized
_1, _2, _3, _4 = (np.uint64(offset) for offset in range(1, 5))


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


def stage_filters(dtype: npt.DTypeLike) -> Filters:
    """Return the FIR of the first stage and that of all others."""
    steep, short = half_sample_taps(STEEP_TAPS), half_sample_taps(SHORT_TAPS)
    return steep.astype(dtype), short.astype(dtype)


def stage_rows(signals: int, stages: int, dtype: npt.DTypeLike) -> Signal:
    """Return silent rows for two channels, shape ``(2, signals, stages, 2, HISTORY + ROW)``."""
    return np.zeros((2, signals, stages, 2, HISTORY + ROW), dtype)


@kernel
def add_fir(x_even: Signal, x_odd: Signal, taps: Signal, y_even: Signal, y_odd: Signal) -> None:
    """Add a symmetric FIR: ``y[n] += Σ taps[k] · x[n + k]``.

    Args:
        x_even: Even samples of the input.
        x_odd: Odd samples of the input.
        taps: Symmetric; a multiple of 16.
        y_even: Even samples of the output, shape ``(count,)``; updated.
        y_odd: Odd samples of the output, shape ``(count,)``; updated.

    """
    for k in range(0, taps.shape[0] // 2, 8):
        t0, t1, t2, t3 = taps[k], taps[k + 1], taps[k + 2], taps[k + 3]
        t4, t5, t6, t7 = taps[k + 4], taps[k + 5], taps[k + 6], taps[k + 7]
        mirrored = (taps.shape[0] - 8 - k) // 2
        e, o, f, p = x_even[k // 2 :], x_odd[k // 2 :], x_even[mirrored:], x_odd[mirrored:]
        for item in range(y_even.shape[0]):
            # all is loaded before anything is stored, or the two sums would not share it
            n = np.uint64(item)
            a0, a1, a2, a3, a4 = e[n], o[n], e[n + _1], o[n + _1], e[n + _2]
            a5, a6, a7, a8 = o[n + _2], e[n + _3], o[n + _3], e[n + _4]
            b0, b1, b2, b3, b4 = f[n], p[n], f[n + _1], p[n + _1], f[n + _2]
            b5, b6, b7, b8 = p[n + _2], f[n + _3], p[n + _3], f[n + _4]
            even = ((t0 * (a0 + b7) + t1 * (a1 + b6)) + (t2 * (a2 + b5) + t3 * (a3 + b4))) + (
                (t4 * (a4 + b3) + t5 * (a5 + b2)) + (t6 * (a6 + b1) + t7 * (a7 + b0))
            )
            odd = ((t0 * (a1 + b8) + t1 * (a2 + b7)) + (t2 * (a3 + b6) + t3 * (a4 + b5))) + (
                (t4 * (a5 + b4) + t5 * (a6 + b3)) + (t6 * (a7 + b2) + t7 * (a8 + b1))
            )
            before = y_odd[n]
            y_even[n] += even
            y_odd[n] = before + odd


@kernel
def copy(x: Signal, y: Signal) -> None:
    """Copy as many samples as ``y`` has."""
    for n in range(y.shape[0]):
        y[n] = x[n]


@kernel
def interleave(even: Signal, odd: Signal, y: Signal) -> None:
    """Put ``y`` together from its even and odd samples."""
    for n in range(y.shape[0] // 2):
        y[2 * n] = even[n]
        y[2 * n + 1] = odd[n]


@kernel
def separate(x: Signal, even: Signal, odd: Signal) -> None:
    """Take ``x`` apart into its even and odd samples."""
    for n in range(x.shape[0] // 2):
        even[n] = x[2 * n]
        odd[n] = x[2 * n + 1]


@kernel
def interpolate(rows: Signal, filters: Filters, frames: int, even: Signal, odd: Signal) -> None:
    """Double the rate of a chunk once a stage.

    Args:
        rows: Input of each stage, shape ``(stages, 2, HISTORY + ROW)``; its chunk has
            ``frames / 2 << stage`` items. That of the first stage is given, the others are written.
        filters: FIR of the first stage and that of the others, in the type of the rows.
        frames: Samples of the chunk at the base rate, an even number, ``2 * ROW >> stages - 1`` at
            most.
        even: The chunk is overwritten with the even samples of the result, which again are two
            rows, shape ``(2, HISTORY + ROW)``.
        odd: The same for the odd samples.

    """
    for stage in range(rows.shape[0]):
        taps = filters[min(stage, 1)]
        count = (frames // 2) << stage
        kept, oldest = HISTORY - taps.shape[0] // 4, HISTORY - taps.shape[0] // 2
        chunk = slice(HISTORY, HISTORY + count)
        for parity in range(2):
            copy(rows[stage, parity, kept:], even[parity, chunk])
            odd[parity, chunk] = 0.0
        later = rows[stage, 0, oldest + 1 :]
        add_fir(rows[stage, 1, oldest:], later, taps, odd[0, chunk], odd[1, chunk])
        if stage + 1 < rows.shape[0]:
            doubled = slice(HISTORY, HISTORY + 2 * count)
            interleave(even[0, chunk], even[1, chunk], rows[stage + 1, 0, doubled])
            interleave(odd[0, chunk], odd[1, chunk], rows[stage + 1, 1, doubled])


@kernel
def decimate(even: Signal, odd: Signal, filters: Filters, frames: int, rows: Signal) -> None:
    """Halve the rate of a chunk once a stage; the result lacks a factor of ½ for each.

    Args:
        even: Even samples of each stage's input, shape ``(stages, 2, HISTORY + ROW)``. Those of the
            last stage, which is the first to be done, are given as `interpolate` leaves them; the
            others are written.
        odd: The same for the odd samples.
        filters: As in `interpolate`.
        frames: As in `interpolate`.
        rows: The chunks are overwritten with the output of each stage, shape
            ``(stages, 2, HISTORY + ROW)``.

    """
    for stage in range(rows.shape[0] - 1, -1, -1):
        taps = filters[min(stage, 1)]
        count = (frames // 2) << stage
        kept, oldest = HISTORY - taps.shape[0] // 4, HISTORY - taps.shape[0] // 2
        chunk = slice(HISTORY, HISTORY + count)
        for parity in range(2):
            copy(even[stage, parity, kept:], rows[stage, parity, chunk])
        low_even, low_odd = rows[stage, 0, chunk], rows[stage, 1, chunk]
        add_fir(odd[stage, 0, oldest:], odd[stage, 1, oldest:], taps, low_even, low_odd)
        if stage > 0:
            separate(low_even, even[stage - 1, 0, HISTORY:], even[stage - 1, 1, HISTORY:])
            separate(low_odd, odd[stage - 1, 0, HISTORY:], odd[stage - 1, 1, HISTORY:])


@kernel
def keep_history(rows: Signal, frames: int) -> None:
    """Move the end of every row to its front, once a chunk is done.

    Args:
        rows: Shape ``(signals, stages, 2, HISTORY + ROW)``.
        frames: As in `interpolate`.

    """
    for signal in range(rows.shape[0]):
        for stage in range(rows.shape[1]):
            count = (frames // 2) << stage
            for parity in range(2):
                row = rows[signal, stage, parity]
                for n in range(HISTORY):
                    row[n] = row[n + count]
