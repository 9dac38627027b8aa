"""Integrated loudness on cells, after ITU-R BS.1770-5, and the gain that meets a target."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from ...decibel import decibel_to_power
from ...k_weighting import ABSOLUTE_GATE_LUFS, OFFSET_DB, RELATIVE_GATE_LU
from ...mel import cell_samples

BLOCK_S = 0.4
STEP_S = 0.1

TRIED_LU = (0.0, 0.5, 1.0, 2.0, 4.0)
"""Drives that are tried at once, above the one that would do without a limiter."""

_LEAST_POWER = 1e-12


def gated_loudness(power: Tensor, sample_rate: int) -> Tensor:
    """Return the integrated loudness in LUFS, shape ``(batch,)``.

    Blocks and their steps are rounded to whole cells. A signal in which no block passes the
    absolute gate is measured without gates.

    Args:
        power: K-weighted mean square, summed over channels, of each cell, shape ``(batch, cell)``.
        sample_rate: In Hz.

    """
    cell_s = cell_samples(sample_rate) / sample_rate
    block = min(round(BLOCK_S / cell_s), power.shape[1])
    blocks = torch.nn.functional.avg_pool1d(power[:, None], block, round(STEP_S / cell_s))[:, 0]
    levels = blocks.detach()
    audible = levels > decibel_to_power(ABSOLUTE_GATE_LUFS - OFFSET_DB)
    audible = audible | ~audible.any(1, keepdim=True)
    mean = (levels * audible).sum(1, keepdim=True) / audible.sum(1, keepdim=True)
    counted = audible & (levels > mean * decibel_to_power(RELATIVE_GATE_LU))
    counted = counted | ~counted.any(1, keepdim=True)
    gated = (blocks * counted).sum(1) / counted.sum(1)
    return OFFSET_DB + 10.0 * gated.clamp(min=_LEAST_POWER).log10()


def drive_for_loudness(
    target_lufs: Tensor, open_lufs: Tensor, limited_lufs: Callable[[Tensor], Tensor]
) -> Tensor:
    """Solve for the gain before the limiter.

    Several drives are tried at once and the loss of loudness is interpolated between them; beyond
    the last it stays what it was there. The gradient is that of the gain without a limiter: what
    the limiter takes is a constant.

    Args:
        target_lufs: Loudness after the limiter, shape ``(batch,)``.
        open_lufs: Loudness before it, without the gain.
        limited_lufs: Returns the loudness after the limiter for gains in dB, both of shape
            ``(trial, batch)``.

    Returns:
        Gain in dB, shape ``(batch,)``.

    """
    needed_db = target_lufs - open_lufs
    with torch.no_grad():
        tried = needed_db.new_tensor(TRIED_LU)[:, None]
        reached = limited_lufs(needed_db + tried) - target_lufs  # rises with the drive
        extra = tried[-1] - reached[-1]
        for low in range(len(TRIED_LU) - 2, -1, -1):
            rise = (reached[low + 1] - reached[low]).clamp(min=1e-3)
            share = (-reached[low] / rise).clamp(0.0, 1.0)
            between = tried[low] + share * (tried[low + 1] - tried[low])
            extra = torch.where(reached[low + 1] >= 0.0, between, extra)
    return needed_db + extra
