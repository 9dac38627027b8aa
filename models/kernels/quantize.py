"""Word-length reduction: triangular dither from a counter, and noise shaping.

Random numbers are a hash of seed, channel and sample position, so they do not depend on how the
audio is cut into blocks. The hash is the finalizer of SplitMix64 (Steele, Lea, Flood, 2014).
"""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from .jit import kernel

Array: TypeAlias = npt.NDArray[np.float64]


@kernel
def triangular(seed: int, position: int, channel: int) -> float:
    """Return a number with triangular density in (-1, 1), the difference of two uniform ones."""
    z = np.uint64(seed) + np.uint64(2 * position + channel + 1) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    high = np.int64(z >> np.uint64(32))
    low = np.int64(z & np.uint64(0xFFFFFFFF))
    return (high - low) * (1.0 / 4294967296.0)


@kernel
def quantize(
    x: Array,
    full_scale: float,
    seed: int,
    position: int,
    shaping: Array,
    errors: Array,
    y: npt.NDArray[np.int32],
) -> None:
    """Round a block to whole steps with triangular dither of two steps peak to peak.

    Args:
        x: Input, shape ``(2, time)``, full scale ±1.
        full_scale: Steps from 0 to full scale, as in 32 768.
        seed: Of the dither.
        position: Of the block's first sample in the track.
        shaping: Weights of the last errors that are subtracted from the input, newest first; empty
            for a white error.
        errors: The last errors, newest first, shape ``(2, len(shaping))``; updated.
        y: Output in steps, int32, shape ``(2, time)``.

    """
    order = shaping.shape[0]
    time = x.shape[1]
    top = full_scale - 1.0
    error = np.zeros(order + time)
    for channel in range(2):
        for k in range(order):
            error[k] = errors[channel, order - 1 - k]
        for n in range(time):
            shaped = 0.0
            for k in range(order - 1, -1, -1):  # the newest error last: it is the one waited for
                shaped += shaping[k] * error[order + n - 1 - k]
            wanted = x[channel, n] * full_scale - shaped
            dither = triangular(seed, position + n, channel)
            stepped = min(max(math.floor(wanted + dither + 0.5), -full_scale), top)
            error[order + n] = stepped - wanted
            y[channel, n] = np.int32(stepped)
        for k in range(order):
            errors[channel, k] = error[order + time - 1 - k]
