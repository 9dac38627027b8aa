"""The imager over a whole example, and its reverse pass.

The seven state-variable sections run as one wave, see `lanes`. A lane holds a section; in the order
of their delay, which is the number of steps a section is behind the input:

==== ===== ===================================== ======= ==========
lane delay section                               input   output
==== ===== ===================================== ======= ==========
0    0     mid, lower corner                     mid     all-pass
1    0     side, lower corner                    side    both
2    1     mid, upper corner                     lane 0  all-pass
3    1     side, lower corner: the low band      lane 1  low-pass
7    1     none, keeps lane 1 for a step         lane 1  as it is
4    2     low band, upper corner                lane 3  all-pass
5    2     rest, upper corner                    7 - 3   both
6    3     rest, upper corner: the middle band   lane 5  low-pass
==== ===== ===================================== ======= ==========

A section computes ``d = u - q``, ``band = a1 p + a2 d``, ``low = q + a2 p + a3 d``, its all-pass
``u + TURN band`` and the new states ``2 band - p`` and ``2 low - q``.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ..crossover import TURN, section
from ..jit import kernel
from ..lanes import (
    COUNT,
    Lanes,
    first_two,
    fused,
    fused_less,
    load,
    product,
    shuffle,
    spread,
    store,
)
from ..stereo import widen
from .frames import CHUNK, read_frames, read_mid_side, write_frames, write_mid_side

Array: TypeAlias = npt.NDArray[np.float64]
Audio: TypeAlias = npt.NDArray[np.float32] | npt.NDArray[np.float64]
Pairs: TypeAlias = npt.NDArray[np.complex128]

SECTIONS = 7
SKEW = 3
"""Steps that the last section is behind the first."""

UPPER = (False, False, True, False, True, True, True)
"""Which lanes filter at the upper corner."""

COUPLES = 4
"""Couples of filters that `widen` keeps states of."""

STATES = ((0, 0), (0, 1), (3, 0), (1, 1), (2, 0), (2, 1), (3, 1))
"""The couple of each lane, and its place there."""

ROW = 2 * COUNT
EDGE = COUNT - 2
"""Where a pair is loaded as the first two of eight, the other six are read too."""

route = shuffle(0, 0, 0, 9, 11, 7, 13, 1)
"""Inputs of the next step, from all-passes and low-passes."""

enter = shuffle(0, 1, 10, 11, 12, 13, 14, 15)
"""The first two lanes of one vector, the others of another."""

third = shuffle(3, 3, 3, 3, 3, 3, 3, 3)
"""Lane 3, of which the negative goes to lane 5 too."""

heard = shuffle(4, 4, 4, 4, 3, 3, 1, 1)
"""What lanes 2, 4, 5 and 6 add to, from mid and side of the last four frames."""

return_passed = shuffle(2, 7, 10, 8, 12, 13, 8, 5)
"""Gradients of the all-passes, from those of the next step's inputs and of what is heard."""

return_low = shuffle(8, 3, 8, 4, 8, 6, 14, 8)
"""Gradients of the low-passes, from the same."""

fifth = shuffle(5, 5, 5, 5, 5, 5, 5, 5)
"""Lane 5, of which the negative goes back to lane 3 too."""


@kernel
def image(x: Audio, c: Array, width: Array, saved: Pairs, y: Audio) -> None:
    """Widen an example, see `widen`.

    Args:
        x: Input, shape ``(2, time)``.
        c: State-variable coefficients of the lower and the upper corner, shape ``(2, 3)``.
        width: Factor of side in the low, middle and high band, shape ``(3,)``.
        saved: States at the start of each chunk, shape ``(chunks, 4, 2)``; written.
        y: Output, shape ``(2, time)``.

    """
    time = x.shape[1]
    states = np.zeros((COUPLES, 2), np.complex128)
    block = np.empty((2, min(CHUNK, time)))
    for chunk in range(saved.shape[0]):
        saved[chunk] = states
        start = chunk * CHUNK
        if start + CHUNK > time:
            block = np.empty((2, time - start))
        read_frames(x, start, block)
        widen(block, c, width, states, block)
        write_frames(block, y, start)


