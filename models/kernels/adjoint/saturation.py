"""The saturator of a whole example, its filters' delay taken out, and its reverse pass.

With ``r = 1 / √(1 + (v / c)²)`` the residual is ``mix · v · (r - 1)``. Its derivative by ``v`` is
``mix · (r³ - 1)``, by ``mix`` it is ``v · (r - 1)``, and by the ceiling ``mix · v³ r³ / c³``.

Nothing but the input is remembered: the reverse pass interpolates it once more.
"""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ..jit import kernel
from .halfband import (
    HISTORY,
    Signal,
    decimate_chunk,
    interleave,
    interpolate_chunk,
    keep_history,
    kept_samples,
    separate,
)

Array: TypeAlias = npt.NDArray[np.float64]

CHUNK = 1024
"""Base samples worked on at a time, an even number, so that all rows stay in the cache."""


@kernel
def residual(x: Signal, ceiling: float, mix: float, y: Signal) -> None:
    """Write what saturation adds to ``x``, in the precision of ``x``; see the module.

    Args:
        x: Shape ``(time,)``.
        ceiling: Linear.
        mix: 0 … 1.
        y: Shape ``(time,)``; written; not ``x``.

    """
    real = x.dtype.type
    one, scale, share = real(1.0), real(1.0 / (ceiling * ceiling)), real(mix)
    for n in range(y.shape[0]):
        v = x[n]
        y[n] = share * (v / math.sqrt(one + v * v * scale) - v)


@kernel
def residual_adjoint(
    x: Signal, gy: Signal, ceiling: float, mix: float, gx: Signal, sums: Signal
) -> None:
    """Reverse `residual`.

    Args:
        x: Shape ``(time,)``.
        gy: Gradient of the residual.
        ceiling: Linear.
        mix: 0 … 1.
        gx: Gradient of ``x``; written; neither ``x`` nor ``gy``.
        sums: Shape ``(2, time)`` or longer, updated: at item ``n`` the sums of ``gy · x³ r³`` and
            of ``gy · x · (r - 1)`` over sample ``n`` of all calls. There are so many because only
            independent sums are vectorized.

    """
    real = x.dtype.type
    one, scale, share = real(1.0), real(1.0 / (ceiling * ceiling)), real(mix)
    by_ceiling, by_mix = sums[0], sums[1]
    for n in range(gx.shape[0]):
        v, g = x[n], gy[n]
        square = v * v
        r = one / math.sqrt(one + square * scale)
        cube = r * r * r
        gx[n] = share * g * (cube - one)
        gv = g * v
        by_ceiling[n] += gv * square * cube
        by_mix[n] += gv * (r - one)


