"""The trials of a test: what is played under which label, as a function of the seed alone.

What decides whether an answer is a hit is a fair coin for each trial, independent of all others.
Drawing equally many of both sides instead would look fairer and be wrong: whoever answers with
equally many of both, in any order, reaches 12 of 16 in 6.6 % of tests instead of 3.8 %. With coins
the number of hits without hearing anything is binomial, whatever habit the answers follow.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from typing import Literal, TypeAlias

from ...models.errors import UsageError
from .statistics import LEVEL, least_trials

Mode: TypeAlias = Literal["abx", "preference"]
"""``abx``: which of two is the third; ``preference``: which of two is better."""

Pair: TypeAlias = tuple[int, int]

ABX: Mode = "abx"
PREFERENCE: Mode = "preference"
MODES: tuple[Mode, ...] = (ABX, PREFERENCE)

CHOICES = ("A", "B")
"""What can be answered in every trial."""

MOST_TRIALS = 500
"""Altogether; a listener is tired long before."""

MOST_VERSIONS = 6


@dataclass(frozen=True, slots=True)
class Trial:
    """One choice.

    Attributes:
        pair: The two versions that are compared, in the order of the versions.
        played: Version by label: A, B and, in ABX, X.

    """

    pair: Pair
    played: dict[str, int]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is fixed before a test starts.

    Attributes:
        mode: What is asked.
        versions: How many there are.
        trials: Of each pair.
        seed: What all draws follow from.

    Raises:
        UsageError: There can be no such test.

    """

    mode: Mode
    versions: int
    trials: int
    seed: int

    def __post_init__(self) -> None:
        if not 2 <= self.versions <= MOST_VERSIONS:
            message = f"{self.versions} versions: compare 2 to {MOST_VERSIONS}"
            raise UsageError(message, code="usage")
        if self.mode == ABX and self.versions != 2:
            message = "an ABX test compares two versions; name two, or add --mode preference"
            raise UsageError(message, code="usage")
        least, most = self.least_trials, MOST_TRIALS // len(self.pairs)
        if not least <= self.trials <= most:
            each = f" for each of {len(self.pairs)} pairs" * (len(self.pairs) > 1)
            message = (
                f"--trials is {self.trials}; it lies in {least}..{most}{each}, and fewer than "
                f"{least} cannot tell anything from guessing"
            )
            raise UsageError(message, code="usage")
        if self.seed < 0:
            raise UsageError(f"--seed is {self.seed}; it must be 0 or more", code="usage")

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """All pairs of versions."""
        return tuple(combinations(range(self.versions), 2))

    @property
    def length(self) -> int:
        """How many trials there are altogether."""
        return self.trials * len(self.pairs)

    @property
    def labels(self) -> tuple[str, ...]:
        """What can be heard in every trial."""
        return (*CHOICES, "X") if self.mode == ABX else CHOICES

    @property
    def pair_level(self) -> Fraction:
        """Largest tail of one side at which a single pair can be told, were it the only one."""
        return LEVEL if self.mode == ABX else LEVEL / (2 * len(self.pairs))

    @property
    def least_trials(self) -> int:
        """Fewest trials of a pair that can ever be significant."""
        return least_trials(self.pair_level)

    def all_trials(self) -> tuple[Trial, ...]:
        """Return the trials in the order in which they are played.

        In ABX the two versions keep the labels that were drawn for the whole test, so that they
        can be learned, and X is drawn for each trial. In a preference test every round has each
        pair once, in an order of its own, and labels are drawn for each trial.
        """
        if self.mode == ABX:
            first = self._coin("labels")
            fixed = {"A": first, "B": 1 - first}
            return tuple(
                Trial((0, 1), {**fixed, "X": self._coin(f"X/{number}")})
                for number in range(self.trials)
            )
        return tuple(
            self._preference(pair, number)
            for number in range(self.trials)
            for pair in sorted(self.pairs, key=lambda pair: self._draw(f"order/{number}/{pair}"))
        )

    def _preference(self, pair: Pair, number: int) -> Trial:
        first = self._coin(f"side/{number}/{pair}")
        return Trial(pair, {"A": pair[first], "B": pair[1 - first]})

    def _coin(self, name: str) -> int:
        return self._draw(name)[0] & 1

    def _draw(self, name: str) -> bytes:
        # a hash is the same in every version of Python, and no draw depends on another
        return hashlib.sha256(f"glassmaster/{self.seed}/{name}".encode()).digest()
