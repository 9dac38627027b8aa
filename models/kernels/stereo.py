"""Width of three bands of the side signal, with mid kept in phase."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from .crossover import TURN
from .jit import kernel

Array: TypeAlias = npt.NDArray[np.float64]


@kernel
def section(
    u: float, p: float, q: float, a1: float, a2: float, a3: float
) -> tuple[float, float, float, float]:
    """Advance one state-variable section by one sample, as `crossover.section` does for a pair."""
    d = u - q
    band = a1 * p + a2 * d
    low = q + a2 * p + a3 * d
    return low, u + TURN * band, 2.0 * band - p, 2.0 * low - q


@kernel
def widen(x: Array, c: Array, width: Array, s: Array, y: Array) -> None:
    """Scale side in three Linkwitz-Riley bands and pass mid through the same all-pass.

    Args:
        x: Input, shape ``(2, time)``.
        c: State-variable coefficients of the lower and the upper corner, shape ``(2, 3)``.
        width: Factor of side in the low, middle and high band, shape ``(3,)``.
        s: States, shape ``(7, 2)``: two of mid, five of side; updated.
        y: Output, shape ``(2, time)``; may be ``x``.

    """
    e1, e2, e3 = c[0, 0], c[0, 1], c[0, 2]
    h1, h2, h3 = c[1, 0], c[1, 1], c[1, 2]
    low_width, middle_width, high_width = width[0], width[1], width[2]
    p0, q0, p1, q1 = s[0, 0], s[0, 1], s[1, 0], s[1, 1]
    p2, q2, p3, q3 = s[2, 0], s[2, 1], s[3, 0], s[3, 1]
    p4, q4, p5, q5 = s[4, 0], s[4, 1], s[5, 0], s[5, 1]
    p6, q6 = s[6, 0], s[6, 1]
    for n in range(x.shape[1]):
        mid = 0.5 * (x[0, n] + x[1, n])
        side = 0.5 * (x[0, n] - x[1, n])

        _, mid, p0, q0 = section(mid, p0, q0, e1, e2, e3)
        _, mid, p1, q1 = section(mid, p1, q1, h1, h2, h3)

        half, passed, p2, q2 = section(side, p2, q2, e1, e2, e3)
        low, _, p3, q3 = section(half, p3, q3, e1, e2, e3)
        upper = passed - low
        _, low, p4, q4 = section(low, p4, q4, h1, h2, h3)
        half, passed, p5, q5 = section(upper, p5, q5, h1, h2, h3)
        middle, _, p6, q6 = section(half, p6, q6, h1, h2, h3)

        side = low_width * low + middle_width * middle + high_width * (passed - middle)
        y[0, n], y[1, n] = mid + side, mid - side
    s[0, 0], s[0, 1], s[1, 0], s[1, 1] = p0, q0, p1, q1
    s[2, 0], s[2, 1], s[3, 0], s[3, 1] = p2, q2, p3, q3
    s[4, 0], s[4, 1], s[5, 0], s[5, 1] = p4, q4, p5, q5
    s[6, 0], s[6, 1] = p6, q6
