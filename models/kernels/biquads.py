"""A cascade of four second-order sections, two channels at once."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from .jit import kernel
from .pair import add_scaled, scaled

Array: TypeAlias = npt.NDArray[np.float64]
Pairs: TypeAlias = npt.NDArray[np.complex128]


@kernel
def section(
    u: complex, p: complex, q: complex, b0: float, b1: float, b2: float, a1: float, a2: float
) -> tuple[complex, complex, complex]:
    """Advance one section in transposed direct form II by one sample of both channels.

    Args:
        u: Input, a pair of left and right.
        p: First state.
        q: Second state.
        b0: Coefficients of the numerator.
        b1: See ``b0``.
        b2: See ``b0``.
        a1: Coefficients of the denominator.
        a2: See ``a1``.

    Returns:
        Output, and the two states.

    """
    v = add_scaled(p, u, b0)
    return v, add_scaled(add_scaled(q, u, b1), v, -a1), add_scaled(scaled(u, b2), v, -a2)


@kernel
def cascade(x: Array, c: Array, s: Pairs, y: Array) -> None:
    """Filter one block by four sections.

    States live in locals, which makes the loop three times as fast as one over arrays.

    Args:
        x: Input, shape ``(2, time)``.
        c: ``b0 b1 b2 a1 a2`` a section, shape ``(4, 5)``.
        s: Two states a section, as pairs of left and right, shape ``(4, 2)``; updated.
        y: Output, shape ``(2, time)``; may be ``x``.

    """
    b00, b01, b02, a01, a02 = c[0, 0], c[0, 1], c[0, 2], c[0, 3], c[0, 4]
    b10, b11, b12, a11, a12 = c[1, 0], c[1, 1], c[1, 2], c[1, 3], c[1, 4]
    b20, b21, b22, a21, a22 = c[2, 0], c[2, 1], c[2, 2], c[2, 3], c[2, 4]
    b30, b31, b32, a31, a32 = c[3, 0], c[3, 1], c[3, 2], c[3, 3], c[3, 4]
    p0, q0, p1, q1 = s[0, 0], s[0, 1], s[1, 0], s[1, 1]
    p2, q2, p3, q3 = s[2, 0], s[2, 1], s[3, 0], s[3, 1]
    for n in range(x.shape[1]):
        u, p0, q0 = section(complex(x[0, n], x[1, n]), p0, q0, b00, b01, b02, a01, a02)
        u, p1, q1 = section(u, p1, q1, b10, b11, b12, a11, a12)
        u, p2, q2 = section(u, p2, q2, b20, b21, b22, a21, a22)
        u, p3, q3 = section(u, p3, q3, b30, b31, b32, a31, a32)
        y[0, n], y[1, n] = u.real, u.imag
    s[0, 0], s[0, 1], s[1, 0], s[1, 1] = p0, q0, p1, q1
    s[2, 0], s[2, 1], s[3, 0], s[3, 1] = p2, q2, p3, q3
