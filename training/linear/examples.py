"""Examples for closed forms: the network's own, drawn once and kept as arrays."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import torch

from ..learning.curriculum import Curriculum, Phase
from ..learning.pairs import assemble
from ..learning.plans import PlanRules, draw_plan, without_references
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
        references: Mean statistics of the references, same shape; NaN without references.
        moves: What is known of the right moves, NaN elsewhere, shape ``(row, moves)``.
        quantities: What is known of the quantities, NaN elsewhere, shape ``(row, quantities)``.

    """

    songs: npt.NDArray[np.int64]
    statistics: Array
    references: Array
    moves: Array
    quantities: Array


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
    parts: list[list[Array]] = [[], [], [], []]
    for start in range(0, len(plans), _BATCH):
        pairs = assemble(pool, plans[start : start + _BATCH])
        present = pairs.present.double()
        mean = torch.einsum("br,brs->bs", present, pairs.references.double())
        found = (
            pairs.statistics.double(),
            mean / present.sum(1, keepdim=True),  # NaN without references
            pairs.known.moves.double(),
            pairs.known.quantities.double(),
        )
        for part, values in zip(parts, found, strict=True):
            part.append(values.numpy())
    songs = np.array([plan.song for plan in plans], np.int64)
    return Examples(songs, *(np.concatenate(part) for part in parts))
