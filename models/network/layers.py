"""What the network is made of: attention over a set of references, and conditioned residual blocks.

Both start without effect on what they feed: their last layers are zero.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

_ABSENT = 1e-30  # counts for nothing, and has a logarithm


def zeroed(layer: nn.Linear) -> nn.Linear:
    """Set a layer to zero, weights and bias, and return it."""
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer


class ReferenceAttention(nn.Module):
    """Sums up any number of references, in any order; one of them is a learned "no reference".

    Scaled dot-product attention (A. Vaswani et al., "Attention is all you need", 2017) with a
    single query, the mix. A reference is given by its statistics and by their explicit difference
    from the mix's.

    Args:
        statistics: Length of a statistics vector.
        width: Length of what comes out.
        heads: How many sums are made side by side; they divide ``width``.

    """

    def __init__(self, statistics: int, width: int, heads: int) -> None:
        super().__init__()
        self._heads = heads
        self.embed = nn.Sequential(nn.Linear(2 * statistics, width), nn.GELU())
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(width, width)
        self.out = zeroed(nn.Linear(width, width))
        self.null = nn.Parameter(torch.zeros(1, 1, width))
        nn.init.normal_(self.null, std=0.02)

    def forward(self, mix: Tensor, hidden: Tensor, references: Tensor, present: Tensor) -> Tensor:
        """Return what the references say about the mix, shape ``(batch, width)``.

        Args:
            mix: Standardized statistics, shape ``(batch, statistics)``.
            hidden: Of the mix, shape ``(batch, width)``.
            references: Standardized statistics, shape ``(batch, reference, statistics)``; there may
                be none.
            present: What each reference counts, 1 usually, 0 for none, ``(batch, reference)``.

        """
        given = torch.cat((references, references - mix[:, None]), -1)
        tokens = torch.cat((self.embed(given), self.null.expand(mix.shape[0], -1, -1)), 1)
        counted = torch.cat((present, torch.ones_like(mix[:, :1])), 1)
        size = tokens.shape[-1] // self._heads
        query = self.query(hidden).unflatten(-1, (self._heads, size))
        keys = self.key(tokens).unflatten(-1, (self._heads, size))
        values = self.value(tokens).unflatten(-1, (self._heads, size))
        scores = (query[:, None] * keys).sum(-1) / math.sqrt(size)
        scores = scores + counted.clamp(min=_ABSENT).log()[..., None]
        mixed = (scores.softmax(1)[..., None] * values).sum(1)
        summary: Tensor = self.out(mixed.flatten(1))
        return summary


class ConditionedBlock(nn.Module):
    """A residual block whose inside is scaled and shifted by a condition.

    Feature-wise linear modulation: E. Perez et al., "FiLM: Visual reasoning with a general
    conditioning layer", AAAI 2018.

    Args:
        width: Length of what comes in and out.
        condition: Length of the condition.
        dropout: Probability that a value inside is left out while learning.

    """

    def __init__(self, width: int, condition: int, dropout: float) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.inside = nn.Linear(width, width)
        self.film = zeroed(nn.Linear(condition, 2 * width))
        self.dropout = nn.Dropout(dropout)
        self.out = zeroed(nn.Linear(width, width))

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        """Return the block's output, shape ``(batch, width)``, as that of ``x``."""
        scale, shift = self.film(condition).chunk(2, -1)
        inside = nn.functional.gelu(self.inside(self.norm(x)) * (1.0 + scale) + shift)
        result: Tensor = x + self.out(self.dropout(inside))
        return result
