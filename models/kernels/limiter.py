"""The limiter's gain on its grid, and its application.

With ``need`` the gain that a cell demands, the gain at a grid point must not exceed that of the
cells on either side. The smallest demand within the look-ahead is held and released in two stages:
a fast one-pole, and a slow one that follows it and is charged by lasting limiting only. The smaller
of both is smoothed by a window as long as the look-ahead. Every value in that window already
respects the demand at its end, so the smoothed gain does too, and it never moves abruptly.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from .jit import kernel

Array: TypeAlias = npt.NDArray[np.float64]


@kernel
def limiter_gain(
    peaks: Array,
    ceiling: float,
    window: Array,
    release: Array,
    history: Array,
    state: Array,
    gain: Array,
) -> None:
    """Compute the gain at the start of each cell.

    Args:
        peaks: Peak of each cell after the drive, float64: one cell before the block, the block, and
            ``len(window) - 1`` cells of look-ahead, shape ``(cells + len(window),)``.
        ceiling: Linear.
        window: Smoothing weights that add up to 1, newest first.
        release: One-pole coefficients a cell: of the fast stage, and of the slow one while it is
            charged and while it recovers, shape ``(3,)``.
        history: The last ``len(window) - 1`` released gains before the block, newest last; updated.
        state: The gains of the fast and of the slow stage, shape ``(2,)``; updated.
        gain: Gain at the start of each cell, shape ``(cells,)``; written.

    """
    span = window.shape[0]
    cells = gain.shape[0]
    demand = np.empty(cells + span - 1)
    for i in range(cells + span - 1):
        p = max(peaks[i], peaks[i + 1])
        demand[i] = ceiling / p if p > ceiling else 1.0
    # minimum over ``span`` cells by doubling
    count = demand.shape[0]
    reach = 1
    while 2 * reach <= span:
        ahead = demand[reach:count]
        for i in range(count - reach):
            demand[i] = min(demand[i], ahead[i])
        count -= reach
        reach *= 2
    if reach < span:
        ahead = demand[span - reach : count]
        for i in range(count - (span - reach)):
            demand[i] = min(demand[i], ahead[i])
    released = np.empty(cells + span - 1)
    for i in range(span - 1):
        released[i] = history[i]
    fast, slow = state[0], state[1]
    for i in range(cells):
        target = demand[i]
        fast = target if target < fast else target + release[0] * (fast - target)
        slow = fast + (release[1] if fast < slow else release[2]) * (slow - fast)
        released[span - 1 + i] = min(fast, slow)
    state[0], state[1] = fast, slow
    for i in range(span - 1):
        history[i] = released[cells + i]
    for i in range(cells):
        gain[i] = 0.0
    for k in range(span):
        weight = window[k]
        past = released[span - 1 - k : span - 1 - k + cells]
        for i in range(cells):
            gain[i] += weight * past[i]


@kernel
def apply_gain(x: Array, points: Array, cell: int, drive: float, y: Array) -> None:
    """Multiply a block by a gain given at the cells' starts, linear in between.

    Args:
        x: Input, shape ``(2, time)``, ``time`` a multiple of ``cell``.
        points: Gain at the cells' starts and at the block's end, shape ``(time // cell + 1,)``.
        cell: Samples a cell.
        drive: Linear factor besides.
        y: Output, shape ``(2, time)``; may be ``x``.

    """
    for i in range(x.shape[1] // cell):
        first = drive * points[i]
        step = (drive * points[i + 1] - first) / cell
        start = i * cell
        for channel in range(2):
            part = x[channel, start : start + cell]
            out = y[channel, start : start + cell]
            for n in range(cell):
                out[n] = part[n] * (first + step * n)