@kernel
def load_chunk(x: Signal, start: int, frames: int, rows: Signal) -> None:
    """Copy part of ``x`` into the rows of the first half-band stage; beyond its end is silence.

    Args:
        x: Shape ``(time,)``, ``time`` an even number.
        start: First sample, an even number.
        frames: How many samples, an even number.
        rows: Shape ``(2, HISTORY + longest)``; what follows the history is written.

    """
    count = min(frames, max(x.shape[0] - start, 0))
    even, odd = rows[0, HISTORY : HISTORY + frames // 2], rows[1, HISTORY : HISTORY + frames // 2]
    even[count // 2 :] = 0.0
    odd[count // 2 :] = 0.0
    separate(x[start : start + count], even, odd)


@kernel
def add_aligned(x: Signal, low: Signal, scale: float, start: int, y: Signal) -> None:
    """Write ``y = x + scale · low``, where ``low`` begins at ``start``, cut to the length of ``y``.

    Args:
        x: Shape ``(time,)``.
        low: Shape ``(frames,)``.
        scale: A power of two, so that nothing is rounded.
        start: May be negative.
        y: Shape ``(time,)``; written where ``low`` lies.

    """
    first = max(start, 0)
    last = max(min(start + low.shape[0], y.shape[0]), first)
    factor = x.dtype.type(scale)
    dry, wet, out = x[first:last], low[first - start :], y[first:last]
    for n in range(last - first):
        out[n] = dry[n] + factor * wet[n]


@kernel
def saturate(
    x: Signal,
    steep: Signal,
    short: Signal,
    stages: int,
    delay: int,
    ceiling: float,
    mix: float,
    y: Signal,
) -> None:
    """Saturate a signal that is silent outside.

    Args:
        x: Shape ``(channel, time)``.
        steep: FIR of the first half-band stage, in the type of ``x``.
        short: FIR of the later ones.
        stages: How often the rate is doubled.
        delay: Of all filters, in samples of ``x``.
        ceiling: The level that the curve approaches, linear.
        mix: 0 … 1.
        y: Output, shape ``(channel, time)``; not ``x``.

    """
    if stages == 0:
        for channel in range(x.shape[0]):
            residual(x[channel], ceiling, mix, y[channel])
            add_aligned(x[channel], y[channel], 1.0, 0, y[channel])
        return
    longest = (CHUNK << stages) // 4
    low, chunk = np.empty((2, longest), x.dtype), np.empty(CHUNK, x.dtype)
    for channel in range(x.shape[0]):
        rows = np.zeros((stages, 2, HISTORY + longest), x.dtype)
        even, odd = np.zeros_like(rows), np.zeros_like(rows)
        for start in range(0, x.shape[1] + delay, CHUNK):
            frames = min(CHUNK, x.shape[1] + delay + delay % 2 - start)
            load_chunk(x[channel], start, frames, rows[0])
            interpolate_chunk(rows, steep, short, frames, low)
            for parity in range(2):
                kept = kept_samples(rows, parity, steep, short, frames)
                inner = slice(HISTORY, HISTORY + kept.shape[0])
                residual(kept, ceiling, mix, even[-1, parity, inner])
                residual(low[parity], ceiling, mix, odd[-1, parity, inner])
            decimate_chunk(even, odd, steep, short, frames, low)
            interleave(low[0], low[1], chunk[:frames])
            add_aligned(x[channel], chunk[:frames], 0.5**stages, start - delay, y[channel])
            keep_history(rows, frames)
            keep_history(even, frames)
            keep_history(odd, frames)


@kernel
def saturate_adjoint(
    x: Signal,
    gy: Signal,
    steep: Signal,
    short: Signal,
    stages: int,
    delay: int,
    ceiling: float,
    mix: float,
    gx: Signal,
    gcurve: Array,
) -> None:
    """Reverse `saturate`.

    Args:
        x: Shape ``(channel, time)``.
        gy: Gradient of the output.
        steep: As in `saturate`.
        short: As in `saturate`.
        stages: As in `saturate`.
        delay: As in `saturate`.
        ceiling: As in `saturate`.
        mix: As in `saturate`.
        gx: Gradient of ``x``; written; neither ``x`` nor ``gy``.
        gcurve: Gradients of ceiling and mix, shape ``(2,)``; written.

    """
    longest = max(CHUNK, (CHUNK << stages) // 4)
    sums = np.zeros((2, longest), x.dtype)
    low, between = np.empty((2, longest), x.dtype), np.empty((2, longest), x.dtype)
    chunk = np.empty(CHUNK, x.dtype)
    for channel in range(x.shape[0]):
        rows = np.zeros((stages, 2, HISTORY + longest), x.dtype)
        gradients, even, odd = np.zeros_like(rows), np.zeros_like(rows), np.zeros_like(rows)
        for start in range(0, x.shape[1] + delay, CHUNK):
            frames = min(CHUNK, x.shape[1] + delay + delay % 2 - start)
            if stages == 0:
                part = slice(start, start + frames)
                v, g = x[channel, part], gy[channel, part]
                residual_adjoint(v, g, ceiling, mix, chunk[:frames], sums)
            else:
                load_chunk(x[channel], start, frames, rows[0])
                load_chunk(gy[channel], start, frames, gradients[0])
                interpolate_chunk(rows, steep, short, frames, low)
                interpolate_chunk(gradients, steep, short, frames, between)
                for parity in range(2):
                    v = kept_samples(rows, parity, steep, short, frames)
                    g = kept_samples(gradients, parity, steep, short, frames)
                    inner = slice(HISTORY, HISTORY + v.shape[0])
                    residual_adjoint(v, g, ceiling, mix, even[-1, parity, inner], sums)
                    v, g = low[parity], between[parity]
                    residual_adjoint(v, g, ceiling, mix, odd[-1, parity, inner], sums)
                decimate_chunk(even, odd, steep, short, frames, low)
                interleave(low[0], low[1], chunk[:frames])
                keep_history(rows, frames)
                keep_history(gradients, frames)
                keep_history(even, frames)
                keep_history(odd, frames)
            add_aligned(gy[channel], chunk[:frames], 0.5**stages, start - delay, gx[channel])
    cubes = products = 0.0
    for n in range(longest):
        cubes += sums[0, n]
        products += sums[1, n]
    gcurve[0] = 0.5**stages * mix / ceiling**3 * cubes
    gcurve[1] = 0.5**stages * products
