"""The multiband compressor on cells: what its detectors hear, and the gain that follows."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ...mel import cell_samples, frame_hop_samples, frame_samples, hann
from ...processors.multiband_compressor import ResolvedMultibandCompressor, static_curve_db
from ...rates import hop_samples
from ..frames import SPREAD_PARTS, SubframeDetail
from .ballistics import smooth_parts

_QUIET_POWER = 1e-13  # so that silence has a gain too


def compressor_gain_db(
    powers: Tensor,
    detail: SubframeDetail,
    compressor: ResolvedMultibandCompressor,
    active: Tensor,
    sample_rate: int,
) -> tuple[Tensor, Tensor]:
    """Compute the gain of each band in each cell.

    Args:
        powers: What the detectors hear, above 0, shape ``(batch, 4, cell)``.
        detail: For how the levels spread within a cell.
        compressor: Its settings.
        active: Which examples it runs in, shape ``(batch,)``.
        sample_rate: In Hz.

    Returns:
        Gain reduction in dB, 0 or negative, shape ``(batch, 4, cell)``; and make-up in dB, shape
        ``(batch, 4, 1)``.

    """
    control = compressor.control(sample_rate).to(powers)
    threshold_dbfs, slope, knee_db, attack, release, makeup_db = control[..., None].unbind(-2)
    over_db = (10.0 / math.log(10.0)) * powers.log() - threshold_dbfs
    targets = [
        static_curve_db(over_db + part_db, slope, knee_db).flatten(0, 1)
        for part_db in detail.spread_db.unbind(2)
    ]
    hops = cell_samples(sample_rate) // hop_samples(sample_rate)
    shares = [part / sum(SPREAD_PARTS) for part in SPREAD_PARTS]
    rates = [-hops * coefficient.flatten().log() for coefficient in (attack, release)]
    reduction_db = smooth_parts(targets, shares, *rates).reshape(powers.shape)
    runs = active[:, None, None].to(powers)
    return runs * reduction_db, runs * makeup_db


def frame_amplitudes(gain: Tensor, powers: Tensor, frames: int, sample_rate: int) -> Tensor:
    """Average gains over frames, weighted with the energy they meet and with the window.

    Args:
        gain: Amplitude in each cell, shape ``(batch, band, cell)``.
        powers: What there is to be amplified, same shape.
        frames: How many; the first is centered at the signal's start.
        sample_rate: In Hz.

    Returns:
        Amplitude, shape ``(batch, band, frame)``.

    """
    length, cell = frame_samples(sample_rate), cell_samples(sample_rate)
    stride = frame_hop_samples(sample_rate) // cell
    window = (hann(length) ** 2).reshape(-1, cell).mean(1)
    weight = gain.new_tensor(window)[None, None]
    batch, bands, cells = gain.shape
    padding = (len(window) // 2, stride * (frames - 1) + len(window) // 2 - cells)

    def pooled(track: Tensor) -> Tensor:
        padded = torch.nn.functional.pad(track, padding).reshape(batch * bands, 1, -1)
        return torch.nn.functional.conv1d(padded, weight, stride=stride).view(batch, bands, -1)

    energy = powers + _QUIET_POWER
    return (pooled(energy * gain.square()) / pooled(energy)).sqrt()
