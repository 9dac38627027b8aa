"""The linear estimator: standardized statistics times a matrix.

``moves = bias + weights z`` with ``z`` the statistics of the mix, each minus its mean over its
standard deviation. Where there are references, and weights for them, it is another estimate:
``referred_bias + referred_weights (z, r)`` with ``r`` the weighted mean of theirs. Quantities
alike, with a spread that is the same for every mix.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ...models.mel_statistics import STATISTICS
from ...models.moves import BYPASSES, MOVES, QUANTITIES
from ..predictor import Company
from .estimate import Estimate
from .model_file import ModelFile

Array: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """Two affine maps: of a mix alone, and of a mix with references.

    Attributes:
        weights: Shape ``(out, statistics)``.
        bias: Shape ``(out,)``.
        referred_weights: Shape ``(out, 2 statistics)``; None where references do not count.
        referred_bias: Shape ``(out,)``.

    """

    weights: Array
    bias: Array
    referred_weights: Array | None
    referred_bias: Array | None

    def at(self, z: Array, referred: Array | None) -> Array:
        """Return the output, shape ``(out,)``.

        Args:
            z: Standardized statistics of the mix, shape ``(statistics,)``.
            referred: Their mean over the references, same shape; None without any.

        """
        out: Array = self.weights @ z + self.bias
        if referred is None or self.referred_weights is None or self.referred_bias is None:
            return out
        out = self.referred_weights @ np.concatenate((z, referred)) + self.referred_bias
        return out


class LinearEstimator:
    """Estimates by the matrices of a file.

    Args:
        file: Of the kind ``linear``.

    Raises:
        ModelError: An array is missing or of another shape.

    """

    def __init__(self, file: ModelFile) -> None:
        self._mean = file.array("mean", len(STATISTICS))
        self._scale = file.array("scale", len(STATISTICS))
        self._moves = _lines(file, "", len(MOVES))
        self._quantities = _lines(file, "quantity_", len(QUANTITIES))
        self._sigma = file.array("quantity_sigma", len(QUANTITIES))
        sigma = file.optional("quantity_referred_sigma", len(QUANTITIES))
        self._referred_sigma = self._sigma if sigma is None else sigma

    def estimate(self, statistics: Array, company: Company) -> Estimate:
        """Estimate what a master would do; see `Estimator`."""
        z = (statistics - self._mean) / self._scale
        referred = None
        if len(company.weights):
            mean = np.average(company.statistics, axis=0, weights=company.weights)
            referred = (mean - self._mean) / self._scale
        return Estimate(
            self._moves.at(z, referred),
            self._quantities.at(z, referred),
            self._sigma if referred is None else self._referred_sigma,
            np.full(len(BYPASSES), -np.inf),  # it has no opinion: small moves are left out anyway
        )


def _lines(file: ModelFile, prefix: str, length: int) -> Lines:
    return Lines(
        file.array(f"{prefix}weights", length, len(STATISTICS)),
        file.array(f"{prefix}bias", length),
        file.optional(f"{prefix}referred_weights", length, 2 * len(STATISTICS)),
        file.optional(f"{prefix}referred_bias", length),
    )
