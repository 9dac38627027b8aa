"""Examples for closed forms: the network's own, drawn once and kept as arrays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ...models.mel_statistics import STATISTICS
from ...models.moves import MOVES, QUANTITIES
from ..learning.curriculum import Curriculum, Phase
from ..learning.pairs import Pairs, assemble
from ..learning.plans import Plan, PlanRules, draw_plan, without_references
from ..learning.pool import SongPool

Array: TypeAlias = npt.NDArray[np.float64]

_BATCH = 32
_STREAM = 11  # keeps these examples apart from those of a training run with the same seed


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """Rows of examples.

    Attributes:
        songs: Index of each song in its pool, shape ``(row,)``.
        statistics: Of the mixes, shape ``(row, statistics)``.
        references: Statistics of each row's references, shape ``(reference, statistics)``.
        moves: What is known of the right moves, NaN elsewhere, shape ``(row, moves)``.
        quantities: What is known of the quantities, NaN elsewhere, shape ``(row, quantities)``.

    """

    songs: npt.NDArray[np.int64]
    statistics: Array
    references: tuple[Array, ...]
    moves: Array
    quantities: Array

    @property
    def mean_references(self) -> Array:
        """Mean statistics of each row's references, which must have some, ``(row, statistics)``."""
        return np.array([each.mean(axis=0) for each in self.references])

    def alone(self) -> Examples:
        """Return the same examples without their references."""
        none = np.zeros((0, self.statistics.shape[1]))
        return replace(self, references=(none,) * len(self.songs))


def assembled(pool: SongPool, plans: Sequence[Plan]) -> Iterator[Pairs]:
    """Make the examples that plans describe, batch after batch."""
    for start in range(0, len(plans), _BATCH):
        yield assemble(pool, plans[start : start + _BATCH])


def draw_examples(
    pool: SongPool, rules: PlanRules, *, count: int, seed: int, forward: bool, references: bool
) -> Examples:
    """Draw examples of one kind.

    Args:
        pool: Songs.
        rules: How examples are drawn; intents are left out.
        count: Number of examples.
        seed: Of the draw.
        forward: Whether known settings are to be found, or degradations to be undone.
        references: Whether each has references; where a song has none to offer, it is left out.

    """
    kind = Curriculum((Phase(0.0, forward=float(forward)),))
    rules = replace(rules, no_intent=1.0, no_reference=0.0 if references else 1.0)
    stream = _STREAM + 2 * forward + references
    plans = [draw_plan(pool, rules, kind, 0.0, seed, stream, row) for row in range(count)]
    if references:
        plans = [plan for plan in plans if len(plan.references) > 0]
    else:  # known settings are drawn with some at all times
        plans = [without_references(plan) for plan in plans]
    statistics: list[Array] = []
    others: list[Array] = []
    moves: list[Array] = []
    quantities: list[Array] = []
    for pairs in assembled(pool, plans):
        statistics.extend(pairs.statistics.double().numpy())
        moves.extend(pairs.known.moves.double().numpy())
        quantities.extend(pairs.known.quantities.double().numpy())
        shown = zip(pairs.references, pairs.present > 0.0, strict=True)
        others.extend(rows[present].double().numpy() for rows, present in shown)
    return Examples(
        np.array([plan.song for plan in plans], np.int64),
        np.array(statistics).reshape(-1, len(STATISTICS)),
        tuple(others),
        np.array(moves).reshape(-1, len(MOVES)),
        np.array(quantities).reshape(-1, len(QUANTITIES)),
    )
