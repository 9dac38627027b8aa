"""Intervals of benchmark figures: packages are drawn first, then songs within them.

Songs of one package resemble each other, so that songs drawn alone would give intervals that are
too narrow. This is the two-stage bootstrap of A. C. Davison and D. V. Hinkley, "Bootstrap Methods
and their Application", 1997, section 3.8: as many packages as there are, with replacement, and of
each as many of its songs, with replacement.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ...models.errors import ParameterError

Array: TypeAlias = npt.NDArray[np.float64]
Counts: TypeAlias = npt.NDArray[np.float64]

RESAMPLES = 10_000
COVERAGE = 0.95
SEED = 20_261_120


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over songs with its interval.

    Attributes:
        mean: Weighted mean.
        median: Weighted median of the songs' own values.
        low: Lower end of the interval of the mean, with a coverage of `COVERAGE`.
        high: Upper end.

    """

    mean: float
    median: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class PairedEstimate:
    """The mean difference of two methods on the same songs, with its interval.

    Attributes:
        mean: Weighted mean of method minus baseline: below 0 where errors are smaller.
        low: Lower end of its interval.
        high: Upper end.
        wins: Weighted share of the songs on which the method's error is smaller, in [0, 1].
        n: Number of songs.

    """

    mean: float
    low: float
    high: float
    wins: float
    n: int


def resampled_counts(
    packages: Sequence[str], *, resamples: int = RESAMPLES, seed: int = SEED
) -> Counts:
    """Draw how often each song occurs in each resample, shape ``(resample, song)``.

    Packages count in the order of their names and songs in the order given, so that equal arguments
    give equal draws.

    Args:
        packages: Of each song.
        resamples: How many are drawn.
        seed: Of the generator.

    Raises:
        ParameterError: There is no song.

    """
    if not packages:
        raise ParameterError("there is no song to draw from; evaluate some first", code="no_songs")
    rng = np.random.Generator(np.random.Philox(seed))
    names = sorted(set(packages))
    of_song = np.array([names.index(package) for package in packages])
    drawn = rng.multinomial(len(names), np.full(len(names), 1.0 / len(names)), size=resamples)
    counts = np.zeros((resamples, len(packages)))
    for index in range(len(names)):
        songs = np.flatnonzero(of_song == index)
        share = np.full(len(songs), 1.0 / len(songs))
        counts[:, songs] = rng.multinomial(drawn[:, index] * len(songs), share)
    return counts


def weighted_median(values: Array, weights: Array) -> float:
    """Return the least value at which half of the weight is reached.

    Where exactly half is, the mean of it and the next, as the median of equal weights has it.
    """
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order]) / weights.sum()
    first = int(np.searchsorted(reached, 0.5 - 1e-12))
    middle = float(values[order[first]])
    if abs(reached[first] - 0.5) < 1e-12 and first + 1 < len(values):
        middle = 0.5 * (middle + float(values[order[first + 1]]))
    return middle


def resampled_means(values: Array, weights: Array, counts: Counts) -> Array:
    """Return the weighted mean of each resample, shape ``(resample,)``.

    Args:
        values: Of each song, shape ``(song,)``.
        weights: Positive, shape ``(song,)``.
        counts: See `resampled_counts`.

    """
    means: Array = (counts @ (weights * values)) / (counts @ weights)
    return means


def interval(samples: Array) -> tuple[float, float]:
    """Return the percentiles of resampled figures that hold `COVERAGE` of them."""
    outside = 50.0 * (1.0 - COVERAGE)
    low, high = np.percentile(samples, (outside, 100.0 - outside))
    return float(low), float(high)


def estimate(values: Array, weights: Array, counts: Counts) -> Estimate:
    """Return mean, median and interval of the mean of songs; arguments as of `resampled_means`."""
    low, high = interval(resampled_means(values, weights, counts))
    mean = float(np.average(values, weights=weights))
    return Estimate(mean, weighted_median(values, weights), low, high)


def paired_estimate(
    method: Array, baseline: Array, weights: Array, counts: Counts
) -> PairedEstimate:
    """Compare two methods on the same songs.

    Args:
        method: Errors of the method, shape ``(song,)``.
        baseline: Errors of what it is compared with, on the same songs.
        weights: Positive, shape ``(song,)``.
        counts: See `resampled_counts`.

    """
    difference = method - baseline
    low, high = interval(resampled_means(difference, weights, counts))
    return PairedEstimate(
        mean=float(np.average(difference, weights=weights)),
        low=low,
        high=high,
        wins=float(np.average(difference < 0.0, weights=weights)),
        n=len(difference),
    )


def ratio_interval(
    numerator: Array, denominator: Array, weights: Array, counts: Counts
) -> Estimate | None:
    """Return the ratio of two means over the same songs, with its interval.

    Its median is that of the resampled ratios, because a song's own ratio may have no meaning.

    Returns:
        None where the denominator's mean is not positive.

    """
    bottom = float(np.average(denominator, weights=weights))
    if bottom <= 0.0:
        return None
    below = resampled_means(denominator, weights, counts)
    usable = below > 1e-9 * bottom
    ratios = resampled_means(numerator, weights, counts)[usable] / below[usable]
    low, high = interval(ratios)
    mean = float(np.average(numerator, weights=weights)) / bottom
    return Estimate(mean, float(np.median(ratios)), low, high)
