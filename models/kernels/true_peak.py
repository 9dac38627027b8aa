"""Kernels that find the largest value of a signal between its samples.

A block is ``(channel, PAD + n + PAD)``: ``PAD`` samples of history, the ``n`` that are asked about,
and ``PAD`` of look-ahead; outside a signal is silence. Points are computed in
float32, each by the same operations in the same order wherever it falls in a block.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from .interpolator import HALF, HALF_GAIN, HALF_PAIRS, PAD, QUARTER, QUARTER_GAIN, QUARTER_PAIRS
from .jit import kernel

Array: TypeAlias = npt.NDArray[np.float64]
Points: TypeAlias = npt.NDArray[np.float32]
Signal: TypeAlias = npt.NDArray[Any]  # float32 or float64

QUANTUM = 960
"""Samples interpolated at a time. Results do not depend on how a signal is cut into blocks as long
as every block but the last is a whole number of quanta."""

MARGIN = QUARTER_PAIRS // 2
"""Halfway points on each side that the points between two samples depend on."""

_GROUP = 32
_HALVES = QUANTUM + 64  # room for both margins in a whole number of vectors
_WINDOW = _HALVES + 2 * HALF_PAIRS

_BOUND = np.float32(HALF_GAIN * QUARTER_GAIN)
_QUARTER_BOUND = np.float32(QUARTER_GAIN)
_SILENT = np.float32(0.0)
# A band-limited signal exceeds the larger of two of its eight points by at most 1 / cos(pi / 16).
_RISE = np.float32(1.0197)


@kernel
def halfway_points(window: Points, halves: Points) -> None:
    """Compute the point halfway after each of some samples and of their margins.

    Args:
        window: Shape ``(len(halves) + 2 * HALF_PAIRS,)``; sample 0 is item ``PAD``.
        halves: Overwritten; the first item follows sample ``-MARGIN``.

    """
    nearest = PAD - MARGIN
    halves[:] = _SILENT
    for k in range(0, HALF_PAIRS, 4):
        h0, h1, h2, h3 = HALF[k], HALF[k + 1], HALF[k + 2], HALF[k + 3]
        a0 = window[nearest - k :]
        a1 = window[nearest - k - 1 :]
        a2 = window[nearest - k - 2 :]
        a3 = window[nearest - k - 3 :]
        b0 = window[nearest + 1 + k :]
        b1 = window[nearest + 2 + k :]
        b2 = window[nearest + 3 + k :]
        b3 = window[nearest + 4 + k :]
        for i in range(len(halves)):
            halves[i] += (h0 * (a0[i] + b0[i]) + h1 * (a1[i] + b1[i])) + (
                h2 * (a2[i] + b2[i]) + h3 * (a3[i] + b3[i])
            )


@kernel
def raise_peaks(window: Points, halves: Points, first: int, peaks: Points) -> None:
    """Raise ``peaks`` to the largest of the eight points that start at each sample of a group.

    Args:
        window: As in `halfway_points`.
        halves: As `halfway_points` leaves it.
        first: Sample of the quantum that the group starts with.
        peaks: Updated, shape ``(QUANTUM,)``: absolute values, ``_GROUP`` of them from ``first``.

    """
    x0 = window[PAD + first - 1 :]
    x1 = window[PAD + first :]
    x2 = window[PAD + first + 1 :]
    x3 = window[PAD + first + 2 :]
    y0 = halves[MARGIN + first - 2 :]
    y1 = halves[MARGIN + first - 1 :]
    y2 = halves[MARGIN + first :]
    y3 = halves[MARGIN + first + 1 :]
    y4 = halves[MARGIN + first + 2 :]
    largest = peaks[first:]
    for i in range(_GROUP):
        largest[i] = max(largest[i], abs(x1[i]), abs(y2[i]))
    for q in range(3):
        g0, g1, g2, g3, g4, g5, g6, g7 = QUARTER[q]
        for i in range(_GROUP):
            early = (g0 * y0[i] + g1 * x0[i] + (g2 * y1[i] + g3 * x1[i])) + (
                g4 * y2[i] + g5 * x2[i] + (g6 * y3[i] + g7 * x3[i])
            )
            late = (g0 * x0[i] + g1 * y1[i] + (g2 * x1[i] + g3 * y2[i])) + (
                g4 * x2[i] + g5 * y3[i] + (g6 * x3[i] + g7 * y4[i])
            )
            largest[i] = max(largest[i], abs(early), abs(late))


@kernel
def load_window(row: Signal, first: int, window: Points) -> np.float32:
    """Copy part of one channel, silent outside; return its largest absolute value.

    Args:
        row: Shape ``(time,)``.
        first: Sample that goes to the first item of ``window``; may be negative.
        window: Overwritten; a multiple of four.

    """
    begin = max(first, 0)
    count = max(min(first + len(window), len(row)) - begin, 0)
    window[:] = _SILENT
    source, inside = row[begin:], window[begin - first :]
    for i in range(count):
        inside[i] = np.float32(source[i])
    return largest(window)


@kernel
def largest(values: Points) -> np.float32:
    """Return the largest magnitude of a multiple of four values, ignoring any NaN."""
    a = b = c = d = _SILENT
    for i in range(0, len(values), 4):
        a = max(a, abs(values[i]))
        b = max(b, abs(values[i + 1]))
        c = max(c, abs(values[i + 2]))
        d = max(d, abs(values[i + 3]))
    return max(max(a, b), max(c, d))


@kernel
def double_peaks(window: Points, halves: Points, doubled: Points) -> None:
    """Find the larger of each sample and the point halfway after it, the margins included.

    Args:
        window: As in `halfway_points`.
        halves: As `halfway_points` leaves it.
        doubled: Overwritten, shape ``(_HALVES,)``: absolute values.

    """
    samples = window[PAD - MARGIN :]
    for i in range(_HALVES):
        doubled[i] = max(abs(samples[i]), abs(halves[i]))


@kernel
def peak_grid(block: Array, cell: int, grid: Points) -> None:
    """Find the largest value of each cell of a block, over both channels and between samples.

    A cell of ``cell`` samples has ``8 * cell`` points: from its first sample up to, but without,
    the first of the next.

    Args:
        block: Shape ``(channel, PAD + n + PAD)`` or longer, ``n`` a multiple of ``cell``.
        cell: Samples a cell: a power of two from 4 to 64.
        grid: Overwritten, shape ``(n // cell,)``.

    """
    limiting_peaks(block, PAD, cell, 0.0, grid)


@kernel
def limiting_peaks(x: Signal, first: int, cell: int, ceiling: float, grid: Points) -> None:
    """Find the peaks of the cells that may exceed the ceiling; other cells may be left at 0.

    Args:
        x: Shape ``(channel, time)``, silent outside.
        first: Sample that the first cell starts with.
        cell: Samples a cell: a power of two from 4 to 64.
        ceiling: Linear.
        grid: Overwritten, shape ``(cells,)``.

    """
    window = np.empty(_WINDOW, np.float32)
    halves = np.empty(_HALVES, np.float32)
    doubled = np.empty(_HALVES, np.float32)
    peaks = np.empty(QUANTUM, np.float32)
    frames = len(grid) * cell
    for start in range(0, frames, QUANTUM):
        peaks[:] = _SILENT
        for channel in range(x.shape[0]):
            if load_window(x[channel], first + start - PAD, window) * _BOUND <= ceiling:
                continue
            halfway_points(window, halves)
            double_peaks(window, halves, doubled)
            for group in range(0, QUANTUM, _GROUP):
                bound = largest(doubled[group : group + _GROUP + 2 * MARGIN]) * _QUARTER_BOUND
                if bound > ceiling:
                    raise_peaks(window, halves, group, peaks)
        for i in range(min(QUANTUM, frames - start) // cell):
            grid[start // cell + i] = largest(peaks[i * cell : (i + 1) * cell])


@kernel
def point(window: Points, halves: Points, position: int) -> float:
    """Return the signal ``position`` eighths of a sample after the start of a quantum."""
    sample, step = position >> 3, position & 7
    if step == 0:
        return float(window[PAD + sample])
    if step == 4:
        return float(halves[MARGIN + sample])
    value = 0.0
    first = (position >> 2) - QUARTER_PAIRS + 1
    for m in range(2 * QUARTER_PAIRS):
        n = (first + m) >> 1
        even = (first + m) & 1 == 0
        value += QUARTER[(step & 3) - 1, m] * (window[PAD + n] if even else halves[MARGIN + n])
    return value


@kernel
def vertex(window: Points, halves: Points, sample: int) -> float:
    """Return the highest vertex of parabolas through the points from ``sample`` to the next."""
    highest = 0.0
    before = point(window, halves, 8 * sample - 1)
    here = point(window, halves, 8 * sample)
    for position in range(8 * sample + 1, 8 * sample + 9):
        after = point(window, halves, position)
        sign = 1.0 if here >= 0.0 else -1.0
        a, b, c = sign * before, sign * here, sign * after
        if b >= a and b >= c:
            bend = 2.0 * b - a - c
            rise = (a - c) ** 2 / (8.0 * bend) if bend > 0.0 else 0.0
            highest = max(highest, min(b + rise, b * float(_RISE)))
        before, here = here, after
    return highest


@kernel
def true_peak(block: Array, frames: int, known: float) -> float:
    """Find the true peak of a block where it exceeds what is known.

    Only where a bound allows a higher value are points computed, so that the cost falls to that of
    the halfway points once a loud passage has been seen.

    Args:
        block: Shape ``(channel, PAD + frames + PAD)`` or longer.
        frames: How many samples to look at.
        known: True peak of the signal so far.

    Returns:
        The larger of ``known`` and the block's own, linear.

    """
    window = np.empty(_WINDOW, np.float32)
    halves = np.empty(_HALVES, np.float32)
    doubled = np.empty(_HALVES, np.float32)
    peaks = np.empty(QUANTUM, np.float32)
    for start in range(0, frames, QUANTUM):
        for channel in range(block.shape[0]):
            if load_window(block[channel], start, window) * _BOUND * _RISE <= known:
                continue
            halfway_points(window, halves)
            double_peaks(window, halves, doubled)
            for first in range(0, QUANTUM, _GROUP):
                bound = largest(doubled[first : first + _GROUP + 2 * MARGIN]) * _QUARTER_BOUND
                if bound * _RISE <= known:
                    continue
                peaks[:] = _SILENT
                raise_peaks(window, halves, first, peaks)
                for sample in range(first, first + _GROUP):
                    peak = peaks[sample]
                    # where a neighbor is higher, the vertex is the neighbor's
                    on_slope = max(abs(window[PAD + sample + 1]), abs(halves[sample + 1])) > peak
                    if peak * _RISE > known and not on_slope:
                        known = max(known, peak, vertex(window, halves, sample))
    return known
