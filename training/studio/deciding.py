"""Whether a studio's model is better: the exact one-sided sign-flip test over albums.

Where the studio's model were no better, the sign of an album's difference would be chance: every
pattern of signs is equally likely, and the share of patterns that look at least as good is the
probability of what was found (R. A. Fisher, "The Design of Experiments", 1935, section 21). A model
is accepted that beats the base *and* doing nothing: each comparison holds the size of the test, and
so do both together (R. L. Berger, "Multiparameter hypothesis testing and acceptance
sampling", 1982). Where the interval of a mean change holds 0, nothing is accepted either.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ..benchmark.bootstrap import PairedEstimate, paired_estimate, resampled_counts
from ..randomness import generator
from .validating import BASE, STUDIO, UNCHANGED, HeldOut

Array: TypeAlias = npt.NDArray[np.float64]

ALPHA = 0.05
FEWEST_UNITS = 6
"""With fewer units nothing is accepted."""

MOST_ENUMERATED = 20
"""With more units, `FLIPS` patterns are drawn in place of all."""

FLIPS = 200_000
_BATCHES = 20
_SEED = 20_261_130
_TIE = 1e-9  # of the sum of magnitudes: patterns as good as what was found but for rounding

REQUIRED = (BASE, UNCHANGED)
"""What a studio's model has to beat."""


class Verdict(StrEnum):
    """What is decided."""

    ACCEPTED = "accepted"
    PROMISING = "promising"
    NO_IMPROVEMENT = "no improvement"


@dataclass(frozen=True, slots=True)
class Comparison:
    """The studio's model against something else.

    Attributes:
        p: Probability of such an improvement by chance.
        exact: Whether every pattern of signs was counted.
        change_db: Mean change of errors, below 0 where they are smaller, with its interval over
            units and songs.

    """

    p: float
    exact: bool
    change_db: PairedEstimate

    @property
    def is_won(self) -> bool:
        """Whether the studio's model is better, and that is no chance."""
        return self.p <= ALPHA and self.change_db.high < 0.0


@dataclass(frozen=True, slots=True)
class Decision:
    """What is decided, and why.

    Attributes:
        verdict: Only what is accepted becomes the default.
        units: Number of albums or songs that were counted.
        by_song: Whether they are songs.
        comparisons: By what the studio's model is compared with.

    """

    verdict: Verdict
    units: int
    by_song: bool
    comparisons: Mapping[str, Comparison]


def decide(held_out: HeldOut) -> Decision:
    """Decide whether a studio's model takes the place of the base."""
    own = held_out.errors_db[STUDIO]
    counts = resampled_counts(held_out.units)
    weights = np.ones(len(own))
    comparisons = {}
    for name, errors_db in held_out.errors_db.items():
        if name == STUDIO:
            continue
        p, exact = sign_flip_p(unit_means(errors_db - own, held_out.units))
        estimate = paired_estimate(own, errors_db, weights, counts)
        comparisons[name] = Comparison(p, exact, estimate)
    units = len(set(held_out.units))
    verdict = Verdict.NO_IMPROVEMENT
    if all(comparisons[name].is_won for name in REQUIRED):
        verdict = Verdict.ACCEPTED if units >= FEWEST_UNITS else Verdict.PROMISING
    return Decision(verdict, units, held_out.by_song, comparisons)


def unit_means(values: Array, units: Sequence[str]) -> Array:
    """Return the mean of each unit's songs, in the order of their names, shape ``(unit,)``."""
    _, places = np.unique(units, return_inverse=True)
    means: Array = np.bincount(places, values) / np.bincount(places)
    return means


def sign_flip_p(improvements: Array) -> tuple[float, bool]:
    """Return the probability of improvements as large by chance, and whether it is exact.

    Up to `MOST_ENUMERATED` units all patterns of signs are counted. With more, patterns are drawn,
    always the same; the one that was found counts among them, so that the size of the test is held.

    Args:
        improvements: Of each unit, above 0 where the model is better, shape ``(unit,)``.

    """
    magnitudes = np.abs(improvements)
    least = improvements.sum() - _TIE * magnitudes.sum()
    if len(improvements) <= MOST_ENUMERATED:
        sums = np.zeros(1)
        for magnitude in magnitudes:
            sums = np.concatenate((sums - magnitude, sums + magnitude))
        return float(np.mean(sums >= least)), True
    drawn = generator(_SEED, len(improvements))
    as_good = 1
    for _ in range(_BATCHES):
        signs = drawn.integers(0, 2, (FLIPS // _BATCHES, len(improvements))) * 2.0 - 1.0
        as_good += int(np.count_nonzero(signs @ magnitudes >= least))
    return as_good / (FLIPS + 1), False
