"""What is learned when: each phase adds something to the one before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...models.errors import ParameterError


@dataclass(frozen=True, slots=True)
class Phase:
    """What examples are made of from some point on.

    Attributes:
        start: Share of all steps at which the phase begins, 0 for the first.
        compression: Whether known settings compress.
        limiting: Whether results are as loud as the releases, so that the limiter works; otherwise
            they are quiet enough for it to rest.
        forward: Share of songs that go through known settings; the others are made mixes of, or
            are left as they are.
        degradation: Whether mixes are made by operations outside the chain; otherwise by a response
            and a width alone.
        references: Whether references are given.

    """

    start: float
    compression: bool = True
    limiting: bool = True
    forward: float = 0.3
    degradation: bool = True
    references: bool = True

    def __post_init__(self) -> None:
        if not (0.0 <= self.start < 1.0 and 0.0 <= self.forward <= 1.0):
            raise ParameterError(
                f"a phase begins in 0..1 of the steps and has a share of 0..1, not {self.start} "
                f"and {self.forward}",
                code="bad_phase",
            )


@dataclass(frozen=True, slots=True)
class Curriculum:
    """Phases in their order.

    Attributes:
        phases: The first begins at 0.

    """

    phases: Sequence[Phase] = (
        Phase(0.0, compression=False, limiting=False, degradation=False, references=False),
        Phase(0.03, limiting=False, degradation=False, references=False),
        Phase(0.06, degradation=False, references=False),
        Phase(0.09, references=False),
        Phase(0.12),
    )

    def __post_init__(self) -> None:
        starts = [phase.start for phase in self.phases]
        if not starts or starts[0] != 0.0 or starts != sorted(starts):
            raise ParameterError(
                f"phases begin at {starts}; the first must at 0, the others later in their order",
                code="bad_curriculum",
            )

    def at(self, progress: float) -> Phase:
        """Return the phase at a share of all steps."""
        return [phase for phase in self.phases if phase.start <= progress][-1]
