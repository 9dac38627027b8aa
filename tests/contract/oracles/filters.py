"""Digital filters designed another way than the engine does: roots instead of closed forms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import signal

Array: TypeAlias = npt.NDArray[np.float64]

NYQUIST_SHARE = 0.45
MATCHED_SHARES = (0.7, 0.35)
"""Where filters are matched besides DC: of the corner, and of the sample rate."""


def analog_gain(
    numerator: Sequence[float], denominator: Sequence[float], ratio: float | Array
) -> Array:
    """Magnitude of a prototype in ``s`` at ``s = j ratio``."""
    s = 1j * np.asarray(ratio)
    return np.asarray(np.abs(np.polyval(numerator, s) / np.polyval(denominator, s)))


def matched(
    numerator: Sequence[float],
    denominator: Sequence[float],
    frequency_hz: float,
    sample_rate: int,
    at_hz: tuple[float, float],
) -> Array:
    """Section ``b0 b1 b2 1 a1 a2`` with mapped poles and the magnitude given at DC and ``at_hz``.

    The numerator's squared magnitude is a quadratic in ``u = sin²(ω/2)``. Each root of it gives
    a pair of zeros by ``z + 1/z = 2 - 4 u``, of which the one inside the unit circle is kept.
    """
    corner = 2.0 * np.pi * frequency_hz / sample_rate
    poles = np.exp(np.roots(denominator) * corner)

    def wanted(f: float) -> float:
        unit = np.exp(-2j * np.pi * f / sample_rate)
        damped = np.prod(np.abs(1.0 - poles * unit))
        return float((analog_gain(numerator, denominator, f / frequency_hz) * damped) ** 2)

    constant = wanted(0.0)
    u = np.sin(np.pi * np.array(at_hz) / sample_rate) ** 2
    rest = np.array([wanted(f) for f in at_hz]) - constant
    linear, square = np.linalg.solve(np.stack((u, u * u), axis=1), rest)
    places = np.roots((square, linear, constant)).astype(complex)
    half = 1.0 - 2.0 * places
    swing = 2.0 * np.sqrt(places * (places - 1.0))
    pairs = np.stack((half + swing, half - swing))
    zeros = pairs[np.abs(pairs).argmin(axis=0), np.arange(2)]
    unit = np.exp(-2j * np.pi * at_hz[0] / sample_rate)  # at DC the magnitude may be 0
    gain = np.sqrt(wanted(at_hz[0])) / np.prod(np.abs(1.0 - zeros * unit))
    return np.concatenate((gain * np.poly(zeros).real, np.poly(poles).real))


def matched_high_pass(frequency_hz: float, q: float, sample_rate: int, at_hz: float) -> Array:
    """Section with mapped poles, two zeros at DC, and the prototype's magnitude at ``at_hz``."""
    denominator = (1.0, 1.0 / q, 1.0)
    poles = np.exp(np.roots(denominator) * 2.0 * np.pi * frequency_hz / sample_rate)
    section = np.concatenate(((1.0, -2.0, 1.0), np.poly(poles).real))
    unit = np.exp(-2j * np.pi * at_hz / sample_rate)
    digital = abs((1.0 - unit) ** 2 / np.prod(1.0 - poles * unit))
    section[:3] *= analog_gain((1.0, 0.0, 0.0), denominator, at_hz / frequency_hz) / digital
    return section


def low_pass(x: Array, frequency_hz: float, sample_rate: int) -> Array:
    """Linkwitz-Riley low-pass of fourth order: a Butterworth of second order, twice."""
    return _twice(x, "lowpass", frequency_hz, sample_rate)


def high_pass(x: Array, frequency_hz: float, sample_rate: int) -> Array:
    """Linkwitz-Riley high-pass of fourth order."""
    return _twice(x, "highpass", frequency_hz, sample_rate)


def all_pass(x: Array, frequency_hz: float, sample_rate: int) -> Array:
    """What the two halves of a Linkwitz-Riley split add up to."""
    _, a = signal.butter(2, frequency_hz, fs=sample_rate)
    return np.asarray(signal.lfilter(a[::-1], a, x))


def _twice(x: Array, kind: str, frequency_hz: float, sample_rate: int) -> Array:
    sos = signal.butter(2, frequency_hz, kind, fs=sample_rate, output="sos")
    return np.asarray(signal.sosfilt(np.concatenate((sos, sos)), x))
