"""Decibels, amplitudes and powers."""

from __future__ import annotations

import math
from typing import cast

from .namespace import Quantity, Value


def decibel_to_amplitude(level_db: Value) -> Value:
    """Convert dB to a linear amplitude: a float, an array or a tensor."""
    return cast(Value, 10.0 ** (cast(Quantity, level_db) / 20.0))


def amplitude_to_decibel(amplitude: float) -> float:
    """Convert a linear amplitude to dB; 0 gives minus infinity."""
    return 20.0 * math.log10(amplitude) if amplitude > 0.0 else -math.inf


def decibel_to_power(level_db: Value) -> Value:
    """Convert dB to a power (a mean square): a float, an array or a tensor."""
    return cast(Value, 10.0 ** (cast(Quantity, level_db) / 10.0))


def power_to_decibel(power: float) -> float:
    """Convert a power (a mean square) to dB; 0 gives minus infinity."""
    return 10.0 * math.log10(power) if power > 0.0 else -math.inf
