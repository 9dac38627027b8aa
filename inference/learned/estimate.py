"""What a learned model says of a mix, before anything is decided."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[np.float64]

DECIDED = ("equalizer", "multiband_compressor", "imager")
"""Blocks that a model may bypass, in the order of its outputs."""


@dataclass(frozen=True, slots=True, eq=False)
class Estimate:
    """The mean of what a master would do, and its spread.

    Attributes:
        moves: Of `glassmaster.models.moves.MOVES`, shape ``(moves,)``.
        quantities: Means of `glassmaster.models.moves.QUANTITIES`, shape ``(quantities,)``; NaN
            for what the model does not speak of.
        sigma: Standard deviations around them, before calibration, shape ``(quantities,)``.
        bypass: Log odds that each of `DECIDED` is left out, shape ``(3,)``.

    """

    moves: Array
    quantities: Array
    sigma: Array
    bypass: Array


class Estimator(Protocol):
    """A model of either kind."""

    def estimate(self, statistics: Array, references: Array) -> Estimate:
        """Estimate what a master would do.

        Args:
            statistics: Of the mix, shape ``(statistics,)``.
            references: Of songs it is to be like, shape ``(reference, statistics)``; none is
                allowed.

        Raises:
            ModelError: The model gives numbers that are none.

        """
        ...
