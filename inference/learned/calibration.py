"""What was found about a model after training: how far to trust it, and how sure it is.

Moves are shrunk by one factor a block, chosen where the model had not learned, and further where
peaks are as low as those of finished masters. Intervals are conformal: on songs that nothing else
was chosen by, 90 % of the errors lie within a factor times the model's own spread (V. Vovk,
A. Gammerman, G. Shafer, "Algorithmic Learning in a Random World", 2005). Factors are those of a mix
alone or with references, and of blocks that the estimate leaves idle or does not. An interval that
is nearly as wide as the prior's says nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ...models.mel_statistics import STATISTICS
from ...models.moves import (
    BLOCK_MOVES,
    MOVES,
    QUANTITIES,
    SLOPE,
    WIDTH,
    active_quantities,
    bounded,
    shrunk,
)
from ..predictor import NOT_DETERMINED, Interval
from .estimate import Estimate, decided_moves
from .model_file import ModelFile

Array: TypeAlias = npt.NDArray[np.float64]

UNDETERMINED_SHARE = 0.8
"""An interval that is at least this part of the prior's is not determined."""

MOST_DEVIATIONS = 6.0
"""Statistics are held within so many standard deviations of their mean."""

ODD_SIDE_DEVIATIONS = 3.0
"""Music that is so much narrower than what was learned from is judged without its widths."""

KNOBS = slice(SLOPE.start, len(MOVES))
"""Moves that are knobs: all but response and widths."""

PEAK = STATISTICS.index("peak_p99_db")
"""The statistic that tells finished masters: peaks over the loudness, which limiting lowers."""

_SIDE = STATISTICS.index("side_db")
_WIDTHS = [i for i, name in enumerate(STATISTICS) if i == _SIDE or name.startswith("width_db")]


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """How intervals of some numbers are made.

    Attributes:
        scale: Conformal factors of the standard deviation, shape ``(number,)``.
        idle_scale: The same where the estimate leaves a number's block idle.
        prior_width: Full widths of the prior's intervals, same shape; 0 for a number of which
            nothing is known, so that it is never determined.

    """

    scale: Array
    idle_scale: Array
    prior_width: Array

    def interval(self, index: int, mean: float, sigma: float, *, active: bool) -> Interval:
        """Return the interval of one number."""
        half = float((self.scale if active else self.idle_scale)[index]) * sigma
        if not 2.0 * half < UNDETERMINED_SHARE * float(self.prior_width[index]):
            return NOT_DETERMINED
        return mean - half, mean + half


class Calibration:
    """What a file says of its model beside the weights.

    Args:
        file: Of either kind.

    Raises:
        ModelError: An array is missing or of another shape.

    """

    def __init__(self, file: ModelFile) -> None:
        self._mean = file.array("mean", len(STATISTICS))
        self._scale = file.array("scale", len(STATISTICS))
        if not np.all(self._scale > 0.0):
            raise file.error("has a scale that is not positive")
        shrink = file.optional("calibration.shrink", len(BLOCK_MOVES))
        self._shrink = np.ones(len(BLOCK_MOVES)) if shrink is None else shrink
        self._finished = file.optional("calibration.finished", 3)
        if self._finished is not None and not self._finished[0] < self._finished[1]:
            raise file.error("has finished masters with higher peaks than mixes")
        self._alone = _spread(file, "", len(QUANTITIES))
        self._referred = _spread(file, "referred_", len(QUANTITIES))
        knobs = len(MOVES) - SLOPE.start
        self._knobs = _spread(file, "knob_", knobs)
        self._knob_sigma = file.optional("calibration.knob_sigma", knobs)

    def held(self, statistics: Array) -> Array:
        """Hold statistics within what the model can have learned, shape ``(statistics,)``.

        Of mono, the widths are replaced by their mean, where the model has not learned of mono.
        """
        z = (statistics - self._mean) / self._scale
        if z[_SIDE] < -ODD_SIDE_DEVIATIONS:
            z[_WIDTHS] = 0.0
        held: Array = self._mean + self._scale * np.clip(z, -MOST_DEVIATIONS, MOST_DEVIATIONS)
        return held

    def amount(self, statistics: Array) -> float:
        """Return the part of each move that is made of a mix of these statistics."""
        if self._finished is None:
            return 1.0
        finished_db, open_db, amount = self._finished
        return float(np.interp(statistics[PEAK], (finished_db, open_db), (amount, 1.0)))

    def moves(self, estimate: Estimate, amount: float) -> Array:
        """Return the moves that are made, shape ``(moves,)``: those of an estimate, shrunk."""
        return bounded(shrunk(decided_moves(estimate), amount * self._shrink))

    def quantity_intervals(self, estimate: Estimate, *, referred: bool) -> dict[str, Interval]:
        """Return the interval of every quantity; reductions are never negative.

        Args:
            estimate: As it is, not shrunk.
            referred: Whether it was made with references.

        """
        spread = self._referred if referred else self._alone
        active = active_quantities(decided_moves(estimate))
        intervals: dict[str, Interval] = {}
        for index, name in enumerate(QUANTITIES):
            found: Interval = NOT_DETERMINED
            if spread is not None:
                mean, sigma = float(estimate.quantities[index]), float(estimate.sigma[index])
                found = spread.interval(index, mean, sigma, active=bool(active[index]))
            if found != NOT_DETERMINED and index >= WIDTH.stop:
                found = (max(found[0], 0.0), max(found[1], 0.0))
            intervals[name] = found
        return intervals

    def knob_interval(self, index: int, moves: Array, *, referred: bool) -> Interval:
        """Return the interval of one of `KNOBS`, in units of moves.

        Args:
            index: In `MOVES`.
            moves: As estimated, neither bounded nor shrunk, shape ``(moves,)``.
            referred: Whether with references, with which knobs are not calibrated.

        """
        if referred or self._knobs is None or self._knob_sigma is None:
            return NOT_DETERMINED
        knob = index - SLOPE.start
        sigma = float(self._knob_sigma[knob])
        return self._knobs.interval(knob, float(moves[index]), sigma, active=True)


def _spread(file: ModelFile, prefix: str, length: int) -> Spread | None:
    scale = file.optional(f"calibration.{prefix}interval_scale", length)
    idle = file.optional(f"calibration.{prefix}idle_interval_scale", length)
    width = file.optional(f"calibration.{prefix}prior_width", length)
    if scale is None or width is None:
        return None
    return Spread(scale, scale if idle is None else idle, width)
