"""Damped Gauss-Newton steps on the settings of the chain.

The slopes are differences of renderings, one a parameter. Between two such rounds they are carried
along by C. G. Broyden's rank-one correction ("A class of methods for solving nonlinear simultaneous
equations", 1965), because a rendering costs a fiftieth of a round. Each step is the best of
several dampings, of the kind of K. Levenberg (1944), by the spread that is expected of a parameter,
and of that of D. W. Marquardt (1963), by what it does to the sound: the first gets near quickly,
the second follows valleys. A parameter at an end of its range stays there while the step points
outside.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from .residuals import Residual
from .staged import Rendered, StagedChain
from .vector import FIRST_BLOCK, GAIN, LENGTH, Array, Mask, delay_of, free_places

Slopes: TypeAlias = npt.NDArray[np.float32]
Told: TypeAlias = Callable[[float], None]
"""Told the null in dB after each round."""

DIFFERENCE = 1e-4
"""Of the whole range: how far a parameter is moved to see what it does."""

LONGEST_STEP = 0.5
"""Of the whole range."""

PRIOR_WEIGHT = 1e-6
"""Of the residual's energy: decides only what the sound leaves open."""

_DAMPINGS = (-1.5, -0.5, 0.5)  # decades around the last one that was best
_FIRST_DAMPING = -2.0
_WIDEST_DAMPING = 6.0
_UNHEARD_SHARE = 0.1  # of the median: what a parameter that is not heard counts in Marquardt's kind
_LEAST = 1e-14
_GOOD_STEP = 0.7  # a step that leaves more of the cost asks for new slopes


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long a descent goes on.

    Attributes:
        rounds: The most times that slopes are measured.
        steps: The most steps with slopes of one round.
        goal_db: It ends where the null is lower.
        least_gain_db: It ends where two rounds together gain less.

    """

    rounds: int
    steps: int = 4
    goal_db: float = -75.0
    least_gain_db: float = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Prior:
    """What settings are expected, where the sound does not tell.

    Attributes:
        center: Shape ``(LENGTH,)``.
        spread: Same shape, positive.

    """

    center: Array
    spread: Array


@dataclass(frozen=True, slots=True, eq=False)
class Descent:
    """Where a descent ended.

    Attributes:
        vector: Settings and gain.
        cost: Sum of the squares of the residual.
        normal: Products of the slopes, shape ``(LENGTH, LENGTH)``, of the last round.

    """

    vector: Array
    cost: float
    normal: Array

    @property
    def null_db(self) -> float:
        """The cost in dB."""
        return 10.0 * math.log10(max(self.cost, 1e-30))


@dataclass(frozen=True, slots=True, eq=False)
class _Point:
    vector: Array
    rendered: Rendered
    residual: Array
    cost: float


class Descender:
    """Descends for one set of excerpts and one choice of blocks.

    Args:
        chain: Renders the excerpts.
        residual: Tells how far they are from the master's.
        engaged: Blocks that are not bypassed.
        prior: See `Prior`.
        delay: Whether the delay may move too.

    """

    def __init__(
        self,
        chain: StagedChain,
        residual: Residual,
        engaged: Collection[str],
        prior: Prior,
        *,
        delay: bool = False,
    ) -> None:
        self._chain = chain
        self._residual = residual
        self._engaged = frozenset(engaged)
        self._prior = prior
        self._free = free_places(engaged, delay=delay)

    def cost(self, vector: Array) -> float:
        """Return the sum of squares at a point."""
        return self._point(vector).cost

    def descend(self, vector: Array, schedule: Schedule, told: Told | None = None) -> Descent:
        """Descend from a point.

        Args:
            vector: Where it starts; places of bypassed blocks stay.
            schedule: How long.
            told: See `Told`.

        """
        point = self._point(vector)
        normal = np.zeros((LENGTH, LENGTH))
        reached_db: list[float] = []
        dampings = [_FIRST_DAMPING, _FIRST_DAMPING]
        for _ in range(schedule.rounds):
            slopes = self._slopes(point)
            normal = (slopes @ slopes.T).astype(np.float64)
            point = self._steps(point, slopes, normal.copy(), dampings, schedule.steps)
            null_db = 10.0 * math.log10(max(point.cost, 1e-30))
            reached_db.append(null_db)
            if told is not None:
                told(null_db)
            stalled = (
                len(reached_db) > 2 and reached_db[-3] - null_db < schedule.least_gain_db
            ) or dampings[0] > _WIDEST_DAMPING
            if null_db < schedule.goal_db or stalled:
                break
        return Descent(point.vector, point.cost, normal)

    def _steps(
        self, point: _Point, slopes: Slopes, normal: Array, dampings: list[float], steps: int
    ) -> _Point:
        """Take steps with slopes of one round, corrected on the way; ``dampings`` are kept up."""
        for number in range(steps):
            best, kind, damping = self._best_step(point, slopes, normal, dampings)
            if best.cost >= 0.999 * point.cost:
                dampings[:] = [each + 1.5 for each in dampings]
                if number > 0 or dampings[0] > _WIDEST_DAMPING:
                    break
                continue
            dampings[kind] = damping
            share = best.cost / point.cost
            self._correct(point, best, slopes, normal)
            point = best
            if share > _GOOD_STEP:
                break
        return point

    def _best_step(
        self, point: _Point, slopes: Slopes, normal: Array, dampings: list[float]
    ) -> tuple[_Point, int, float]:
        gradient = (slopes @ point.residual.astype(np.float32)).astype(np.float64)
        heard = np.diag(normal)
        median = float(np.median(heard[self._free]))
        scales = (point.cost / self._prior.spread**2, heard + _UNHEARD_SHARE * median)
        found: list[tuple[_Point, int, float]] = []
        for kind, scale in enumerate(scales):
            for decades in _DAMPINGS:
                damping = dampings[kind] + decades
                step = self._solve(point, normal, gradient, 10.0**damping * scale)
                while float(np.abs(step).max()) > LONGEST_STEP:
                    damping += 0.3
                    step = self._solve(point, normal, gradient, 10.0**damping * scale)
                moved = point.vector + step
                moved[:GAIN] = np.clip(moved[:GAIN], 0.0, 1.0)
                found.append((self._point(moved), kind, damping))
        return min(found, key=lambda one: one[0].cost)

    def _solve(self, point: _Point, normal: Array, gradient: Array, damping: Array) -> Array:
        """Return the damped step, without places that would leave their range."""
        pull = PRIOR_WEIGHT * point.cost / self._prior.spread**2
        matrix = normal + np.diag(pull + damping + _LEAST)
        toward = -gradient - pull * (point.vector - self._prior.center)
        free: Mask = self._free.copy()
        while True:
            places = np.flatnonzero(free)
            step = np.zeros(LENGTH)
            step[places] = np.linalg.solve(matrix[np.ix_(places, places)], toward[places])
            held = ((point.vector <= 0.0) & (step < 0.0)) | ((point.vector >= 1.0) & (step > 0.0))
            held[GAIN:] = False
            if not (held & free).any():
                return step
            free &= ~held

    def _correct(self, before: _Point, after: _Point, slopes: Slopes, normal: Array) -> None:
        """Apply Broyden's correction to slopes and their products, in place."""
        step = after.vector - before.vector
        length = float(step @ step)
        foreseen = step.astype(np.float32) @ slopes
        missed = (after.residual - before.residual - foreseen).astype(np.float32) / length
        product = (slopes @ missed).astype(np.float64)
        normal += np.outer(product, step) + np.outer(step, product)
        normal += float(missed @ missed) * np.outer(step, step)
        slopes += np.outer(step, missed).astype(np.float32)

    def _point(self, vector: Array) -> _Point:
        rendered = self._chain.render(vector, self._engaged)
        residual = self._residual(rendered.compared, delay_of(vector))
        return _Point(vector, rendered, residual, float(residual @ residual))

    def _slopes(self, point: _Point) -> Slopes:
        slopes: Slopes = np.zeros((LENGTH, len(point.residual)), np.float32)
        for place in np.flatnonzero(self._free):
            beyond = place < GAIN and point.vector[place] + DIFFERENCE > 1.0
            distance = -DIFFERENCE if beyond else DIFFERENCE
            moved = point.vector.copy()
            moved[place] += distance
            first = int(FIRST_BLOCK[place])
            rendered = self._chain.render(moved, self._engaged, point.rendered, first)
            difference = self._residual(rendered.compared, delay_of(moved)) - point.residual
            slopes[place] = difference / distance
        return slopes
