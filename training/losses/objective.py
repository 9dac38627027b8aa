"""The whole objective: sound, known quantities, small moves, blocks that are not needed."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor

from ...models.differentiable.frames import SpectralFrames
from ...models.network.network import NetworkOutput
from .likelihood import gaussian_surprise
from .sound import SoundWeights, sound_distances, sound_loss


@dataclass(frozen=True, slots=True)
class ObjectiveWeights:
    """Weight of each part.

    Attributes:
        sound: Of the distances of sound.
        surprise: Of the surprise at known quantities.
        idle: How much the quantities of blocks that are idle count in it.
        moves: Of the distance to known moves, in their scale.
        parsimony: Of the size of moves, and of what lies beyond their ranges.
        hidden: Of the squares of what hidden layers add to moves: of few songs they learn by heart.
        bypass: Of the cross-entropy of bypasses.

    """

    sound: SoundWeights = field(default_factory=SoundWeights)
    surprise: float = 0.5
    idle: float = 0.25
    moves: float = 0.2
    parsimony: float = 0.02
    hidden: float = 20.0
    bypass: float = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """What is known of the right answer; NaN where nothing is.

    Attributes:
        quantities: In dB, shape ``(batch, 39)``.
        active: Which quantities belong to a block that does something, boolean, same shape.
        moves: Shape ``(batch, moves)``.
        bypass: 1 where a block is not needed, 0 where it is, shape ``(batch, 3)``.

    """

    quantities: Tensor
    active: Tensor
    moves: Tensor
    bypass: Tensor

    def rows(self, chosen: Tensor) -> Known:
        """Return some examples of the batch, given their indices, shape ``(chosen,)``."""
        return Known(
            self.quantities[chosen], self.active[chosen], self.moves[chosen], self.bypass[chosen]
        )


@dataclass(frozen=True, slots=True, eq=False)
class Loss:
    """The objective of a batch.

    Attributes:
        total: Mean over examples.
        parts: What it is made of and the distances of sound, detached, each a scalar.

    """

    total: Tensor
    parts: dict[str, Tensor]


def objective(
    output: NetworkOutput,
    neutral: Tensor,
    scale: Tensor,
    result: SpectralFrames,
    target: SpectralFrames,
    known: Known,
    weights: ObjectiveWeights,
    sample_rate: int,
) -> Loss:
    """Compute the objective.

    Args:
        output: Of the network.
        neutral: Moves that do nothing, shape ``(moves,)``.
        scale: How large an ordinary move is, same shape.
        result: What the moves make of the mixes.
        target: What they should make of them.
        known: What is known of the right answer.
        weights: Of the parts.
        sample_rate: In Hz.

    """
    distances = sound_distances(result, target, sample_rate)
    parts = {
        "sound": sound_loss(distances, weights.sound),
        **known_parts(output, neutral, scale, known, weights),
    }
    shown = {**parts, **{f"{name}_db": value for name, value in distances.items()}}
    total = torch.stack(list(parts.values())).sum(0).mean()
    return Loss(total, {name: value.mean().detach() for name, value in shown.items()})


def known_parts(
    output: NetworkOutput,
    neutral: Tensor,
    scale: Tensor,
    known: Known,
    weights: ObjectiveWeights,
) -> dict[str, Tensor]:
    """Return the parts that need no sound, weighted, each of shape ``(batch,)``.

    Args:
        output: As of `objective`.
        neutral: As of `objective`.
        scale: As of `objective`.
        known: As of `objective`.
        weights: As of `objective`.

    """
    given = ~known.quantities.isnan()
    error = torch.nan_to_num(known.quantities) - output.quantities
    surprise = error.new_zeros(len(error))
    for counted, weight in ((known.active, 1.0), (~known.active, weights.idle)):
        spread = (output.log_sigma, output.factor)
        surprise = surprise + weight * gaussian_surprise(error, *spread, given & counted)
    off = (output.moves - torch.nan_to_num(known.moves)) / scale
    entropy = _cross_entropy(output.bypass, known.bypass)
    return {
        "surprise": weights.surprise * surprise,
        "moves": weights.moves * _known_mean(off.square(), known.moves),
        "parsimony": weights.parsimony * _size(output, neutral, scale),
        "hidden": weights.hidden * output.hidden.square().mean(1),
        "bypass": weights.bypass * _known_mean(entropy, known.bypass),
    }


def _known_mean(values: Tensor, known: Tensor) -> Tensor:
    """Return the mean over what is known, 0 where nothing is, shape ``(batch,)``."""
    given = ~known.isnan()
    kept = torch.where(given, values, torch.zeros_like(values))
    mean: Tensor = kept.sum(1) / given.sum(1).clamp(min=1)
    return mean


def _size(output: NetworkOutput, neutral: Tensor, scale: Tensor) -> Tensor:
    """Return the mean size of moves: absolute, so that small ones vanish; squared beyond ranges."""
    moved = ((output.moves - neutral) / scale).abs().mean(1)
    return moved + output.overshoot.square().mean(1)


def _cross_entropy(logits: Tensor, wanted: Tensor) -> Tensor:
    given = torch.nan_to_num(wanted)
    return torch.nn.functional.binary_cross_entropy_with_logits(logits, given, reduction="none")
