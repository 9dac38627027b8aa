"""Checkpoints that are whole or not there, and the best weights so far."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

import lightning
import torch

from ...models.errors import GlassmasterError
from .engine import Engine
from .identity import IDENTITY, LAST


class StepCheckpoints(lightning.Callback):
    """Saves everything a run needs to go on, every so many steps, and measures on validation.

    The file is written beside its place and renamed, so that a run that is killed finds the one
    before. It holds weights, optimizer, schedule and step, and the best weights with their score.

    Args:
        folder: Where checkpoints lie.
        every: Steps between two of them.
        validate_every: Steps between two measurements.
        identity: Of the run, which goes into each checkpoint.

    """

    def __init__(self, folder: Path, every: int, validate_every: int, *, identity: str) -> None:
        self._folder, self._every, self._validate_every = folder, every, validate_every
        self._identity = identity
        self._best_score = math.inf
        self._best: dict[str, torch.Tensor] = {}
        self._history: dict[int, dict[str, float]] = {}

    @property
    def best_score(self) -> float:
        """The lowest score so far; infinite before the first."""
        return self._best_score

    @property
    def last_score(self) -> float:
        """The score of the latest measurement; infinite before the first."""
        return self._history[max(self._history)]["score"] if self._history else math.inf

    @property
    def best(self) -> dict[str, torch.Tensor]:
        """The weights that had it, by name."""
        return self._best

    @property
    def history(self) -> dict[int, dict[str, float]]:
        """What was measured, by step."""
        return self._history

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        """Measure what a run begins with, which may stay the best."""
        if trainer.global_step == 0:
            self._measure(pl_module, 0)

    def on_train_batch_end(
        self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Measure and save where a step calls for it."""
        step, last = trainer.global_step, trainer.global_step >= trainer.max_steps
        if step % self._validate_every == 0 or last:
            self._measure(pl_module, step)
        if step % self._every == 0 or last:
            self._save(trainer)

    def state_dict(self) -> dict[str, Any]:
        """Return what a checkpoint keeps of this."""
        return {
            "best_score": self._best_score,
            "best": self._best,
            "history": self._history,
            IDENTITY: self._identity,
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take it back."""
        self._best_score, self._best = state_dict["best_score"], state_dict["best"]
        self._history = state_dict["history"]

    def _measure(self, engine: Engine, step: int) -> None:
        self._history[step] = engine.validate()
        score = self._history[step]["score"]
        if not math.isfinite(score):
            raise GlassmasterError(
                f"step {step}: the score on validation is {score}; lower optimizer.learning_rate",
                code="diverged",
            )
        if score < self._best_score:
            self._best_score = score
            self._best = {
                name: value.detach().cpu().clone()
                for name, value in engine.network.state_dict().items()
            }

    def _save(self, trainer: Any) -> None:
        path = self._folder / LAST
        partial = path.with_suffix(".partial")
        trainer.save_checkpoint(partial)
        if trainer.is_global_zero:
            with partial.open("rb") as written:
                os.fsync(written.fileno())
            os.replace(partial, path)
        trainer.strategy.barrier()
