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

from ...models.errors import ParameterError
from ...models.mel_statistics import GROUP_SIZES, GROUPS, STATISTICS
from .ridge import Labels, best_penalty, ridge

Array: TypeAlias = npt.NDArray[np.float64]

WHOLE = ("side_db", "weighting_db", "peak_p99_db")
"""Statistics of all bands together that are inputs as they are."""


INPUTS = ("compact", "content_free", "all")
"""What can be read of statistics."""

_CONTENT = ("rise_db@", "flux_db@", "spread_db@")
_LEAST_SPREAD = 1e-3

COMPANY_INPUTS = 4
"""Of the mean of finished songs that a mix is like, so many directions are inputs: with more, which
songs they are is learned by heart."""


def compact_inputs() -> Array:
    """Return the matrix that reduces statistics to inputs, shape ``(inputs, statistics)``."""
    matrix = np.zeros((GROUPS + len(WHOLE), len(STATISTICS)))
    spectrum = [i for i, name in enumerate(STATISTICS) if name.startswith("spectrum_db@")]
    matrix[:GROUPS, spectrum] = group_means()
    for row, name in zip(matrix[GROUPS:], WHOLE, strict=True):
        row[STATISTICS.index(name)] = 1.0
    return matrix


def group_means() -> Array:
    """Return the matrix that averages mel bands in groups, shape ``(20, 80)``."""
    matrix = np.zeros((GROUPS, sum(GROUP_SIZES)))
    for row, end, size in zip(matrix, np.cumsum(GROUP_SIZES), GROUP_SIZES, strict=True):
        row[end - size : end] = 1.0 / size
    return matrix


def input_matrix(name: str, statistics: Array, packages: Labels) -> Array:
    """Return the matrix that reduces statistics to what is read of them.

    Args:
        name: One of `INPUTS`.
        statistics: Of finished songs, shape ``(song, statistics)``.
        packages: Of each song, shape ``(song,)``.

    Returns:
        Shape ``(inputs, statistics)``.

    Raises:
        ParameterError: There is no such choice.

    """
    if name == "all":
        return np.eye(len(STATISTICS))
    if name == "compact":
        return compact_inputs()
    if name == "content_free":
        return content_free_inputs(statistics, packages)
    raise ParameterError(
        f"inputs are {name!r}; choose one of {', '.join(INPUTS)}", code="unknown_inputs"
    )


def content_free_inputs(statistics: Array, packages: Labels) -> Array:
    """Return the matrix of the compact inputs less what the music itself tells of them.

    Percussion is bright and a drone is dark before anybody masters them. How levels spread and
    change from frame to frame tells what is played and hardly what was done to it: a filter does
    not move it. What a ridge makes of that is subtracted.

    Args:
        statistics: Of finished songs, shape ``(song, statistics)``.
        packages: Of each song, shape ``(song,)``; the penalty is chosen on packages left out.

    Returns:
        Shape ``(inputs, statistics)``.

    """
    matrix = compact_inputs()
    told = np.array([name.startswith(_CONTENT) for name in STATISTICS])
    content, inputs = statistics[:, told], statistics @ matrix.T
    spread = content.std(axis=0)
    scale = np.where(spread > _LEAST_SPREAD, spread, 1.0)
    standard = (content - content.mean(axis=0)) / scale
    line = ridge(standard, inputs, best_penalty(standard, inputs, packages))
    matrix[:, told] -= line.weights / scale
    return matrix


def company_inputs(statistics: Array) -> Array:
    """Return the matrix that reduces the mean of references to inputs, ``(4, statistics)``.

    The directions in which the spectra of finished songs differ most.

    Args:
        statistics: Of finished songs, shape ``(track, statistics)``.

    """
    spectra = compact_inputs()[:GROUPS]
    levels_db = statistics @ spectra.T
    _, _, axes = np.linalg.svd(levels_db - levels_db.mean(axis=0), full_matrices=False)
    matrix: Array = axes[:COMPANY_INPUTS] @ spectra
    return matrix
