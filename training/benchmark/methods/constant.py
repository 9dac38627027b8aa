"""Settings that do not come from a model of the mix: the mean of all, and those of a neighbor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ....data.analysis import Analysis
from ....inference.learned.decisions import Decisions
from ....inference.learned.tone import Wish
from ....inference.predictor import Company, Prediction
from ....models.moves import NEUTRAL, bounded
from ...degradation.drawing import draw_degradation, undoing_moves
from ...degradation.prior import DegradationPrior
from ...randomness import generator

Array: TypeAlias = npt.NDArray[np.float64]

DRAWS = 1500
SEED = 11


@dataclass(frozen=True, slots=True, eq=False)
class ConstantMoves:
    """A predictor that gives every mix the same moves.

    Attributes:
        moves: Shape ``(moves,)``.
        name: For the recipe.

    """

    moves: Array
    name: str = "corpus_mean"

    @property
    def describe(self) -> str:
        """One sentence for the report."""
        return "The mean of what undoes the degradations that training draws."

    @property
    def model(self) -> str | None:
        """None: there are no weights."""
        return None

    @property
    def listens(self) -> bool:
        """No: finished songs make no difference."""
        return False

    @property
    def reads_settings(self) -> bool:
        """No."""
        return False

    def predict(self, analysis: Analysis, company: Company | None = None) -> Prediction:
        """Return the same moves as settings of the chain."""
        return _prediction(self.moves, analysis)


@dataclass(frozen=True, slots=True, eq=False)
class NearestMoves:
    """A predictor that gives a mix the moves of the most similar example.

    Attributes:
        statistics: Of the examples, shape ``(example, statistics)``.
        moves: What was right for them, shape ``(example, moves)``.
        name: For the recipe.

    """

    statistics: Array
    moves: Array
    name: str = "nearest"

    @property
    def describe(self) -> str:
        """One sentence for the report."""
        return "What was right for the most similar of the degraded masters that training knows."

    @property
    def model(self) -> str | None:
        """None: there are no weights."""
        return None

    @property
    def listens(self) -> bool:
        """No: finished songs make no difference."""
        return False

    @property
    def reads_settings(self) -> bool:
        """No."""
        return False

    def predict(self, analysis: Analysis, company: Company | None = None) -> Prediction:
        """Return the nearest example's moves as settings of the chain."""
        scale = self.statistics.std(axis=0)
        told = scale > 0.0
        difference = (self.statistics - analysis.statistics)[:, told] / scale[told]
        nearest = int(np.argmin(np.square(difference).sum(axis=1)))
        return _prediction(self.moves[nearest], analysis)


@cache
def mean_moves() -> tuple[float, ...]:
    """Return the mean of the moves that undo training's degradations."""
    prior = DegradationPrior()
    draws = [draw_degradation(generator(SEED, index), prior) for index in range(DRAWS)]
    undone = np.array([undoing_moves(each) for each in draws])
    mean = np.where(np.isnan(undone).all(axis=0), NEUTRAL, undone.mean(axis=0))
    return tuple(mean.tolist())


def _prediction(moves: Array | Sequence[float], analysis: Analysis) -> Prediction:
    wish = Wish(bounded(np.asarray(moves)), frozenset(), {})
    settings, reasons = Decisions().decide(analysis, wish)
    return Prediction(settings, {}, reasons)
