"""Width of three bands of the side signal, with mid kept in phase."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from .crossover import section
from .jit import kernel

Array: TypeAlias = npt.NDArray[np.float64]
Pairs: TypeAlias = npt.NDArray[np.complex128]


@kernel
def widen(x: Array, c: Array, width: Array, s: Pairs, y: Array) -> None:
    """Scale side in three Linkwitz-Riley bands and pass mid through the same all-pass.

    The seven filters run two at a time: mid and side at the lower corner, side there once more,
    the low band and the rest at the upper corner, at last mid and the rest there. Mid beside side's
    second filter at the lower corner is of no use.

    Args:
        x: Input, shape ``(2, time)``.
        c: State-variable coefficients of the lower and the upper corner, shape ``(2, 3)``.
        width: Factor of side in the low, middle and high band, shape ``(3,)``.
        s: Two states of each couple of filters, as pairs, shape ``(4, 2)``; updated.
        y: Output, shape ``(2, time)``; may be ``x``.

    """
    e1, e2, e3 = c[0, 0], c[0, 1], c[0, 2]
    h1, h2, h3 = c[1, 0], c[1, 1], c[1, 2]
    low_width, middle_width, high_width = width[0], width[1], width[2]
    p0, q0, p1, q1 = s[0, 0], s[0, 1], s[1, 0], s[1, 1]
    p2, q2, p3, q3 = s[2, 0], s[2, 1], s[3, 0], s[3, 1]
    for n in range(x.shape[1]):
        u = complex(0.5 * (x[0, n] + x[1, n]), 0.5 * (x[0, n] - x[1, n]))
        half, passed, p0, q0 = section(u, p0, q0, e1, e2, e3)
        low, _, p1, q1 = section(half, p1, q1, e1, e2, e3)

        bands = complex(low.imag, passed.imag - low.imag)
        half, bands, p2, q2 = section(bands, p2, q2, h1, h2, h3)
        low, whole, p3, q3 = section(complex(passed.real, half.imag), p3, q3, h1, h2, h3)

        mid, middle, high = whole.real, low.imag, bands.imag - low.imag
        side = low_width * bands.real + middle_width * middle + high_width * high
        y[0, n], y[1, n] = mid + side, mid - side
    s[0, 0], s[0, 1], s[1, 0], s[1, 1] = p0, q0, p1, q1
    s[2, 0], s[2, 1], s[3, 0], s[3, 1] = p2, q2, p3, q3
