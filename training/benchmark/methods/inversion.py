"""The recovery of settings from the target itself, for masters that were made of their mixes.

It shows how exactly settings come back, and is delivered with what was found: limiter and gain too.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ...recovery.beginning import PairAudio, measure_pair
from ...recovery.certainty import effects_with_intervals
from ...recovery.recovering import recover
from ..delivery import analysis_of, deliver_audio
from ..tasks import Task
from .method import Made

VERSION = 2
"""Raised when recovery finds other settings, or the master made with them is another."""

OUT_OF_CLASS = "SYN-OUT"
"""The suite whose masters something else than the chain made of their mixes."""


@dataclass(frozen=True, slots=True)
class Inversion:
    """Settings recovered from the target; see `glassmaster.training.recovery`.

    Attributes:
        name: See `Method`.

    """

    name: str = "inversion"
    uses_references: bool = False

    @property
    def fingerprint(self) -> str:
        """The version of recovery."""
        return f"recovery {VERSION}"

    def refusal(self, task: Task) -> str:
        """Refuse tasks without a target, and targets that nothing made of their mixes."""
        if task.truth.settings is None and task.plan.suite != OUT_OF_CLASS:
            return "the target was not made of the mix"
        return "there is no target" if task.target is None else ""

    def make(self, task: Task, folder: Path) -> Made:
        """Recover the settings and deliver the mix by them."""
        target = task.mix if task.target is None else task.target
        pair = PairAudio(task.mix, target, task.sample_rate)
        analysis = analysis_of(task.mix, task.sample_rate)
        found = recover(pair, measure_pair(pair, analysis), _silent)
        delivered = deliver_audio(
            task.mix,
            task.sample_rate,
            task.target_lufs,
            settings=found.settings,
            analysis=analysis,
            drive_db=found.gain_db,
            folder=folder,
        )
        _, intervals = effects_with_intervals(found, task.mix, task.sample_rate)
        return Made(delivered, found.settings, intervals=intervals)


def _silent(_: str, __: float) -> None:
    """Show no progress."""
