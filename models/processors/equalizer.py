"""Equalizer: high-pass, low shelf, four bells, high shelf.

With ``A = 10^(gain / 40)`` and ``s = j f / f0`` the analog prototypes are

- bell: ``(s² + s A / Q + 1) / (s² + s / (A Q) + 1)``,
- low shelf: ``A (s² + s √A / Q + A) / (A s² + s √A / Q + 1)``, high shelf the mirror of it,
- high-pass: ``s² / (s² + s / Q + 1)``,

with ``Q = 1/√2`` for shelves and high-pass (R. Bristow-Johnson, "Cookbook formulae for audio
equalizer biquad filter coefficients"). A cut is the exact inverse of the boost. The mean of shelves
and bells over the third octaves 63 Hz … 12.5 kHz is taken out as a plain gain, so that the
equalizer moves balance and not level.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from ..decibel import decibel_to_amplitude
from ..kernels.matched import (
    IDENTITY,
    Quadratic,
    high_pass_section,
    inverse,
    matched_section,
)
from ..namespace import Quantity, at_most, column, constant, namespace, stack
from ..parameters import ParameterSpec
from ..rates import NYQUIST_MARGIN, representable
from ..spectrum import THIRD_CENTERS_HZ

Array: TypeAlias = npt.NDArray[np.float64]
Shape: TypeAlias = Literal["low_shelf", "bell", "high_shelf"]

BUTTERWORTH_Q = math.sqrt(0.5)

LEVEL_CENTERS_HZ: Array = THIRD_CENTERS_HZ[
    (THIRD_CENTERS_HZ > 60.0) & (THIRD_CENTERS_HZ < 13_000.0)
]
"""Third octaves 63 Hz … 12.5 kHz, over which the mean gain is taken out."""


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter of the equalizer and the region it may roam.

    Attributes:
        name: First part of its parameters' keys.
        shape: Kind of prototype.
        low_hz: Lowest corner.
        high_hz: Highest corner.
        default_hz: Corner where none is given.

    """

    name: str
    shape: Shape
    low_hz: float
    high_hz: float
    default_hz: float

    @property
    def specs(self) -> tuple[ParameterSpec, ...]:
        """Gain and frequency, and Q for a bell."""
        gain = ParameterSpec(f"{self.name}_gain", "dB", -8.0, 8.0, 0.0, scaled=True)
        frequency = ParameterSpec(
            f"{self.name}_frequency", "Hz", self.low_hz, self.high_hz, self.default_hz, log=True
        )
        if self.shape != "bell":
            return (gain, frequency)
        return (gain, frequency, ParameterSpec(f"{self.name}_q", "", 0.4, 3.0, 0.8, log=True))


FILTERS = (
    Filter("low_shelf", "low_shelf", 30.0, 250.0, 90.0),
    Filter("low", "bell", 60.0, 400.0, 160.0),
    Filter("low_mid", "bell", 200.0, 1500.0, 500.0),
    Filter("high_mid", "bell", 1000.0, 5000.0, 2200.0),
    Filter("high", "bell", 3000.0, 12_000.0, 6000.0),
    Filter("high_shelf", "high_shelf", 3000.0, 12_000.0, 9000.0),
)

# at its lowest corner the high-pass is flat to 0.01 dB from 20 Hz up
HIGH_PASS = ParameterSpec("high_pass_frequency", "Hz", 4.0, 80.0, 4.0, log=True, scaled=True)

SPECS: tuple[ParameterSpec, ...] = (
    HIGH_PASS,
    *(spec for item in FILTERS for spec in item.specs),
)


