"""The oversampled saturator.

Only what saturation adds passes the decimators, so the linear part of the sound is untouched.
"""

from __future__ import annotations

import math

import numpy as np

from .halfband import (
    HISTORY,
    ROW,
    Filters,
    Signal,
    copy,
    decimate,
    interleave,
    interpolate,
    keep_history,
    separate,
)
from .jit import kernel


@kernel
def keep_residual(x: Signal, ceiling: float, mix: float) -> None:
    """Replace ``x`` by what saturation adds: ``mix · (x / √(1 + (x / ceiling)²) - x)``.

    Args:
        x: Shape ``(time,)``; updated.
        ceiling: The level that the curve approaches, linear.
        mix: 0 … 1.

    """
    real = x.dtype.type
    one, scale, share = real(1.0), real(1.0 / (ceiling * ceiling)), real(mix)
    for n in range(x.shape[0]):
        v = x[n]
        x[n] = share * (v / math.sqrt(one + v * v * scale) - v)


@kernel
def load_chunk(x: Signal, start: int, frames: int, rows: Signal) -> None:
    """Copy part of ``x`` into the rows of the first half-band stage; beyond its end is silence.

    Args:
        x: Shape ``(time,)``, ``time`` an even number.
        start: First sample, an even number.
        frames: How many samples, an even number.
        rows: Shape ``(2, HISTORY + ROW)``; the chunk is written.

    """
    count = min(frames, max(x.shape[0] - start, 0))
    even, odd = rows[0, HISTORY : HISTORY + frames // 2], rows[1, HISTORY : HISTORY + frames // 2]
    even[count // 2 :] = 0.0
    odd[count // 2 :] = 0.0
    separate(x[start : start + count], even, odd)


@kernel
def add_chunk(dry: Signal, rows: Signal, scale: float, start: int, frames: int, y: Signal) -> None:
    """Write ``y = dry + scale · chunk``, where the chunk begins at ``start``, cut to ``y``.

    Args:
        dry: Shape ``(time,)``.
        rows: As in `load_chunk`.
        scale: A power of two, so that nothing is rounded.
        start: May be negative.
        frames: Length of the chunk, an even number.
        y: Shape ``(time,)``; written where the chunk lies; may be ``dry``.

    """
    chunk = np.empty(2 * ROW, y.dtype)
    interleave(rows[0, HISTORY:], rows[1, HISTORY:], chunk[:frames])
    first = max(start, 0)
    last = max(min(start + frames, y.shape[0]), first)
    factor = y.dtype.type(scale)
    part, wet, out = dry[first:last], chunk[first - start :], y[first:last]
    for n in range(last - first):
        out[n] = part[n] + factor * wet[n]


@kernel
def saturate(
    x: Signal,
    dry: Signal,
    rows: Signal,
    filters: Filters,
    ceiling: float,
    mix: float,
    delay: int,
    y: Signal,
) -> None:
    """Add what saturation adds to ``x`` to another signal: ``y[n] = dry[n] + added[n + delay]``.

    Args:
        x: Shape ``(2, time)``, ``time`` an even number; silent beyond its end.
        dry: Shape ``(2, time)``.
        rows: State of the filters, of three signals, as `stage_rows` makes it; updated.
        filters: As in `interpolate`, in the type of ``x``.
        ceiling: As in `keep_residual`.
        mix: As in `keep_residual`.
        delay: How much of the filters' own delay is taken out, in samples.
        y: Output, shape ``(2, time)``; neither ``x`` nor ``dry``.

    """
    stages = rows.shape[2]
    longest = 4 * ROW >> stages
    end = x.shape[1] + delay + delay % 2
    for channel in range(2):
        if stages == 0:
            wet, out = y[channel], dry[channel]
            copy(x[channel], wet)
            keep_residual(wet, ceiling, mix)
            for n in range(wet.shape[0]):
                wet[n] += out[n]
            continue
        low, even, odd = rows[channel, 0], rows[channel, 1], rows[channel, 2]
        for start in range(0, end, longest):
            frames = min(longest, end - start)
            load_chunk(x[channel], start, frames, low[0])
            interpolate(low, filters, frames, even[-1], odd[-1])
            keep_history(rows[channel, :1], frames)
            loudest = slice(HISTORY, HISTORY + (frames << stages) // 4)
            for phase in range(4):
                keep_residual(rows[channel, 1 + phase // 2, -1, phase % 2, loudest], ceiling, mix)
            decimate(even, odd, filters, frames, low)
            keep_history(rows[channel, 1:], frames)
            add_chunk(dry[channel], low[0], 0.5**stages, start - delay, frames, y[channel])
