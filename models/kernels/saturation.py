"""The saturator's curve."""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from .jit import kernel

Array: TypeAlias = npt.NDArray[np.float64]


@kernel
def saturation_residual(x: Array, ceiling: float, mix: float, y: Array) -> None:
    """Write what saturation adds: ``mix · (x / √(1 + (x / ceiling)²) - x)``.

    Only this residual passes the decimator, so the linear part of the sound is untouched.

    Args:
        x: Oversampled input, shape ``(2, time)``.
        ceiling: The level that the curve approaches, linear.
        mix: 0 … 1.
        y: Output, shape ``(2, time)``; not ``x``, or the loop is not vectorized.

    """
    scale = 1.0 / (ceiling * ceiling)
    for channel in range(2):
        dry, residual = x[channel], y[channel]
        for n in range(dry.shape[0]):
            v = dry[n]
            residual[n] = mix * (v / math.sqrt(1.0 + v * v * scale) - v)
