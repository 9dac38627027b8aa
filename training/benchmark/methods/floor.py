"""Floors as methods: the target with a residual degradation that nobody could have known."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..floors import Floor
from ..generators.degradation import degrade, from_vector
from ..seeds import stream
from ..tasks import Task
from .method import Made, delivered_audio

SEED = 17


@dataclass(frozen=True, slots=True, eq=False)
class ResidualDegradation:
    """The target, degraded by a draw of what an estimate leaves, and delivered.

    Attributes:
        floor: With the covariance of what is left.

    """

    floor: Floor
    uses_references: bool = False

    @property
    def name(self) -> str:
        """Name of the floor."""
        return self.floor.name

    @property
    def fingerprint(self) -> str:
        """The hash of its covariance, rounded to what matters."""
        rounded = np.round(self.floor.covariance, 6) + 0.0
        return hashlib.sha256(rounded.tobytes()).hexdigest()

    def refusal(self, task: Task) -> str:
        """Refuse tasks that no degradation of the family made."""
        if task.target is None or task.truth.degradation is None:
            return "the mix is no degradation of a known target"
        return ""

    def make(self, task: Task, folder: Path) -> Made:
        """Degrade the target by what is left, and deliver it."""
        if task.target is None:
            return delivered_audio(task, task.mix, folder)
        rng = stream(SEED, self.floor.name, task.plan.identity)
        values, vectors = np.linalg.eigh(self.floor.covariance)
        draw = rng.standard_normal(len(values)) * np.sqrt(np.maximum(values, 0.0))
        left = vectors @ draw
        left[-1] = 20.0 * np.log10(max(float(np.abs(task.target).max()), 1e-6))
        return delivered_audio(
            task, degrade(task.target, task.sample_rate, from_vector(left)), folder
        )
