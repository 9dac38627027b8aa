"""The true-peak limiter on cells: peaks after the chain, and the gain that holds them."""

from __future__ import annotations

import torch
from torch import Tensor

from ...decibel import decibel_to_amplitude
from ...mel import cell_samples
from ...processors.limiter import ResolvedLimiter
from ...rates import limiter_cell_samples
from .ballistics import release_gain

TRUE_PEAK_DB = 0.1
"""By how much the true peak of a cell exceeds its largest sample, as a rule."""

GAIN_WEIGHTS = (0.3, 0.5, 0.2)
"""Share of the released gain of the cell before, of its own and of the one after in a cell's gain:
the look-ahead is almost as long as a cell."""

_LEAST_PEAK = 1e-6


def chain_peaks(peak: Tensor, crest: Tensor, gain: Tensor, amplitude: Tensor) -> Tensor:
    """Estimate the true peaks after the chain.

    A peak is where nodes add up with their signs, so it changes as their sum does.

    Args:
        peak: Largest sample of each cell before the chain, shape ``(batch, cell)``.
        crest: See `SubframeDetail`.
        gain: Of each of the compressor's bands, shape ``(batch, band, cell)``.
        amplitude: See `Tone`.

    """
    whole = torch.ones_like(amplitude[:, :1])
    sums = torch.cat((amplitude, whole), 1) @ crest.flatten(1, 2)
    before, after = sums[:, -1], (sums[:, :-1] * gain).sum(1)
    ratio = (after.abs() + _LEAST_PEAK) / (before.abs() + _LEAST_PEAK)
    return decibel_to_amplitude(TRUE_PEAK_DB) * peak * ratio + _LEAST_PEAK


def limiter_gain(
    peaks: Tensor, limiter: ResolvedLimiter, active: Tensor, sample_rate: int
) -> tuple[Tensor, Tensor]:
    """Compute the limiter's gain.

    Args:
        peaks: True peaks after the drive, shape ``(batch, cell)``.
        limiter: Its settings.
        active: Which examples it runs in, shape ``(batch,)``.
        sample_rate: In Hz.

    Returns:
        The mean gain in each cell, and the gain at its peak; both of shape ``(batch, cell)``.

    """
    least = (~active).to(peaks)  # 1 where the limiter is bypassed
    demand = (limiter.ceiling.to(peaks)[:, None] / peaks).clamp(max=1.0).clamp(min=least[:, None])
    steps = cell_samples(sample_rate) // limiter_cell_samples(sample_rate)
    coefficients = (limiter.release(sample_rate) ** steps).to(peaks)
    released = release_gain(demand, *coefficients.unbind(-1))
    return _weighted(released, GAIN_WEIGHTS), released


def _weighted(track: Tensor, weights: tuple[float, float, float]) -> Tensor:
    """Add each cell's neighbors, before and after; the ends are their own."""
    before, own, after = weights
    padded = torch.cat((track[:, :1], track, track[:, -1:]), 1)
    return before * padded[:, :-2] + own * track + after * padded[:, 2:]
