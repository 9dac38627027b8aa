"""Parameters of a processor: their unit, range, and the scale a network moves them on."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from .errors import ParameterError

Unit: TypeAlias = Literal["", "dB", "dBTP", "Hz", "ms"]


@dataclass(frozen=True, slots=True)
class ParameterSpec:
    """One control of a processor.

    Attributes:
        name: What an engineer calls it, without the unit.
        unit: Physical unit; part of the key, so ``threshold`` in dB is ``threshold_db``.
        low: Smallest value.
        high: Largest value.
        default: The value that leaves the signal alone, or the least surprising one.
        log: Whether equal steps of the normalized value are equal ratios.
        scaled: Whether an amount below 1 moves the value toward ``default``, at which it has no
            effect. Corners, times and thresholds stay where they are.

    """

    name: str
    unit: Unit
    low: float
    high: float
    default: float
    log: bool = False
    scaled: bool = False

    def __post_init__(self) -> None:
        if not self.low < self.high or not self.low <= self.default <= self.high:
            raise ParameterError(
                f"{self.name}: {self.default} is not in [{self.low}, {self.high}]",
                code="bad_specification",
            )
        if self.log and self.low <= 0:
            raise ParameterError(
                f"{self.name}: a log scale needs a positive range", code="bad_specification"
            )

    @property
    def key(self) -> str:
        """Name and unit in one identifier, as in ``attack_ms``."""
        return f"{self.name}_{self.unit.lower()}" if self.unit else self.name

    def denormalize(self, z: float) -> float:
        """Map ``z`` in [0, 1] to the physical unit."""
        if self.log:
            value = self.low * math.exp(z * math.log(self.high / self.low))
        else:
            value = self.low + z * (self.high - self.low)
        return min(max(value, self.low), self.high)  # rounding may step over either end

    def normalize(self, value: float) -> float:
        """Map a physical value to [0, 1]; the inverse of `denormalize`."""
        if self.log:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)

    def toward_default(self, value: float, amount: float) -> float:
        """Move ``value`` toward the default; ``amount`` 1 keeps it, 0 gives the default."""
        if not self.scaled or amount == 1.0:
            return value
        rest = self.normalize(self.default)
        return self.denormalize(rest + amount * (self.normalize(value) - rest))

    def amount_of(self, value: float, whole: float) -> float | None:
        """Return the amount that moved ``whole`` to ``value``: the inverse of `toward_default`.

        None where nothing can be told: ``whole`` is the default, or an amount does not move it.
        """
        rest = self.normalize(self.default)
        if not self.scaled or self.normalize(whole) == rest:
            return None
        return (self.normalize(value) - rest) / (self.normalize(whole) - rest)

    def check(self, value: float) -> float:
        """Return ``value``, or raise `ParameterError`.

        Raises:
            ParameterError: It is out of range, not finite, or a truth value.

        """
        if isinstance(value, bool):  # which is 0 or 1 to every comparison
            raise ParameterError(f"{self.key} is {value}; it must be a number", code="no_number")
        if not self.low <= value <= self.high:
            raise ParameterError(
                f"{self.key} is {value}; it must lie in [{self.low}, {self.high}]",
                code="out_of_range",
            )
        return float(value)


def complete(
    name: str, specs: Iterable[ParameterSpec], given: Mapping[str, float]
) -> dict[str, float]:
    """Fill defaults into ``given`` and check every value.

    Args:
        name: The processor, for the message.
        specs: Its parameters.
        given: Physical values by key; missing keys take their default.

    Raises:
        ParameterError: A key is unknown or a value out of range.

    """
    specs = tuple(specs)
    if unknown := given.keys() - {spec.key for spec in specs}:
        raise ParameterError(
            f"{name} has no parameter {', '.join(sorted(unknown))}", code="unknown_parameter"
        )
    return {spec.key: spec.check(given.get(spec.key, spec.default)) for spec in specs}
