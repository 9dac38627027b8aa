"""The K-weighting filter of ITU-R BS.1770-5, Annex 1, at any sample rate, and the gates' constants.

The standard tabulates it at 48 kHz only. Elsewhere the analog prototype behind the table (De Man,
"Evaluation of implementations of the EBU R128 loudness measurement", AES 145th convention, 2018) is
transformed with its corner frequencies pre-warped, and the high-pass is pinned to the pass-band
gain that the table's unnormalized numerator gives it at 48 kHz.
"""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from .decibel import decibel_to_amplitude

Array: TypeAlias = npt.NDArray[np.float64]

REFERENCE_RATE = 48_000

OFFSET_DB = -0.691
"""Added to K-weighted power in dB to make LUFS: cancels the filter's gain at 997 Hz, equation 2."""

ABSOLUTE_GATE_LUFS = -70.0
RELATIVE_GATE_LU = -10.0

_SHELF_HZ = 1681.974450955533
_SHELF_DB = 3.999843853973347
_SHELF_Q = 0.7071752369554196
_SHELF_EXPONENT = 0.4996667741545416
_HIGH_PASS_HZ = 38.13547087602444
_HIGH_PASS_Q = 0.5003270373238773
_HIGH_PASS_GAIN = 1.0049948987


def k_weighting(sample_rate: int) -> Array:
    """Return b0, b1, b2, a1, a2 of the shelf and of the high-pass, shape ``(2, 5)``.

    From 44.1 kHz to 384 kHz the response stays within 0.008 dB of the one at 48 kHz, from 20 Hz to
    20 kHz; the error grows below that, to 0.01 dB at 32 kHz.
    """
    k = math.tan(math.pi * _SHELF_HZ / sample_rate)
    high = decibel_to_amplitude(_SHELF_DB)
    band = high**_SHELF_EXPONENT
    norm = 1.0 + k / _SHELF_Q + k * k
    shelf = (
        (high + band * k / _SHELF_Q + k * k) / norm,
        2.0 * (k * k - high) / norm,
        (high - band * k / _SHELF_Q + k * k) / norm,
        2.0 * (k * k - 1.0) / norm,
        (1.0 - k / _SHELF_Q + k * k) / norm,
    )
    k = math.tan(math.pi * _HIGH_PASS_HZ / sample_rate)
    norm = 1.0 + k / _HIGH_PASS_Q + k * k
    a1 = 2.0 * (k * k - 1.0) / norm
    a2 = (1.0 - k / _HIGH_PASS_Q + k * k) / norm
    gain = _HIGH_PASS_GAIN * (1.0 - a1 + a2) / 4.0
    return np.array([shelf, (gain, -2.0 * gain, gain, a1, a2)])


def k_weighting_power(frequency_hz: Array, sample_rate: int = REFERENCE_RATE) -> Array:
    """Return the squared magnitude of the filter at ``frequency_hz``, same shape."""
    delay = np.exp(-2j * np.pi * frequency_hz / sample_rate)
    power = np.ones_like(frequency_hz)
    for b0, b1, b2, a1, a2 in k_weighting(sample_rate):
        numerator = b0 + delay * (b1 + delay * b2)
        power *= np.abs(numerator / (1.0 + delay * (a1 + delay * a2))) ** 2
    return power
