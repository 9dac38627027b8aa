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
from .pair import add_scaled, scaled, subtract

Array: TypeAlias = npt.NDArray[np.float64]
Pairs: TypeAlias = npt.NDArray[np.complex128]

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
def split_four(x: Array, c: Array, s: Pairs, bands: Array) -> None:
    """Split one block into four bands.

    The tree splits at the middle corner first; the low branch passes the all-pass of the upper
    corner, the high branch that of the lower one.

    Args:
        x: Input, shape ``(2, time)``.
        c: Coefficients of the three corners in rising order, shape ``(3, 3)``.
        s: Two states a section, as pairs of left and right, shape ``(8, 2)``; updated.
        bands: Output, shape ``(4, 2, time)``.

    """
    turn = -2.8284271247461903  # an all-pass is the input minus 2 k times the band-pass
    e1, e2, e3 = c[0, 0], c[0, 1], c[0, 2]
    m1, m2, m3 = c[1, 0], c[1, 1], c[1, 2]
    h1, h2, h3 = c[2, 0], c[2, 1], c[2, 2]
    p0, q0, p1, q1 = s[0, 0], s[0, 1], s[1, 0], s[1, 1]
    p2, q2, p3, q3 = s[2, 0], s[2, 1], s[3, 0], s[3, 1]
    p4, q4, p5, q5 = s[4, 0], s[4, 1], s[5, 0], s[5, 1]
    p6, q6, p7, q7 = s[6, 0], s[6, 1], s[7, 0], s[7, 1]
    for n in range(x.shape[1]):
        u = complex(x[0, n], x[1, n])

        d = subtract(u, q0)
        v = add_scaled(scaled(p0, m1), d, m2)
        half = add_scaled(add_scaled(q0, p0, m2), d, m3)
        p0 = subtract(scaled(v, 2.0), p0)
        q0 = subtract(scaled(half, 2.0), q0)
        passed = add_scaled(u, v, turn)
        d = subtract(half, q1)
        v = add_scaled(scaled(p1, m1), d, m2)
        low = add_scaled(add_scaled(q1, p1, m2), d, m3)
        p1 = subtract(scaled(v, 2.0), p1)
        q1 = subtract(scaled(low, 2.0), q1)
        high = subtract(passed, low)

        d = subtract(low, q2)
        v = add_scaled(scaled(p2, h1), d, h2)
        half = add_scaled(add_scaled(q2, p2, h2), d, h3)
        p2 = subtract(scaled(v, 2.0), p2)
        q2 = subtract(scaled(half, 2.0), q2)
        low = add_scaled(low, v, turn)

        d = subtract(low, q3)
        v = add_scaled(scaled(p3, e1), d, e2)
        half = add_scaled(add_scaled(q3, p3, e2), d, e3)
        p3 = subtract(scaled(v, 2.0), p3)
        q3 = subtract(scaled(half, 2.0), q3)
        passed = add_scaled(low, v, turn)
        d = subtract(half, q4)
        v = add_scaled(scaled(p4, e1), d, e2)
        low = add_scaled(add_scaled(q4, p4, e2), d, e3)
        p4 = subtract(scaled(v, 2.0), p4)
        q4 = subtract(scaled(low, 2.0), q4)
        bands[0, 0, n], bands[0, 1, n] = low.real, low.imag
        rest = subtract(passed, low)
        bands[1, 0, n], bands[1, 1, n] = rest.real, rest.imag

        d = subtract(high, q5)
        v = add_scaled(scaled(p5, e1), d, e2)
        half = add_scaled(add_scaled(q5, p5, e2), d, e3)
        p5 = subtract(scaled(v, 2.0), p5)
        q5 = subtract(scaled(half, 2.0), q5)
        high = add_scaled(high, v, turn)

        d = subtract(high, q6)
        v = add_scaled(scaled(p6, h1), d, h2)
        half = add_scaled(add_scaled(q6, p6, h2), d, h3)
        p6 = subtract(scaled(v, 2.0), p6)
        q6 = subtract(scaled(half, 2.0), q6)
        passed = add_scaled(high, v, turn)
        d = subtract(half, q7)
        v = add_scaled(scaled(p7, h1), d, h2)
        low = add_scaled(add_scaled(q7, p7, h2), d, h3)
        p7 = subtract(scaled(v, 2.0), p7)
        q7 = subtract(scaled(low, 2.0), q7)
        bands[2, 0, n], bands[2, 1, n] = low.real, low.imag
        rest = subtract(passed, low)
        bands[3, 0, n], bands[3, 1, n] = rest.real, rest.imag
    s[0, 0], s[0, 1], s[1, 0], s[1, 1] = p0, q0, p1, q1
    s[2, 0], s[2, 1], s[3, 0], s[3, 1] = p2, q2, p3, q3
    s[4, 0], s[4, 1], s[5, 0], s[5, 1] = p4, q4, p5, q5
    s[6, 0], s[6, 1], s[7, 0], s[7, 1] = p6, q6, p7, q7
