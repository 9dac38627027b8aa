"""The saturator, without delay: zero-phase half-band filters over the whole signal."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from scipy import signal

from .filters import Array

STEEP, SHORT = 64, 16
ATTENUATION_DB = 90.0
LOWEST_RATE_HZ = 176_400


def half_band(count: int) -> Array:
    """Zero-phase interpolator by two: ``count`` taps between the samples, and 1 on them."""
    beta = 0.1102 * (ATTENUATION_DB - 8.7)
    between = np.sinc(np.arange(0.5 - count / 2, count / 2)) * np.kaiser(count, beta)
    full = np.zeros(2 * count - 1)
    full[::2] = between / between.sum()
    full[count - 1] = 1.0
    return full


def doubled(x: Array, count: int) -> Array:
    long = signal.upfirdn(half_band(count), x, up=2)
    return np.asarray(long[:, count - 1 : count - 1 + 2 * x.shape[1]])


def halved(x: Array, count: int) -> Array:
    padded = np.pad(x, ((0, 0), (count - 1, count - 1)))
    taps = 0.5 * half_band(count)
    return np.stack([np.convolve(row, taps, "valid")[::2] for row in padded])


def render(values: Mapping[str, float], anchor_dbfs: float, x: Array, sample_rate: int) -> Array:
    ceiling = 10.0 ** ((anchor_dbfs - values["drive_db"]) / 20.0)
    doublings = max(0, math.ceil(math.log2(LOWEST_RATE_HZ / sample_rate)))
    stages = [STEEP if stage == 0 else SHORT for stage in range(doublings)]
    margin = 4 * STEEP  # the filters ring beyond both ends
    loud = np.pad(x, ((0, 0), (margin, margin)))
    for count in stages:
        loud = doubled(loud, count)
    added = values["mix"] * (loud / np.hypot(1.0, loud / ceiling) - loud)
    for count in reversed(stages):
        added = halved(added, count)
    inside: Array = added[:, margin:-margin]
    return x + inside
