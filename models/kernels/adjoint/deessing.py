"""The de-esser over a whole signal, chunk by chunk, and its reverse pass.

Forward keeps the states of both filters at the start of each chunk and the gain of each hop. Both
filters have the same input, so they run as one quad: the band that is turned down beside the one
whose level is measured.
"""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ..dynamics import deess
from ..jit import kernel
from ..pair import add_scaled
from ..quad import Quad, factors, first, fused, load, product, quad, second, store
from .dynamics import DECIBEL, correlate, gain_adjoint, scale
from .frames import write_frames

Array: TypeAlias = npt.NDArray[np.float64]
Audio: TypeAlias = npt.NDArray[np.float32] | npt.NDArray[np.float64]


@kernel
def section(
    u: Quad, p: Quad, q: Quad, b0: Quad, b1: Quad, b2: Quad, a1: Quad, a2: Quad
) -> tuple[Quad, Quad, Quad]:
    """Advance two sections as `biquads.section` does, but with ``a1`` and ``a2`` negated."""
    v = fused(p, u, b0)
    return v, fused(fused(q, u, b1), v, a1), fused(product(u, b2), v, a2)


@kernel
def coefficients(c: Array) -> tuple[Quad, Quad, Quad, Quad, Quad]:
    """Return ``b0 b1 b2 -a1 -a2`` of two sections, given ``b0 b1 b2 a1 a2``, shape ``(2, 5)``."""
    return (
        factors(c[0, 0], c[1, 0]),
        factors(c[0, 1], c[1, 1]),
        factors(c[0, 2], c[1, 2]),
        factors(-c[0, 3], -c[1, 3]),
        factors(-c[0, 4], -c[1, 4]),
    )


@kernel
def filter_two(
    x: Audio, start: int, frames: int, c: Array, s: Array, dry: Array, band: Array, heard: Array
) -> None:
    """Filter one chunk by two sections side by side.

    Args:
        x: Signal, shape ``(2, time)``.
        start: First frame of the chunk.
        frames: How many there are.
        c: ``b0 b1 b2 a1 a2`` of each section, shape ``(2, 5)``.
        s: The first states of both sections, and the second ones, shape ``(2, 4)``; updated.
        dry: The chunk itself, shape ``(2, frames)``; written.
        band: Through the first section, same shape; written.
        heard: Through the second section, same shape; written.

    """
    b0, b1, b2, a1, a2 = coefficients(c)
    p, q = load(s, 0, 0), load(s, 1, 0)
    left, right = x[0, start : start + frames], x[1, start : start + frames]
    for n in range(frames):
        u = complex(left[n], right[n])
        v, p, q = section(quad(u, u), p, q, b0, b1, b2, a1, a2)
        one, other = first(v), second(v)
        dry[0, n], dry[1, n] = u.real, u.imag
        band[0, n], band[1, n] = one.real, one.imag
        heard[0, n], heard[1, n] = other.real, other.imag
    store(s, 0, 0, p)
    store(s, 1, 0, q)


@kernel
def record_two(x: Audio, start: int, frames: int, c: Array, s: Array, bands: Array) -> None:
    """Filter one chunk as `filter_two` does, laid out for the adjoint.

    Args:
        x: Signal, shape ``(2, time)``.
        start: First frame of the chunk.
        frames: How many there are.
        c: ``b0 b1 b2 a1 a2`` of each section, shape ``(2, 5)``.
        s: States before the chunk, shape ``(2, 4)``; not changed.
        bands: Left and right of each section's output, shape ``(frames, 4)`` or longer; written.

    """
    b0, b1, b2, a1, a2 = coefficients(c)
    p, q = load(s, 0, 0), load(s, 1, 0)
    left, right = x[0, start : start + frames], x[1, start : start + frames]
    for n in range(frames):
        u = complex(left[n], right[n])
        v, p, q = section(quad(u, u), p, q, b0, b1, b2, a1, a2)
        store(bands, n, 0, v)


