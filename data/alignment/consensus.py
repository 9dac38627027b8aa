"""One line of offsets over time for what many windows say, some of which are wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[np.float64]
Mask: TypeAlias = npt.NDArray[np.bool_]

MOST_DRIFT_PPM = 3000.0
"""Faster clocks change the pitch; fingerprints do not find them."""

_SHORTEST_BASE_S = 1.0  # between windows that tell a slope


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """What windows say, each of shape ``(window,)``.

    Attributes:
        times_s: Middle of each window in s of the mix.
        offsets_s: How much later it is in the master.
        passages: Number of the passage it is of.

    """

    times_s: Array
    offsets_s: Array
    passages: npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """Offsets of all passages: they share a slope.

    Attributes:
        offsets_s: Offset of each passage at the start of the mix, nan for those without windows.
        slope: In s a second.
        agreeing: Which windows lie on it.

    """

    offsets_s: Array
    slope: float
    agreeing: Mask

    def at(self, passage: int, time_s: float) -> float:
        """Return the offset in s of a passage at a time of the mix."""
        return float(self.offsets_s[passage]) + self.slope * time_s


def fit_line(points: Points, tolerance_s: float, among: Mask, slope: float | None = None) -> Line:
    """Fit a line that most windows agree with: medians of slopes, then of what is left.

    Args:
        points: What the windows say.
        tolerance_s: Within which a window agrees.
        among: Windows that count, shape ``(window,)``.
        slope: In s a second, where it is known.

    """
    if slope is None:
        slope = _slope(points, among)
    left = points.offsets_s - slope * points.times_s
    count = int(points.passages.max(initial=-1)) + 1
    bases, agreeing = np.full(count, np.nan), np.zeros(len(left), np.bool_)
    for number in range(count):
        own = among & (points.passages == number)
        if own.any():
            near = own & (np.abs(left - _mode(left[own], tolerance_s)) <= tolerance_s)
            bases[number] = float(np.median(left[near]))
            agreeing |= near
    return Line(bases, slope, agreeing)


def _slope(points: Points, among: Mask) -> float:
    slopes = [np.empty(0)]
    for number in np.unique(points.passages):
        own = among & (points.passages == number)
        times, offsets = points.times_s[own], points.offsets_s[own]
        one, two = np.triu_indices(len(times), 1)
        far = np.abs(times[two] - times[one]) >= _SHORTEST_BASE_S
        one, two = one[far], two[far]
        slopes.append((offsets[two] - offsets[one]) / (times[two] - times[one]))
    every = np.concatenate(slopes)
    every = every[np.abs(every) <= 1e-6 * MOST_DRIFT_PPM]
    return float(np.median(every)) if len(every) else 0.0


def _mode(values: Array, tolerance: float) -> float:
    """Return the value with most others within a tolerance, the median of them."""
    near = np.abs(values[:, None] - values) <= tolerance
    best = int(np.argmax(near.sum(axis=1)))
    return float(np.median(values[near[best]]))
