"""Degrading frames, many examples at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ...models.decibel import decibel_to_amplitude, decibel_to_power
from ...models.differentiable.frames import SpectralFrames
from .drawing import Degradation

AVERAGED_FRAMES = 17
"""Slow levels are means over so many frames, about 0.4 s."""

_SILENCE = 1e-12
_LOUD_SHARE = 0.9  # of cells lies below the peaks that are raised
_QUIETEST_DB = 30.0  # expansion sees no level further below its mean


@dataclass(frozen=True, slots=True, eq=False)
class DegradationBatch:
    """Degradations of a batch; see `Degradation`.

    Attributes:
        response_db: Shape ``(batch, 80)``.
        width_db: Shape ``(batch, 80)``.
        shares: Shape ``(batch, 4, 80)``.
        exponents: Shape ``(batch, 4)``.
        slowness: Shape ``(batch,)``.
        reach_db: Shape ``(batch,)``.
        peak_db: Shape ``(batch,)``.
        floor_db: Shape ``(batch,)``.

    """

    response_db: Tensor
    width_db: Tensor
    shares: Tensor
    exponents: Tensor
    slowness: Tensor
    reach_db: Tensor
    peak_db: Tensor
    floor_db: Tensor


def batch_degradations(
    degradations: Sequence[Degradation],
    *,
    device: torch.device | str = "cpu",
    dtype: torch.dtype = torch.float32,
) -> DegradationBatch:
    """Put degradations together.

    Args:
        degradations: Of each example.
        device: Where the values shall be.
        dtype: Their type.

    """

    def stacked(name: str) -> Tensor:
        values = np.array([getattr(one, name) for one in degradations])
        return torch.as_tensor(values, dtype=dtype, device=device)

    return DegradationBatch(**{name: stacked(name) for name in DegradationBatch.__slots__})


def degrade_frames(frames: SpectralFrames, batch: DegradationBatch) -> SpectralFrames:
    """Make masters look like mixes.

    Responses and widths first; then each band of expansion moves its level ``L`` away from its mean
    by ``r tanh(e (L - mean) / r)`` with the exponent ``e`` and the reach ``r``; peaks above nine
    tenths of all cells rise, the highest by the whole amount; last a floor is added.

    Args:
        frames: Of masters.
        batch: What is done to each.

    """
    gain = decibel_to_power(batch.response_db)[:, :, None]
    mid = frames.mid * gain
    side = frames.side * gain * decibel_to_power(batch.width_db)[:, :, None]
    expansion = decibel_to_power(_expansion_db(mid + side, batch))
    floor = _floor(mid + side, batch.floor_db)
    mid, side = mid * expansion + floor, side * expansion + floor
    changed = (mid.sum(1) + side.sum(1) + _SILENCE) / (
        frames.mid.sum(1) + frames.side.sum(1) + _SILENCE
    )
    cells = frames.peak.shape[1]
    per_frame = -(-cells // changed.shape[1])
    amplitude = changed.sqrt().repeat_interleave(per_frame, 1)[:, :cells]
    return SpectralFrames(mid, side, _raised(frames.peak * amplitude, batch.peak_db))


def _expansion_db(power: Tensor, batch: DegradationBatch) -> Tensor:
    """Return the gain of each mel band and frame in dB."""
    levels_db = 10.0 * (batch.shares @ power + _SILENCE).log10()
    padded = torch.nn.functional.pad(levels_db, (AVERAGED_FRAMES // 2,) * 2, mode="replicate")
    slow_db = torch.nn.functional.avg_pool1d(padded, AVERAGED_FRAMES, 1)
    followed_db = torch.lerp(levels_db, slow_db, batch.slowness[:, None, None])
    mean_db = 10.0 * ((batch.shares @ power).mean(2, keepdim=True) + _SILENCE).log10()
    excess_db = (followed_db - mean_db).clamp(min=-_QUIETEST_DB)
    reach_db = batch.reach_db[:, None, None]
    gain_db = reach_db * torch.tanh(batch.exponents[:, :, None] * excess_db / reach_db)
    return batch.shares.mT @ gain_db


def _floor(power: Tensor, floor_db: Tensor) -> Tensor:
    """Return the power of the floor in mid and in side, the same in each mel band and frame."""
    whole = power.mean(2, keepdim=True).sum(1, keepdim=True)
    return (0.5 / power.shape[1]) * whole * decibel_to_power(floor_db)[:, None, None]


def _raised(peak: Tensor, peak_db: Tensor) -> Tensor:
    levels_db = 20.0 * peak.clamp(min=_SILENCE).log10()
    usual_db = torch.quantile(levels_db, _LOUD_SHARE, dim=1, keepdim=True)
    excess_db = (levels_db - usual_db).clamp(min=0.0)
    share = excess_db / excess_db.amax(1, keepdim=True).clamp(min=1e-3)
    return peak * decibel_to_amplitude(peak_db[:, None] * share)