@kernel
def filter_two_adjoint(
    x: Audio,
    bands: Array,
    g: Array,
    gy: Audio,
    start: int,
    frames: int,
    c: Array,
    carry: Array,
    gc: Array,
    gx: Audio,
) -> None:
    """Propagate gradients through `record_two`, from the chunk's end to its start.

    With ``w[n] = g[n] - a1 w[n+1] - a2 w[n+2]`` the gradient of the input is
    ``b0 w[n] + b1 w[n+1] + b2 w[n+2]``, and those of the coefficients are the correlations of ``w``
    with input and output.

    Args:
        x: Signal, shape ``(2, time)``.
        bands: As `record_two` leaves them.
        g: Gradient of ``bands``, laid out as they are.
        gy: Gradient that the signal has besides, shape ``(2, time)``.
        start: First frame of the chunk.
        frames: How many there are.
        c: As `record_two` takes them.
        carry: ``w`` at the two samples after the chunk, shape ``(2, 4)``; zero at the signal's end;
            updated.
        gc: Gradient of ``c``; added to.
        gx: Gradient of the signal, shape ``(2, time)``; the chunk is written.

    """
    b0, b1, b2, a1, a2 = coefficients(c)
    w1, w2 = load(carry, 0, 0), load(carry, 1, 0)
    zero = factors(0.0, 0.0)
    g0, g1, g2, g3, g4 = zero, zero, zero, zero, zero
    stop = start + frames
    left, right, above_left, above_right = (
        x[0, start:stop],
        x[1, start:stop],
        gy[0, start:stop],
        gy[1, start:stop],
    )
    below_left, below_right = gx[0, start:stop], gx[1, start:stop]
    for n in range(frames - 1, -1, -1):
        w = fused(fused(load(g, n, 0), w2, a2), w1, a1)
        pair = complex(left[n], right[n])
        u, v = quad(pair, pair), load(bands, n, 0)
        g0, g1, g2 = fused(g0, w, u), fused(g1, w1, u), fused(g2, w2, u)
        g3, g4 = fused(g3, w1, v), fused(g4, w2, v)
        out = fused(fused(product(w, b0), w1, b1), w2, b2)
        above = complex(above_left[n], above_right[n])
        below = add_scaled(add_scaled(above, first(out), 1.0), second(out), 1.0)
        below_left[n], below_right[n] = below.real, below.imag
        w1, w2 = w, w1
    store(carry, 0, 0, w1)
    store(carry, 1, 0, w2)
    for i, correlation in enumerate((g0, g1, g2, g3, g4)):
        sign = 1.0 if i < 3 else -1.0
        one, other = first(correlation), second(correlation)
        gc[0, i] += sign * (one.real + one.imag)
        gc[1, i] += sign * (other.real + other.imag)


@kernel
def deess_adjoint(
    bands: Array,
    gy: Audio,
    start: int,
    frames: int,
    control: Array,
    hop: int,
    trace: Array,
    carry: Array,
    gcontrol: Array,
    g: Array,
) -> None:
    """Propagate gradients through `deess`, over one chunk, from its end to its start.

    Args:
        bands: As `record_two` leaves them: what is turned down, and what is measured.
        gy: Gradient of the output, shape ``(2, time)``.
        start: First frame of the chunk, a multiple of ``hop``.
        frames: How many there are, a multiple of ``hop``.
        control: ``threshold_dbfs slope knee_db attack release most_db``, shape ``(6,)``.
        hop: Samples a hop.
        trace: Smoothed gain in dB of each hop of the whole signal, shape ``(time // hop,)``.
        carry: Gradient of the linear gain and of the gain in dB at the chunk's end, as far as what
            follows depends on them, shape ``(2,)``; zero at the signal's end; updated.
        gcontrol: Gradient of ``control``; added to.
        g: Gradient of ``bands``, laid out as they are; written.

    """
    hops = frames // hop
    last = start // hop + hops - 1
    sums, ramps = np.empty((hops, 12)), np.zeros((hops, 12))
    correlate(bands, 0, gy, start, hop, sums)
    after = math.exp(DECIBEL * trace[last])
    g_gain, g_trace, per_hop = carry[0], carry[1], 1.0 / hop
    for i in range(hops - 1, -1, -1):
        h = last + 1 - hops + i
        weighted = (sums[i, 4] + sums[i, 5]) * per_hop
        power = 0.5 * (sums[i, 10] + sums[i, 11]) * per_hop
        before_db = trace[h - 1] if h > 0 else 0.0
        before = math.exp(DECIBEL * before_db)
        g_db = DECIBEL * after * (weighted + g_gain) + g_trace
        g_trace, g_power, g_bound = gain_adjoint(
            power, before_db, control[5], g_db, control, gcontrol
        )
        gcontrol[5] -= g_bound
        g_gain = sums[i, 0] + sums[i, 1] - weighted
        for channel in range(2):
            ramps[i, channel] = before - 1.0
            ramps[i, channel + 4] = (after - before) * per_hop
            ramps[i, channel + 10] = g_power * per_hop
        after = before
    carry[0], carry[1] = g_gain, g_trace
    scale(bands, 0, gy, start, hop, ramps, g)


