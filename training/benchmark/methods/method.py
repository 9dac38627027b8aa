"""The contract of a method, and methods that wrap predictors or others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from ....data.analysis import Analysis
from ....data.audio import Samples
from ....inference.predictor import Interval, Prediction, Predictor
from ....models.settings import ChainSettings
from ..delivery import DeliveredAudio, analysis_of, deliver_audio
from ..tasks import Reference, Task

SHORT_LU = 0.1
"""A master that misses its loudness by more is noted."""


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """What a method made of a task.

    Attributes:
        delivered: The limited, delivered file, read back.
        settings: Of the chain that made it; None where no chain did.
        prediction: With the intervals, where a predictor chose the settings.
        note: What was odd; empty for nothing.
        intervals: Of what the settings do to this mix, as
            `glassmaster.inference.effects.Effects.quantities` tells it, where they were recovered.

    """

    delivered: DeliveredAudio
    settings: ChainSettings | None = None
    prediction: Prediction | None = None
    note: str = ""
    intervals: Mapping[str, Interval] | None = None


class Method(Protocol):
    """Any way of making a master of a task."""

    @property
    def name(self) -> str:
        """Name in tables and documents."""
        ...

    @property
    def fingerprint(self) -> str:
        """Changes with everything that the method's masters depend on, besides this program."""
        ...

    @property
    def uses_references(self) -> bool:
        """Whether masters depend on the references that the task has."""
        ...

    def refusal(self, task: Task) -> str:
        """Say why the method cannot be used on a task; empty where it can."""
        ...

    def make(self, task: Task, folder: Path) -> Made:
        """Make the master; ``folder`` takes files while they are needed.

        Raises:
            GlassmasterError: What the path refuses.

        """
        ...


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The mix at the task's loudness, by the same limiter and ceiling as everything else."""

    name: str = "unchanged"
    fingerprint: str = ""
    uses_references: bool = False

    def refusal(self, task: Task) -> str:
        """Return nothing: it is always there."""
        return ""

    def make(self, task: Task, folder: Path) -> Made:
        """Deliver the mix."""
        return delivered_audio(task, task.mix, folder)


@dataclass(frozen=True, slots=True)
class Predicted:
    """A predictor that looks at the mix alone, and the chain, as users run them.

    Attributes:
        predictor: Chooses the settings.
        fingerprint: See `Method`.
        uses_references: See `Method`.

    """

    predictor: Predictor
    fingerprint: str = ""
    uses_references: bool = False

    @property
    def name(self) -> str:
        """Name of the predictor."""
        return self.predictor.name

    def refusal(self, task: Task) -> str:
        """Return nothing: it is always there."""
        return ""

    def make(self, task: Task, folder: Path) -> Made:
        """Master the mix with predicted settings."""
        analysis = analysis_of(task.mix, task.sample_rate)
        return predicted(task, analysis, self.predictor.predict(analysis), folder)


@dataclass(frozen=True, slots=True)
class ShuffledReferences:
    """Another method that is given the references of another song: it has to become worse.

    Attributes:
        method: The other method.
        others: Returns the references of another task of the same suite.
        shown: Key of that task, so that a result is known by it.

    """

    method: Method
    others: Callable[[Task], tuple[Reference, ...]]
    shown: str = ""
    uses_references: bool = True

    @property
    def name(self) -> str:
        """Name of the other method, marked."""
        return f"{self.method.name}_shuffled_references"

    @property
    def fingerprint(self) -> str:
        """That of the other method, and whose references it is shown."""
        return f"{self.method.fingerprint} {self.shown}"

    def refusal(self, task: Task) -> str:
        """Refuse tasks without references, and those the method refuses."""
        return self.method.refusal(task) if task.references else "there is no reference to shuffle"

    def make(self, task: Task, folder: Path) -> Made:
        """Make the master with the wrong references."""
        return self.method.make(replace(task, references=self.others(task)), folder)


def predicted(task: Task, analysis: Analysis, prediction: Prediction, folder: Path) -> Made:
    """Deliver a mix with the settings of a prediction."""
    delivered = deliver_audio(
        task.mix,
        task.sample_rate,
        task.asked_lufs,
        settings=prediction.settings,
        analysis=analysis,
        folder=folder,
    )
    return Made(delivered, prediction.settings, prediction, shortfall(delivered, task))


def delivered_audio(task: Task, samples: Samples, folder: Path) -> Made:
    """Deliver audio that a method made without the chain, shape ``(2, time)``."""
    delivered = deliver_audio(samples, task.sample_rate, task.asked_lufs, folder=folder)
    return Made(delivered, note=shortfall(delivered, task))


def shortfall(delivered: DeliveredAudio, task: Task) -> str:
    """Say by how much a master is quieter than asked for; nothing where it is not."""
    lufs, asked_lufs = delivered.loudness.integrated_lufs, task.asked_lufs
    if lufs is not None and asked_lufs is not None and lufs < asked_lufs - SHORT_LU:
        return f"{asked_lufs - lufs:.1f} LU quieter than asked for"
    return ""