@dataclass(frozen=True, slots=True)
class ResolvedEqualizer:
    """What the equalizer needs to run.

    Filters that a sample rate cannot hold are left out there, of the level and of the response as
    well as of the sound.

    Attributes:
        values: Physical values by key: floats, or tensors of shape ``(batch,)``.

    """

    values: Mapping[str, Quantity]

    def sections(self, sample_rate: int) -> Quantity:
        """Design the cascade.

        Returns:
            ``b0 b1 b2 a1 a2`` a section, shape ``(8, 5)`` or ``(batch, 8, 5)``, with the level's
            gain in the last one.

        """
        high_pass_hz = self.values["high_pass_frequency_hz"]
        first = stack(*high_pass_section(high_pass_hz, BUTTERWORTH_Q, sample_rate))
        corners_hz = self._each("frequency_hz")
        gains_db = self._each("gain_db")
        xp, boosts = namespace(gains_db), gains_db >= 0.0
        boost = matched_section(
            *self._prototypes(xp.where(boosts, gains_db, -gains_db)),  # abs has no slope at 0
            at_most(corners_hz, NYQUIST_MARGIN * sample_rate),
            sample_rate,
        )
        filters = xp.where(boosts[..., None], stack(*boost), stack(*inverse(boost)))
        held = representable(corners_hz, sample_rate)[..., None]
        filters = xp.where(held, filters, constant(IDENTITY, filters))
        level = stack(decibel_to_amplitude(self.level_gain_db(sample_rate)), 0.0, 0.0, 0.0, 0.0)
        return xp.concatenate((first[..., None, :], filters, level[..., None, :]), -2)

    def left_out(self, sample_rate: int) -> tuple[str, ...]:
        """Return the names of the filters with a gain that this rate cannot hold."""
        return tuple(
            item.name
            for item in FILTERS
            if self.values[f"{item.name}_gain_db"] != 0.0
            and not representable(self.values[f"{item.name}_frequency_hz"], sample_rate)
        )

    def response_db(self, frequency_hz: Array, sample_rate: int) -> Quantity:
        """Return the analog magnitude in dB, high-pass and level's gain included.

        Args:
            frequency_hz: Any frequencies above 0, shape ``(frequency,)``.
            sample_rate: Decides which filters there are.

        Returns:
            Shape ``(frequency,)`` or ``(batch, frequency)``.

        """
        corner_hz = column(self.values["high_pass_frequency_hz"])
        ratio = constant(frequency_hz, corner_hz) / corner_hz
        power = ratio**4 / magnitude_squared((1.0, 1.0 / BUTTERWORTH_Q, 1.0), ratio)
        high_pass_db = 10.0 * namespace(power).log10(power)
        balance_db = self._balance_db(frequency_hz, sample_rate)
        return high_pass_db + balance_db + column(self.level_gain_db(sample_rate))

    def level_gain_db(self, sample_rate: int) -> Quantity:
        """Return minus the mean gain of shelves and bells over `LEVEL_CENTERS_HZ`."""
        return -self._balance_db(LEVEL_CENTERS_HZ, sample_rate).mean(-1)

    def _balance_db(self, frequency_hz: Array, sample_rate: int) -> Quantity:
        corners_hz = self._each("frequency_hz")
        ratio = constant(frequency_hz, corners_hz) / corners_hz[..., None]
        numerator, denominator = (
            magnitude_squared((p[0][..., None], p[1][..., None], p[2][..., None]), ratio)
            for p in self._prototypes(self._each("gain_db"))
        )
        response_db = 10.0 * namespace(ratio).log10(numerator / denominator)
        return (response_db * representable(corners_hz, sample_rate)[..., None]).sum(-2)

    def _each(self, key: str) -> Quantity:
        """Return a value of every filter, shape ``(…, 6)``."""
        return stack(*(self.values[f"{item.name}_{key}"] for item in FILTERS))

    def _prototypes(self, gains_db: Quantity) -> tuple[Quadratic, Quadratic]:
        """Return numerators and denominators, each coefficient of shape ``(…, 6)``."""
        pairs = [
            prototype(
                item.shape, gains_db[..., i], self.values.get(f"{item.name}_q", BUTTERWORTH_Q)
            )
            for i, item in enumerate(FILTERS)
        ]
        numerator, denominator = (
            (
                stack(*(p[0] for p in side)),
                stack(*(p[1] for p in side)),
                stack(*(p[2] for p in side)),
            )
            for side in zip(*pairs, strict=True)
        )
        return numerator, denominator


def prototype(shape: Shape, gain_db: Quantity, q: Quantity) -> tuple[Quadratic, Quadratic]:
    """Return numerator and denominator of an analog prototype, highest power of ``s`` first.

    Args:
        shape: Kind of filter.
        gain_db: At the center of a bell, far out on a shelf.
        q: Of the filter; `BUTTERWORTH_Q` for the chain's shelves.

    """
    a = 10.0 ** (gain_db / 40.0)
    if shape == "bell":
        return (1.0, a / q, 1.0), (1.0, 1.0 / (a * q), 1.0)
    slope = a**0.5 / q
    if shape == "low_shelf":
        return (a, a * slope, a * a), (a, slope, 1.0)
    return (a * a, a * slope, a), (1.0, slope, a)


def magnitude_squared(p: Quadratic, ratio: Quantity) -> Quantity:
    """Return ``|p|²`` at ``s = j ratio``, any shape."""
    return (p[2] - p[0] * ratio * ratio) ** 2 + (p[1] * ratio) ** 2
