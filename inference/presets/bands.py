"""Filters of an equalizer as other programs write them: kind, frequency, gain and Q.

The prototypes are those of R. Bristow-Johnson, "Cookbook formulae for audio equalizer biquad filter
coefficients", and of first order ``(A s + A²) / (A s + 1)`` for a low shelf, its mirror for a high
shelf, and ``s / (s + 1)``, with ``A = 10^(gain / 40)``. What counts is their analog magnitude: a
program whose digital filters grow narrow toward half its sample rate differs there.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from ...models.errors import RecipeError
from ...models.processors.equalizer import (
    BUTTERWORTH_Q,
    LEVEL_CENTERS_HZ,
    magnitude_squared,
    prototype,
)
from ..values import DAMAGED

Array: TypeAlias = npt.NDArray[np.float64]
Kind: TypeAlias = Literal["bell", "low_shelf", "high_shelf", "high_pass"]

FREQUENCIES_HZ: Final = (4.0, 200_000.0)
GAINS_DB: Final = (-60.0, 60.0)
QS: Final = (0.01, 1000.0)

MOST_BANDS: Final = 200
"""More filters than this are no equalizer of a person."""


@dataclass(frozen=True, slots=True)
class Band:
    """One filter.

    Attributes:
        name: What the file calls it.
        kind: Its shape.
        frequency_hz: Center of a bell, middle of a shelf's slope, corner of a high-pass.
        gain_db: 0 for a high-pass.
        q: Of the filter; it means nothing to one of first order.
        order: 1 or 2.

    Raises:
        RecipeError: A value is beyond what any equalizer does; the message names the filter.

    """

    name: str
    kind: Kind
    frequency_hz: float
    gain_db: float = 0.0
    q: float = BUTTERWORTH_Q
    order: int = 2

    def __post_init__(self) -> None:
        _check(self.name, "frequency in Hz", self.frequency_hz, FREQUENCIES_HZ)
        _check(self.name, "gain in dB", self.gain_db, GAINS_DB)
        _check(self.name, "Q", self.q, QS)

    @property
    def is_active(self) -> bool:
        """Whether it does anything."""
        return self.kind == "high_pass" or self.gain_db != 0.0

    def response_db(self, frequency_hz: Array) -> Array:
        """Return its analog magnitude in dB, shape ``(frequency,)``."""
        ratio = frequency_hz / self.frequency_hz
        a = 10.0 ** (self.gain_db / 40.0)
        first = {
            "low_shelf": ((0.0, a, a * a), (0.0, a, 1.0)),
            "high_shelf": ((0.0, a * a, a), (0.0, 1.0, a)),
            "high_pass": ((0.0, 1.0, 0.0), (0.0, 1.0, 1.0)),
        }
        if self.order == 1 and self.kind != "bell":
            numerator, denominator = first[self.kind]
        elif self.kind == "high_pass":
            numerator, denominator = (1.0, 0.0, 0.0), (1.0, 1.0 / self.q, 1.0)
        else:
            numerator, denominator = prototype(self.kind, self.gain_db, self.q)
        power = magnitude_squared(numerator, ratio) / magnitude_squared(denominator, ratio)
        response_db: Array = 10.0 * np.log10(power)
        return response_db


@dataclass(frozen=True, slots=True)
class Curve:
    """A response by its points, as a graphic equalizer has it: straight lines over log frequency.

    Attributes:
        name: What the file calls it.
        frequencies_hz: Rising.
        gains_db: One for each; beyond the ends the outermost holds.

    Raises:
        RecipeError: A value is beyond what any equalizer does.

    """

    name: str
    frequencies_hz: tuple[float, ...]
    gains_db: tuple[float, ...]

    def __post_init__(self) -> None:
        for frequency_hz, gain_db in zip(self.frequencies_hz, self.gains_db, strict=True):
            _check(self.name, "frequency in Hz", frequency_hz, FREQUENCIES_HZ)
            _check(self.name, "gain in dB", gain_db, GAINS_DB)

    @property
    def is_active(self) -> bool:
        """Whether it does anything."""
        return any(self.gains_db)

    def response_db(self, frequency_hz: Array) -> Array:
        """Return its gain in dB, shape ``(frequency,)``."""
        response_db: Array = np.interp(
            np.log(frequency_hz), np.log(self.frequencies_hz), self.gains_db
        )
        return response_db


Part: TypeAlias = Band | Curve


def total_response_db(parts: Sequence[Part], frequency_hz: Array) -> Array:
    """Return what filters do together in dB, shape ``(frequency,)``."""
    return sum((part.response_db(frequency_hz) for part in parts), np.zeros(len(frequency_hz)))


def level_db(parts: Sequence[Part]) -> float:
    """Return the level in dB that filters add, high-passes aside: the chain's equalizer has none.

    See `glassmaster.models.processors.equalizer`.
    """
    balance = [part for part in parts if not isinstance(part, Band) or part.kind != "high_pass"]
    return float(total_response_db(balance, LEVEL_CENTERS_HZ).mean())


def shelf_q(slope: float, gain_db: float) -> float:
    """Return the Q of a shelf by its slope ``S``, 1 for the steepest that does not overshoot.

    Raises:
        RecipeError: There is no such shelf.

    """
    a = 10.0 ** (gain_db / 40.0)
    squared = (a + 1.0 / a) * (1.0 / slope - 1.0) + 2.0 if slope > 0.0 else 0.0
    if squared <= 0.0:
        message = f"there is no shelf of {gain_db:g} dB with a slope of {12.0 * slope:g} dB/octave"
        raise RecipeError(message, code=DAMAGED)
    return 1.0 / math.sqrt(squared)


def shelf_slope(q: float, gain_db: float) -> float:
    """Return the slope ``S`` of a shelf by its Q, the inverse of `shelf_q`."""
    a = math.pow(10.0, gain_db / 40.0)
    return 1.0 / ((1.0 / (q * q) - 2.0) / (a + 1.0 / a) + 1.0)


def bell_q(octaves: float) -> float:
    """Return the Q of a bell by its bandwidth in octaves.

    Raises:
        RecipeError: It is no bandwidth.

    """
    if not 0.001 <= octaves <= 15.0:
        message = f"a bandwidth of {octaves:g} octaves is none; it must lie in [0.001, 15]"
        raise RecipeError(message, code=DAMAGED)
    return 0.5 / math.sinh(0.5 * math.log(2.0) * octaves)


def refuse_thousands(text: str) -> None:
    """Refuse a frequency like ``12,500``, which may be 12.5 Hz or 12 500 Hz.

    Raises:
        RecipeError: It is one.

    """
    whole, comma, rest = text.strip().partition(",")
    if comma and len(rest) == 3 and rest.isdigit() and whole.isdigit():
        message = f"{text.strip()!r} may be {whole}.{rest} or {whole}{rest}; write it without comma"
        raise RecipeError(message, code=DAMAGED)


def _check(name: str, what: str, value: float, bounds: tuple[float, float]) -> None:
    low, high = bounds
    if not low <= value <= high:  # false for NaN too
        message = f"{name}: its {what} is {value:g}; it must lie in [{low:g}, {high:g}]"
        raise RecipeError(message, code=DAMAGED)
