"""The equalizer of the cookbook's prototypes, high-pass first, mean gain taken out."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from scipy import signal

from .filters import (
    MATCHED_SHARES,
    NYQUIST_SHARE,
    Array,
    analog_gain,
    matched,
    matched_high_pass,
)

FILTERS = {
    "low_shelf": "low_shelf",
    "low": "bell",
    "low_mid": "bell",
    "high_mid": "bell",
    "high": "bell",
    "high_shelf": "high_shelf",
}
SHELF_Q = 1.0 / math.sqrt(2.0)

Prototype = tuple[tuple[float, ...], tuple[float, ...]]


def prototype(shape: str, gain_db: float, q: float) -> Prototype:
    a = 10.0 ** (gain_db / 40.0)
    root = math.sqrt(a)
    if shape == "bell":
        return (1.0, a / q, 1.0), (1.0, 1.0 / (a * q), 1.0)
    if shape == "low_shelf":
        return (a, a * root / q, a * a), (a, root / q, 1.0)
    return (a * a, a * root / q, a), (1.0, root / q, a)


def chosen(values: Mapping[str, float], name: str) -> tuple[str, float, float, float]:
    """Shape, gain in dB, Q and corner in Hz of one filter."""
    q = values.get(f"{name}_q", SHELF_Q)
    return FILTERS[name], values[f"{name}_gain_db"], q, values[f"{name}_frequency_hz"]


def mean_gain_db(values: Mapping[str, float], sample_rate: int) -> float:
    """Mean of shelves and bells over the 24 third octaves from 63 Hz to 12.5 kHz."""
    centers_hz = 1000.0 * 2.0 ** (np.arange(-12, 12) / 3.0)
    return float(np.mean(balance_db(values, centers_hz, sample_rate)))


def balance_db(values: Mapping[str, float], frequency_hz: Array, sample_rate: int) -> Array:
    """Analog response in dB of the shelves and bells that the rate can hold."""
    total = np.zeros(len(frequency_hz))
    for name in FILTERS:
        shape, gain_db, q, corner_hz = chosen(values, name)
        if corner_hz > NYQUIST_SHARE * sample_rate:
            continue
        numerator, denominator = prototype(shape, gain_db, q)
        total += 20.0 * np.log10(analog_gain(numerator, denominator, frequency_hz / corner_hz))
    return total


def response_db(values: Mapping[str, float], frequency_hz: Array, sample_rate: int) -> Array:
    """Analog response of the whole equalizer in dB."""
    ratio = frequency_hz / values["high_pass_frequency_hz"]
    high_pass = analog_gain((1.0, 0.0, 0.0), (1.0, 1.0 / SHELF_Q, 1.0), ratio)
    balance = balance_db(values, frequency_hz, sample_rate)
    total: Array = balance + 20.0 * np.log10(high_pass)
    return total - mean_gain_db(values, sample_rate)


def sections(values: Mapping[str, float], sample_rate: int) -> Array:
    """Second-order sections as scipy wants them; what the rate cannot hold is left out."""
    corner_share, rate_share = MATCHED_SHARES
    high_hz = rate_share * sample_rate
    rows = [matched_high_pass(values["high_pass_frequency_hz"], SHELF_Q, sample_rate, high_hz)]
    for name in FILTERS:
        shape, gain_db, q, corner_hz = chosen(values, name)
        if corner_hz > NYQUIST_SHARE * sample_rate:
            continue
        at_hz = (corner_share * corner_hz, high_hz)
        row = matched(*prototype(shape, abs(gain_db), q), corner_hz, sample_rate, at_hz)
        if gain_db < 0.0:  # a cut is the inverse of the boost
            row = np.roll(row, 3) / row[0]
        rows.append(row)
    return np.array(rows)


def render(values: Mapping[str, float], x: Array, sample_rate: int) -> Array:
    filtered: Array = signal.sosfilt(sections(values, sample_rate), x)
    return filtered * 10.0 ** (-mean_gain_db(values, sample_rate) / 20.0)
