"""The network: from statistics of a mix and of references to moves, quantities and their spread.

It adds to a linear estimate, which is part of it and stays as it is, and starts by adding nothing.
Intent and studio condition every block. What is known of the size: a few hundred songs are learned
by heart at once, so the network is small and leaves much out while it learns, and what its hidden
layers add is told apart from what is asked for, so that an objective can hold it small.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from ..errors import ParameterError
from ..mel_statistics import STATISTICS
from ..moves import BYPASSES, INTENTS, MOVES, NEUTRAL, QUANTITIES, RESPONSE, SLOPE, THRESHOLD, WIDTH
from ..network_shape import FARTHEST, REDUCTION_START, STUDIO_LENGTH, WIDEST_LOG_SIGMA
from .layers import ConditionedBlock, ReferenceAttention, zeroed
from .moves import held_moves

Array = npt.NDArray[np.float64]

_CONDITION = 32
_LEAST_SPREAD = 1e-3
_LEAST_COUNT = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class NetworkOutput:
    """What the network says.

    Attributes:
        moves: Within the chain's ranges, shape ``(batch, moves)``.
        overshoot: By how much moves were beyond them, in their scale, shape ``(batch, moves)``.
        hidden: What hidden layers add to moves, in their scale, shape ``(batch, moves)``.
        quantities: Expected effective quantities in dB, shape ``(batch, 39)``.
        log_sigma: Natural logarithm of each quantity's own standard deviation, same shape.
        factor: What quantities have in common: their covariance is ``diag(sigma²) + F Fᵀ``, shape
            ``(batch, 39, rank)``.
        bypass: Logits that a block of `BYPASSES` is not needed, shape ``(batch, 3)``.

    """

    moves: Tensor
    overshoot: Tensor
    hidden: Tensor
    quantities: Tensor
    log_sigma: Tensor
    factor: Tensor
    bypass: Tensor


def move_scales() -> Array:
    """Return how large a move of ordinary size is, shape ``(moves,)``."""
    scales = np.full(len(MOVES), 0.5)  # of times, natural logarithms
    scales[RESPONSE], scales[WIDTH] = 2.0, 2.0
    scales[SLOPE], scales[THRESHOLD] = 0.15, 3.0
    return scales


class MoveNetwork(nn.Module):
    """Predicts moves and quantities.

    Args:
        inputs: How many numbers the statistics are reduced to before the network sees them; None
            shows it all.
        width: Length of the hidden vector.
        depth: Number of residual blocks.
        rank: Number of directions in which quantities vary together.
        heads: Of the attention over references.
        studios: Number of studio tokens; 0 stands for no studio.
        dropout: Probability that a hidden value is left out while learning.
        input_noise: Standard deviation of noise added to standardized statistics while learning.

    """

    scale: Tensor
    mean: Tensor
    reduction: Tensor
    linear_weight: Tensor
    linear_bias: Tensor
    referred_weight: Tensor
    referred_bias: Tensor
    move_scale: Tensor

    def __init__(
        self,
        *,
        inputs: int | None = None,
        width: int = 256,
        depth: int = 2,
        rank: int = 4,
        heads: int = 4,
        studios: int = 8,
        dropout: float = 0.3,
        input_noise: float = 0.1,
    ) -> None:
        super().__init__()
        count, seen = len(STATISTICS), len(STATISTICS) if inputs is None else inputs
        self._rank, self._noise, self.heads = rank, input_noise, heads
        self.register_buffer("mean", torch.zeros(count))
        self.register_buffer("scale", torch.ones(count))
        self.register_buffer("reduction", torch.eye(seen, count))
        self.register_buffer("linear_weight", torch.zeros(len(MOVES), count))
        self.register_buffer("linear_bias", torch.tensor(NEUTRAL, dtype=torch.float32))
        self.register_buffer("referred_weight", torch.zeros(len(MOVES), 2 * count))
        self.register_buffer("referred_bias", torch.tensor(NEUTRAL, dtype=torch.float32))
        self.register_buffer("move_scale", torch.tensor(move_scales(), dtype=torch.float32))
        self.studio = nn.Embedding(studios, STUDIO_LENGTH)
        self.condition = nn.Sequential(
            nn.Linear(len(INTENTS) + STUDIO_LENGTH, _CONDITION), nn.GELU()
        )
        self.embed = nn.Linear(seen, width)
        self.references = ReferenceAttention(seen, width, heads)
        self.blocks = nn.ModuleList(
            ConditionedBlock(width, _CONDITION, dropout) for _ in range(depth)
        )
        self.norm = nn.LayerNorm(width)
        self.dropout = nn.Dropout(dropout)
        self.moves = zeroed(nn.Linear(width, len(MOVES)))
        self.intended = nn.Linear(len(INTENTS), len(MOVES), bias=False)
        nn.init.zeros_(self.intended.weight)
        self.reductions = zeroed(nn.Linear(width, len(QUANTITIES) - WIDTH.stop))
        self.log_sigma = zeroed(nn.Linear(width, len(QUANTITIES)))
        self.factor = nn.Linear(width, len(QUANTITIES) * rank)
        nn.init.normal_(self.factor.weight, std=0.01)
        self.bypass = zeroed(nn.Linear(width, len(BYPASSES)))

    def standardize(self, statistics: Array, matrix: Array | None = None) -> None:
        """Take mean and spread of statistics from examples; call it before `set_linear`.

        Args:
            statistics: Of many songs, shape ``(song, statistics)``.
            matrix: Reduces statistics to what the network sees, shape ``(inputs, statistics)``;
                without it, it sees all of them.

        Raises:
            ParameterError: The network was made for another number of inputs.

        """
        count = len(STATISTICS)
        given = np.eye(count) if matrix is None else matrix
        if given.shape != tuple(self.reduction.shape) or statistics.shape[1:] != (count,):
            raise ParameterError(
                f"statistics of shape {statistics.shape} and a matrix of shape {given.shape} do "
                f"not suit a network with a reduction of {tuple(self.reduction.shape)}",
                code="bad_shape",
            )
        scale = _spread(statistics)
        reduced = given * scale / _spread(statistics @ given.T)[:, None]
        self.mean.copy_(torch.from_numpy(statistics.mean(0)))
        self.scale.copy_(torch.from_numpy(scale))
        self.reduction.copy_(torch.from_numpy(reduced))

    def set_linear(self, weight: Array, bias: Array, *, referred: bool) -> None:
        """Take a linear estimate to start from, of standardized statistics.

        Args:
            weight: Shape ``(moves, statistics)``; with references twice as wide, for the mix and
                for the mean of the references.
            bias: Shape ``(moves,)``.
            referred: Whether it is for mixes with references, or for those without.

        Raises:
            ParameterError: A shape is another.

        """
        name = "referred" if referred else "linear"
        for part, values in (("weight", weight), ("bias", bias)):
            buffer: Tensor = getattr(self, f"{name}_{part}")
            if values.shape != tuple(buffer.shape):
                raise ParameterError(
                    f"the {part} of a linear estimate has the shape {values.shape}, not "
                    f"{tuple(buffer.shape)}",
                    code="bad_shape",
                )
            buffer.copy_(torch.from_numpy(values))

    def linear(self, statistics: Tensor, references: Tensor, present: Tensor) -> Tensor:
        """Return the linear estimate, shape ``(batch, moves)``; arguments as of `forward`."""
        z = (statistics - self.mean) / self.scale
        counted = present[..., None]
        total = ((references - self.mean) / self.scale * counted).sum(1)
        count = counted.sum(1)
        both = torch.cat((z, total / count.clamp(min=_LEAST_COUNT)), 1)
        referred = both @ self.referred_weight.T + self.referred_bias
        return torch.where(count > 0.0, referred, z @ self.linear_weight.T + self.linear_bias)

    def forward(
        self,
        statistics: Tensor,
        references: Tensor,
        present: Tensor,
        intent: Tensor,
        studio: Tensor,
    ) -> NetworkOutput:
        """Predict a batch.

        Args:
            statistics: Of mixes, shape ``(batch, statistics)``.
            references: Of references, shape ``(batch, reference, statistics)``; there may be none.
            present: What each reference counts, 1 usually, 0 for none, ``(batch, reference)``.
            intent: As `INTENTS`, -1 to 1, shape ``(batch, 8)``; zeros ask for nothing.
            studio: Studio tokens, whole numbers, shape ``(batch,)``; 0 is none.

        """
        seen, known = self._seen(statistics), self._seen(references)
        condition = self.condition(torch.cat((intent, self.studio(studio)), -1))
        hidden = nn.functional.gelu(self.embed(seen))
        hidden = hidden + self.references(seen, hidden, known, present)
        for block in self.blocks:
            hidden = block(hidden, condition)
        hidden = self.dropout(self.norm(hidden))
        linear = self.linear(statistics, references, present)
        said = self.moves(hidden)
        free = linear + self.move_scale * (said + self.intended(intent))
        moves = held_moves(free)
        reductions = nn.functional.softplus(self.reductions(hidden) + REDUCTION_START)
        log_sigma = self.log_sigma(hidden).clamp(-WIDEST_LOG_SIGMA, WIDEST_LOG_SIGMA)
        return NetworkOutput(
            moves=moves,
            overshoot=(free - moves.detach()) / self.move_scale,
            hidden=said,
            # how they sound decides on moves; spreads are learned around them
            quantities=torch.cat((moves[:, : WIDTH.stop].detach(), reductions), 1),
            log_sigma=log_sigma,
            factor=self.factor(hidden).unflatten(-1, (len(QUANTITIES), self._rank)),
            bypass=self.bypass(hidden),
        )

    def decay_groups(self, weight_decay: float) -> Sequence[dict[str, object]]:
        """Return parameter groups for an optimizer: matrices decay, all else does not."""
        parameters = [p for p in self.parameters() if p.requires_grad]
        return [
            {"params": [p for p in parameters if p.ndim > 1], "weight_decay": weight_decay},
            {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
        ]

    def _seen(self, statistics: Tensor) -> Tensor:
        reduced = ((statistics - self.mean) / self.scale) @ self.reduction.T
        held = reduced.clamp(-FARTHEST, FARTHEST)
        if self.training and self._noise > 0.0:
            return held + self._noise * torch.randn_like(held)
        return held


def _spread(values: Array) -> Array:
    """Return standard deviations over rows, 1 for what does not vary."""
    spread = values.std(0)
    return np.where(spread > _LEAST_SPREAD, spread, 1.0)
