"""Adjoint of the split into four bands.

A section is linear, so gradients pass its transpose, which runs backward in time. With ``P`` and
``Q`` the gradients of the states that a section leaves, and ``l`` and ``t`` those of its low-pass
and all-pass, each line of `crossover.section` reverses to

    gb = TURN t + 2 P        gl = l + 2 Q             (band and low-pass inside)
    gd = a2 gb + a3 gl       gu = t + gd
    P' = a1 gb + a2 gl - P   Q' = gl - Q - gd

and the gradients of the coefficients are the correlations of ``gb`` and ``gl`` with the section's
state ``p`` and its difference ``d = u - q``. The kernels keep ``2 P`` and ``2 Q``.

The low and the high branch of the tree do the same with other corners, so they run as one quad:
sections 2 to 4 of the low branch beside 5 to 7 of the high one.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ..crossover import TURN, section, sections
from ..jit import kernel
from ..pair import add_scaled, scaled, subtract
from ..quad import (
    Quad,
    difference,
    factors,
    first,
    fused,
    load,
    product,
    quad,
    second,
    store,
    total,
)

Array: TypeAlias = npt.NDArray[np.float64]
Audio: TypeAlias = npt.NDArray[np.float32] | npt.NDArray[np.float64]
Pairs: TypeAlias = npt.NDArray[np.complex128]

INNER = 32
"""Values that `record_four` keeps of each frame: two pairs a section."""


@kernel
def record_four(
    x: Audio, start: int, frames: int, c: Array, s: Pairs, bands: Array, inner: Array
) -> None:
    """Split a chunk as `crossover.split_four` does, and keep what the adjoint needs.

    Args:
        x: Signal, shape ``(2, time)``.
        start: First frame of the chunk.
        frames: How many there are.
        c: Coefficients of the three corners in rising order, shape ``(3, 3)``.
        s: States of the sections before the chunk, shape ``(8, 2)``; not changed.
        bands: Left and right of the bands 0, 2, 1, 3 of each frame, shape ``(frames, 8)`` or
            longer; written.
        inner: ``p`` and ``d`` of each section, shape ``(frames, INNER)`` or longer; written.

    """
    m1, m2, m3 = c[1, 0], c[1, 1], c[1, 2]
    u1, u2, u3 = factors(c[2, 0], c[0, 0]), factors(c[2, 1], c[0, 1]), factors(c[2, 2], c[0, 2])
    v1, v2, v3 = factors(c[0, 0], c[2, 0]), factors(c[0, 1], c[2, 1]), factors(c[0, 2], c[2, 2])
    p0, q0, p1, q1 = s[0, 0], s[0, 1], s[1, 0], s[1, 1]
    p2, q2 = quad(s[2, 0], s[5, 0]), quad(s[2, 1], s[5, 1])
    p3, q3 = quad(s[3, 0], s[6, 0]), quad(s[3, 1], s[6, 1])
    p4, q4 = quad(s[4, 0], s[7, 0]), quad(s[4, 1], s[7, 1])
    left, right = x[0, start : start + frames], x[1, start : start + frames]
    for n in range(frames):
        u = complex(left[n], right[n])
        store(inner, n, 0, quad(p0, p1))
        d = subtract(u, q0)
        half, passed, p0, q0 = section(u, p0, q0, m1, m2, m3)
        store(inner, n, 4, quad(d, subtract(half, q1)))
        low, _, p1, q1 = section(half, p1, q1, m1, m2, m3)
        branches = quad(low, subtract(passed, low))
        store(inner, n, 8, p2)
        store(inner, n, 12, difference(branches, q2))
        _, turned, p2, q2 = sections(branches, p2, q2, u1, u2, u3)
        store(inner, n, 16, p3)
        store(inner, n, 20, difference(turned, q3))
        halves, whole, p3, q3 = sections(turned, p3, q3, v1, v2, v3)
        store(inner, n, 24, p4)
        store(inner, n, 28, difference(halves, q4))
        lower, _, p4, q4 = sections(halves, p4, q4, v1, v2, v3)
        store(bands, n, 0, lower)
        store(bands, n, 4, difference(whole, lower))


@kernel
def reverse_section(
    gb: Quad, gl: Quad, rest: Quad, p: Quad, a1: Quad, a2: Quad, a3: Quad
) -> tuple[Quad, Quad, Quad]:
    """Propagate gradients through two sections, by one sample back.

    Args:
        gb: Gradient of the band-pass inside.
        gl: Gradient of the low-pass inside.
        rest: ``gl`` and once more the gradient of the low-pass outside.
        p: Twice the gradient of the first state after the sample.
        a1: Coefficients.
        a2: See ``a1``.
        a3: See ``a1``.

    Returns:
        Gradient of the difference ``d``, and twice those of both states before the sample.

    """
    gd = fused(product(gb, a2), gl, a3)
    p = difference(product(factors(2.0, 2.0), fused(product(gb, a1), gl, a2)), p)
    return gd, p, fused(rest, gd, factors(-2.0, -2.0))


@kernel
def reverse_pair(
    gb: complex, gl: complex, rest: complex, p: complex, a1: float, a2: float, a3: float
) -> tuple[complex, complex, complex]:
    """Propagate gradients through one section, as `reverse_section` does through two."""
    gd = add_scaled(scaled(gb, a2), gl, a3)
    p = subtract(scaled(add_scaled(scaled(gb, a1), gl, a2), 2.0), p)
    return gd, p, add_scaled(rest, gd, -2.0)


@kernel
def correlated(
    c1: Quad, c2: Quad, c3: Quad, gb: Quad, gl: Quad, inner: Array, n: int, column: int
) -> tuple[Quad, Quad, Quad]:
    """Add one sample's gradients of three coefficients to ``c1 c2 c3``."""
    p, d = load(inner, n, column), load(inner, n, column + 4)
    return fused(c1, gb, p), fused(fused(c2, gb, d), gl, p), fused(c3, gl, d)


