"""What was found about a model after training: how far to trust it, and how sure it is.

Moves are shrunk by one factor a block, chosen where the model had not learned. Intervals are
conformal: on songs that nothing else was chosen by, 90 % of the errors lie within
``interval_scale`` times the model's own spread (V. Vovk, A. Gammerman, G. Shafer, "Algorithmic
Learning in a Random World", 2005). One that is nearly as wide as the prior's says nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ...models.mel_statistics import STATISTICS
from ...models.moves import (
    LIMITER_RELEASE,
    MOVES,
    NEUTRAL,
    QUANTITIES,
    RELEASE,
    RESPONSE,
    SLOPE,
    WIDTH,
)
from ..predictor import NOT_DETERMINED, Interval
from .estimate import Estimate
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

_SIDE = STATISTICS.index("side_db")
_WIDTHS = [i for i, name in enumerate(STATISTICS) if i == _SIDE or name.startswith("width_db")]
_BLOCKS = (
    RESPONSE,
    slice(SLOPE.start, RELEASE.stop),
    WIDTH,
    slice(LIMITER_RELEASE, LIMITER_RELEASE + 1),
)  # equalizer, compressor, imager, limiter


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """How intervals of some numbers are made.

    Attributes:
        scale: Conformal factors of the standard deviation, shape ``(number,)``.
        prior_width: Full widths of the prior's intervals, shape ``(number,)``.

    """

    scale: Array
    prior_width: Array

    def interval(self, index: int, mean: float, sigma: float) -> Interval:
        """Return the interval of one number; a mean that is NaN is not determined."""
        half = float(self.scale[index]) * sigma
        if not 2.0 * half < UNDETERMINED_SHARE * float(self.prior_width[index]):
            return NOT_DETERMINED
        return NOT_DETERMINED if np.isnan(mean) else (mean - half, mean + half)


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
        shrink = file.optional("calibration.shrink", len(_BLOCKS))
        self._shrink = np.ones(len(_BLOCKS)) if shrink is None else shrink
        self._finished = file.optional("calibration.finished", 3)
        self._quantities = _spread(file, "", len(QUANTITIES))
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

    def amount(self, plr_db: float | None) -> float:
        """Return the part of each move that is made at a peak-to-loudness ratio."""
        if self._finished is None or plr_db is None:
            return 1.0
        finished_db, open_db, amount = self._finished
        return float(np.interp(plr_db, (finished_db, open_db), (amount, 1.0)))

    def shrunk(self, moves: Array, amount: float) -> Array:
        """Move ``moves`` toward doing nothing, block by block, shape ``(moves,)``."""
        shrunk = moves.copy()
        for block, factor in zip(_BLOCKS, self._shrink, strict=True):
            shrunk[block] = NEUTRAL[block] + amount * factor * (moves[block] - NEUTRAL[block])
        return shrunk

    def quantity_intervals(self, estimate: Estimate) -> dict[str, Interval]:
        """Return the interval of every quantity; reductions are never negative."""
        intervals: dict[str, Interval] = {}
        for index, name in enumerate(QUANTITIES):
            found: Interval = NOT_DETERMINED
            if self._quantities is not None:
                mean, sigma = float(estimate.quantities[index]), float(estimate.sigma[index])
                found = self._quantities.interval(index, mean, sigma)
            if found != NOT_DETERMINED and index >= WIDTH.stop:
                found = (max(found[0], 0.0), max(found[1], 0.0))
            intervals[name] = found
        return intervals

    def knob_interval(self, index: int, moves: Array) -> Interval:
        """Return the interval of one of `KNOBS`, by its index in `MOVES`, in units of moves."""
        knob = index - SLOPE.start
        if self._knobs is None or self._knob_sigma is None:
            return NOT_DETERMINED
        return self._knobs.interval(knob, float(moves[index]), float(self._knob_sigma[knob]))


def _spread(file: ModelFile, prefix: str, length: int) -> Spread | None:
    scale = file.optional(f"calibration.{prefix}interval_scale", length)
    width = file.optional(f"calibration.{prefix}prior_width", length)
    return None if scale is None or width is None else Spread(scale, width)
