"""Learning to tell what settings finished songs went through: two covariances, and their axes.

How spectra and widths of finished songs spread is taken from songs to learn from; how settings
shift them, from draws of the prior of known settings. Both together give the closed form of
`glassmaster.inference.learned.shown`.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.linalg import eigh

from ...inference.learned.shown import PREFIX
from ...models.mel import mel_edges_hz
from ...models.mel_statistics import GROUPS, STATISTICS
from ...models.moves import RESPONSE, RESPONSE_HZ, WIDTH
from ...models.network.moves import interpolation
from ..learning.styles import StylePrior, draw_style
from ..losses.gaps import imager_bands
from ..randomness import generator
from .inputs import group_means

Array: TypeAlias = npt.NDArray[np.float64]

DRAWS = 4000
_STREAM = 41

DIAGONAL_SHARE = 0.1
"""The spread of songs is moved so far toward its own diagonal: there are few songs."""

_LEAST_VARIANCE_DB2 = 1e-3
_LEAST_SPREAD = 1e-9  # relative to the largest: an axis on which settings do nothing


def learn_shown(statistics: Array, prior: StylePrior, *, seed: int) -> dict[str, Array]:
    """Learn how to tell settings, and return the arrays of `ShownSettings`.

    Args:
        statistics: Of finished songs, shape ``(song, statistics)``.
        prior: Of settings.
        seed: Of their draws.

    """
    matrix = _seen()
    songs = statistics @ matrix.T
    spread = np.cov(songs.T, bias=True)
    diagonal = np.diag(np.diag(spread))
    spread = (1.0 - DIAGONAL_SHARE) * spread + DIAGONAL_SHARE * diagonal
    spread += _LEAST_VARIANCE_DB2 * np.eye(len(spread))
    moves = np.array(
        [draw_style(generator(seed, _STREAM, i), prior, compression=True) for i in range(DRAWS)]
    )
    shifts = _shifts(moves)
    own = np.cov(shifts.T, bias=True)
    variances, vectors = eigh(own, spread)  # songs have a variance of one along each
    kept = variances > _LEAST_SPREAD * variances[-1]
    variances, axes = variances[kept], vectors.T[kept]
    told = (shifts - shifts.mean(axis=0)) @ axes.T
    weights = (moves - moves.mean(axis=0)).T @ told / len(moves) / variances
    mean = statistics.mean(axis=0)
    # where settings shift songs on average, that is no news
    mean = mean + np.linalg.pinv(matrix) @ shifts.mean(axis=0)
    arrays = {
        "mean": mean,
        "spread": variances,
        "axes": axes @ matrix,
        "weights": weights,
        "bias": moves.mean(axis=0),
    }
    return {f"{PREFIX}{name}": values for name, values in arrays.items()}


def _seen() -> Array:
    """Return the matrix from statistics to what is looked at, ``(20 + 3, statistics)``.

    The level-free spectrum in groups of bands, and the mean width in each band of the imager.
    """
    kinds = np.array([name.partition("@")[0] for name in STATISTICS])
    spectrum, widths = np.flatnonzero(kinds == "spectrum_db"), np.flatnonzero(kinds == "width_db")
    matrix = np.zeros((GROUPS + len(imager_bands()), len(STATISTICS)))
    matrix[:GROUPS, spectrum] = group_means() @ _level_free(len(spectrum))
    pairs = imager_bands().reshape(len(imager_bands()), len(widths), -1).sum(axis=2)
    matrix[GROUPS:, widths] = pairs / pairs.sum(axis=1, keepdims=True)
    return matrix


def _shifts(moves: Array) -> Array:
    """Return how moves shift what is looked at, shape ``(row, 20 + 3)``."""
    mel_hz = tuple(mel_edges_hz()[1:-1])
    responses = moves[:, RESPONSE] @ interpolation(tuple(RESPONSE_HZ), mel_hz)
    spectra = responses @ (group_means() @ _level_free(len(mel_hz))).T
    return np.hstack((spectra, moves[:, WIDTH]))


def _level_free(count: int) -> Array:
    """Return the matrix that takes their mean from so many levels."""
    free: Array = np.eye(count) - 1.0 / count
    return free
