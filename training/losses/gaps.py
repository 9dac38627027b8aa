"""What lies between mixes and their targets, band by band, and how much of it moves close.

The mel distance of a result from its target costs a rendering in the twin for every step. Most of
it is known without one: the mean difference in each mel band, minus the response and the width that
moves apply, at equal loudness. What equal loudness does is the point of it: bass that stays pushes
everything else down, so that too little of a cut costs every band, and too much of it costs one.
Compression and limiting are not in it.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache
from typing import Self

import numpy as np
import torch
from torch import Tensor

from ...models.differentiable.frames import SpectralFrames
from ...models.distances.gate import RELEVANT_RANGE, audible_frames, levels_db
from ...models.distances.measures import side_weight
from ...models.k_weighting import k_weighting_power
from ...models.mel import Array, mel_edges_hz
from ...models.moves import RESPONSE, RESPONSE_HZ, WIDTH
from ...models.network.moves import interpolation
from ...models.processors import imager

_MEL_HZ: Array = mel_edges_hz()[1:-1]
_SOFT_DB = 0.3  # below, differences count as squares: a distance without a kink at its goal


@dataclass(frozen=True, slots=True, eq=False)
class BandGaps:
    """Differences of targets from mixes over audible frames, of a batch.

    Attributes:
        mid_db: Mean difference of mid in each mel band, shape ``(batch, 80)``.
        side_db: The same of side.
        mid_share: Share of the frames in which a band of mid matters, shape ``(batch, 80)``.
        side_share: The same of side.
        loudness_share: Each band's share of the target's K-weighted power, shape ``(batch, 80)``.
        side_weight: Weight of side, shape ``(batch,)``; see `mel_distance`.

    """

    mid_db: Tensor
    side_db: Tensor
    mid_share: Tensor
    side_share: Tensor
    loudness_share: Tensor
    side_weight: Tensor

    def rows(self, chosen: Tensor) -> Self:
        """Return some examples of the batch, given their indices, shape ``(chosen,)``."""
        return type(self)(*(getattr(self, field.name)[chosen] for field in fields(self)))


def joined_gaps(parts: list[BandGaps]) -> BandGaps:
    """Put batches together."""
    names = [field.name for field in fields(BandGaps)]
    return BandGaps(*(torch.cat([getattr(part, name) for part in parts]) for name in names))


def band_gaps(mix: SpectralFrames, target: SpectralFrames) -> BandGaps:
    """Measure the gaps between mixes and targets that have equally many frames."""
    audible = audible_frames(target.mid, target.side)
    frames = audible[:, None]
    threshold = RELEVANT_RANGE * (target.mid * frames).amax((1, 2))[:, None, None]

    def gap(wanted: Tensor, given: Tensor) -> tuple[Tensor, Tensor]:
        cells = ((wanted > threshold) | (given > threshold)) & frames
        count = cells.sum(2)
        total = ((levels_db(wanted) - levels_db(given)) * cells).sum(2)
        return total / count.clamp(min=1), count / frames.sum(2).clamp(min=1)

    mid_db, mid_share = gap(target.mid, mix.mid)
    side_db, side_share = gap(target.side, mix.side)
    weights = target.mid.new_tensor(k_weighting_power(_MEL_HZ))
    weighted = ((target.mid + target.side) * frames).sum(2) * weights
    return BandGaps(
        mid_db,
        side_db,
        mid_share,
        side_share,
        weighted / weighted.sum(1, keepdim=True).clamp(min=1e-20),
        side_weight(target.mid, target.side, audible),
    )


def gap_distance(moves: Tensor, gaps: BandGaps, most_db: float) -> Tensor:
    """Return what moves leave of the gaps at the targets' loudness, in dB, shape ``(batch,)``.

    Args:
        moves: Responses level-free, shape ``(batch, moves)``.
        gaps: Of the same examples.
        most_db: Responses are held within this, as those that users get; gradients pass as if they
            were not.

    """
    response_db = moves[:, RESPONSE]
    held_db = response_db + (response_db.clamp(-most_db, most_db) - response_db).detach()
    applied_db = held_db @ held_db.new_tensor(interpolation(tuple(RESPONSE_HZ), tuple(_MEL_HZ)))
    left_db = gaps.mid_db - applied_db
    power = (gaps.loudness_share * torch.pow(10.0, -0.1 * left_db)).sum(1, keepdim=True)
    gain_db = -10.0 * power.clamp(min=1e-12).log10()
    widened_db = moves[:, WIDTH] @ moves.new_tensor(imager_bands())
    mid = _mean(left_db - gain_db, gaps.mid_share)
    side = _mean(gaps.side_db - applied_db - widened_db - gain_db, gaps.side_share)
    return (1.0 - gaps.side_weight) * mid + gaps.side_weight * side


def _mean(error_db: Tensor, share: Tensor) -> Tensor:
    distance = (error_db.square() + _SOFT_DB**2).sqrt() - _SOFT_DB
    mean: Tensor = (distance * share).sum(1) / share.sum(1).clamp(min=1e-3)
    return mean


@cache
def imager_bands() -> Array:
    """Return which band of the imager each mel band lies in, 1 or 0, shape ``(3, 80)``."""
    corners_hz = [spec.default for spec in imager.SPECS if spec.key in imager.CORNERS]
    bands = np.arange(len(imager.BANDS))[:, None]
    inside: Array = (np.digitize(_MEL_HZ, corners_hz) == bands).astype(np.float64)
    return inside
