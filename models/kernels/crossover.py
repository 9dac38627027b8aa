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

from ..namespace import Quantity, namespace, stack
from .jit import kernel
from .pair import add_scaled, scaled, subtract
from .quad import Quad, difference, factors, first, fused, product, quad, second

Array: TypeAlias = npt.NDArray[np.float64]
Pairs: TypeAlias = npt.NDArray[np.complex128]

DAMPING = math.sqrt(2.0)
TURN = -2.0 * DAMPING
"""An all-pass is the input and this many times the band-pass."""


def corner_coefficients(*frequencies_hz: Quantity, sample_rate: int) -> Quantity:
    """Return ``a1 a2 a3`` of each corner, shape ``(…, corner, 3)``."""
    frequency_hz = stack(*frequencies_hz)
    g = namespace(frequency_hz).tan(math.pi * frequency_hz / sample_rate)
    a1 = 1.0 / (1.0 + g * (g + DAMPING))
    return stack(a1, g * a1, g * g * a1)


@kernel
def section(
    u: complex, p: complex, q: complex, a1: float, a2: float, a3: float
) -> tuple[complex, complex, complex, complex]:
    """Advance one state-variable section by one sample of both channels.

    Args:
        u: Input, a pair of left and right.
        p: First state.
        q: Second state.
        a1: Coefficients, see `corner_coefficients`.
        a2: See ``a1``.
        a3: See ``a1``.

    Returns:
        Low-pass, all-pass, and the two states.

    """
    d = subtract(u, q)
    band = add_scaled(scaled(p, a1), d, a2)
    low = add_scaled(add_scaled(q, p, a2), d, a3)
    passed = add_scaled(u, band, TURN)
    return low, passed, subtract(scaled(band, 2.0), p), subtract(scaled(low, 2.0), q)


@kernel
def split(
    u: complex,
    p: complex,
    q: complex,
    r: complex,
    s: complex,
    a1: float,
    a2: float,
    a3: float,
) -> tuple[complex, complex, complex, complex, complex, complex]:
    """Split one sample of both channels at a corner.

    Args:
        u: Input, a pair of left and right.
        p: First state of the first section.
        q: Its second state.
        r: First state of the second section.
        s: Its second state.
        a1: Coefficients, see `corner_coefficients`.
        a2: See ``a1``.
        a3: See ``a1``.

    Returns:
        Low and high band, and the four states.

    """
    half, passed, p, q = section(u, p, q, a1, a2, a3)
    low, _, r, s = section(half, r, s, a1, a2, a3)
    return low, subtract(passed, low), p, q, r, s


@kernel
def sections(
    u: Quad, p: Quad, q: Quad, a1: Quad, a2: Quad, a3: Quad
) -> tuple[Quad, Quad, Quad, Quad]:
    """Advance two sections by one sample, as `section` does with one."""
    two = factors(2.0, 2.0)
    d = difference(u, q)
    band = fused(product(p, a1), d, a2)
    low = fused(fused(q, p, a2), d, a3)
    passed = fused(u, band, factors(TURN, TURN))
    return low, passed, difference(product(two, band), p), difference(product(two, low), q)


@kernel
def split_four(x: Array, c: Array, s: Pairs, bands: Array) -> None:
    """Split one block into four bands.

    The tree splits at the middle corner first; the low branch passes the all-pass of the upper
    corner, the high branch that of the lower one. So both branches do the same with their corners
    exchanged, and run as quads.

    Args:
        x: Input, shape ``(2, time)``.
        c: Coefficients of the three corners in rising order, shape ``(3, 3)``.
        s: Two states a section, as pairs of left and right, shape ``(8, 2)``; updated.
        bands: Output, shape ``(4, 2, time)``.

    """
    m1, m2, m3 = c[1, 0], c[1, 1], c[1, 2]
    u1, u2, u3 = factors(c[2, 0], c[0, 0]), factors(c[2, 1], c[0, 1]), factors(c[2, 2], c[0, 2])
    v1, v2, v3 = factors(c[0, 0], c[2, 0]), factors(c[0, 1], c[2, 1]), factors(c[0, 2], c[2, 2])
    p0, q0, p1, q1 = s[0, 0], s[0, 1], s[1, 0], s[1, 1]
    p2, q2 = quad(s[2, 0], s[5, 0]), quad(s[2, 1], s[5, 1])
    p3, q3 = quad(s[3, 0], s[6, 0]), quad(s[3, 1], s[6, 1])
    p4, q4 = quad(s[4, 0], s[7, 0]), quad(s[4, 1], s[7, 1])
    for n in range(x.shape[1]):
        u = complex(x[0, n], x[1, n])
        low, high, p0, q0, p1, q1 = split(u, p0, q0, p1, q1, m1, m2, m3)
        _, turned, p2, q2 = sections(quad(low, high), p2, q2, u1, u2, u3)
        half, passed, p3, q3 = sections(turned, p3, q3, v1, v2, v3)
        lower, _, p4, q4 = sections(half, p4, q4, v1, v2, v3)
        upper = difference(passed, lower)
        for b, band in enumerate((first(lower), first(upper), second(lower), second(upper))):
            bands[b, 0, n], bands[b, 1, n] = band.real, band.imag
    s[0, 0], s[0, 1], s[1, 0], s[1, 1] = p0, q0, p1, q1
    for k, (p, q) in enumerate(((p2, q2), (p3, q3), (p4, q4))):
        s[2 + k, 0], s[2 + k, 1] = first(p), first(q)
        s[5 + k, 0], s[5 + k, 1] = second(p), second(q)
