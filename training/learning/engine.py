"""The network under Lightning's trainer: a step, its optimizer, and what validation says."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import lightning
import torch
from torch import Tensor

from ...models.distances.measures import mel_distance
from ...models.errors import GlassmasterError
from ...models.moves import NEUTRAL
from ...models.network.loudness import aligned_frames
from ...models.network.moves import apply_moves, held_moves
from ...models.network.network import MoveNetwork, NetworkOutput
from ..losses.objective import Loss, ObjectiveWeights, objective
from .pairs import Pairs, assemble
from .plans import Plan
from .pool import SongPool

_CHUNK = 16  # examples of validation at once


@dataclass(frozen=True, slots=True)
class Optimization:
    """How weights move.

    Attributes:
        learning_rate: Highest, of Adam with decoupled decay.
        weight_decay: Of matrices.
        warm_up: Share of all steps over which the rate rises.
        final_rate: Share of the highest rate that is left at the end, after half a cosine.

    """

    learning_rate: float = 2e-4
    weight_decay: float = 0.05
    warm_up: float = 0.05
    final_rate: float = 0.02


def scheduled_optimizer(
    network: MoveNetwork, given: Optimization, steps: int
) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LambdaLR]:
    """Return the optimizer of a network's weights, and its rate over so many steps."""
    groups = network.decay_groups(given.weight_decay)
    optimizer = torch.optim.AdamW(groups, lr=given.learning_rate)

    def rate(step: int) -> float:
        rising = (step + 1) / max(given.warm_up * steps, 1.0)
        falling = 0.5 * (1.0 + math.cos(math.pi * min(step / steps, 1.0)))
        return min(rising, given.final_rate + (1.0 - given.final_rate) * falling)

    return optimizer, torch.optim.lr_scheduler.LambdaLR(optimizer, rate)


@dataclass(frozen=True, slots=True, eq=False)
class ValidationSet:
    """Examples that stay the same.

    Attributes:
        name: Of the figures.
        plans: What the examples are made of.

    """

    name: str
    plans: Sequence[Plan]


class Engine(lightning.LightningModule):
    """Trains a `MoveNetwork`.

    Args:
        network: What is trained.
        pool: Songs to learn from.
        validation_pool: Songs to measure on.
        validation_sets: Examples made of them; the score is the mean of their ratios.
        weights: Of the objective.
        optimization: How weights move.
        steps: Length of the training.
        seed: Of what is left out while learning.

    """

    def __init__(
        self,
        network: MoveNetwork,
        pool: SongPool,
        validation_pool: SongPool,
        validation_sets: Sequence[ValidationSet],
        *,
        weights: ObjectiveWeights,
        optimization: Optimization,
        steps: int,
        seed: int,
    ) -> None:
        super().__init__()
        self.network = network
        self._pools = (pool, validation_pool)
        self._sets = validation_sets
        self._weights, self._optimization = weights, optimization
        self._steps, self._seed = steps, seed
        # of the last step, for callbacks; validation is empty unless it was due
        self.metrics: dict[str, Tensor] = {}
        self.validation: dict[str, float] = {}

    def on_fit_start(self) -> None:
        """Bring songs to where the network is."""
        self._pools = (self._pools[0].to(self.device), self._pools[1].to(self.device))

    def transfer_batch_to_device(
        self, batch: Any, device: torch.device, dataloader_idx: int
    ) -> Any:
        """Leave plans where they are: tensors are made of them on the device."""
        return batch

    def training_step(self, batch: list[Plan], batch_idx: int) -> Tensor:
        """Return the loss of the plans of a step.

        Raises:
            GlassmasterError: It is not finite.

        """
        self.validation = {}
        pool = self._pools[0]
        pairs = assemble(pool, batch)
        devices = [] if self.device.type == "cpu" else [self.device]
        with torch.random.fork_rng(devices, device_type=self.device.type):
            # what is left out is a function of the step too, so a resumed run repeats it
            torch.manual_seed((self._seed << 32) + self.global_step * 1024 + self.global_rank)
            output = self._predict(pairs)
        loss = self._loss(pairs, output, pool.sample_rate)
        if not bool(loss.total.isfinite()):
            raise GlassmasterError(
                f"step {self.global_step}: the loss is {float(loss.total)}; lower "
                "optimizer.learning_rate, or leave out the songs it comes from",
                code="diverged",
            )
        self.metrics = {"loss": loss.total.detach(), **loss.parts}
        return loss.total

    def configure_optimizers(self) -> Any:
        """Return Adam with decoupled weight decay, and its rate over steps."""
        optimizer, scheduler = scheduled_optimizer(self.network, self._optimization, self._steps)
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": scheduler, "interval": "step"},
        }

    @torch.no_grad()
    def validate(self) -> dict[str, float]:
        """Measure on the validation sets.

        Returns:
            By set the mel distance in dB of the result, of what is left unchanged but for its
            loudness, and of the linear estimate; and ``score``, the mean over sets of the first
            over the second.

        """
        training = self.network.training
        self.network.eval()
        found: dict[str, float] = {}
        ratios = []
        for each in self._sets:
            chunks = [
                self._distances(each.plans[i : i + _CHUNK])
                for i in range(0, len(each.plans), _CHUNK)
            ]
            result, unchanged, linear = torch.cat(chunks, 1).mean(1).tolist()
            found[f"{each.name}/mel_db"] = result
            found[f"{each.name}/unchanged_mel_db"] = unchanged
            found[f"{each.name}/linear_mel_db"] = linear
            ratios.append(result / max(unchanged, 1e-6))
            found[f"{each.name}/ratio"] = ratios[-1]
        self.network.train(training)
        found["score"] = sum(ratios) / len(ratios)
        self.validation = found
        return found

    def _distances(self, plans: Sequence[Plan]) -> Tensor:
        pool = self._pools[1]
        pairs = assemble(pool, plans)
        output = self._predict(pairs)
        neutral = output.moves.new_tensor(NEUTRAL).expand_as(output.moves)
        rows = [
            self._mel_distance(pairs, moves, pool.sample_rate)
            for moves in (output.moves, neutral, self._linear(pairs))
        ]
        return torch.stack(rows)

    def _linear(self, pairs: Pairs) -> Tensor:
        return held_moves(
            self.network.linear(pairs.statistics.float(), pairs.references.float(), pairs.present)
        )

    def _mel_distance(self, pairs: Pairs, moves: Tensor, sample_rate: int) -> Tensor:
        result = apply_moves(
            pairs.mix,
            pairs.spectra,
            moves,
            sample_rate=sample_rate,
            loudness_lufs=pairs.loudness_lufs,
        )
        found = aligned_frames(result.frames, pairs.target)
        distance: Tensor = mel_distance(found.mid, found.side, pairs.target.mid, pairs.target.side)
        return distance

    def _predict(self, pairs: Pairs) -> NetworkOutput:
        output: NetworkOutput = self.network(
            pairs.statistics.float(),
            pairs.references.float(),
            pairs.present,
            pairs.intent,
            pairs.studio,
        )
        return output

    def _loss(self, pairs: Pairs, output: NetworkOutput, sample_rate: int) -> Loss:
        result = apply_moves(
            pairs.mix,
            pairs.spectra,
            output.moves,
            sample_rate=sample_rate,
            loudness_lufs=pairs.loudness_lufs,
        )
        return objective(
            output,
            output.moves.new_tensor(NEUTRAL),
            self.network.move_scale,
            result.frames,
            pairs.target,
            pairs.known,
            self._weights,
            sample_rate,
        )
