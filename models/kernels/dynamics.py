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

Array: TypeAlias = npt.NDArray[np.float64]

SILENT_POWER = 1e-20


@kernel
def hop_power(x: Array, start: int, hop: int) -> float:
    """Return the mean square over both channels of ``x[:, start : start + hop]``."""
    # four partial sums let the adds overlap; the order is fixed, so the result is too
    a, b, c, d = 0.0, 0.0, 0.0, 0.0
    left, right = x[0, start : start + hop], x[1, start : start + hop]
    for i in range(hop // 4):
        n = 4 * i
        a += left[n] * left[n] + right[n] * right[n]
        b += left[n + 1] * left[n + 1] + right[n + 1] * right[n + 1]
        c += left[n + 2] * left[n + 2] + right[n + 2] * right[n + 2]
        d += left[n + 3] * left[n + 3] + right[n + 3] * right[n + 3]
    return ((a + b) + (c + d)) / (2.0 * hop)


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
    time = y.shape[1]
    ramp = np.empty(time)
    for channel in range(2):
        for n in range(time):
            y[channel, n] = 0.0
    for b in range(bands.shape[0]):
        x = bands[b]
        threshold, slope, knee = control[b, 0], control[b, 1], control[b, 2]
        attack, release, makeup = control[b, 3], control[b, 4], control[b, 5]
        state, before = reduction[b], gain[b]
        for h in range(time // hop):
            start = h * hop
            power = max(hop_power(x, start, hop), SILENT_POWER)
            target = static_gain_db(10.0 * math.log10(power) - threshold, slope, knee)
            coefficient = attack if target < state else release
            state = target + coefficient * (state - target)
            after = 10.0 ** (0.05 * (state + makeup))
            trace[b, h] = state
            step = (after - before) / hop
            part = ramp[start : start + hop]
            for n in range(hop):
                part[n] = before + step * (n + 1.0)
            before = after
        reduction[b], gain[b] = state, before
        for channel in range(2):
            total, part = y[channel], x[channel]
            for n in range(time):
                total[n] += part[n] * ramp[n]


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
    reduction, before = state[0], state[1]
    for h in range(x.shape[1] // hop):
        start = h * hop
        power = max(hop_power(heard, start, hop), SILENT_POWER)
        target = static_gain_db(10.0 * math.log10(power) - control[0], control[1], control[2])
        target = max(target, -control[5])
        coefficient = control[3] if target < reduction else control[4]
        reduction = target + coefficient * (reduction - target)
        after = 10.0 ** (0.05 * reduction)
        trace[h] = reduction
        step = (after - before) / hop
        for channel in range(2):
            dry = x[channel, start : start + hop]
            loud = band[channel, start : start + hop]
            out = y[channel, start : start + hop]
            for n in range(hop):
                out[n] = dry[n] + loud[n] * (before + step * (n + 1.0) - 1.0)
        before = after
    state[0], state[1] = reduction, before