@kernel
def split_four_adjoint(
    g: Array,
    inner: Array,
    start: int,
    frames: int,
    c: Array,
    carry: Array,
    gc: Array,
    gx: Audio,
) -> None:
    """Propagate gradients through `record_four`, from the chunk's end to its start.

    Args:
        g: Gradient of the bands, laid out as they are.
        inner: As `record_four` leaves it.
        start: First frame of the chunk.
        frames: How many there are.
        c: Coefficients of the three corners in rising order, shape ``(3, 3)``.
        carry: Twice the gradient of both states after the chunk, a row a quad of ``inner``, shape
            ``(8, 4)``; zero at the signal's end; updated.
        gc: Gradient of ``c``, shape ``(3, 3)``; added to.
        gx: Gradient of the signal, shape ``(2, time)``; the chunk is written.

    """
    m1, m2, m3 = c[1, 0], c[1, 1], c[1, 2]
    u1, u2, u3 = factors(c[2, 0], c[0, 0]), factors(c[2, 1], c[0, 1]), factors(c[2, 2], c[0, 2])
    v1, v2, v3 = factors(c[0, 0], c[2, 0]), factors(c[0, 1], c[2, 1]), factors(c[0, 2], c[2, 2])
    turn, zero = factors(TURN, TURN), factors(0.0, 0.0)
    p, q = load(carry, 0, 0), load(carry, 1, 0)
    p0, p1, q0, q1 = first(p), second(p), first(q), second(q)
    p2, q2, p3, q3 = load(carry, 2, 0), load(carry, 3, 0), load(carry, 4, 0), load(carry, 5, 0)
    p4, q4 = load(carry, 6, 0), load(carry, 7, 0)
    r1, r2, r3, s1, s2, s3, t1, t2, t3 = zero, zero, zero, zero, zero, zero, zero, zero, zero
    left, right = gx[0, start : start + frames], gx[1, start : start + frames]
    for n in range(frames - 1, -1, -1):
        # the splits at the outer corners, whose second low-pass is a band
        passed = load(g, n, 4)
        low = difference(load(g, n, 0), passed)
        gl = total(low, q4)
        t1, t2, t3 = correlated(t1, t2, t3, p4, gl, inner, n, 24)
        low, p4, q4 = reverse_section(p4, gl, total(gl, low), p4, v1, v2, v3)
        gb, gl = fused(p3, passed, turn), total(low, q3)
        t1, t2, t3 = correlated(t1, t2, t3, gb, gl, inner, n, 16)
        gd, p3, q3 = reverse_section(gb, gl, total(gl, low), p3, v1, v2, v3)
        passed = total(passed, gd)
        # the all-passes of the corner that a branch skips
        gb = fused(p2, passed, turn)
        s1, s2, s3 = correlated(s1, s2, s3, gb, q2, inner, n, 8)
        gd, p2, q2 = reverse_section(gb, q2, q2, p2, u1, u2, u3)
        passed = total(passed, gd)
        # the split at the middle corner
        above = second(passed)
        below = subtract(first(passed), above)
        hb, hl = p1, add_scaled(below, q1, 1.0)
        below, p1, q1 = reverse_pair(hb, hl, add_scaled(hl, below, 1.0), p1, m1, m2, m3)
        fb, fl = add_scaled(p0, above, TURN), add_scaled(below, q0, 1.0)
        fd, p0, q0 = reverse_pair(fb, fl, add_scaled(fl, below, 1.0), p0, m1, m2, m3)
        r1, r2, r3 = correlated(r1, r2, r3, quad(fb, hb), quad(fl, hl), inner, n, 0)
        out = add_scaled(above, fd, 1.0)
        left[n], right[n] = out.real, out.imag
    for row, state in enumerate((quad(p0, p1), quad(q0, q1), p2, q2, p3, q3, p4, q4)):
        store(carry, row, 0, state)
    for i, (r, s, t) in enumerate(((r1, s1, t1), (r2, s2, t2), (r3, s3, t3))):
        gc[0, i] += both(second(s)) + both(first(t))
        gc[1, i] += both(first(r)) + both(second(r))
        gc[2, i] += both(first(s)) + both(second(t))


@kernel
def both(pair: complex) -> float:
    """Return the sum over the two channels of a pair."""
    return pair.real + pair.imag
