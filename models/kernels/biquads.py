"""A cascade of four second-order sections, two channels at once."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from .jit import kernel

Array: TypeAlias = npt.NDArray[np.float64]


@kernel
def cascade(x: Array, c: Array, s: Array, y: Array) -> None:
    """Filter one block by four sections in transposed direct form II.

    States live in locals, which makes the loop three times as fast as one over arrays.

    Args:
        x: Input, shape ``(2, time)``.
        c: ``b0 b1 b2 a1 a2`` a section, shape ``(4, 5)``.
        s: States of left and right a section, shape ``(4, 4)``; updated.
        y: Output, shape ``(2, time)``; may be ``x``.

    """
    b00, b01, b02, a01, a02 = c[0, 0], c[0, 1], c[0, 2], c[0, 3], c[0, 4]
    b10, b11, b12, a11, a12 = c[1, 0], c[1, 1], c[1, 2], c[1, 3], c[1, 4]
    b20, b21, b22, a21, a22 = c[2, 0], c[2, 1], c[2, 2], c[2, 3], c[2, 4]
    b30, b31, b32, a31, a32 = c[3, 0], c[3, 1], c[3, 2], c[3, 3], c[3, 4]
    l00, l01, r00, r01 = s[0, 0], s[0, 1], s[0, 2], s[0, 3]
    l10, l11, r10, r11 = s[1, 0], s[1, 1], s[1, 2], s[1, 3]
    l20, l21, r20, r21 = s[2, 0], s[2, 1], s[2, 2], s[2, 3]
    l30, l31, r30, r31 = s[3, 0], s[3, 1], s[3, 2], s[3, 3]
    for n in range(x.shape[1]):
        left, right = x[0, n], x[1, n]

        p, q = b00 * left + l00, b00 * right + r00
        l00, r00 = b01 * left - a01 * p + l01, b01 * right - a01 * q + r01
        l01, r01 = b02 * left - a02 * p, b02 * right - a02 * q

        left, right = b10 * p + l10, b10 * q + r10
        l10, r10 = b11 * p - a11 * left + l11, b11 * q - a11 * right + r11
        l11, r11 = b12 * p - a12 * left, b12 * q - a12 * right

        p, q = b20 * left + l20, b20 * right + r20
        l20, r20 = b21 * left - a21 * p + l21, b21 * right - a21 * q + r21
        l21, r21 = b22 * left - a22 * p, b22 * right - a22 * q

        left, right = b30 * p + l30, b30 * q + r30
        l30, r30 = b31 * p - a31 * left + l31, b31 * q - a31 * right + r31
        l31, r31 = b32 * p - a32 * left, b32 * q - a32 * right

        y[0, n], y[1, n] = left, right
    s[0, 0], s[0, 1], s[0, 2], s[0, 3] = l00, l01, r00, r01
    s[1, 0], s[1, 1], s[1, 2], s[1, 3] = l10, l11, r10, r11
    s[2, 0], s[2, 1], s[2, 2], s[2, 3] = l20, l21, r20, r21
    s[3, 0], s[3, 1], s[3, 2], s[3, 3] = l30, l31, r30, r31
