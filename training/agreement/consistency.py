"""Whether an engineer differs from a model in song after song, or only here and there.

The mean over songs has the interval of the two-stage bootstrap (`benchmark.bootstrap`): units are
drawn first, then songs within them. The test is the exact two-sided sign-flip test over the means
of units: were there no difference, every pattern of their signs would be equally likely. Many
traits are tested at once, so that one of them looks consistent by chance; each is therefore held
against the largest statistic of all that remain, pattern for pattern, in step-down order (P. H.
Westfall and S. S. Young, "Resampling-Based Multiple Testing", 1993, section 2.6). The probability
of telling any difference that is none is so held, as by Holm's correction; but that multiplies the
least probability of n units, 2 / 2^n, by the number of traits, and could tell nothing of fewer
than ten units.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ..benchmark.bootstrap import estimate, resampled_counts
from ..randomness import generator
from ..studio.deciding import ALPHA, FEWEST_UNITS, FLIPS, MOST_ENUMERATED, unit_means
from .traits import TRAITS, Trait

Array: TypeAlias = npt.NDArray[np.float64]

FEWEST_TOLD = 4
"""Of fewer units nothing is told."""

TENDS_ALPHA = 2.0 / 2.0**FEWEST_TOLD
"""What is needed below `FEWEST_UNITS` units: what so many reach where all of them agree."""

TOLD_DB = 0.1
"""A smaller mean is no difference, however sure."""

_SEED = 20_261_210
_BATCH = 8192
_TIE = 1e-9  # patterns as extreme as what was found but for rounding


class Verdict(StrEnum):
    """What can be said of a trait."""

    CONSISTENT = "consistent"
    TENDS = "tends to"
    NONE = "no consistent difference"
    TOO_FEW = "too few to tell"


@dataclass(frozen=True, slots=True)
class TraitAgreement:
    """One trait over songs: what the engineer has more than the model.

    Attributes:
        trait: Which.
        songs: In how many it is known.
        units: To how many units they belong.
        mean: Over songs, in the trait's unit; NaN where it is known in none, as all that follows.
        low: Lower end of the interval of the mean, with a coverage of 95 %; NaN of one unit alone.
        high: Upper end.
        agreeing: Songs with the sign of the mean.
        p: Probability of such a difference by chance, were it the only trait.
        p_adjusted: Probability that any of all traits looks so by chance.
        verdict: What can be said.

    """

    trait: Trait
    songs: int
    units: int
    mean: float
    low: float
    high: float
    agreeing: int
    p: float
    p_adjusted: float
    verdict: Verdict

    @property
    def is_told(self) -> bool:
        """Whether there is something to say."""
        return self.verdict in (Verdict.CONSISTENT, Verdict.TENDS)


def trait_agreements(
    values: Array, units: Sequence[str], *, families: int = 1
) -> tuple[TraitAgreement, ...]:
    """Tell each trait over songs.

    Args:
        values: What the engineer has more, NaN where that is not known, shape ``(song, trait)``.
        units: Of the songs.
        families: How many groups of songs are looked at beside each other; what is probable in any
            of them is what counts.

    """
    names = sorted(set(units))
    means = np.full((len(names), len(TRAITS)), np.nan)
    for place in range(len(TRAITS)):
        known = np.isfinite(values[:, place])
        own = [unit for unit, is_known in zip(units, known, strict=True) if is_known]
        rows = [names.index(unit) for unit in sorted(set(own))]
        if own:
            means[rows, place] = unit_means(values[known, place], own)
    p, p_adjusted = sign_flip_p_values(means)
    return tuple(
        _agreement(
            trait, values[:, place], units, float(p[place]), min(float(adjusted) * families, 1.0)
        )
        for place, (trait, adjusted) in enumerate(zip(TRAITS, p_adjusted, strict=True))
    )


def sign_flip_p_values(means: Array) -> tuple[Array, Array]:
    """Return two-sided probabilities of means by chance, each alone and among all of them.

    Up to `MOST_ENUMERATED` units all patterns of signs are counted. With more, patterns are drawn,
    always the same; the one that was found counts among them, so that the size of the test is held.

    Args:
        means: Of units, NaN where unknown, shape ``(unit, trait)``.

    Returns:
        Alone and adjusted, each of shape ``(trait,)``; 1 where nothing differs or is known.

    """
    known = np.nan_to_num(means, nan=0.0)
    sizes = np.sqrt(np.square(known).sum(axis=0))
    scaled = known / np.where(sizes > 0.0, sizes, 1.0)
    found = np.abs(scaled.sum(axis=0))
    order = np.argsort(-found, kind="stable")
    least = found - _TIE
    alone, among, count = np.zeros(len(found)), np.zeros(len(found)), 0
    for signs in _patterns(len(means)):
        statistics = np.abs(signs @ scaled)
        alone += (statistics >= least).sum(axis=0)
        remaining = np.maximum.accumulate(statistics[:, order[::-1]], axis=1)[:, ::-1]
        among += (remaining >= least[order]).sum(axis=0)
        count += len(signs)
    adjusted = np.empty(len(found))
    adjusted[order] = np.maximum.accumulate(among / count)
    nothing = sizes == 0.0
    return np.where(nothing, 1.0, alone / count), np.where(nothing, 1.0, adjusted)


def mean_interval(values: Array, units: Sequence[str]) -> tuple[float, float, float]:
    """Return the mean over songs and its interval; NaN where nothing is known.

    One unit alone has no interval: nothing tells how another would differ.

    Args:
        values: Of songs, NaN where unknown, shape ``(song,)``.
        units: Of the songs.

    """
    known = np.isfinite(values)
    if not known.any():
        return np.nan, np.nan, np.nan
    own = tuple(unit for unit, kept in zip(units, known, strict=True) if kept)
    if len(set(own)) == 1:
        return float(values[known].mean()), np.nan, np.nan
    found = estimate(values[known], np.ones(len(own)), _counts(own))
    return found.mean, found.low, found.high


@lru_cache(maxsize=8)
def _counts(units: tuple[str, ...]) -> Array:
    """Draw once what all traits share that are known of the same songs."""
    return resampled_counts(units)


def _patterns(units: int) -> Iterator[Array]:
    """Yield patterns of signs in batches, of which the first unit's may stay: sides are alike."""
    if units <= MOST_ENUMERATED:
        total = 1 << max(units - 1, 0)
        places = np.arange(max(units - 1, 0))
        for start in range(0, total, _BATCH):
            numbers = np.arange(start, min(start + _BATCH, total))[:, None]
            flipped = (numbers >> places & 1) * -2.0 + 1.0
            yield np.concatenate((np.ones((len(numbers), min(units, 1))), flipped), axis=1)
        return
    drawn = generator(_SEED, units)
    yield np.ones((1, units))
    for start in range(0, FLIPS, _BATCH):
        shape = (min(_BATCH, FLIPS - start), units)
        yield np.where(drawn.integers(0, 2, shape) == 1, 1.0, -1.0)


def _agreement(
    trait: Trait, values: Array, units: Sequence[str], p: float, p_adjusted: float
) -> TraitAgreement:
    known = np.isfinite(values)
    mean, low, high = mean_interval(values, units)
    count = len({unit for unit, kept in zip(units, known, strict=True) if kept})
    agreeing = int(np.sum(np.sign(values[known]) == np.sign(mean)))
    is_apart = known.any() and abs(mean) >= TOLD_DB and not low <= 0.0 <= high
    if is_apart:  # the test is of units, and one large unit may stand against all others
        own = [unit for unit, kept in zip(units, known, strict=True) if kept]
        is_apart = float(unit_means(values[known], own).mean()) * mean > 0.0
    verdict = Verdict.NONE if count >= FEWEST_TOLD else Verdict.TOO_FEW
    if is_apart and count >= FEWEST_UNITS and p_adjusted <= ALPHA:
        verdict = Verdict.CONSISTENT
    elif is_apart and FEWEST_TOLD <= count < FEWEST_UNITS and p_adjusted <= TENDS_ALPHA:
        verdict = Verdict.TENDS
    return TraitAgreement(
        *(trait, int(known.sum()), count, mean, low, high, agreeing, p, p_adjusted, verdict)
    )
