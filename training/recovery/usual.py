"""How large moves usually are: what the smallest explanation of a master is measured by."""

from __future__ import annotations

from functools import cache
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ...models.moves import LIMITER_RELEASE, MOVES, RESPONSE, RESPONSE_HZ, SLOPE, THRESHOLD, WIDTH

Array: TypeAlias = npt.NDArray[np.float64]


@cache
def usual_moves() -> Array:
    """Return the root of the covariance of usual moves, shape ``(moves, moves)``."""
    sizes = np.full(len(MOVES), 0.7)  # of times, natural logarithms
    sizes[WIDTH], sizes[SLOPE], sizes[THRESHOLD], sizes[LIMITER_RELEASE] = 3.0, 0.15, 4.0, 0.5
    root = np.diag(sizes)
    root[RESPONSE, RESPONSE] = np.linalg.cholesky(response_covariance(3.5, 0.8, 0.6))
    return root


def response_covariance(smooth_db: float, octaves: float, rough_db: float) -> Array:
    """Return the covariance of a smooth response at `RESPONSE_HZ` and of roughness upon it.

    Args:
        smooth_db: Standard deviation of the smooth part.
        octaves: Length of its correlation, of a squared exponential.
        rough_db: Standard deviation of what each frequency has for itself.

    Returns:
        In dB², shape ``(27, 27)``.

    """
    apart = np.log2(RESPONSE_HZ[:, None] / RESPONSE_HZ) / octaves
    covariance: Array = smooth_db**2 * np.exp(-0.5 * apart**2)
    return covariance + rough_db**2 * np.eye(len(RESPONSE_HZ))
