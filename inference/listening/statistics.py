"""Exact statistics of forced choices between two.

Under the null hypothesis every choice is a fair coin, so that the number of hits of ``n`` trials is
binomial with a share of 1/2. Tails are sums of whole numbers; nothing is approximated.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from fractions import Fraction
from statistics import NormalDist

LEVEL = Fraction(1, 20)
"""Largest size of a test: how often mere guessing may pass for hearing."""


def tail(hits: int, trials: int) -> Fraction:
    """Return the probability of at least ``hits`` hits by guessing.

    Args:
        hits: 0 or more.
        trials: How many choices there were.

    """
    return Fraction(sum(math.comb(trials, k) for k in range(hits, trials + 1)), 2**trials)


def two_sided(hits: int, trials: int) -> Fraction:
    """Return the probability of a result at least as far from one half, by guessing."""
    return min(Fraction(1), 2 * tail(max(hits, trials - hits), trials))


def critical_count(trials: int, level: Fraction = LEVEL) -> int:
    """Return the fewest hits whose tail is no larger than a level.

    Where not even that of all hits is, it is one more than there are trials.
    """
    beyond, total = 0, 2**trials
    for hits in range(trials, -1, -1):
        beyond += math.comb(trials, hits)
        if beyond > level * total:
            return hits + 1
    return 0


def size(trials: int, level: Fraction = LEVEL) -> Fraction:
    """Return how often guessing reaches the critical count: the exact size of a test."""
    return tail(critical_count(trials, level), trials)


def power(trials: int, share: float, level: Fraction = LEVEL) -> float:
    """Return how often a listener with a true share of hits reaches the critical count.

    Args:
        trials: How many choices there are.
        share: Probability of a hit, in (0, 1).
        level: Largest size of the test.

    """
    hit, miss = math.log(share), math.log1p(-share)
    return math.fsum(
        math.exp(_log_choose(trials, k) + k * hit + (trials - k) * miss)
        for k in range(critical_count(trials, level), trials + 1)
    )


def trials_for(share: float, wanted: float, level: Fraction = LEVEL) -> int:
    """Return the fewest trials whose power is at least as wanted.

    Args:
        share: Probability of a hit, above 1/2.
        wanted: Power, in (0, 1).
        level: Largest size of the test.

    """
    return next(trials for trials in itertools.count(1) if power(trials, share, level) >= wanted)


def least_trials(level: Fraction = LEVEL) -> int:
    """Return the fewest trials of which all being hits is rarer than a level."""
    return next(trials for trials in itertools.count(1) if tail(trials, trials) <= level)


def wilson(hits: int, trials: int, confidence: float) -> tuple[float, float]:
    """Return E. B. Wilson's score interval (1927) of a share.

    Args:
        hits: 0 to ``trials``.
        trials: 1 or more.
        confidence: Of both ends together, in (0, 1).

    """
    z = NormalDist().inv_cdf(0.5 + confidence / 2.0)
    share, ratio = hits / trials, z * z / trials
    middle = share + ratio / 2.0
    reach = z * math.sqrt(share * (1.0 - share) / trials + ratio / (4.0 * trials))
    low, high = (middle - reach) / (1.0 + ratio), (middle + reach) / (1.0 + ratio)
    return (0.0 if hits == 0 else low), (1.0 if hits == trials else high)


def holm(values: Sequence[Fraction]) -> tuple[Fraction, ...]:
    """Return p values after S. Holm (1979): any of them errs no more often than one would alone."""
    order = sorted(range(len(values)), key=lambda place: values[place])
    adjusted = list(values)
    largest = Fraction(0)
    for rank, place in enumerate(order):
        largest = max(largest, min(Fraction(1), (len(values) - rank) * values[place]))
        adjusted[place] = largest
    return tuple(adjusted)


def _log_choose(trials: int, hits: int) -> float:
    return math.lgamma(trials + 1) - math.lgamma(hits + 1) - math.lgamma(trials - hits + 1)
