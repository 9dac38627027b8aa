"""Conformal intervals: how many of its own spreads a model is wrong by, songs as units.

Split conformal prediction with its finite-sample correction (V. Vovk, A. Gammerman, G. Shafer,
"Algorithmic Learning in a Random World", 2005), by group of what the model says (Mondrian
conformal prediction, ibid., chapter 4): blocks that it uses, and those that it leaves idle.
"""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[np.float64]
Flags: TypeAlias = npt.NDArray[np.bool_]
Labels: TypeAlias = npt.NDArray[np.int64]

COVERAGE = 0.9
"""Share of the truth that intervals are to hold."""

NO_BOUND = 1e30
"""Stands for an infinite factor in a file, which holds finite numbers only."""


def conformal_scale(ratios: Array, songs: Labels) -> float:
    """Return the factor that holds `COVERAGE` of errors, each song counting once.

    Args:
        ratios: Absolute errors over spreads, NaN where nothing is known, shape ``(row,)``.
        songs: Of each row, shape ``(row,)``.

    Returns:
        The smallest ratio that the share ``0.9 (n + 1) / n`` of the weight of ``n`` songs does not
        exceed; infinite where there are too few songs for that, so that nothing is promised.

    """
    known = ~np.isnan(ratios)
    ratios, songs = ratios[known], songs[known]
    names, inverse, counts = np.unique(songs, return_inverse=True, return_counts=True)
    if COVERAGE * (len(names) + 1) > len(names):
        return math.inf
    order = np.argsort(ratios)
    held = np.cumsum(1.0 / counts[inverse[order]]) / len(names)
    wanted = COVERAGE * (len(names) + 1) / len(names)
    place = min(int(np.searchsorted(held, wanted - 1e-9)), len(ratios) - 1)
    return float(ratios[order[place]])


def grouped_scales(ratios: Array, songs: Labels, active: Flags) -> tuple[Array, Array]:
    """Return the factors of each number where its block is active, and where it is idle.

    A group that has too few songs gets the factor of all rows together.

    Args:
        ratios: As of `conformal_scale`, shape ``(row, number)``.
        songs: Of each row, shape ``(row,)``.
        active: Whether the estimate uses the block, shape ``(row, number)``.

    """
    scales = np.empty((2, ratios.shape[1]))
    for number in range(ratios.shape[1]):
        every = conformal_scale(ratios[:, number], songs)
        for place, group in enumerate((active[:, number], ~active[:, number])):
            scale = conformal_scale(ratios[group, number], songs[group])
            scales[place, number] = scale if math.isfinite(scale) else every
    return scales[0], scales[1]


def prior_widths(values: Array, least: Array) -> Array:
    """Return the widths of the central 90 % of what is known, shape ``(number,)``.

    Args:
        values: NaN where nothing is known, shape ``(row, number)``.
        least: Narrowest width of each number in its own unit, shape ``(number,)``: less than this
            nobody hears.

    Returns:
        0 for a number of which nothing is known: its intervals are never determined.

    """
    widths = np.zeros(values.shape[1])
    for number, column in enumerate(values.T):
        known = column[~np.isnan(column)]
        if len(known):
            ends = np.quantile(known, (0.5 - 0.5 * COVERAGE, 0.5 + 0.5 * COVERAGE))
            widths[number] = max(float(ends[1] - ends[0]), float(least[number]))
    return widths


def storable(scales: Array) -> Array:
    """Return factors as a file holds them, infinite ones as `NO_BOUND`."""
    return np.minimum(scales, NO_BOUND)
