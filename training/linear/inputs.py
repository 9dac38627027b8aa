"""Few numbers out of many: what a linear estimate and a network read of the statistics.

A few hundred songs cannot tell which of hundreds of statistics matter; given all of them, every
estimator learns the songs by heart. So the long-term spectrum is averaged over groups of bands, the
statistics of the whole level are kept, and the many that an equalizer hardly moves, percentiles and
changes of single groups, are reduced to the few directions in which songs differ most. What depends
on how much of a song is measured (its quiet parts, its slow level) is left out, because estimators
learn from excerpts and are used on whole songs.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ...models.mel_statistics import GROUP_SIZES, GROUPS, STATISTICS

Array: TypeAlias = npt.NDArray[np.float64]

CONTENT_DIRECTIONS = 3
"""So many directions of what an equalizer hardly moves are kept."""

_PER_GROUP = ("p10_db", "p50_db", "p95_db", "spread_db", "rise_db", "flux_db")
_OF_LENGTH = ("p10_db", "spread_db", "slow_p10_db", "slow_p95_db")


def compact_inputs(statistics: Array) -> Array:
    """Return the matrix that reduces statistics to inputs, shape ``(inputs, statistics)``.

    The principal directions of content are those of the songs given, each statistic in units of its
    own standard deviation; an input's offset does not matter to what follows.

    Args:
        statistics: Of whole songs, shape ``(song, statistics)``.

    """
    names = np.array(STATISTICS)
    families = np.array([name.split("@")[0] for name in names])
    bands = np.array([name.rpartition("@")[2] for name in names])
    spectrum = np.flatnonzero(families == "spectrum_db")
    groups = np.isin(families, _PER_GROUP) & (bands != "all")
    content = np.flatnonzero(groups & ~np.isin(families, _OF_LENGTH))
    left = groups | np.isin(families, ("spectrum_db", "width_db", *_OF_LENGTH))
    whole = np.flatnonzero(~left)
    matrix = np.zeros((GROUPS + len(whole) + CONTENT_DIRECTIONS, len(names)))
    for row, end, size in zip(matrix, np.cumsum(GROUP_SIZES), GROUP_SIZES, strict=False):
        row[spectrum[end - size : end]] = 1.0 / size
    matrix[GROUPS + np.arange(len(whole)), whole] = 1.0
    matrix[GROUPS + len(whole) :, content] = _directions(statistics[:, content])
    return matrix


def _directions(statistics: Array) -> Array:
    """Return the principal directions, shape ``(directions, statistics)``, signs made definite."""
    spread = np.maximum(statistics.std(axis=0), 1e-6)
    standard = (statistics - statistics.mean(axis=0)) / spread
    directions = np.linalg.svd(standard, full_matrices=False)[2][:CONTENT_DIRECTIONS]
    largest = np.abs(directions).argmax(axis=1)
    signs = np.sign(directions[np.arange(len(directions)), largest])
    found = np.zeros((CONTENT_DIRECTIONS, statistics.shape[1]))
    found[: len(directions)] = signs[:, None] * directions / spread
    return found
