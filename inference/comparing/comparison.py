"""What is compared, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ...data.audio import Samples
from ...data.findings import Finding
from ..guidance import Guidance
from ..predictor import Predictor
from ..reference import Place
from ..results import MasteringResult, Request
from .audibility import Heard
from .differences import Difference
from .meeting import Meeting
from .versions import AnalyzedMix, Part, Version

LISTENING_S = 30.0
"""So much is listened to, unless asked otherwise."""


@dataclass(frozen=True, slots=True, eq=False)
class Hybrid:
    """Both ways of interchanging a stage.

    Attributes:
        in_model: The model's master with the human's stage.
        in_human: The human's settings with the model's stage.
        heard_in_model: What is heard from the model's master to that.
        heard_in_human: What is heard from what the human's settings make to that.

    """

    in_model: Version
    in_human: Version
    heard_in_model: Heard
    heard_in_human: Heard


@dataclass(frozen=True, slots=True, eq=False)
class Counterfactual:
    """The model's master without one of its moves.

    Attributes:
        stage: The move.
        without: The master without it, at the same drive and anchors.
        heard: What is heard of the move: from the master without it to the master.

    """

    stage: str
    without: Version
    heard: Heard


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """Where one version stands among finished songs like the mix.

    Attributes:
        figures: In the order of `glassmaster.data.reference.production.FIGURES`.
        tone_off_db: Mean distance of its level-free spectrum from their median.

    """

    figures: Place
    tone_off_db: float


@dataclass(frozen=True, slots=True, eq=False)
class Standings:
    """Where the mix and both masters stand.

    Attributes:
        mix: Of the part that is compared.
        model: Of the model's master.
        human: Of the human's.

    """

    mix: Standing
    model: Standing
    human: Standing


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """The model beside a human.

    Attributes:
        mix: Of both.
        mastering: The model's master as `glassmaster master` makes it.
        met: Both masters; of their audio, what is listened to.
        listening: Part that is listened to, where both differ most.
        differences: By ear, the most audible first.
        hybrids: By stage.
        counterfactuals: Of the model's moves, in signal order.
        standings: Where the mix, the model's master and the human's stand among finished songs like
            the mix; None where none were looked for.
        mix_audio: Of the mix, where it is listened to.

    """

    mix: AnalyzedMix
    mastering: MasteringResult
    met: Meeting
    listening: Part
    differences: tuple[Difference, ...]
    hybrids: Mapping[str, Hybrid]
    counterfactuals: tuple[Counterfactual, ...]
    standings: Standings | None
    mix_audio: Samples

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What a person should know of the files, each once."""
        return tuple(dict.fromkeys((*self.mastering.findings, *self.met.human.findings)))


@dataclass(frozen=True, slots=True)
class Question:
    """What is compared, and how.

    Attributes:
        mix: The file.
        human: A master of it, or settings by hand.
        request: What the model's master is asked to be; its output is only made in passing.
        predictor: Chooses the model's settings.
        guidance: Corpora and references that they are chosen by.
        notes: What a person should know of the predictor.
        listening_s: Length of what is listened to; None for all that is compared.

    """

    mix: Path
    human: Path
    request: Request
    predictor: Predictor
    guidance: Guidance
    notes: tuple[Finding, ...] = ()
    listening_s: float | None = LISTENING_S
