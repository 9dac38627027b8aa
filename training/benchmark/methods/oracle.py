"""The paired oracle: settings fitted to the target itself, which no predictor ever sees.

It shows what the chain can do at best. Gradients follow the distance of short-time spectra on a few
excerpts; a fit that ends there is near enough for a bound and takes seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from ....data.analysis import Analysis
from ....data.audio import Samples
from ....models.chain import REFERENCE_LUFS
from ....models.errors import CatalogueError
from ...fitting import ChainFit, FitSchedule, Pair, fit_chain
from ..delivery import analysis_of, deliver_audio
from ..tasks import Task
from .method import Made

EXCERPTS = 2
EXCERPT_S = 2.0
WARM_UP_S = 0.75

SHORT = FitSchedule(
    candidates=1, survivors=1, spectral_steps=60, rounds=1, round_steps=1, fine_steps=1
)
"""Ends where the distance of spectra does: for targets that the chain cannot reach."""


@dataclass(frozen=True, slots=True)
class Oracle:
    """Settings fitted to the target.

    Attributes:
        schedule: How long the fit takes.
        name: See `Method`.

    """

    schedule: FitSchedule = SHORT
    name: str = "oracle"
    uses_references: bool = False

    @property
    def fingerprint(self) -> str:
        """The schedule in words."""
        return repr(self.schedule)

    def refusal(self, task: Task) -> str:
        """Refuse tasks without a target."""
        return "there is no target" if task.target is None else ""

    def make(self, task: Task, folder: Path) -> Made:
        """Fit the chain and deliver the mix by what was found."""
        analysis = analysis_of(task.mix, task.sample_rate)
        fit = fitted(task, analysis, self.schedule)
        delivered = deliver_audio(
            task.mix,
            task.sample_rate,
            task.target_lufs,
            settings=fit.settings,
            analysis=analysis,
            folder=folder,
        )
        return Made(delivered, fit.settings)


def fitted(task: Task, analysis: Analysis, schedule: FitSchedule) -> ChainFit:
    """Fit the chain to a task's target, on excerpts at the loudest of evenly spread places.

    Args:
        task: With a target.
        analysis: Of its mix.
        schedule: How long the fit takes.

    Raises:
        CatalogueError: The task has no target, or is shorter than its excerpts.

    """
    target, rate = task.target, task.sample_rate
    lufs = analysis.loudness.dual_mono_lufs
    if target is None or lufs is None:
        raise CatalogueError(f"{task.plan.key}: has no target or no level", code="no_target")
    frames = round((WARM_UP_S + EXCERPT_S) * rate)
    starts = _starts(target, frames)
    target_lufs = analysis_of(target, rate).loudness.dual_mono_lufs
    normalization_db = REFERENCE_LUFS - lufs
    pair = Pair(
        mix=_cut(task.mix, starts, frames),
        master=_cut(target, starts, frames),
        sample_rate=rate,
        warm_up_samples=round(WARM_UP_S * rate),
        spectrum=analysis.spectrum.scaled(normalization_db),
        normalization_db=normalization_db,
        master_lufs=task.target_lufs if target_lufs is None else target_lufs,
    )
    return fit_chain(pair, schedule)


def _starts(samples: Samples, frames: int) -> list[int]:
    """Return where excerpts start: in each part of the song, where it is loudest."""
    part = samples.shape[1] // EXCERPTS
    if part < frames:
        raise CatalogueError(
            f"an excerpt of {samples.shape[1]} samples is too short to be fitted", code="too_short"
        )
    starts = []
    for index in range(EXCERPTS):
        places = np.linspace(index * part, (index + 1) * part - frames, 5).astype(int)
        powers = [float(np.square(samples[:, at : at + frames]).mean()) for at in places]
        starts.append(int(places[int(np.argmax(powers))]))
    return starts


def _cut(samples: Samples, starts: list[int], frames: int) -> torch.Tensor:
    return torch.as_tensor(np.stack([samples[:, start : start + frames] for start in starts]))
