"""Time grids that depend on the sample rate.

Sidechains run at a control rate. Its hop is a power of two near 0.7 ms, aligned to absolute sample
positions, so that one set of time constants gives the same gain curves at every rate.
"""

from __future__ import annotations

import math

from .namespace import Quantity, namespace

NYQUIST_MARGIN = 0.45
"""Bands and filters with a corner above this share of the sample rate are bypassed."""

OVERSAMPLED_RATE_HZ = 176_400
"""The saturator works at this rate or a higher one."""


def hop_samples(sample_rate: int) -> int:
    """Return the control hop: 32 at 44.1 and 48 kHz, 64 at 96 kHz, 128 at 192 kHz, at least 4."""
    return max(4, int(2 ** round(math.log2(0.0007 * sample_rate))))


def limiter_cell_samples(sample_rate: int) -> int:
    """Return the limiter's grid: a quarter of the control hop, at least 4 samples."""
    return max(4, hop_samples(sample_rate) // 4)


def oversampling_factor(sample_rate: int) -> int:
    """Return the power of two that brings ``sample_rate`` to 176.4 kHz or above."""
    return int(2 ** max(0, math.ceil(math.log2(OVERSAMPLED_RATE_HZ / sample_rate))))


def representable(frequency_hz: Quantity, sample_rate: int) -> Quantity:
    """Return whether a filter with this corner can be built at this rate."""
    return frequency_hz <= NYQUIST_MARGIN * sample_rate


def smoothing(time_ms: Quantity, hop: int, sample_rate: int) -> Quantity:
    """Return the one-pole coefficient that covers 63 % of a step in ``time_ms``."""
    return namespace(time_ms).exp(-hop / (0.001 * time_ms * sample_rate))