@kernel
def image_adjoint(
    x: Audio, c: Array, width: Array, saved: Pairs, gy: Audio, gx: Audio
) -> tuple[Array, Array]:
    """Propagate gradients through `image`.

    Args:
        x: Input, shape ``(2, time)``.
        c: State-variable coefficients of the lower and the upper corner, shape ``(2, 3)``.
        width: Factor of side in the low, middle and high band, shape ``(3,)``.
        saved: States that `image` left.
        gy: Gradient of the output, shape ``(2, time)``.
        gx: Gradient of ``x``, shape ``(2, time)``; written.

    Returns:
        Gradients of ``c`` and ``width``.

    """
    time = x.shape[1]
    steps = min(CHUNK, time) + SKEW
    signal = np.zeros(2 * steps + EDGE)
    gradient = np.zeros(2 * (steps + SKEW))
    rows = np.empty(ROW * steps)
    coefficients = np.zeros(3 * COUNT)
    for lane in range(SECTIONS):
        for i in range(3):
            coefficients[i * COUNT + lane] = c[1 if UPPER[lane] else 0, i]
    weights = np.zeros(COUNT)
    weights[2], weights[4], weights[5], weights[6] = 1.0, width[0], width[2], width[1] - width[2]
    carry = np.zeros(3 * COUNT)
    sums = np.zeros(5 * COUNT)
    for chunk in range(saved.shape[0] - 1, -1, -1):
        start = chunk * CHUNK
        steps = min(CHUNK, time - start) + SKEW
        stop = min(start + steps, time)
        read_mid_side(x, start, stop, 0.5, signal)
        signal[2 * (stop - start) : 2 * steps] = 0.0
        # the output lags behind the input by up to three steps, so its gradient starts earlier
        early = min(start, SKEW)
        gradient[: 2 * (SKEW - early)] = 0.0
        read_mid_side(gy, start - early, stop, 1.0, gradient[2 * (SKEW - early) :])
        gradient[2 * (SKEW + stop - start) :] = 0.0
        first = SKEW if chunk > 0 else 0
        state = np.zeros(4 * COUNT)
        if chunk > 0:
            _enter(signal, c, saved[chunk].copy(), state)
        _run_wave(signal, first, steps, coefficients, state, gradient, rows, sums)
        _walk_back(signal, first, steps, coefficients, weights, rows, gradient, carry, sums)
        write_mid_side(signal[2 * first :], gx, start + first, stop)
    gc = np.zeros((2, 3))
    for lane in range(SECTIONS):
        for i in range(3):
            gc[1 if UPPER[lane] else 0, i] += sums[i * COUNT + lane]
    low, passed = 3 * COUNT, 4 * COUNT
    gw = np.array((sums[passed + 4], sums[low + 6], sums[passed + 5] - sums[low + 6]))
    return gc, gw


@kernel
def _enter(signal: Array, c: Array, s: Pairs, state: Array) -> None:
    """Run the steps of a chunk in which the last sections are still in the chunk before.

    Args:
        signal: Mid and side of the chunk, in turn.
        c: Coefficients of the corners.
        s: States as `widen` keeps them; updated.
        state: The wave's state: ``p``, ``q``, low-pass and all-pass of each lane; written.

    """
    e1, e2, e3 = c[0, 0], c[0, 1], c[0, 2]
    h1, h2, h3 = c[1, 0], c[1, 1], c[1, 2]
    low, passed = 2 * COUNT, 3 * COUNT
    for n in range(SKEW):
        u = complex(signal[2 * n], signal[2 * n + 1])
        half, whole, s[0, 0], s[0, 1] = section(u, s[0, 0], s[0, 1], e1, e2, e3)
        state[passed], state[low + 1], state[passed + 1] = whole.real, half.imag, whole.imag
        if n < 2:
            # side's part of the last couple is a step behind
            _, _, p, q = section(whole, s[3, 0], s[3, 1], h1, h2, h3)
            s[3, 0], s[3, 1] = complex(p.real, s[3, 0].imag), complex(q.real, s[3, 1].imag)
            band, _, s[1, 0], s[1, 1] = section(half, s[1, 0], s[1, 1], e1, e2, e3)
            state[low + 3], state[passed + 7] = band.imag, whole.imag
            if n < 1:
                bands = complex(band.imag, whole.imag - band.imag)
                half, _, s[2, 0], s[2, 1] = section(bands, s[2, 0], s[2, 1], h1, h2, h3)
                state[low + 5] = half.imag
    parts = s.view(np.float64)
    for lane in range(SECTIONS):
        couple, place = STATES[lane]
        state[lane], state[COUNT + lane] = parts[couple, place], parts[couple, place + 2]


