"""Adjoint of gain computers, ballistics and gain ramps.

A gain ramp runs from ``before`` to ``after`` over a hop; with ``c`` the correlation of the band
with the output's gradient and ``r`` the same weighted by the ramp's position ``(n + 1) / hop``, the
gradients of the two gains are ``c - r`` and ``r``. The gain in dB of hop ``h`` also decides that of
hop ``h + 1`` by the one-pole, so everything runs from the last hop to the first.
"""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ..dynamics import SILENT_POWER, static_gain_db
from ..jit import kernel
from ..quad import factors, fused, load, product, quad, store

Array: TypeAlias = npt.NDArray[np.float64]
Audio: TypeAlias = npt.NDArray[np.float32] | npt.NDArray[np.float64]

DECIBEL = math.log(10.0) / 20.0
"""Derivative of an amplitude's logarithm by its level in dB."""


@kernel
def static_gain_slopes(over_db: float, slope: float, knee_db: float) -> tuple[float, float, float]:
    """Return the derivatives of `static_gain_db` by its three arguments."""
    if over_db <= -0.5 * knee_db:
        return 0.0, 0.0, 0.0
    if over_db >= 0.5 * knee_db:
        return slope, over_db, 0.0
    into = over_db / knee_db + 0.5
    return slope * into, 0.5 * into * into * knee_db, 0.5 * slope * into * (1.0 - into)


@kernel
def gain_adjoint(
    power: float,
    before_db: float,
    most_db: float,
    g: float,
    control: Array,
    gcontrol: Array,
) -> tuple[float, float, float]:
    """Propagate the gradient of a hop's gain in dB through ballistics and gain computer.

    Args:
        power: Mean square of the hop.
        before_db: Smoothed gain of the hop before.
        most_db: Bound of the reduction before it is smoothed.
        g: Gradient of the smoothed gain.
        control: ``threshold_dbfs slope knee_db attack release``, and one more.
        gcontrol: Gradient of ``control``; added to.

    Returns:
        Gradients of ``before_db``, of ``power``, and of ``-most_db``.

    """
    heard = max(power, SILENT_POWER)
    over_db = 10.0 * math.log10(heard) - control[0]
    target = static_gain_db(over_db, control[1], control[2])
    bounded = target < -most_db
    if bounded:
        target = -most_db
    smoothing = 3 if target < before_db else 4
    gcontrol[smoothing] += g * (before_db - target)
    g_before = control[smoothing] * g
    g -= g_before
    if bounded:
        return g_before, 0.0, g
    by_over, by_slope, by_knee = static_gain_slopes(over_db, control[1], control[2])
    gcontrol[0] -= g * by_over
    gcontrol[1] += g * by_slope
    gcontrol[2] += g * by_knee
    if power <= SILENT_POWER:
        return g_before, 0.0, 0.0
    return g_before, g * by_over / (2.0 * DECIBEL * power), 0.0


@kernel
def correlate(signals: Array, column: int, gy: Audio, start: int, hop: int, sums: Array) -> None:
    """Sum over each hop what the gradients of its gains need.

    Args:
        signals: Two pairs a frame in four columns, which a gain ramp scales, shape
            ``(frames, columns)``.
        column: The first of the four.
        gy: Gradient of the output, shape ``(2, time)``.
        start: First frame of the chunk.
        hop: Samples a hop.
        sums: For each of the four: its products with the gradient, the same weighted by
            1 … ``hop``, and its squares, shape ``(hops, 12)``; written.

    """
    zero = factors(0.0, 0.0)
    for h in range(sums.shape[0]):
        at = start + h * hop
        left, right = gy[0, at : at + hop], gy[1, at : at + hop]
        products, weighted, squares = zero, zero, zero
        for n in range(hop):
            pair = complex(left[n], right[n])
            g, u = quad(pair, pair), load(signals, h * hop + n, column)
            products = fused(products, u, g)
            weighted = fused(weighted, u, product(g, factors(n + 1.0, n + 1.0)))
            squares = fused(squares, u, u)
        store(sums, h, 0, products)
        store(sums, h, 4, weighted)
        store(sums, h, 8, squares)


@kernel
def scale(
    signals: Array, column: int, gy: Audio, start: int, hop: int, ramps: Array, gradients: Array
) -> None:
    """Write the gradient of signals: a ramp times that of the output, and their own share.

    Args:
        signals: As `correlate` takes them.
        column: The first of the four.
        gy: Gradient of the output, shape ``(2, time)``.
        start: First frame of the chunk.
        hop: Samples a hop.
        ramps: For each of the four: the gain before the hop, its step a sample, and the factor of
            the signal in its own gradient, shape ``(hops, 12)``.
        gradients: Laid out as ``signals``; four columns are written. May be ``signals``.

    """
    for h in range(ramps.shape[0]):
        before, step, share = load(ramps, h, 0), load(ramps, h, 4), load(ramps, h, 8)
        at = start + h * hop
        left, right = gy[0, at : at + hop], gy[1, at : at + hop]
        for n in range(hop):
            pair, row = complex(left[n], right[n]), h * hop + n
            own = product(load(signals, row, column), share)
            gain = fused(before, step, factors(n + 1.0, n + 1.0))
            store(gradients, row, column, fused(own, quad(pair, pair), gain))
