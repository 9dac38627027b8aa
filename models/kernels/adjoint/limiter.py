"""Reverse passes of the limiter's gain and of its application."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from ..jit import kernel
from ..limiter import apply_gain
from .frames import CHUNK

Array: TypeAlias = npt.NDArray[np.float64]
Cells: TypeAlias = npt.NDArray[np.int64]
Signal: TypeAlias = npt.NDArray[Any]  # float32 or float64


@kernel
def sum_pairs(sums: Signal, late: Signal, size: int, sums_out: Signal, late_out: Signal) -> None:
    """Join the sums of neighboring groups, so that vectors can be added up by halves.

    Args:
        sums: Sum of each group, shape ``(2 * n,)``.
        late: Sum of each group, every item times its place in the group, same shape.
        size: Items in each group.
        sums_out: Written, shape ``(n,)`` or longer.
        late_out: Written, shape ``(n,)`` or longer.

    """
    for i in range(sums.shape[0] // 2):
        first, second = sums[2 * i], sums[2 * i + 1]
        sums_out[i] = first + second
        late_out[i] = late[2 * i] + late[2 * i + 1] + size * second


@kernel
def apply_gain_adjoint(
    x: Signal, points: Array, cell: int, gy: Signal, gx: Signal, gpoints: Array
) -> None:
    """Reverse the application of a gain that is linear between the cells' starts.

    Args:
        x: Shape ``(2, time)``, ``time`` a multiple of ``cell``.
        points: Gain at the cells' starts and at the end, shape ``(time // cell + 1,)``.
        cell: Samples a cell: a power of two from 4 to 64.
        gy: Gradient of the output, shape ``(2, time)``.
        gx: Gradient of the input; written.
        gpoints: Gradient of ``points``; written.

    """
    apply_gain(gy, points, cell, 1.0, gx)
    work = np.empty((2, 2, CHUNK), x.dtype)
    gpoints[0] = 0.0
    for start in range(0, x.shape[1], CHUNK):
        count = min(CHUNK, x.shape[1] - start)
        part = slice(start, start + count)
        left, right, gleft, gright = x[0, part], x[1, part], gy[0, part], gy[1, part]
        sums, late = work[0, 0], work[0, 1]
        for n in range(count):
            sums[n] = left[n] * gleft[n] + right[n] * gright[n]
            late[n] = 0.0
        size, turn = 1, 0
        while size < cell:
            after = work[1 - turn]
            sum_pairs(work[turn, 0, :count], work[turn, 1], x.dtype.type(size), after[0], after[1])
            count //= 2
            size *= 2
            turn = 1 - turn
        total, late = work[turn, 0], work[turn, 1]
        first = start // cell
        for i in range(count):
            share = late[i] / cell
            gpoints[first + i] += total[i] - share
            gpoints[first + i + 1] = share


@kernel
def held_cells(demand: Array, span: int, cells: Cells) -> None:
    """Find which of the next ``span`` cells demands least, the earliest where several do.

    A queue holds the cells that may still become the least: demands in it rise.

    Args:
        demand: Shape ``(n + span - 1,)``.
        span: How many cells are looked at, the present one included.
        cells: Index into ``demand`` for each of ``n`` cells; written.

    """
    queue = np.empty(demand.shape[0], np.int64)
    head = tail = 0
    for i in range(demand.shape[0]):
        while tail > head and demand[queue[tail - 1]] > demand[i]:
            tail -= 1
        queue[tail] = i
        tail += 1
        first = i - span + 1
        if first >= 0:
            if queue[head] < first:
                head += 1
            cells[first] = queue[head]


@kernel
def release_adjoint(
    target: Array, release: Array, greleased: Array, gtarget: Array, grelease: Array
) -> None:
    """Reverse the two-stage release.

    Args:
        target: Held demand of each cell, shape ``(n,)``.
        release: Coefficients of the fast stage, and of the slow one down and up, shape ``(3,)``.
        greleased: Gradient of the smaller of both stages, shape ``(n,)``.
        gtarget: Gradient of ``target``; written.
        grelease: Gradient of ``release``; written.

    """
    count = target.shape[0]
    stages = np.ones((count + 1, 2))  # fast and slow, those before the first cell included
    fast = slow = 1.0
    for i in range(count):
        fast = target[i] if target[i] < fast else target[i] + release[0] * (fast - target[i])
        slow = fast + (release[1] if fast < slow else release[2]) * (slow - fast)
        stages[i + 1, 0], stages[i + 1, 1] = fast, slow
    by_fast = by_down = by_up = 0.0
    gfast = gslow = 0.0
    for i in range(count - 1, -1, -1):
        fast, slow = stages[i + 1, 0], stages[i + 1, 1]
        fast_before, slow_before = stages[i, 0], stages[i, 1]
        if fast <= slow:
            gfast += greleased[i]
        else:
            gslow += greleased[i]
        if fast < slow_before:
            coefficient = release[1]
            by_down += gslow * (slow_before - fast)
        else:
            coefficient = release[2]
            by_up += gslow * (slow_before - fast)
        gfast += (1.0 - coefficient) * gslow
        gslow *= coefficient
        if target[i] < fast_before:
            gtarget[i] = gfast
            gfast = 0.0
        else:
            gtarget[i] = (1.0 - release[0]) * gfast
            by_fast += gfast * (fast_before - target[i])
            gfast *= release[0]
    grelease[0], grelease[1], grelease[2] = by_fast, by_down, by_up


@kernel
def limiter_gain_adjoint(
    peaks: Array,
    ceiling: float,
    window: Array,
    release: Array,
    ggain: Array,
    gpeaks: Array,
    gcontrol: Array,
) -> None:
    """Reverse the limiter's gain over a whole signal, whose states start at a gain of 1.

    Args:
        peaks: Peaks of the cells as the forward pass took them, shape ``(n + len(window),)``.
        ceiling: Linear.
        window: Smoothing weights that add up to 1, newest first.
        release: One-pole coefficients, shape ``(3,)``.
        ggain: Gradient of the gain at the start of each cell, shape ``(n,)``.
        gpeaks: Gradient of ``peaks``; written.
        gcontrol: Gradients of the ceiling and of ``release``, shape ``(4,)``; written.

    """
    span, count = window.shape[0], ggain.shape[0]
    gpeaks[:] = 0.0
    demand = np.empty(count + span - 1)
    for i in range(count + span - 1):
        p = max(peaks[i], peaks[i + 1])
        demand[i] = ceiling / p if p > ceiling else 1.0
    cells = np.empty(count, np.int64)
    held_cells(demand, span, cells)
    target = np.empty(count)
    for i in range(count):
        target[i] = demand[cells[i]]
    greleased = np.zeros(count)
    for k in range(span):
        weight, later = window[k], ggain[k:]
        for i in range(count - k):
            greleased[i] += weight * later[i]
    gtarget = np.empty(count)
    release_adjoint(target, release, greleased, gtarget, gcontrol[1:])
    gceiling = 0.0
    for i in range(count):
        cell = cells[i]
        if demand[cell] < 1.0:
            higher = cell if peaks[cell] >= peaks[cell + 1] else cell + 1
            gceiling += gtarget[i] / peaks[higher]
            gpeaks[higher] -= gtarget[i] * demand[cell] / peaks[higher]
    gcontrol[0] = gceiling
