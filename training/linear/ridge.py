"""Ridge regression with weights, and its penalty by leaving whole packages out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[np.float64]
Labels: TypeAlias = npt.NDArray[np.int64]

PENALTIES: tuple[float, ...] = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
"""Penalties that are tried, relative to the unit variance of each input."""


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """An affine estimate.

    Attributes:
        weights: Shape ``(out, inputs)``.
        bias: Shape ``(out,)``.

    """

    weights: Array
    bias: Array

    def at(self, inputs: Array) -> Array:
        """Return estimates, shape ``(row, out)``, of inputs of shape ``(row, inputs)``."""
        estimates: Array = inputs @ self.weights.T + self.bias
        return estimates


def ridge(inputs: Array, outputs: Array, penalty: float) -> Line:
    """Fit an affine estimate by least squares with a penalty on standardized weights.

    ``min mean |y - W z - b|² + penalty |W|²`` with the inputs ``z`` standardized (A. Hoerl, R.
    Kennard, "Ridge regression", 1970); for a Gaussian prior it is the linear estimate of least mean
    squared error.

    Args:
        inputs: Shape ``(row, inputs)``.
        outputs: Shape ``(row, out)``.
        penalty: 0 or more.

    """
    mean, spread = inputs.mean(axis=0), np.maximum(inputs.std(axis=0), 1e-9)
    standard = (inputs - mean) / spread
    center = outputs.mean(axis=0)
    square = standard.T @ standard / len(inputs) + penalty * np.eye(inputs.shape[1])
    slopes = np.linalg.solve(square, standard.T @ (outputs - center) / len(inputs))
    weights = (slopes / spread[:, None]).T
    return Line(weights, center - weights @ mean)


def left_out(
    inputs: Array, outputs: Array, packages: Labels, penalty: float, folds: int = 8
) -> Array:
    """Return what each row is estimated as when its package is not learned from.

    Args:
        inputs: Shape ``(row, inputs)``.
        outputs: Shape ``(row, out)``.
        packages: Of each row, shape ``(row,)``.
        penalty: See `ridge`.
        folds: Number of parts that packages are dealt into, so that parts have like sizes.

    """
    fold = _folds(packages, folds)
    estimates = np.empty_like(outputs)
    for part in np.unique(fold):
        out = fold == part
        estimates[out] = ridge(inputs[~out], outputs[~out], penalty).at(inputs[out])
    return estimates


def best_penalty(
    inputs: Array, outputs: Array, packages: Labels, penalties: Sequence[float] = PENALTIES
) -> float:
    """Return the penalty with the least mean absolute error of packages left out."""
    errors = [
        float(np.abs(left_out(inputs, outputs, packages, penalty) - outputs).mean())
        for penalty in penalties
    ]
    return penalties[int(np.argmin(errors))]


def _folds(packages: Labels, folds: int) -> Labels:
    """Deal packages into parts, the largest first, each to the part that is smallest so far.

    Where there is one package, its rows are dealt.
    """
    names, counts = np.unique(packages, return_counts=True)
    if len(names) == 1:
        rows: Labels = np.arange(len(packages)) % folds
        return rows
    sizes = np.zeros(min(folds, len(names)))
    part = np.empty(len(names), np.int64)
    for index in np.argsort(-counts, kind="stable"):
        part[index] = int(np.argmin(sizes))
        sizes[part[index]] += counts[index]
    dealt: Labels = part[np.searchsorted(names, packages)]
    return dealt
