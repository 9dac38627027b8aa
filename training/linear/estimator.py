"""The linear estimator of moves and quantities, learned in closed form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ...models.moves import MOVES, NEUTRAL, QUANTITIES, RESPONSE, SLOPE, WIDTH
from ..learning.plans import PlanRules
from ..learning.pool import SongPool
from .examples import Examples, draw_examples
from .inputs import compact_inputs
from .ridge import Labels, Line, best_penalty, left_out, ridge

Array: TypeAlias = npt.NDArray[np.float64]

ESTIMATED = (RESPONSE, WIDTH, SLOPE)
"""Moves that are estimated, each group with a penalty of its own; all others are constants."""

_FEWEST_ROWS = 50
_LEAST_SIGMA = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class LinearModel:
    """Affine estimates from statistics as they are, not standardized.

    Attributes:
        moves: Of a mix alone.
        referred: Of a mix and the mean of its references, one after the other.
        quantities: Of a mix alone.
        quantities_referred: Of a mix and its references.
        sigma: Root mean square error of each quantity, songs of other packages, ``(quantities,)``.
        sigma_referred: The same with references.
        errors: Mean absolute error of each group of `ESTIMATED` on packages left out, and that of
            doing nothing, for the record.

    """

    moves: Line
    referred: Line
    quantities: Line
    quantities_referred: Line
    sigma: Array
    sigma_referred: Array
    errors: dict[str, tuple[float, float]]


def learn_linear(
    pool: SongPool, packages: Labels, rules: PlanRules, *, count: int, seed: int
) -> LinearModel:
    """Learn the linear estimator from the songs of a pool.

    What degradations need undone is learned for a mix alone; with references, known settings and
    degradations together.

    Args:
        pool: Songs to learn from.
        packages: Of each song, shape ``(song,)``: errors are measured on packages left out.
        rules: How examples are drawn.
        count: Number of examples of each kind.
        seed: Of their draw.

    """
    reduce = compact_inputs()
    alone = draw_examples(pool, rules, count=count, seed=seed, forward=False, references=False)
    known = [
        draw_examples(pool, rules, count=count, seed=seed, forward=forward, references=True)
        for forward in (True, False)
    ]
    inputs = alone.statistics @ reduce.T
    referred_inputs = np.concatenate(
        [np.hstack((e.statistics @ reduce.T, e.mean_references @ reduce.T)) for e in known]
    )
    twice: Array = np.kron(np.eye(2), reduce).astype(np.float64)
    moves, errors = _moves(inputs, alone.moves, packages[alone.songs])
    referred, _ = _moves(
        referred_inputs,
        np.concatenate([e.moves for e in known]),
        packages[np.concatenate([e.songs for e in known])],
    )
    quantities, sigma = _quantities(moves, alone, known[0], reduce, packages)
    quantities_referred, sigma_referred = _quantities(
        referred, known[0], known[0], reduce, packages
    )
    return LinearModel(
        moves=_widened(moves, reduce),
        referred=_widened(referred, twice),
        quantities=_widened(quantities, reduce),
        quantities_referred=_widened(quantities_referred, twice),
        sigma=sigma,
        sigma_referred=sigma_referred,
        errors=errors,
    )


def _moves(
    inputs: Array, moves: Array, packages: Labels
) -> tuple[Line, dict[str, tuple[float, float]]]:
    """Fit each group of `ESTIMATED` by itself; other moves are neutral."""
    weights = np.zeros((len(MOVES), inputs.shape[1]))
    bias = NEUTRAL.copy()
    errors = {}
    for name, group in zip(("response", "width", "slope"), ESTIMATED, strict=True):
        outputs = moves[:, group]
        penalty = best_penalty(inputs, outputs, packages)
        line = ridge(inputs, outputs, penalty)
        weights[group], bias[group] = line.weights, line.bias
        estimates = left_out(inputs, outputs, packages, penalty)
        error = float(np.abs(estimates - outputs).mean())
        errors[name] = (error, float(np.abs(outputs).mean()))
    return Line(weights, bias), errors


def _quantities(
    moves: Line, examples: Examples, known: Examples, reduce: Array, packages: Labels
) -> tuple[Line, Array]:
    """Return the quantities that moves are, and constants for those that settings alone tell.

    The spread is that of packages left out.
    """
    width, same = moves.weights.shape[1], slice(0, WIDTH.stop)
    weights, bias = np.zeros((len(QUANTITIES), width)), np.zeros(len(QUANTITIES))
    weights[same], bias[same] = moves.weights[same], moves.bias[same]
    sigma = np.full(len(QUANTITIES), _LEAST_SIGMA)
    inputs = examples.statistics @ reduce.T
    if width > inputs.shape[1]:
        inputs = np.hstack((inputs, examples.mean_references @ reduce.T))
    outputs, own = examples.moves[:, same], packages[examples.songs]
    errors = left_out(inputs, outputs, own, best_penalty(inputs, outputs, own)) - outputs
    sigma[same] = np.sqrt(np.mean(errors**2, axis=0))
    reductions = known.quantities[:, WIDTH.stop :]
    rows = ~np.isnan(reductions).any(axis=1)
    if np.count_nonzero(rows) >= _FEWEST_ROWS:
        bias[WIDTH.stop :] = np.median(reductions[rows], axis=0)
        sigma[WIDTH.stop :] = reductions[rows].std(axis=0)
    return Line(weights, bias), np.maximum(sigma, _LEAST_SIGMA)


def _widened(line: Line, matrix: Array) -> Line:
    """Return the same estimate from statistics, of which ``matrix`` makes inputs."""
    return Line(line.weights @ matrix, line.bias)
