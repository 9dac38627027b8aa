"""Half-band filters of the saturator, chunk by chunk, at the precision of the signal.

The transpose of the half-band interpolator is twice the decimator, and that of the decimator is
half the interpolator, because their FIRs are symmetric: both directions run the same two kernels.

Every signal of one channel is kept as two rows, its even and its odd samples. So two neighbors of
the result share the samples they are made of, whose loading is what limits a FIR. A row is
``HISTORY`` past items and then those of the chunk: each value is computed once, whatever the chunk.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy.typing as npt

from ..halfband import SHORT_TAPS, STEEP_TAPS, half_sample_taps
from ..jit import kernel

Signal: TypeAlias = npt.NDArray[Any]  # float32 or float64

HISTORY = STEEP_TAPS // 2
"""Past items that every row begins with: as many as the longest filter reaches back."""


def stage_filters(dtype: npt.DTypeLike) -> tuple[Signal, Signal]:
    """Return the FIR of the first stage and that of all others."""
    steep, short = half_sample_taps(STEEP_TAPS), half_sample_taps(SHORT_TAPS)
    return steep.astype(dtype), short.astype(dtype)


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
        e, o = x_even[k // 2 :], x_odd[k // 2 :]
        e1, e2, e3, e4, o1, o2, o3 = e[1:], e[2:], e[3:], e[4:], o[1:], o[2:], o[3:]
        mirrored = (taps.shape[0] - 8 - k) // 2
        f, p = x_even[mirrored:], x_odd[mirrored:]
        f1, f2, f3, f4, p1, p2, p3 = f[1:], f[2:], f[3:], f[4:], p[1:], p[2:], p[3:]
        for n in range(y_even.shape[0]):
            # all is loaded before anything is stored, or the two sums would not share it
            a0, a1, a2, a3, a4 = e[n], o[n], e1[n], o1[n], e2[n]
            a5, a6, a7, a8 = o2[n], e3[n], o3[n], e4[n]
            b0, b1, b2, b3, b4 = f[n], p[n], f1[n], p1[n], f2[n]
            b5, b6, b7, b8 = p2[n], f3[n], p3[n], f4[n]
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
def interpolate_chunk(
    rows: Signal, steep: Signal, short: Signal, frames: int, between: Signal
) -> None:
    """Double the rate once a stage.

    Args:
        rows: Shape ``(stages, 2, HISTORY + longest)``, silent at first; the rows of stage ``s``,
            its input, have chunks of ``frames / 2 << s`` items. Those of the first stage are given,
            the others are written.
        steep: FIR of the first stage.
        short: FIR of the later ones.
        frames: Base samples in this chunk, an even number.
        between: Overwritten with what the last stage puts between its input samples, shape
            ``(2, longest)``; for these see `kept_samples`.

    """
    count = frames // 2
    for stage in range(rows.shape[0]):
        taps = steep if stage == 0 else short
        even, odd = rows[stage, 0], rows[stage, 1]
        between_even, between_odd = between[0, :count], between[1, :count]
        between_even[:] = 0.0
        between_odd[:] = 0.0
        oldest = HISTORY - taps.shape[0] // 2
        add_fir(odd[oldest:], even[oldest + 1 :], taps, between_even, between_odd)
        if stage + 1 < rows.shape[0]:
            kept, inner = HISTORY - taps.shape[0] // 4, slice(HISTORY, HISTORY + 2 * count)
            interleave(even[kept:], odd[kept:], rows[stage + 1, 0, inner])
            interleave(between_even, between_odd, rows[stage + 1, 1, inner])
            count *= 2


@kernel
def kept_samples(rows: Signal, parity: int, steep: Signal, short: Signal, frames: int) -> Signal:
    """Return the input samples of the last stage that `interpolate_chunk` keeps.

    Those of one parity: a view of ``rows`` of the shape ``(frames / 2 << (stages - 1),)``.
    """
    taps = steep if rows.shape[0] == 1 else short
    first = HISTORY - taps.shape[0] // 4
    return rows[-1, parity, first : first + (frames << rows.shape[0]) // 4]


@kernel
def decimate_chunk(
    even: Signal, odd: Signal, steep: Signal, short: Signal, frames: int, low: Signal
) -> None:
    """Halve the rate once a stage; the result lacks a factor of ½ for each.

    Args:
        even: Even samples of each stage's input, which again are kept as two rows, laid out as in
            `interpolate_chunk`. Those of the last stage, which is the first to be done, are given,
            the others are written.
        odd: The same for the odd samples.
        steep: FIR of the first stage.
        short: FIR of the later ones.
        frames: Base samples in this chunk, an even number.
        low: Overwritten with the chunk at the base rate, shape ``(2, longest)``.

    """
    for stage in range(even.shape[0] - 1, -1, -1):
        taps = steep if stage == 0 else short
        count = (frames // 2) << stage
        kept, oldest = HISTORY - taps.shape[0] // 4, HISTORY - taps.shape[0] // 2
        low_even, low_odd = low[0, :count], low[1, :count]
        low_even[:] = even[stage, 0, kept : kept + count]
        low_odd[:] = even[stage, 1, kept : kept + count]
        add_fir(odd[stage, 0, oldest:], odd[stage, 1, oldest:], taps, low_even, low_odd)
        if stage > 0:
            lower = stage - 1
            separate(low_even, even[lower, 0, HISTORY:], even[lower, 1, HISTORY:])
            separate(low_odd, odd[lower, 0, HISTORY:], odd[lower, 1, HISTORY:])


@kernel
def keep_history(rows: Signal, frames: int) -> None:
    """Move the end of every row to its front, once a chunk of ``frames`` base samples is done."""
    for stage in range(rows.shape[0]):
        count = (frames // 2) << stage
        for parity in range(2):
            row = rows[stage, parity]
            for n in range(HISTORY):
                row[n] = row[n + count]
