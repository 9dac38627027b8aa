"""Weights of songs: more for those that are usual among commercial masters and rare here.

``clip((p_commercial / p_corpus)^t, 0.1, 10)``, with ``p_corpus`` a Gaussian fitted to the songs
that are weighted. With exponent ``t = 1`` a few songs of a small corpus would carry everything:
``t`` is the largest exponent, up to 1, that leaves the effective number of songs that was asked
for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ...models.errors import CatalogueError
from .commercial import Gaussian, commercial_songs

Array: TypeAlias = npt.NDArray[np.float64]

LEAST_WEIGHT = 0.1
MOST_WEIGHT = 10.0
LEAST_EFFECTIVE = 100.0
"""Effective number of songs that weights leave, where there are enough songs."""

MOST_EFFECTIVE_SHARE = 0.8
"""Of fewer songs, weights leave this share: more would leave no weights."""

_HALVINGS = 40


@dataclass(frozen=True, slots=True, eq=False)
class SongWeights:
    """A rule that weights songs.

    Attributes:
        corpus: Distribution of the features of the songs it was made from.
        exponent: Of the ratio of densities, 0 to 1.
        effective: Effective number of the songs it was made from, ``(Σ w)² / Σ w²``.

    """

    corpus: Gaussian
    exponent: float
    effective: float

    def of(self, features: Array) -> Array:
        """Return the weight of songs, `LEAST_WEIGHT` to `MOST_WEIGHT`, shape ``(song,)``.

        Args:
            features: See `glassmaster.training.weighting.commercial.song_features`, shape
                ``(song, 10)``.

        """
        return _weights(_log_ratio(features, self.corpus), self.exponent)


def effective_number(weights: Array) -> float:
    """Return how many equally weighted songs would say as much: ``(Σ w)² / Σ w²``."""
    return float(weights.sum() ** 2 / np.square(weights).sum())


def fit_weights(features: Array, *, least_effective: float = LEAST_EFFECTIVE) -> SongWeights:
    """Make the rule from a corpus.

    Args:
        features: See `glassmaster.training.weighting.commercial.song_features`, shape
            ``(song, 10)``.
        least_effective: Effective number of songs to leave, at most `MOST_EFFECTIVE_SHARE` of those
            there are.

    Raises:
        CatalogueError: There are fewer than twice as many songs as features.

    """
    count, dimensions = features.shape
    if count < 2 * dimensions:
        raise CatalogueError(
            f"{count} songs are too few to weight by {dimensions} features; give at least "
            f"{2 * dimensions}",
            code="too_few_songs",
        )
    corpus = Gaussian(features.mean(axis=0), np.cov(features.T))
    ratio = _log_ratio(features, corpus)
    wanted = min(least_effective, MOST_EFFECTIVE_SHARE * count)
    low, high = 0.0, 1.0
    if effective_number(_weights(ratio, 1.0)) >= wanted:
        low = 1.0
    else:
        for _ in range(_HALVINGS):
            middle = 0.5 * (low + high)
            enough = effective_number(_weights(ratio, middle)) >= wanted
            low, high = (middle, high) if enough else (low, middle)
    return SongWeights(corpus, low, effective_number(_weights(ratio, low)))


def _log_ratio(features: Array, corpus: Gaussian) -> Array:
    return commercial_songs().log_density(features) - corpus.log_density(features)


def _weights(log_ratio: Array, exponent: float) -> Array:
    bound = np.log(MOST_WEIGHT)
    weights: Array = np.exp(np.clip(exponent * log_ratio, np.log(LEAST_WEIGHT), bound))
    return weights
