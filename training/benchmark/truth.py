"""The mix of a task with its true settings: what methods that have settings are compared with."""

from __future__ import annotations

from dataclasses import dataclass

from ...inference.effects import Effects, effects_of
from .delivery import DeliveredAudio, deliver_audio
from .tasks import Task


@dataclass(frozen=True, slots=True, eq=False)
class TrueMaster:
    """What the true settings make of a mix.

    Attributes:
        delivered: The file.
        effects: Of the chain as it ran, with gain and ceiling after all corrections.

    """

    delivered: DeliveredAudio
    effects: Effects


def true_master(task: Task) -> TrueMaster | None:
    """Return the mix with its true settings; None where they are unknown."""
    settings = task.truth.settings
    if settings is None:
        return None
    made = deliver_audio(task.mix, task.sample_rate, task.target_lufs, settings=settings)
    return TrueMaster(made, effects_of(made.chain, task.mix, task.sample_rate))
