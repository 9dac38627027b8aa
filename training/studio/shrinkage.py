"""Linear regression with a normal prior, for outputs that hang together.

``y_i = H_i θ + e_i`` with ``θ ~ N(0, Λ)`` and ``e_i ~ N(0, R_i)``: its posterior mean is the linear
estimate of least squared error, and shrinks what the rows do not tell toward zero (hierarchical or
empirical Bayes estimation: B. Efron, C. Morris, "Data analysis using Stein's estimator and its
generalizations", 1975). Rows enter by sums, so that leaving some of them out costs one solution.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.linalg import block_diag, cho_factor, cho_solve

Array: TypeAlias = npt.NDArray[np.float64]
Flags: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Parameters that belong together.

    Attributes:
        design: What they add to the outputs of each row, shape ``(row, output, parameter)``.
        covariance: Their prior, shape ``(parameter, parameter)``.

    """

    design: Array
    covariance: Array


@dataclass(frozen=True, slots=True, eq=False)
class Regression:
    """Rows, ready for any of them to be left out.

    Attributes:
        design: Shape ``(row, output, parameter)``.
        squares: ``H_iᵀ R_i⁻¹ H_i`` of each row, shape ``(row, parameter, parameter)``.
        products: ``H_iᵀ R_i⁻¹ y_i``, shape ``(row, parameter)``.
        precision: Of the prior, shape ``(parameter, parameter)``.

    """

    design: Array
    squares: Array
    products: Array
    precision: Array

    @classmethod
    def of(cls, blocks: list[Block], outputs: Array, noise: Array) -> Self:
        """Prepare a regression.

        Args:
            blocks: Of parameters, one or more.
            outputs: Shape ``(row, output)``.
            noise: Covariance of each row's error, shape ``(row, output, output)``.

        """
        design = np.concatenate([block.design for block in blocks], axis=2)
        prior = block_diag(*(block.covariance for block in blocks))
        weighted = np.linalg.solve(noise, design)
        return cls(
            design,
            np.einsum("rop,roq->rpq", design, weighted),
            np.einsum("rop,ro->rp", weighted, outputs),
            np.linalg.inv(prior),
        )

    def solve(self, kept: Flags, amount: float = 1.0) -> Array:
        """Return the posterior mean of the parameters, shape ``(parameter,)``.

        Args:
            kept: Which rows are known, shape ``(row,)``.
            amount: Factor of the prior's standard deviations: more is less shrinkage.

        """
        square = self.precision / amount**2 + self.squares[kept].sum(axis=0)
        found: Array = cho_solve(cho_factor(square), self.products[kept].sum(axis=0))
        return found

    def estimates(self, parameters: Array) -> Array:
        """Return the outputs of all rows, shape ``(row, output)``."""
        found: Array = self.design @ parameters
        return found

    def left_out(self, groups: npt.NDArray[np.int64], amount: float = 1.0) -> Array:
        """Return the outputs of each row when its group tells nothing, shape ``(row, output)``.

        Args:
            groups: Of each row, shape ``(row,)``.
            amount: See `solve`.

        """
        found = np.empty(self.design.shape[:2])
        for group in np.unique(groups):
            out = groups == group
            found[out] = self.estimates(self.solve(~out, amount))[out]
        return found
