"""Reverse pass of the oversampled saturator.

With ``r = 1 / √(1 + (v / c)²)`` the residual is ``mix · v · (r - 1)``. Its derivative by ``v`` is
``mix · (r³ - 1)``, by ``mix`` it is ``v · (r - 1)``, and by the ceiling ``mix · v³ r³ / c³``.

Nothing but the input is remembered: the reverse pass interpolates it once more. The half-band
filters are each other's transposes but for a factor, so the gradient passes the same two.
"""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ..halfband import (
    HISTORY,
    ROW,
    Filters,
    Signal,
    copy,
    decimate,
    interpolate,
    keep_history,
)
from ..jit import kernel
from ..saturation import add_chunk, load_chunk

Array: TypeAlias = npt.NDArray[np.float64]


@kernel
def residual_adjoint(x: Signal, g: Signal, ceiling: float, mix: float, sums: Signal) -> None:
    """Reverse `keep_residual`.

    Args:
        x: What it was given, shape ``(time,)``.
        g: Gradient of the residual; overwritten with that of ``x``.
        ceiling: Linear.
        mix: 0 … 1.
        sums: Shape ``(2, time)`` or longer, updated: at item ``n`` the sums of ``g · x³ r³`` and of
            ``g · x · (r - 1)`` over sample ``n`` of all calls. There are so many because only
            independent sums are vectorized.

    """
    real = x.dtype.type
    one, scale, share = real(1.0), real(1.0 / (ceiling * ceiling)), real(mix)
    by_ceiling, by_mix = sums[0], sums[1]
    for n in range(g.shape[0]):
        v = x[n]
        square = v * v
        r = one / math.sqrt(one + square * scale)
        cube = r * r * r
        gv = g[n] * v
        by_ceiling[n] += gv * square * cube
        by_mix[n] += gv * (r - one)
        g[n] = share * g[n] * (cube - one)


@kernel
def saturate_adjoint(
    x: Signal,
    gy: Signal,
    rows: Signal,
    filters: Filters,
    ceiling: float,
    mix: float,
    delay: int,
    gx: Signal,
    gcurve: Array,
) -> None:
    """Reverse `saturate` of a signal that is both inputs, the filters' whole delay taken out.

    Args:
        x: Shape ``(2, time)``.
        gy: Gradient of the output.
        rows: Silent rows of four signals, as `stage_rows` makes them; overwritten.
        filters: As in `saturate`.
        ceiling: As in `saturate`.
        mix: As in `saturate`.
        delay: Of all filters, in samples.
        gx: Gradient of ``x``; written; neither ``x`` nor ``gy``.
        gcurve: Gradients of ceiling and mix, shape ``(2,)``; written.

    """
    stages = rows.shape[2]
    longest = 4 * ROW >> stages
    end = x.shape[1] + delay + delay % 2
    loud = np.empty((2, 2, HISTORY + ROW), x.dtype)
    sums = np.zeros((2, 4 * ROW), x.dtype)
    for channel in range(2):
        below, above = rows[channel, 0], rows[channel, 1]
        even, odd = rows[channel, 2], rows[channel, 3]
        for start in range(0, end, longest):
            frames = min(longest, end - start)
            if stages == 0:
                part = slice(start, start + frames)
                given, g = gy[channel, part], gx[channel, part]
                copy(given, g)
                residual_adjoint(x[channel, part], g, ceiling, mix, sums)
                for n in range(frames):
                    g[n] += given[n]
                continue
            load_chunk(x[channel], start, frames, below[0])
            load_chunk(gy[channel], start, frames, above[0])
            interpolate(below, filters, frames, loud[0], loud[1])
            interpolate(above, filters, frames, even[-1], odd[-1])
            keep_history(rows[channel, :2], frames)
            loudest = slice(HISTORY, HISTORY + (frames << stages) // 4)
            for phase in range(4):
                v = loud[phase // 2, phase % 2, loudest]
                g = rows[channel, 2 + phase // 2, -1, phase % 2, loudest]
                residual_adjoint(v, g, ceiling, mix, sums)
            decimate(even, odd, filters, frames, above)
            keep_history(rows[channel, 2:], frames)
            add_chunk(gy[channel], above[0], 0.5**stages, start - delay, frames, gx[channel])
    cubes = products = 0.0
    for n in range(sums.shape[1]):
        cubes += sums[0, n]
        products += sums[1, n]
    gcurve[0] = 0.5**stages * mix / ceiling**3 * cubes
    gcurve[1] = 0.5**stages * products
