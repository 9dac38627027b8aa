"""Numbers that are told, each with its unit, so that what is read is what was measured."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ..report.facts import figure

NOT_KNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Fact:
    """One number.

    Attributes:
        name: Stable, for machines.
        value: NaN where undefined.
        unit: As written after it; empty for none.
        digits: Decimals that are shown.
        signed: Whether a plus is shown.

    """

    name: str
    value: float
    unit: str = "dB"
    digits: int = 1
    signed: bool = False

    @property
    def text(self) -> str:
        """The number as it is read."""
        if not math.isfinite(self.value):
            return NOT_KNOWN
        return f"{figure(self.value, self.digits, signed=self.signed)} {self.unit}".rstrip()

    @property
    def size(self) -> Fact:
        """The same without its sign, where words say which way it goes."""
        return Fact(self.name, abs(self.value), self.unit, self.digits)
