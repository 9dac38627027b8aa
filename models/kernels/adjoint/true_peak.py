"""Reverse pass of the peaks that the limiter sees.

Seen backward a cell's peak is one point, the largest of the cell over both channels, and that is a
weighted sum of samples. Rounding to float32 is passed as if it were none.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from ..interpolator import HALF, HALF_PAIRS, PAD, QUARTER, QUARTER_PAIRS
from ..jit import kernel
from ..true_peak import MARGIN, halfway_points, largest, load_window

Array: TypeAlias = npt.NDArray[np.float64]
Points: TypeAlias = npt.NDArray[np.float32]
Signal: TypeAlias = npt.NDArray[Any]  # float32 or float64

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
def cell_points(window: Points, halves: Points, stream: Points, points: Points) -> None:
    """Compute all points of a cell in one channel.

    Args:
        window: As in `halfway_points`.
        halves: As `halfway_points` leaves it.
        stream: Overwritten with samples and points halfway by turns, shape
            ``(2 * len(halves),)``.
        points: Overwritten, shape ``(8 * cell,)``: a quarter are those of ``stream`` from the
            cell's start on, the others the first, second and third after each of these.

    """
    for i in range(halves.shape[0]):
        stream[2 * i] = halves[i]
        stream[2 * i + 1] = window[PAD + 1 - MARGIN + i]
    count = points.shape[0] // 4
    given = stream[QUARTER_PAIRS - 1 :]
    for i in range(count):
        points[i] = given[i]
    for q in range(3):
        between = points[(q + 1) * count : (q + 2) * count]
        between[:] = _SILENT
        for m in range(2 * QUARTER_PAIRS):
            g, part = QUARTER[q, m], stream[m:]
            for i in range(count):
                between[i] += g * part[i]


@kernel
def place_of(peak: np.float32, points: Points) -> int:
    """Return where the points of `cell_points` first are as far from 0 as ``peak``."""
    index = 0
    while index < points.shape[0] - 1 and abs(points[index]) != peak:
        index += 1
    return index


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
    halves = np.empty(cell + 4 * MARGIN, np.float32)  # more than is needed, for whole vectors
    window = np.empty(halves.shape[0] + 2 * HALF_PAIRS, np.float32)
    stream = np.empty(2 * halves.shape[0], np.float32)
    points = np.empty((x.shape[0], 8 * cell), np.float32)
    for index in range(gpeaks.shape[0]):
        if gpeaks[index] == 0.0:
            continue
        peak, row = _SILENT, 0
        for channel in range(x.shape[0]):
            load_window(x[channel], index * cell - PAD, window)
            halfway_points(window, halves)
            cell_points(window, halves, stream, points[channel])
            highest = largest(points[channel])
            if highest > peak:
                peak, row = highest, channel
        place = place_of(peak, points[row])
        scale = gpeaks[index] if points[row, place] > _SILENT else -gpeaks[index]
        step, quarter = place % (2 * cell), place // (2 * cell)
        first = index * cell + step // 2 + 1 - PAD
        add_scaled_taps(_POINT_TAPS[4 * (step % 2) + quarter], scale, first, gx[row])
