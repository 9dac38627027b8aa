"""From a studio's pairs to what it does differently from the base model.

How much is believed is a matter of evidence: the prior shrinks everything toward the base, and
which tier of a group, and what amount of its prior, is chosen where other albums of the same studio
were left out. The fewer the pairs, the less is left.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ...models.errors import CatalogueError
from ...models.moves import MOVES, bounded
from .content import features
from .groups import GROUPS, INPUTS, Group, input_rows
from .pairs import StudioPairs

Array: TypeAlias = npt.NDArray[np.float64]

AMOUNTS = (0.4, 1.0, 2.5)
"""Factors of the prior's standard deviations that are tried."""

FOLDS = 10
"""Albums are dealt to so many parts at most when something is chosen."""

FEWEST_PAIRS = 3
"""With fewer there is nothing to learn."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen for a group, and why.

    Attributes:
        tier: How much may be learned; 0 is the base model.
        amount: Factor of the prior's standard deviations.
        error: Weighted mean absolute error of albums left out.
        base_error: That of the base model.

    """

    tier: int
    amount: float
    error: float
    base_error: float


@dataclass(frozen=True, slots=True, eq=False)
class AdaptedModel:
    """What a studio adds to the moves of a base model.

    Attributes:
        mapping: From inputs to what is added, shape ``(moves, inputs)``; see `groups`.
        center: Statistics of a usual song, shape ``(statistics,)``.
        choices: Of each group, by its name.
        pairs: Number of pairs it was learned from.

    """

    mapping: Array
    center: Array
    choices: Mapping[str, Choice]
    pairs: int

    def moves(self, base: Array, statistics: Array) -> Array:
        """Return the moves that the studio would make, shape ``(mix, moves)``.

        Args:
            base: Moves of the base model, shape ``(mix, moves)``.
            statistics: Of the mixes, as the base model sees them, shape ``(mix, statistics)``.

        """
        inputs = input_rows(base, features(statistics, self.center))
        return bounded(base + inputs @ self.mapping.T)


def adapt(pairs: StudioPairs, center: Array) -> AdaptedModel:
    """Learn a studio's taste.

    Args:
        pairs: All of one studio; every choice is made among them.
        center: Statistics of a usual song, shape ``(statistics,)``.

    Raises:
        CatalogueError: There are too few pairs.

    """
    if len(pairs) < FEWEST_PAIRS:
        raise CatalogueError(
            f"{len(pairs)} pairs are too few to learn from; bring {FEWEST_PAIRS} or more",
            code="few_pairs",
        )
    inputs = input_rows(pairs.base, features(pairs.statistics, center))
    has_albums = len(set(pairs.albums)) > 1
    folds = album_folds(pairs.albums if has_albums else pairs.songs)
    mapping, choices = np.zeros((len(MOVES), INPUTS)), {}
    for group in GROUPS:
        choice = _choose(group, inputs, pairs, folds)
        choices[group.name] = choice
        if choice.tier > 0:
            regression = group.regression(choice.tier, inputs, pairs)
            parameters = regression.solve(np.ones(len(pairs), np.bool_), choice.amount)
            mapping[group.moves] = group.mapping(choice.tier, parameters)
    return AdaptedModel(mapping, center, MappingProxyType(choices), len(pairs))


def mean_settings(pairs: StudioPairs) -> Array:
    """Return the mean of what explains a studio's masters, shape ``(moves,)``."""
    return bounded(pairs.moves.mean(axis=0))


def album_folds(albums: Sequence[str]) -> npt.NDArray[np.int64]:
    """Deal albums to parts, the largest first, each to the part that is smallest so far.

    Where there is one album, each song is one.

    Returns:
        The part of each song, shape ``(song,)``.

    """
    names, places, counts = np.unique(albums, return_inverse=True, return_counts=True)
    if len(names) == 1:
        places, counts = np.arange(len(albums)), np.ones(len(albums), np.int64)
    parts = np.zeros(len(counts), np.int64)
    sizes = np.zeros(min(FOLDS, len(counts)), np.int64)
    for album in np.argsort(-counts, kind="stable"):
        parts[album] = int(np.argmin(sizes))
        sizes[parts[album]] += counts[album]
    return parts[places]


def _choose(
    group: Group, inputs: Array, pairs: StudioPairs, folds: npt.NDArray[np.int64]
) -> Choice:
    """Return the tier and the amount with the least error; of equals, the smallest."""
    truth = group.added(pairs)

    def error(estimates: Array) -> float:
        return float((np.abs(truth - estimates) @ group.weights).mean())

    base_error = error(np.zeros_like(truth))
    best = Choice(0, 0.0, base_error, base_error)
    for tier in range(1, len(group.tiers)):
        regression = group.regression(tier, inputs, pairs)
        for amount in AMOUNTS:
            found = error(regression.left_out(folds, amount))
            if found < best.error:
                best = Choice(tier, amount, found, base_error)
    return best
