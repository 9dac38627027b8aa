"""The linear estimator of moves and quantities, learned in closed form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.linalg import block_diag

from ...models.moves import MOVES, NEUTRAL, QUANTITIES, RESPONSE, SLOPE, WIDTH
from ..learning.plans import PlanRules
from ..learning.pool import SongPool
from .examples import Examples, draw_examples
from .inputs import company_inputs
from .ridge import Labels, Line, best_penalty, left_out, ridge

Array: TypeAlias = npt.NDArray[np.float64]

ESTIMATED = (RESPONSE, WIDTH, SLOPE)
"""Moves that are estimated, each group with a penalty of its own; all others are constants."""

_FEWEST_ROWS = 50
_LEAST_SIGMA = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Estimates:
    """Affine estimates from statistics as they are, not standardized.

    Attributes:
        moves: What is to be done.
        quantities: What that comes to.
        sigma: Root mean square error of each quantity, songs of other packages, ``(quantities,)``.
        errors: Mean absolute error of each group of `ESTIMATED` on packages left out, and that of
            doing nothing, for the record.

    """

    moves: Line
    quantities: Line
    sigma: Array
    errors: dict[str, tuple[float, float]]


@dataclass(frozen=True, slots=True, eq=False)
class LinearModel:
    """What is estimated of a mix.

    Attributes:
        alone: From its statistics.
        referred: From them and the mean of songs that it is like, or of references, one after the
            other.

    """

    alone: Estimates
    referred: Estimates


def learn_linear(
    pool: SongPool,
    packages: Labels,
    rules: PlanRules,
    *,
    count: int,
    seed: int,
    inputs: Sequence[Array],
) -> LinearModel:
    """Learn the linear estimator from the songs of a pool.

    What degradations need undone is learned for a mix alone, and for a mix with the mean of the
    finished songs that it is like. Reductions are those of known settings. Of several ways to read
    a mix the mean estimate is taken: their errors are not the same.

    Args:
        pool: Songs to learn from.
        packages: Of each song, shape ``(song,)``: errors are measured on packages left out.
        rules: How examples are drawn.
        count: Number of examples of each kind.
        seed: Of their draw.
        inputs: Ways to reduce statistics of a mix to what is read, each of shape
            ``(inputs, statistics)``.

    """
    alone = draw_examples(pool, rules, count=count, seed=seed, forward=False, references=False)
    known, company = (
        draw_examples(pool, rules, count=count, seed=seed, forward=forward, references=True)
        for forward in (True, False)
    )
    own = _fit(alone, alone.statistics, inputs, packages, known.quantities)
    told = _deaf(own)  # where no song is like another, references say nothing
    if len(company.songs):
        library = pool.library if len(pool.library) else pool.statistics
        shown = company_inputs(library.double().numpy())
        both = np.hstack((company.statistics, company.mean_references))
        matrices = [block_diag(matrix, shown) for matrix in inputs]
        told = _fit(company, both, matrices, packages, known.quantities)
    return LinearModel(own, told)


def _fit(
    examples: Examples, statistics: Array, matrices: Sequence[Array], packages: Labels, known: Array
) -> Estimates:
    """Fit examples, by what is read of statistics, shape ``(row, statistics)``; see `_moves`."""
    moves, estimates = _moves(statistics, matrices, examples.moves, packages[examples.songs])
    quantities, sigma = _quantities(moves, estimates, examples.moves, known)
    return Estimates(moves, quantities, sigma, _errors(estimates, examples.moves))


def _moves(
    statistics: Array, matrices: Sequence[Array], moves: Array, packages: Labels
) -> tuple[Line, Array]:
    """Fit each group of `ESTIMATED` by itself; other moves are neutral.

    Args:
        statistics: Shape ``(row, statistics)``, or those of references beside them.
        matrices: What is read of them; the lines of all are averaged.
        moves: The right ones, shape ``(row, moves)``.
        packages: Of each row.

    Returns:
        Of statistics; and what rows are estimated as when their package is not learned from.

    """
    weights = np.zeros((len(MOVES), statistics.shape[1]))
    bias, estimates = NEUTRAL.copy(), np.tile(NEUTRAL, (len(moves), 1))
    reads, share = [statistics @ matrix.T for matrix in matrices], 1.0 / len(matrices)
    for group in ESTIMATED:
        outputs = moves[:, group]
        bias[group], estimates[:, group] = 0.0, 0.0
        for matrix, read in zip(matrices, reads, strict=True):
            penalty = best_penalty(read, outputs, packages)
            line = ridge(read, outputs, penalty)
            weights[group] += share * line.weights @ matrix
            bias[group] += share * line.bias
            estimates[:, group] += share * left_out(read, outputs, packages, penalty)
    return Line(weights, bias), estimates


def _errors(estimates: Array, moves: Array) -> dict[str, tuple[float, float]]:
    """Return the mean absolute error of each group of `ESTIMATED`, and that of doing nothing."""
    return {
        name: (
            float(np.abs(estimates[:, group] - moves[:, group]).mean()),
            float(np.abs(moves[:, group]).mean()),
        )
        for name, group in zip(("response", "width", "slope"), ESTIMATED, strict=True)
    }


def _quantities(line: Line, estimates: Array, moves: Array, known: Array) -> tuple[Line, Array]:
    """Return the quantities that moves are, and constants for those that settings alone tell.

    The spread is that of packages left out.

    Args:
        line: The estimate of moves.
        estimates: Of packages left out, shape ``(row, moves)``.
        moves: The right ones, same shape.
        known: Quantities of known settings, shape ``(other row, quantities)``.

    """
    same = slice(0, WIDTH.stop)
    weights, bias = np.zeros((len(QUANTITIES), line.weights.shape[1])), np.zeros(len(QUANTITIES))
    weights[same], bias[same] = line.weights[same], line.bias[same]
    sigma = np.full(len(QUANTITIES), _LEAST_SIGMA)
    errors = estimates[:, same] - moves[:, same]
    sigma[same] = np.sqrt(np.mean(errors**2, axis=0))
    reductions = known[:, WIDTH.stop :]
    rows = ~np.isnan(reductions).any(axis=1)
    if np.count_nonzero(rows) >= _FEWEST_ROWS:
        bias[WIDTH.stop :] = np.median(reductions[rows], axis=0)
        sigma[WIDTH.stop :] = reductions[rows].std(axis=0)
    return Line(weights, bias), np.maximum(sigma, _LEAST_SIGMA)


def _deaf(own: Estimates) -> Estimates:
    """Return the same of twice the statistics, of which the second half says nothing."""

    def widened(line: Line) -> Line:
        return Line(np.hstack((line.weights, np.zeros_like(line.weights))), line.bias)

    return replace(own, moves=widened(own.moves), quantities=widened(own.quantities))
