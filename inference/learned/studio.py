"""A studio's part of a file of weights: what it adds to the moves of the base model.

It is linear in the base's moves, counted from doing nothing, and in *features*, which are linear in
the statistics of the mix and held within a reach. Where a file has this part, the base model may
leave out no block: the studio decides on all of them.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ...models.mel_statistics import STATISTICS
from ...models.moves import MOVES, NEUTRAL, QUANTITIES, WIDTH, bounded
from ..predictor import NOT_DETERMINED, Interval
from .calibration import UNDETERMINED_SHARE
from .model_file import ModelFile

Array: TypeAlias = npt.NDArray[np.float64]

PREFIX = "studio_taste."
"""Names of a studio's arrays begin with this."""

LOUDNESS = "studio_loudness_lufs"
"""Metadata: median loudness of the studio's masters."""


class StudioTaste:
    """What a studio adds.

    Args:
        file: With the arrays of `PREFIX`: ``offset`` (moves,), ``of_base`` (moves, moves),
            ``content`` (moves, features), ``directions`` (features, statistics), ``center``
            (statistics,), ``reach`` (features,), and perhaps ``half_width`` and ``prior_width``,
            both (response and widths,).

    Raises:
        ModelError: An array is missing, of another shape, or not finite.

    """

    def __init__(self, file: ModelFile) -> None:
        count = _features(file)
        self._offset = file.array(f"{PREFIX}offset", len(MOVES))
        self._of_base = file.array(f"{PREFIX}of_base", len(MOVES), len(MOVES))
        self._content = file.array(f"{PREFIX}content", len(MOVES), count)
        self._directions = file.array(f"{PREFIX}directions", count, len(STATISTICS))
        self._center = file.array(f"{PREFIX}center", len(STATISTICS))
        self._reach = file.array(f"{PREFIX}reach", count)
        self._half_width = file.optional(f"{PREFIX}half_width", WIDTH.stop)
        self._prior_width = file.optional(f"{PREFIX}prior_width", WIDTH.stop)

    def moves(self, base: Array, statistics: Array) -> Array:
        """Return the moves that the studio would make, shape ``(moves,)``.

        Args:
            base: Moves that the base model makes, shape ``(moves,)``.
            statistics: Of the mix, shape ``(statistics,)``.

        """
        heard = np.clip(self._directions @ (statistics - self._center), -self._reach, self._reach)
        added = self._offset + self._of_base @ (base - NEUTRAL) + self._content @ heard
        return bounded(base + added)

    def intervals(self, moves: Array) -> dict[str, Interval]:
        """Return the interval of every quantity.

        Those of response and widths hold what the studio would do; of reductions nothing is said,
        because a studio's masters do not tell them apart.

        Args:
            moves: That the studio would make, shape ``(moves,)``.

        """
        intervals: dict[str, Interval] = dict.fromkeys(QUANTITIES, NOT_DETERMINED)
        if self._half_width is None or self._prior_width is None:
            return intervals
        sure = 2.0 * self._half_width < UNDETERMINED_SHARE * self._prior_width
        for index in np.flatnonzero(sure):
            half = float(self._half_width[index])
            mean = float(moves[index])
            intervals[QUANTITIES[index]] = (mean - half, mean + half)
        return intervals


def studio_taste(file: ModelFile) -> StudioTaste | None:
    """Return a file's studio, or None where it has none; errors as of `StudioTaste`."""
    return StudioTaste(file) if any(name.startswith(PREFIX) for name in file.arrays) else None


def _features(file: ModelFile) -> int:
    directions = file.arrays.get(f"{PREFIX}directions")
    if directions is None or directions.ndim != 2:
        raise file.error(f"lacks the array {PREFIX}directions")
    return int(directions.shape[0])
