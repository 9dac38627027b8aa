"""The control-rate side of de-esser and compressor, one hop after the other."""

from __future__ import annotations

import math

import numpy as np

from .filters import Array

FLOOR_DBFS = -200.0


def hop_samples(sample_rate: int) -> int:
    """A power of two near 0.7 ms, at least 4."""
    return max(4, int(2 ** round(math.log2(0.7e-3 * sample_rate))))


def static_gain_db(over_db: float, ratio: float, knee_db: float) -> float:
    """Soft-knee gain computer, Giannoulis, Massberg, Reiss (2012), equation 4, minus its input."""
    slope = 1.0 / ratio - 1.0
    if 2.0 * over_db < -knee_db:
        return 0.0
    if 2.0 * abs(over_db) <= knee_db:
        return slope * (over_db + knee_db / 2.0) ** 2 / (2.0 * knee_db)
    return slope * over_db


def smoothed_gain_db(
    band: Array,
    sample_rate: int,
    *,
    threshold_dbfs: float,
    ratio: float,
    knee_db: float,
    attack_ms: float,
    release_ms: float,
    most_db: float = math.inf,
) -> Array:
    """Gain in dB at the end of each hop of ``band``, shape ``(2, time)``, whole hops."""
    hop = hop_samples(sample_rate)
    power = np.mean(band.reshape(2, -1, hop) ** 2, axis=(0, 2))
    level_dbfs = np.maximum(10.0 * np.log10(np.maximum(power, 1e-300)), FLOOR_DBFS)
    gains_db = np.empty(len(power))
    state = 0.0
    hop_ms = 1000.0 * hop / sample_rate
    for n, level in enumerate(level_dbfs):
        target = max(static_gain_db(level - threshold_dbfs, ratio, knee_db), -most_db)
        time_ms = attack_ms if target < state else release_ms
        state += (1.0 - math.exp(-hop_ms / time_ms)) * (target - state)
        gains_db[n] = state
    return gains_db


def ramps(gains_db: Array, first_db: float, hop: int) -> Array:
    """Linear gain for each sample: straight lines in amplitude, reached at the end of each hop."""
    points = 10.0 ** (np.concatenate(((first_db,), gains_db)) / 20.0)
    ends = np.arange(len(points)) * hop
    return np.interp(np.arange(1, ends[-1] + 1), ends, points)