@kernel
def deess_signal(
    x: Audio,
    c: Array,
    control: Array,
    hop: int,
    chunk: int,
    states: Array,
    trace: Array,
    y: Audio,
) -> None:
    """Turn one band of a signal down where it is loud.

    Args:
        x: Input, shape ``(2, time)``, ``time`` a multiple of ``hop``.
        c: ``b0 b1 b2 a1 a2`` of the band that is turned down and of the one that is measured,
            shape ``(2, 5)``.
        control: As `deess` takes it, shape ``(6,)``.
        hop: Samples a hop, a multiple of 4.
        chunk: Samples a chunk, a multiple of ``hop``.
        states: The filters' states at the start of each chunk, shape ``(chunks, 2, 4)``; written.
        trace: The smoothed gain in dB of each hop, shape ``(time // hop,)``; written.
        y: Output, shape ``(2, time)``.

    """
    time = x.shape[1]
    state, gain = np.zeros((2, 4)), np.array((0.0, 1.0))
    out, band, heard = np.empty((2, chunk)), np.empty((2, chunk)), np.empty((2, chunk))
    for k in range(states.shape[0]):
        start = k * chunk
        frames = min(chunk, time - start)
        if frames < chunk:
            out, band, heard = np.empty((2, frames)), np.empty((2, frames)), np.empty((2, frames))
        for i in range(2):
            store(states[k], i, 0, load(state, i, 0))
        filter_two(x, start, frames, c, state, out, band, heard)
        curve = trace[start // hop : (start + frames) // hop]
        deess(out, band, heard, control, hop, gain, curve, out)
        write_frames(out, y, start)


@kernel
def deess_signal_adjoint(
    x: Audio,
    c: Array,
    control: Array,
    hop: int,
    chunk: int,
    states: Array,
    trace: Array,
    gy: Audio,
    gc: Array,
    gcontrol: Array,
    gx: Audio,
) -> None:
    """Propagate gradients through `deess_signal`.

    Args:
        x: As forward took it.
        c: As forward took them.
        control: As forward took it.
        hop: As forward took it.
        chunk: As forward took it.
        states: As forward left them.
        trace: As forward left it.
        gy: Gradient of the output, shape ``(2, time)``.
        gc: Gradient of ``c``; added to.
        gcontrol: Gradient of ``control``; added to.
        gx: Gradient of the input, shape ``(2, time)``; written.

    """
    bands, g = np.empty((chunk, 4)), np.empty((chunk, 4))
    gain_carry, filter_carry = np.zeros(2), np.zeros((2, 4))
    for k in range(states.shape[0] - 1, -1, -1):
        start = k * chunk
        frames = min(chunk, x.shape[1] - start)
        record_two(x, start, frames, c, states[k], bands)
        deess_adjoint(bands, gy, start, frames, control, hop, trace, gain_carry, gcontrol, g)
        filter_two_adjoint(x, bands, g, gy, start, frames, c, filter_carry, gc, gx)
