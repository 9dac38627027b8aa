"""Linkwitz-Riley band splits of fourth order whose bands add up to an all-pass.

Every filter is a trapezoidal state-variable section (A. Simper, "Linear trapezoidal integrated
SVF", Cytomic 2013) with ``k = √2``. One section gives low-pass and all-pass together, so a split
costs two sections: the first gives its low-pass and the all-pass ``A``, the second squares the
low-pass to ``L``, and the high band is ``A - L``. Both bands then share the phase of ``A``, and
a branch that skips a split passes an all-pass in its place.
"""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from .jit import kernel

Array: TypeAlias = npt.NDArray[np.float64]

DAMPING = math.sqrt(2.0)


def corner_coefficients(*frequencies_hz: float, sample_rate: int) -> Array:
    """Return ``a1 a2 a3`` of each corner, shape ``(corner, 3)``."""
    rows = []
    for frequency_hz in frequencies_hz:
        g = math.tan(math.pi * frequency_hz / sample_rate)
        a1 = 1.0 / (1.0 + g * (g + DAMPING))
        rows.append((a1, g * a1, g * g * a1))
    return np.array(rows)


@kernel
def split_four(x: Array, c: Array, s: Array, bands: Array) -> None:
    """Split one block into four bands.

    The tree splits at the middle corner first; the low branch passes the all-pass of the upper
    corner, the high branch that of the lower one.

    Args:
        x: Input, shape ``(2, time)``.
        c: Coefficients of the three corners in rising order, shape ``(3, 3)``.
        s: States, shape ``(2, 8, 2)``; updated.
        bands: Output, shape ``(4, 2, time)``.

    """
    k = 1.4142135623730951
    e1, e2, e3 = c[0, 0], c[0, 1], c[0, 2]
    m1, m2, m3 = c[1, 0], c[1, 1], c[1, 2]
    h1, h2, h3 = c[2, 0], c[2, 1], c[2, 2]
    for channel in range(2):
        t = s[channel]
        p0, q0, p1, q1 = t[0, 0], t[0, 1], t[1, 0], t[1, 1]
        p2, q2, p3, q3 = t[2, 0], t[2, 1], t[3, 0], t[3, 1]
        p4, q4, p5, q5 = t[4, 0], t[4, 1], t[5, 0], t[5, 1]
        p6, q6, p7, q7 = t[6, 0], t[6, 1], t[7, 0], t[7, 1]
        for n in range(x.shape[1]):
            v0 = x[channel, n]

            d = v0 - q0
            v1 = m1 * p0 + m2 * d
            v2 = q0 + m2 * p0 + m3 * d
            p0, q0 = 2.0 * v1 - p0, 2.0 * v2 - q0
            passed = v0 - 2.0 * k * v1
            d = v2 - q1
            v1 = m1 * p1 + m2 * d
            low = q1 + m2 * p1 + m3 * d
            p1, q1 = 2.0 * v1 - p1, 2.0 * low - q1
            high = passed - low

            d = low - q2
            v1 = h1 * p2 + h2 * d
            v2 = q2 + h2 * p2 + h3 * d
            p2, q2 = 2.0 * v1 - p2, 2.0 * v2 - q2
            low = low - 2.0 * k * v1

            d = low - q3
            v1 = e1 * p3 + e2 * d
            v2 = q3 + e2 * p3 + e3 * d
            p3, q3 = 2.0 * v1 - p3, 2.0 * v2 - q3
            passed = low - 2.0 * k * v1
            d = v2 - q4
            v1 = e1 * p4 + e2 * d
            v2 = q4 + e2 * p4 + e3 * d
            p4, q4 = 2.0 * v1 - p4, 2.0 * v2 - q4
            bands[0, channel, n] = v2
            bands[1, channel, n] = passed - v2

            d = high - q5
            v1 = e1 * p5 + e2 * d
            v2 = q5 + e2 * p5 + e3 * d
            p5, q5 = 2.0 * v1 - p5, 2.0 * v2 - q5
            high = high - 2.0 * k * v1

            d = high - q6
            v1 = h1 * p6 + h2 * d
            v2 = q6 + h2 * p6 + h3 * d
            p6, q6 = 2.0 * v1 - p6, 2.0 * v2 - q6
            passed = high - 2.0 * k * v1
            d = v2 - q7
            v1 = h1 * p7 + h2 * d
            v2 = q7 + h2 * p7 + h3 * d
            p7, q7 = 2.0 * v1 - p7, 2.0 * v2 - q7
            bands[2, channel, n] = v2
            bands[3, channel, n] = passed - v2
        t[0, 0], t[0, 1], t[1, 0], t[1, 1] = p0, q0, p1, q1
        t[2, 0], t[2, 1], t[3, 0], t[3, 1] = p2, q2, p3, q3
        t[4, 0], t[4, 1], t[5, 0], t[5, 1] = p4, q4, p5, q5
        t[6, 0], t[6, 1], t[7, 0], t[7, 1] = p6, q6, p7, q7
