"""Audio fingerprints: what tells one recording from another, and which track repeats itself.

Each frame becomes 32 bits: the signs of the differences, between neighbors in frequency and over
time, of its energy in 33 bands (J. Haitsma and T. Kalker, "A Highly Robust Audio Fingerprinting
System", ISMIR 2002). Levels and equalization by less than a band's difference cancel. Bands are
groups of mel bands, smoothed over about 0.4 s so that a shift by half a frame changes few bits.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Words: TypeAlias = npt.NDArray[np.uint32]
"""A fingerprint: 32 bits a frame, shape ``(frame,)``."""

SMOOTHING_FRAMES = 16
"""Length of the window over time."""

STRIDE_FRAMES = 8
"""Distance in time over which energy differences are compared."""

_FIRST_BAND, _LAST_BAND = 6, 72  # 0.2 to 10 kHz: two mel bands a group
_FLOOR = 1e-10


def fingerprint(power: npt.NDArray[np.floating]) -> Words:
    """Return the fingerprint of a track.

    Args:
        power: Mel frames, power of mid and side together, shape ``(80, frame)``.

    """
    frames = power.shape[1] - SMOOTHING_FRAMES - STRIDE_FRAMES + 1
    if frames <= 0:
        return np.empty(0, np.uint32)
    bands = power[_FIRST_BAND:_LAST_BAND].reshape(33, 2, -1).sum(axis=1, dtype=np.float64)
    sums = np.pad(np.cumsum(bands, axis=1), ((0, 0), (1, 0)))
    smooth = sums[:, SMOOTHING_FRAMES:] - sums[:, :-SMOOTHING_FRAMES]
    levels = np.log(np.maximum(smooth, 0.0) + _FLOOR * max(float(smooth.max()), 1e-30))
    slope = np.diff(levels, axis=0)
    bits = slope[:, STRIDE_FRAMES:] > slope[:, :-STRIDE_FRAMES]
    words: Words = np.zeros(frames, np.uint32)
    for position, row in enumerate(bits):
        words |= row.astype(np.uint32) << np.uint32(position)
    return words


def error_rate(first: Words, second: Words) -> float:
    """Return the share of unlike bits of two fingerprints of the same length; 1 without any."""
    if len(first) == 0:
        return 1.0
    return float(np.bitwise_count(first ^ second).mean()) / 32.0


def repetition(words: Words, shortest_frames: int, longest_frames: int) -> tuple[int, float]:
    """Return the period at which a track repeats itself best, and the share of unlike bits there.

    Args:
        words: The fingerprint.
        shortest_frames: Least period.
        longest_frames: Largest period.

    Returns:
        Period in frames and error rate; a period of 0 where the track has not two of the shortest.

    """
    best = (0, 1.0)
    for lag in range(shortest_frames, min(longest_frames, len(words) // 2) + 1):
        rate = error_rate(words[:-lag], words[lag:])
        if rate < best[1]:
            best = (lag, rate)
    return best
