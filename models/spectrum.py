"""The long-term power spectrum of a track, in twelfth-octave bands.

Band edges are ``1000 · 2^(m/12)`` Hz with whole ``m``, chosen so that four bands make one
third-octave band of IEC 61260 (base two) around 19.7 Hz … 20.2 kHz.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias, cast

import numpy as np
import numpy.typing as npt

from .decibel import decibel_to_power
from .namespace import Value, at_least, namespace

Array: TypeAlias = npt.NDArray[np.float64]

BANDS_PER_THIRD = 4
THIRDS = np.arange(-17, 14)
THIRD_CENTERS_HZ: Array = 1000.0 * 2.0 ** (THIRDS / 3.0)
"""Centers of the 31 third-octave bands, 19.7 Hz … 20.2 kHz."""

NOMINAL_HZ = (
    "20", "25", "31.5", "40", "50", "63", "80", "100", "125", "160", "200", "250", "315", "400",
    "500", "630", "800", "1000", "1250", "1600", "2000", "2500", "3150", "4000", "5000", "6300",
    "8000", "10000", "12500", "16000", "20000",
)  # fmt: skip
"""Nominal frequencies of the third octaves (IEC 61260-1, Annex E)."""

EDGES_HZ: Array = 1000.0 * 2.0 ** (np.arange(4 * -17 - 2, 4 * 13 + 3) / 12.0)
"""The 125 edges of the twelfth-octave bands, 17.5 Hz … 22.6 kHz."""

CENTERS_HZ: Array = np.sqrt(EDGES_HZ[:-1] * EDGES_HZ[1:])
"""Centers of the 124 twelfth-octave bands."""


LOWEST_POWER = 1e-20
"""A band with no more than this power (-200 dB) holds nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class PowerSpectrum:
    """Mean power a band, over the parts of a track that pass the loudness gate.

    With mid ``m = (l + r) / 2`` and side ``s = (l - r) / 2``, ``mid + side`` is the mean of both
    channels' powers, and ``mid - side`` the mean product of left and right.

    Attributes:
        mid: Mean square of mid, shape ``(124,)``; a full-scale sine in both channels has 0.5.
        side: Mean square of side, shape ``(124,)``; zero for mono.
        cross: Mean product of mid and side, shape ``(124,)``; positive where left is louder.

    """

    mid: Array
    side: Array
    cross: Array

    @property
    def total(self) -> Array:
        """Mean of both channels' powers, shape ``(124,)``."""
        return self.mid + self.side

    def scaled(self, gain_db: float) -> PowerSpectrum:
        """Return the spectrum of the same track ``gain_db`` louder."""
        power = decibel_to_power(gain_db)
        return PowerSpectrum(self.mid * power, self.side * power, self.cross * power)


def levels_db(power: Value) -> Value:
    """Convert powers to dB, any shape; what is below `LOWEST_POWER` counts as that."""
    return cast(Value, 10.0 * namespace(power).log10(at_least(power, LOWEST_POWER)))


def third_octaves(power: Array) -> Array:
    """Sum twelfth-octave powers, shape ``(124,)``, to third octaves, shape ``(31,)``."""
    thirds: Array = power.reshape(len(THIRDS), BANDS_PER_THIRD).sum(axis=1)
    return thirds
