"""Gain computers and ballistics at the control rate, and gain ramps at the audio rate.

The level of a hop is its mean square over both channels. The gain of a hop is reached at its end by
a linear ramp from that of the hop before; blocks hold whole hops, so no delay is needed.
"""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from .jit import kernel
from .quad import difference, factors, first, load, product, quad, second, store, total

Array: TypeAlias = npt.NDArray[np.float64]

SILENT_POWER = 1e-20


@kernel
def hop_power(x: Array, start: int, hop: int) -> float:
    """Return the mean square over both channels of ``x[:, start : start + hop]``."""
    # four partial sums let the adds overlap; the order is fixed, so the result is too
    sums = factors(0.0, 0.0)
    for n in range(start, start + hop, 4):
        left, right = load(x, 0, n), load(x, 1, n)
        sums = total(sums, total(product(left, left), product(right, right)))
    early, late = first(sums), second(sums)
    mean: float = ((early.real + early.imag) + (late.real + late.imag)) / (2.0 * hop)
    return mean


@kernel
def static_gain_db(over_db: float, slope: float, knee_db: float) -> float:
    """Return the gain of a soft-knee compressor, 0 or negative.

    Giannoulis, Massberg, Reiss, "Digital Dynamic Range Compressor Design" (JAES 60, 2012), eq. 4.

    Args:
        over_db: Level above the threshold.
        slope: ``1 / ratio - 1``.
        knee_db: Width of the knee, positive.

    """
    if over_db <= -0.5 * knee_db:
        return 0.0
    if over_db >= 0.5 * knee_db:
        return slope * over_db
    into = over_db + 0.5 * knee_db
    return slope * into * into / (2.0 * knee_db)


@kernel
def gain_curve(
    x: Array,
    control: Array,
    most_db: float,
    makeup_db: float,
    hop: int,
    state: float,
    trace: Array,
    gain: Array,
) -> float:
    """Compute the gain of one band at the end of each hop.

    Each step runs over all hops before the next, which keeps several logarithms at work at once.

    Args:
        x: The band, shape ``(2, time)``, ``time`` a multiple of ``hop``.
        control: ``threshold_dbfs slope knee_db attack release``, and one more.
        most_db: Bound of the reduction.
        makeup_db: Gain besides.
        hop: Samples a hop, a multiple of 4.
        state: Smoothed static gain in dB of the hop before.
        trace: The smoothed static gain of each hop, shape ``(time // hop,)``; written.
        gain: The linear gain of each hop, same shape; written.

    Returns:
        The last smoothed static gain.

    """
    hops = x.shape[1] // hop
    for h in range(hops):
        trace[h] = max(hop_power(x, h * hop, hop), SILENT_POWER)
    for h in range(hops):
        target = static_gain_db(10.0 * math.log10(trace[h]) - control[0], control[1], control[2])
        trace[h] = max(target, -most_db)
    for h in range(hops):
        target = trace[h]
        coefficient = control[3] if target < state else control[4]
        state = target + coefficient * (state - target)
        trace[h] = state
    for h in range(hops):
        gain[h] = 10.0 ** (0.05 * (trace[h] + makeup_db))
    return state


@kernel
def compress_bands(
    bands: Array,
    control: Array,
    hop: int,
    reduction: Array,
    gain: Array,
    trace: Array,
    y: Array,
) -> None:
    """Compress every band of a block and add them up.

    Args:
        bands: Shape ``(band, 2, time)``, ``time`` a multiple of ``hop``.
        control: ``threshold_dbfs slope knee_db attack release makeup_db`` a band, shape
            ``(band, 6)``; attack and release are one-pole coefficients a hop.
        hop: Samples a hop, a multiple of 4.
        reduction: Smoothed static gain in dB a band, 0 or negative; updated.
        gain: Linear gain a band at the end of the hop before; updated.
        trace: The smoothed static gain of each hop, shape ``(band, time // hop)``; written.
        y: Output, shape ``(2, time)``.

    """
    hops = y.shape[1] // hop
    curve = np.empty(hops)
    four = factors(4.0, 4.0)
    for b in range(bands.shape[0]):
        x, before = bands[b], gain[b]
        reduction[b] = gain_curve(
            x, control[b], np.inf, control[b, 5], hop, reduction[b], trace[b], curve
        )
        for h in range(hops):
            step = (curve[h] - before) / hop
            first_gain, steps = factors(before, before), factors(step, step)
            position = quad(complex(1.0, 2.0), complex(3.0, 4.0))
            for n in range(h * hop, (h + 1) * hop, 4):
                ramp = total(first_gain, product(steps, position))
                position = total(position, four)
                for channel in range(2):
                    part = product(load(x, channel, n), ramp)
                    if b > 0:
                        part = total(load(y, channel, n), part)
                    store(y, channel, n, part)
            before = curve[h]
        gain[b] = before


@kernel
def deess(
    x: Array,
    band: Array,
    heard: Array,
    control: Array,
    hop: int,
    state: Array,
    trace: Array,
    y: Array,
) -> None:
    """Turn one band down where it is loud: ``y = x + (g - 1) · band``.

    Args:
        x: Input, shape ``(2, time)``, ``time`` a multiple of ``hop``.
        band: The input through the band-pass that is turned down, same shape.
        heard: The input through the band-pass whose level decides, same shape.
        control: ``threshold_dbfs slope knee_db attack release most_db``, shape ``(6,)``; the last
            bounds the reduction.
        hop: Samples a hop, a multiple of 4.
        state: Smoothed gain in dB and linear gain at the end of the hop before; updated.
        trace: The smoothed gain in dB of each hop, shape ``(time // hop,)``; written.
        y: Output, shape ``(2, time)``; may be ``x``.

    """
    hops = x.shape[1] // hop
    curve, before = np.empty(hops), state[1]
    state[0] = gain_curve(heard, control, control[5], 0.0, hop, state[0], trace, curve)
    four, one = factors(4.0, 4.0), factors(1.0, 1.0)
    for h in range(hops):
        step = (curve[h] - before) / hop
        first_gain, steps = factors(before, before), factors(step, step)
        position = quad(complex(1.0, 2.0), complex(3.0, 4.0))
        for n in range(h * hop, (h + 1) * hop, 4):
            ramp = difference(total(first_gain, product(steps, position)), one)
            position = total(position, four)
            for channel in range(2):
                part = product(load(band, channel, n), ramp)
                store(y, channel, n, total(load(x, channel, n), part))
        before = curve[h]
    state[1] = before
