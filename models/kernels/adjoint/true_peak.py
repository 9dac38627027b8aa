"""Peaks of a whole example where they matter to the limiter, and their reverse pass.

The points are those of the engine's peak grid, computed by the same operations. Where a bound
excludes that any of them exceeds the ceiling they are left out: such a cell demands nothing.

Seen backward a cell's peak is one point, the largest of the cell over both channels, and that is a
weighted sum of samples. Rounding to float32 is passed as if it were none.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from ..interpolator import (
    HALF,
    HALF_GAIN,
    HALF_PAIRS,
    PAD,
    QUARTER,
    QUARTER_GAIN,
    QUARTER_PAIRS,
)
from ..jit import kernel
from ..true_peak import QUANTUM, double_peaks, halfway_points, largest, raise_peaks

Array: TypeAlias = npt.NDArray[np.float64]
Points: TypeAlias = npt.NDArray[np.float32]
Signal: TypeAlias = npt.NDArray[Any]  # float32 or float64

_GROUP = 32
_MARGIN = QUARTER_PAIRS // 2
_HALVES = QUANTUM + 64  # as many as the engine's kernels compute for a quantum
_WINDOW = _HALVES + 2 * HALF_PAIRS
_BOUND = np.float32(HALF_GAIN * QUARTER_GAIN)
_QUARTER_BOUND = np.float32(QUARTER_GAIN)
_SILENT = np.float32(0.0)


def _point_taps() -> Array:
    """Return the weights of the samples in each of the eight points that start at a sample.

    Shape ``(8, 2 * PAD)``; item ``PAD - 1`` weighs that sample.
    """
    first = 1 - QUARTER_PAIRS
    stream = np.zeros((2 * QUARTER_PAIRS + 1, 2 * PAD))  # samples and the points halfway, by turns
    for row in range(stream.shape[0]):
        sample = PAD - 1 + (first + row) // 2
        if (first + row) % 2 == 0:
            stream[row, sample] = 1.0
        else:
            start = sample + 1 - HALF_PAIRS
            stream[row, start : start + 2 * HALF_PAIRS] = np.concatenate((HALF[::-1], HALF))
    taps = np.empty((8, 2 * PAD))
    for half in (0, 1):
        taps[4 * half] = stream[half - first]
        taps[4 * half + 1 : 4 * half + 4] = QUARTER @ stream[half : half + 2 * QUARTER_PAIRS]
    return taps


_POINT_TAPS = _point_taps()


@kernel
def load_around(row: Signal, first: int, window: Points) -> np.float32:
    """Copy part of one channel, silent outside; return its largest absolute value.

    Args:
        row: Shape ``(time,)``.
        first: Sample that goes to the first item of ``window``; may be negative.
        window: Overwritten; a multiple of four.

    """
    begin = max(first, 0)
    count = max(min(first + window.shape[0], row.shape[0]) - begin, 0)
    window[:] = _SILENT
    source, inside = row[begin:], window[begin - first :]
    for i in range(count):
        inside[i] = np.float32(source[i])
    return largest(window)


@kernel
def limiting_peaks(x: Signal, cell: int, ceiling: float, grid: Points) -> None:
    """Find the peaks of the cells that may exceed the ceiling; other cells may be left at 0.

    Args:
        x: Shape ``(channel, time)``, silent outside.
        cell: Samples a cell: a power of two from 4 to 64.
        ceiling: Linear.
        grid: Overwritten, shape ``(time // cell,)``.

    """
    window = np.empty(_WINDOW, np.float32)
    halves = np.empty(_HALVES, np.float32)
    doubled = np.empty(_HALVES, np.float32)
    peaks = np.empty(QUANTUM, np.float32)
    frames = grid.shape[0] * cell
    for start in range(0, frames, QUANTUM):
        peaks[:] = _SILENT
        for channel in range(x.shape[0]):
            if load_around(x[channel], start - PAD, window) * _BOUND <= ceiling:
                continue
            halfway_points(window, halves)
            double_peaks(window, halves, doubled)
            for first in range(0, QUANTUM, _GROUP):
                bound = largest(doubled[first : first + _GROUP + 2 * _MARGIN]) * _QUARTER_BOUND
                if bound > ceiling:
                    raise_peaks(window, halves, first, peaks)
        for i in range(min(QUANTUM, frames - start) // cell):
            grid[start // cell + i] = largest(peaks[i * cell : (i + 1) * cell])


@kernel
def cell_halves(window: Points, halves: Points) -> None:
    """Compute the points halfway between the samples of a cell and of its margins.

    Args:
        window: Samples from ``PAD`` before the cell on.
        halves: Overwritten, shape ``(cell + 2 * _MARGIN,)``; the first follows the sample
            ``_MARGIN`` before the cell.

    """
    nearest = PAD - _MARGIN
    halves[:] = _SILENT
    for k in range(0, HALF_PAIRS, 4):
        h0, h1, h2, h3 = HALF[k], HALF[k + 1], HALF[k + 2], HALF[k + 3]
        a0, a1 = window[nearest - k :], window[nearest - k - 1 :]
        a2, a3 = window[nearest - k - 2 :], window[nearest - k - 3 :]
        b0, b1 = window[nearest + 1 + k :], window[nearest + 2 + k :]
        b2, b3 = window[nearest + 3 + k :], window[nearest + 4 + k :]
        for i in range(halves.shape[0]):
            halves[i] += (h0 * (a0[i] + b0[i]) + h1 * (a1[i] + b1[i])) + (
                h2 * (a2[i] + b2[i]) + h3 * (a3[i] + b3[i])
            )


@kernel
def largest_point(window: Points, halves: Points, stream: Points) -> tuple[np.float32, int]:
    """Find the largest of a cell's points in one channel.

    Args:
        window: As in `cell_halves`.
        halves: As `cell_halves` leaves it.
        stream: Overwritten with samples and points halfway by turns, shape
            ``(2 * len(halves),)``.

    Returns:
        The point with its sign, and its place in eighths of a sample after the cell's start.

    """
    for i in range(halves.shape[0]):
        stream[2 * i] = halves[i]
        stream[2 * i + 1] = window[PAD + 1 - _MARGIN + i]
    peak, place = _SILENT, 0
    for i in range(stream.shape[0] - 2 * QUARTER_PAIRS):
        value = stream[i + QUARTER_PAIRS - 1]
        if abs(value) > abs(peak):
            peak, place = value, 4 * i
        for q in range(3):
            value = _SILENT
            for m in range(2 * QUARTER_PAIRS):
                value += QUARTER[q, m] * stream[i + m]
            if abs(value) > abs(peak):
                peak, place = value, 4 * i + q + 1
    return peak, place


@kernel
def add_scaled_taps(taps: Array, scale: float, first: int, row: Signal) -> None:
    """Add ``scale * taps`` to ``row`` from item ``first`` on, as far as there are items."""
    begin = max(first, 0)
    count = max(min(first + taps.shape[0], row.shape[0]) - begin, 0)
    source, target = taps[begin - first :], row[begin:]
    for i in range(count):
        target[i] += scale * source[i]


@kernel
def peaks_adjoint(x: Signal, cell: int, gpeaks: Array, gx: Signal) -> None:
    """Add to the gradient of ``x`` what the peaks of the cells contribute.

    Args:
        x: Shape ``(channel, time)``, silent outside.
        cell: Samples a cell: a power of two from 4 to 64.
        gpeaks: Gradient of each cell's peak, shape ``(time // cell,)``.
        gx: Updated, shape ``(channel, time)``.

    """
    window = np.empty(cell + 2 * PAD, np.float32)
    halves = np.empty(cell + 2 * _MARGIN, np.float32)
    stream = np.empty(2 * halves.shape[0], np.float32)
    for index in range(gpeaks.shape[0]):
        if gpeaks[index] == 0.0:
            continue
        peak, place, row = _SILENT, 0, 0
        for channel in range(x.shape[0]):
            load_around(x[channel], index * cell - PAD, window)
            cell_halves(window, halves)
            value, position = largest_point(window, halves, stream)
            if abs(value) > abs(peak):
                peak, place, row = value, position, channel
        scale = gpeaks[index] if peak > _SILENT else -gpeaks[index]
        first = index * cell + (place >> 3) + 1 - PAD
        add_scaled_taps(_POINT_TAPS[place & 7], scale, first, gx[row])
