"""Few numbers out of many: what a linear estimate and a network read of the statistics.

A few hundred songs cannot tell which of hundreds of statistics matter; given all of them, every
estimator learns the songs by heart. What is left is what an equalizer moves and what tells a
finished master: the long-term spectrum, averaged over groups of bands; the width; the K-weighted
level; and how far the highest peaks stand above it.

Other peaks, crest factors and changes from frame to frame are left out although they help among the
mixes that training makes: they betray *how* a mix was made of a master, which is another way for
every family of degradations and for every real mix. So is what depends on how much of a song is
measured, because estimators learn from excerpts and are used on whole songs.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ...models.mel_statistics import GROUP_SIZES, GROUPS, STATISTICS

Array: TypeAlias = npt.NDArray[np.float64]

WHOLE = ("side_db", "weighting_db", "peak_p99_db")
"""Statistics of all bands together that are inputs as they are."""


def compact_inputs() -> Array:
    """Return the matrix that reduces statistics to inputs, shape ``(inputs, statistics)``."""
    matrix = np.zeros((GROUPS + len(WHOLE), len(STATISTICS)))
    spectrum = [i for i, name in enumerate(STATISTICS) if name.startswith("spectrum_db@")]
    for row, end, size in zip(matrix, np.cumsum(GROUP_SIZES), GROUP_SIZES, strict=False):
        row[spectrum[end - size : end]] = 1.0 / size
    for row, name in zip(matrix[GROUPS:], WHOLE, strict=True):
        row[STATISTICS.index(name)] = 1.0
    return matrix
