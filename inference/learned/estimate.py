"""What a learned model says of a mix, before anything is decided."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from ...models.moves import BLOCK_MOVES, BYPASSES, NEUTRAL, bounded
from ..predictor import Company

Array: TypeAlias = npt.NDArray[np.float64]

LEAST_ODDS = 0.25
"""Log odds above which a block is left out. At even odds mixes lost more than finished masters
gained, see training/README.md."""


@dataclass(frozen=True, slots=True, eq=False)
class Estimate:
    """The mean of what a master would do, and its spread.

    Attributes:
        moves: Of `glassmaster.models.moves.MOVES`, shape ``(moves,)``.
        quantities: Means of `glassmaster.models.moves.QUANTITIES`, shape ``(quantities,)``.
        sigma: Standard deviations around them, before calibration, shape ``(quantities,)``.
        bypass: Log odds that each of `BYPASSES` is left out, shape ``(3,)``.

    """

    moves: Array
    quantities: Array
    sigma: Array
    bypass: Array

    @property
    def left_out(self) -> frozenset[str]:
        """Blocks that are clearly more likely left out than not, see `LEAST_ODDS`."""
        return frozenset(
            name for name, odds in zip(BYPASSES, self.bypass, strict=True) if odds > LEAST_ODDS
        )


class Estimator(Protocol):
    """A model of either kind."""

    def estimate(self, statistics: Array, company: Company) -> Estimate:
        """Estimate what a master would do.

        Args:
            statistics: Of the mix, shape ``(statistics,)``.
            company: Songs it is to be like; there may be none.

        Raises:
            ModelError: The model gives numbers that are none.

        """
        ...


def decided_moves(estimate: Estimate) -> Array:
    """Return moves within the chain's ranges, those of blocks left out neutral, ``(moves,)``.

    What is done with them, shrinking, is chosen on the same moves that users get.
    """
    moves = bounded(estimate.moves)
    for name in estimate.left_out:
        moves[BLOCK_MOVES[name]] = NEUTRAL[BLOCK_MOVES[name]]
    return moves
