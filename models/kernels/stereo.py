"""Width of three bands of the side signal, with mid kept in phase."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from .jit import kernel

Array: TypeAlias = npt.NDArray[np.float64]


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
    k = 1.4142135623730951
    e1, e2, e3 = c[0, 0], c[0, 1], c[0, 2]
    h1, h2, h3 = c[1, 0], c[1, 1], c[1, 2]
    low_width, middle_width, high_width = width[0], width[1], width[2]
    p0, q0, p1, q1, p2, q2, p3, q3 = (
        s[0, 0], s[0, 1], s[1, 0], s[1, 1], s[2, 0], s[2, 1], s[3, 0], s[3, 1],
    )  # fmt: skip
    p4, q4, p5, q5, p6, q6 = s[4, 0], s[4, 1], s[5, 0], s[5, 1], s[6, 0], s[6, 1]
    for n in range(x.shape[1]):
        mid = 0.5 * (x[0, n] + x[1, n])
        side = 0.5 * (x[0, n] - x[1, n])

        d = mid - q0
        v1 = e1 * p0 + e2 * d
        v2 = q0 + e2 * p0 + e3 * d
        p0, q0 = 2.0 * v1 - p0, 2.0 * v2 - q0
        mid = mid - 2.0 * k * v1
        d = mid - q1
        v1 = h1 * p1 + h2 * d
        v2 = q1 + h2 * p1 + h3 * d
        p1, q1 = 2.0 * v1 - p1, 2.0 * v2 - q1
        mid = mid - 2.0 * k * v1

        d = side - q2
        v1 = e1 * p2 + e2 * d
        v2 = q2 + e2 * p2 + e3 * d
        p2, q2 = 2.0 * v1 - p2, 2.0 * v2 - q2
        passed = side - 2.0 * k * v1
        d = v2 - q3
        v1 = e1 * p3 + e2 * d
        low = q3 + e2 * p3 + e3 * d
        p3, q3 = 2.0 * v1 - p3, 2.0 * low - q3
        upper = passed - low

        d = low - q4
        v1 = h1 * p4 + h2 * d
        v2 = q4 + h2 * p4 + h3 * d
        p4, q4 = 2.0 * v1 - p4, 2.0 * v2 - q4
        low = low - 2.0 * k * v1

        d = upper - q5
        v1 = h1 * p5 + h2 * d
        v2 = q5 + h2 * p5 + h3 * d
        p5, q5 = 2.0 * v1 - p5, 2.0 * v2 - q5
        passed = upper - 2.0 * k * v1
        d = v2 - q6
        v1 = h1 * p6 + h2 * d
        middle = q6 + h2 * p6 + h3 * d
        p6, q6 = 2.0 * v1 - p6, 2.0 * middle - q6

        side = low_width * low + middle_width * middle + high_width * (passed - middle)
        y[0, n], y[1, n] = mid + side, mid - side
    s[0, 0], s[0, 1], s[1, 0], s[1, 1] = p0, q0, p1, q1
    s[2, 0], s[2, 1], s[3, 0], s[3, 1] = p2, q2, p3, q3
    s[4, 0], s[4, 1], s[5, 0], s[5, 1], s[6, 0], s[6, 1] = p4, q4, p5, q5, p6, q6