@kernel
def _run_wave(
    signal: Array,
    first: int,
    after: int,
    coefficients: Array,
    state: Array,
    gradient: Array,
    rows: Array,
    sums: Array,
) -> None:
    """Write ``p`` and ``d`` of every lane at step ``t`` to row ``t``; add the widths' gradients."""
    a1, a2, a3 = load(coefficients, 0), load(coefficients, 8), load(coefficients, 16)
    minus, two, turn = spread(-1.0), spread(2.0), spread(TURN)
    minus_a2, rest = product(minus, a2), fused_less(minus, minus, a3)
    crossed = _minus_in(5)
    p, q, low, passed = load(state, 0), load(state, 8), load(state, 16), load(state, 24)
    sum_low, sum_passed = load(sums, 24), load(sums, 32)
    for t in range(first, after):
        u = enter(load(signal, 2 * t), route(passed, low))
        u = fused(u, crossed, third(low, low))
        store(rows, ROW * t, p)
        store(rows, ROW * t + COUNT, fused(u, minus, q))
        # the input comes last in every sum: each step waits for that of the one before
        band = fused(fused(product(a1, p), minus_a2, q), a2, u)
        low = fused(fused(product(rest, q), a2, p), a3, u)
        passed = fused(u, turn, band)
        p, q = fused_less(p, two, band), fused_less(q, two, low)
        g = load(gradient, 2 * t)
        g = heard(g, g)
        sum_low = fused(sum_low, g, low)
        sum_passed = fused(sum_passed, g, passed)
    store(sums, 24, sum_low)
    store(sums, 32, sum_passed)


@kernel
def _walk_back(
    signal: Array,
    first: int,
    after: int,
    coefficients: Array,
    weights: Array,
    rows: Array,
    gradient: Array,
    carry: Array,
    sums: Array,
) -> None:
    """Put the gradient of the input in place of ``signal``, and add those of the coefficients.

    The gradients of the states, ``gp`` and ``gq``, are carried as twice what they are.
    """
    a1, a2, a3 = load(coefficients, 0), load(coefficients, 8), load(coefficients, 16)
    one, two, minus_two, turn = spread(1.0), spread(2.0), spread(-2.0), spread(TURN)
    twice_a1, twice_a2, minus_twice_a2 = product(two, a1), product(two, a2), product(minus_two, a2)
    twice_rest = fused(two, minus_two, a3)
    crossed = _minus_in(3)
    weight = load(weights, 0)
    g1, g2, g3 = load(sums, 0), load(sums, 8), load(sums, 16)
    gu, gp, gq = load(carry, 0), load(carry, 8), load(carry, 16)
    for t in range(after - 1, first - 1, -1):
        p, d = load(rows, ROW * t), load(rows, ROW * t + COUNT)
        g = load(gradient, 2 * t)
        g = product(weight, heard(g, g))
        passed, low = return_passed(gu, g), return_low(gu, g)
        low = fused(fused(gq, one, low), crossed, fifth(gu, gu))
        band = fused(gp, turn, passed)
        g1 = fused(g1, band, p)
        g2 = fused(fused(g2, band, d), low, p)
        g3 = fused(g3, low, d)
        gp = fused(fused_less(gp, twice_a1, band), twice_a2, low)
        gq = fused(fused_less(gq, minus_twice_a2, band), twice_rest, low)
        gu = fused(fused(passed, a2, band), a3, low)
        pair = first_two(gu)
        signal[2 * t], signal[2 * t + 1] = pair.real, pair.imag
    for i, value in enumerate((gu, gp, gq)):
        store(carry, 8 * i, value)
    for i, value in enumerate((g1, g2, g3)):
        store(sums, 8 * i, value)


@kernel
def _minus_in(lane: int) -> Lanes:
    """Return -1 in one lane, 0 in the others."""
    values = np.zeros(COUNT)
    values[lane] = -1.0
    return load(values, 0)
