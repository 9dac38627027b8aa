"""Eight second-order sections over a whole example, and their reverse pass.

A section ``A(z) v = B(z) u`` is linear in ``u``, and its gradient passes the same filter backward
in time: with ``w[n] = gv[n] - a1 w[n+1] - a2 w[n+2]`` the gradient of ``u`` is
``b0 w[n] + b1 w[n+1] + b2 w[n+2]``. Those of the coefficients are correlations: ``b_i`` gets the
sum of ``w[n+i] u[n]`` and ``a_i`` minus that of ``w[n+i] v[n]``, so that no history is needed where
the signal is cut.

The eight sections run as one wave, see `lanes`: at step ``t`` section ``k`` is at frame ``t - k``,
and four sections of two channels are one vector. The forward pass leaves the states at the start of
each chunk; the reverse pass runs the wave again from there, and then walks its steps backward.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ..biquads import (
    ROW,
    SECTIONS,
    SKEW,
    cascade_eight,
    moved_up,
    section,
    wave_coefficients,
    wave_section,
)
from ..jit import kernel
from ..lanes import COUNT, first_two, fused, load, product, shuffle, store
from .frames import CHUNK, read_frames, read_pairs, write_frames, write_pairs

Array: TypeAlias = npt.NDArray[np.float64]
Audio: TypeAlias = npt.NDArray[np.float32] | npt.NDArray[np.float64]
Pairs: TypeAlias = npt.NDArray[np.complex128]

EDGE = COUNT - 2
"""Where a pair is loaded as the first or last two of eight, the other six are read too."""

moved_down = shuffle(2, 3, 4, 5, 6, 7, 8, 9)
"""The last six lanes of one vector, followed by the first two of another."""


@kernel
def equalize(x: Audio, c: Array, saved: Pairs, y: Audio) -> None:
    """Filter an example by eight sections.

    Args:
        x: Input, shape ``(2, time)``.
        c: ``b0 b1 b2 a1 a2`` a section, shape ``(8, 5)``.
        saved: States at the start of each chunk, shape ``(chunks, 2, 8)``; written.
        y: Output, shape ``(2, time)``.

    """
    time = x.shape[1]
    states = np.zeros((2, SECTIONS), np.complex128)
    block = np.empty((2, min(CHUNK, time)))
    for chunk in range(saved.shape[0]):
        saved[chunk] = states
        start = chunk * CHUNK
        if start + CHUNK > time:
            block = np.empty((2, time - start))
        read_frames(x, start, block)
        cascade_eight(block, c, states, block)
        write_frames(block, y, start)


@kernel
def equalize_adjoint(x: Audio, c: Array, saved: Pairs, gy: Audio, gx: Audio) -> Array:
    """Propagate gradients through `equalize`.

    Args:
        x: Input, shape ``(2, time)``.
        c: ``b0 b1 b2 a1 a2`` a section, shape ``(8, 5)``.
        saved: States that `equalize` left.
        gy: Gradient of the output, shape ``(2, time)``.
        gx: Gradient of ``x``, shape ``(2, time)``; written.

    Returns:
        Gradient of ``c``, shape ``(8, 5)``.

    """
    time = x.shape[1]
    steps = min(CHUNK, time) + SKEW
    signal = np.zeros(EDGE + 2 * steps)
    gradient = np.zeros(2 * steps + EDGE)
    rows = np.zeros(ROW * (steps + 1))
    coefficients = wave_coefficients(c)
    carry = np.zeros(3 * ROW)
    sums = np.zeros(5 * ROW)
    for chunk in range(saved.shape[0] - 1, -1, -1):
        start = chunk * CHUNK
        steps = min(CHUNK, time - start) + SKEW
        stop = min(start + steps, time)
        behind = max(SKEW - start, 0)
        read_pairs(x, start, stop, signal[EDGE:])
        signal[EDGE + 2 * (stop - start) : EDGE + 2 * steps] = 0.0
        read_pairs(gy, start - SKEW + behind, start - SKEW + steps, gradient[2 * behind :])
        gradient[: 2 * behind] = 0.0
        states = saved[chunk].copy()
        first = 0
        if chunk > 0:
            first = SKEW
            _enter(signal, c, states, rows)
        else:
            rows[:ROW] = 0.0
        _run_wave(signal, first, steps, coefficients, states, rows)
        _walk_back(signal, first, steps, coefficients, rows, gradient, carry, sums)
        write_pairs(signal[EDGE + 2 * first :], gx, start + first, stop)
    gc = np.empty((SECTIONS, 5))
    for k in range(SECTIONS):
        for i in range(5):
            total = sums[i * ROW + 2 * k] + sums[i * ROW + 2 * k + 1]
            gc[k, i] = total if i < 3 else -total
    return gc


@kernel
def _enter(signal: Array, c: Array, states: Pairs, rows: Array) -> None:
    """Run the steps of a chunk in which the last sections are still in the chunk before."""
    for k in range(SKEW):
        b0, b1, b2, a1, a2 = c[k, 0], c[k, 1], c[k, 2], c[k, 3], c[k, 4]
        p, q = states[0, k], states[1, k]
        for t in range(k, SKEW):
            i = t * ROW + 2 * (k - 1)
            if k > 0:
                u = complex(rows[i], rows[i + 1])
            else:
                u = complex(signal[EDGE + 2 * t], signal[EDGE + 2 * t + 1])
            v, p, q = section(u, p, q, b0, b1, b2, a1, a2)
            rows[i + ROW + 2], rows[i + ROW + 3] = v.real, v.imag
        states[0, k], states[1, k] = p, q


@kernel
def _run_wave(
    signal: Array, first: int, after: int, coefficients: Array, states: Pairs, rows: Array
) -> None:
    """Write what the sections give at step ``t`` to row ``t + 1``; row ``first`` is read."""
    flat = states.view(np.float64).reshape(-1)
    p0, p1, q0, q1 = load(flat, 0), load(flat, 8), load(flat, 16), load(flat, 24)
    b00, b01 = load(coefficients, 0), load(coefficients, 8)
    b10, b11 = load(coefficients, 16), load(coefficients, 24)
    b20, b21 = load(coefficients, 32), load(coefficients, 40)
    a10, a11 = load(coefficients, 48), load(coefficients, 56)
    a20, a21 = load(coefficients, 64), load(coefficients, 72)
    v0, v1 = load(rows, ROW * first), load(rows, ROW * first + 8)
    for t in range(first, after):
        u0, u1 = moved_up(load(signal, 2 * t), v0), moved_up(v0, v1)
        v0, p0, q0 = wave_section(u0, p0, q0, b00, b10, b20, a10, a20)
        v1, p1, q1 = wave_section(u1, p1, q1, b01, b11, b21, a11, a21)
        store(rows, ROW * t + ROW, v0)
        store(rows, ROW * t + ROW + 8, v1)


@kernel
def _walk_back(
    signal: Array,
    first: int,
    after: int,
    coefficients: Array,
    rows: Array,
    gradient: Array,
    carry: Array,
    sums: Array,
) -> None:
    """Put the gradient of the input in place of ``signal``, and add those of the coefficients.

    Of the sections' ``w``, ``r`` is that of one frame later and ``s`` that of two frames later.
    """
    b00, b01 = load(coefficients, 0), load(coefficients, 8)
    b10, b11 = load(coefficients, 16), load(coefficients, 24)
    b20, b21 = load(coefficients, 32), load(coefficients, 40)
    a10, a11 = load(coefficients, 48), load(coefficients, 56)
    a20, a21 = load(coefficients, 64), load(coefficients, 72)
    gb00, gb01, gb10, gb11 = load(sums, 0), load(sums, 8), load(sums, 16), load(sums, 24)
    gb20, gb21, ga10, ga11 = load(sums, 32), load(sums, 40), load(sums, 48), load(sums, 56)
    ga20, ga21 = load(sums, 64), load(sums, 72)
    g0, g1, r0, r1 = load(carry, 0), load(carry, 8), load(carry, 16), load(carry, 24)
    s0, s1 = load(carry, 32), load(carry, 40)
    for t in range(after - 1, first - 1, -1):
        i = ROW * t
        v0, v1 = load(rows, i + ROW), load(rows, i + ROW + 8)
        u0, u1 = moved_up(load(signal, 2 * t), load(rows, i)), load(rows, i + 6)
        g0 = moved_down(g0, g1)
        g1 = moved_down(g1, load(gradient, 2 * t))
        w0, w1 = fused(fused(g0, a20, s0), a10, r0), fused(fused(g1, a21, s1), a11, r1)
        g0 = fused(fused(product(b20, s0), b10, r0), b00, w0)
        g1 = fused(fused(product(b21, s1), b11, r1), b01, w1)
        gb00, gb01 = fused(gb00, w0, u0), fused(gb01, w1, u1)
        gb10, gb11 = fused(gb10, r0, u0), fused(gb11, r1, u1)
        gb20, gb21 = fused(gb20, s0, u0), fused(gb21, s1, u1)
        ga10, ga11 = fused(ga10, r0, v0), fused(ga11, r1, v1)
        ga20, ga21 = fused(ga20, s0, v0), fused(ga21, s1, v1)
        s0, s1, r0, r1 = r0, r1, w0, w1
        pair = first_two(g0)
        signal[EDGE + 2 * t], signal[EDGE + 2 * t + 1] = pair.real, pair.imag
    for i, value in enumerate((gb00, gb01, gb10, gb11, gb20, gb21, ga10, ga11, ga20, ga21)):
        store(sums, 8 * i, value)
    for i, value in enumerate((g0, g1, r0, r1, s0, s1)):
        store(carry, 8 * i, value)
