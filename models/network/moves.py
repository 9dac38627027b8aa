"""Moves applied in the spectral twin: from what a network decides to what would be heard.

The equalizer is the first block of the chain and linear, so its response is applied to frames and
spectra as it is, and the block itself is bypassed. Compressor, imager and limiter run in the twin.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache

import numpy as np
import torch
from torch import Tensor

from ..decibel import decibel_to_power
from ..differentiable.detail import assumed_detail
from ..differentiable.frames import SpectralFrames, SubframeDetail
from ..differentiable.resolving import SpectrumBatch, resolve_batch
from ..differentiable.settings import SettingsBatch
from ..differentiable.twin.rendering import TwinResult, render_frames
from ..mel import LOW_BANDS, Array, mel_edges_hz, sensitivity
from ..moves import (
    ATTACK,
    HIGHEST,
    IN_LEVEL,
    LIMITER_RELEASE,
    LOWEST,
    RELEASE,
    RESPONSE,
    RESPONSE_HZ,
    SLOPE,
    THRESHOLD,
    WIDTH,
)
from ..processors import imager, multiband_compressor
from ..settings import BLOCKS, BlockSettings, ChainSettings
from ..spectrum import CENTERS_HZ

RUNNING = ("multiband_compressor", "imager", "limiter")
"""Blocks that run in the twin."""

_LEAST_SHARE = 1e-9  # of the whole power: a silent band needs a weight too
_TINY = 1e-20
_TWELFTHS = tuple(CENTERS_HZ)


def held_moves(moves: Tensor) -> Tensor:
    """Hold moves within the chain's ranges; gradients pass as if they were not held.

    A move beyond its range still feels where it should go, so it finds its way back.

    Args:
        moves: Shape ``(batch, moves)``.

    Returns:
        Same shape; responses are level-free.

    """
    response = moves[:, RESPONSE]
    level = response[:, torch.as_tensor(IN_LEVEL, device=moves.device)].mean(1, keepdim=True)
    free = torch.cat((response - level, moves[:, RESPONSE.stop :]), 1)
    low, high = moves.new_tensor(LOWEST), moves.new_tensor(HIGHEST)
    held = torch.minimum(torch.maximum(free, low), high)
    return free + (held - free).detach()


def apply_moves(
    frames: SpectralFrames,
    spectra: SpectrumBatch,
    moves: Tensor,
    *,
    sample_rate: int,
    loudness_lufs: Tensor,
) -> TwinResult:
    """Master mixes in the twin, with gradients for every move.

    Args:
        frames: Of mixes at -18 LUFS.
        spectra: Of the same mixes.
        moves: Within the chain's ranges, shape ``(batch, moves)``.
        sample_rate: In Hz.
        loudness_lufs: Of the results, shape ``(batch,)``.

    """
    equalized, heard = apply_response(frames, spectra, moves[:, RESPONSE], sample_rate=sample_rate)
    resolved = resolve_batch(settings_of_moves(moves), heard, sample_rate=sample_rate)
    return render_frames(
        equalized,
        _detail(equalized, sample_rate),
        resolved,
        heard,
        sample_rate=sample_rate,
        loudness_lufs=loudness_lufs,
    )


def apply_response(
    frames: SpectralFrames, spectra: SpectrumBatch, response_db: Tensor, *, sample_rate: int
) -> tuple[SpectralFrames, SpectrumBatch]:
    """Apply a frequency response.

    A band's gain is the mean of the response over what the band hears of the song's spectrum; peaks
    follow the power of the frames around them.

    Args:
        frames: Of mixes.
        spectra: Of the same mixes.
        response_db: At `RESPONSE_HZ`, between which it is interpolated; shape ``(batch, 27)``.
        sample_rate: In Hz.

    """
    spread = response_db.new_tensor(interpolation(tuple(RESPONSE_HZ), _TWELFTHS))
    power = decibel_to_power(response_db @ spread)
    hears = power.new_tensor(_sensitivity(sample_rate)).T
    bands = []
    for spectrum in (spectra.mid, spectra.side):
        share = spectrum / spectra.total.sum(1, keepdim=True).clamp(min=_TINY) + _LEAST_SHARE
        weight = share.to(power)
        bands.append((weight * power) @ hears / (weight @ hears + _TINY))
    mid, side = frames.mid * bands[0][:, :, None], frames.side * bands[1][:, :, None]
    spectral = power.to(spectra.mid)
    return (
        SpectralFrames(mid, side, followed_peaks(frames, mid, side)),
        SpectrumBatch(spectra.mid * spectral, spectra.side * spectral),
    )


def followed_peaks(frames: SpectralFrames, mid: Tensor, side: Tensor) -> Tensor:
    """Return peaks that rise and fall as the power around them did, shape ``(batch, cell)``.

    Args:
        frames: Before.
        mid: Powers after, shape ``(batch, 80, frame)``.
        side: Powers after, same shape.

    """
    before = (frames.mid + frames.side).sum(1) + _TINY
    amplitude = (((mid + side).sum(1) + _TINY) / before).sqrt()
    cells, count = frames.peak.shape[1], amplitude.shape[1]
    stride = round(cells / count)
    # a frame is centered where its cells begin, so those of the half before it are nearer too
    nearest = (torch.arange(cells, device=mid.device) + stride // 2) // stride
    return frames.peak * amplitude[:, nearest.clamp(max=count - 1)]


def _detail(frames: SpectralFrames, sample_rate: int) -> SubframeDetail:
    """Return assumed detail whose lowest bands keep their mean power when they are read late.

    Levels interpolated in dB lie below the mean of the powers, by dB where a drum sets in: moves
    that do nothing would take bass away, and a network would learn to put it back.
    """
    detail = assumed_detail(frames, sample_rate)
    power = torch.stack((frames.mid[:, :LOW_BANDS], frames.side[:, :LOW_BANDS]), 1)
    rise = torch.nn.functional.pad(power.diff(dim=-1), (0, 1))
    steps = detail.low.shape[-2]
    low = torch.stack([power + rise * (step / steps) for step in range(steps)], -2)
    return replace(detail, low=(low + _TINY).log())


def mel_to_spectrum(level_db: Tensor) -> Tensor:
    """Interpolate levels of mel bands, shape ``(batch, 80)``, to twelfths: ``(batch, 124)``."""
    return level_db @ level_db.new_tensor(interpolation(tuple(mel_edges_hz()[1:-1]), _TWELFTHS))


def settings_of_moves(moves: Tensor) -> SettingsBatch:
    """Return the settings of compressor, imager and limiter; all else is bypassed.

    Args:
        moves: Within the chain's ranges, shape ``(batch, moves)``.

    """
    z = moves.double()
    values = {
        block: {spec.key: torch.full_like(z[:, 0], spec.default) for spec in specs}
        for block, specs in BLOCKS.items()
    }
    compressor = values["multiband_compressor"]
    for band, name in enumerate(multiband_compressor.BANDS):
        compressor[f"{name}_ratio"] = 1.0 / (1.0 - z[:, SLOPE][:, band])
        compressor[f"{name}_threshold_db"] = z[:, THRESHOLD][:, band]
        compressor[f"{name}_attack_ms"] = z[:, ATTACK][:, band].exp()
        compressor[f"{name}_release_ms"] = z[:, RELEASE][:, band].exp()
    for band, name in enumerate(imager.BANDS):
        values["imager"][f"{name}_width"] = torch.exp(math.log(10.0) / 20.0 * z[:, WIDTH][:, band])
    values["limiter"]["release_ms"] = z[:, LIMITER_RELEASE].exp()
    on = torch.ones(len(z), dtype=torch.bool, device=z.device)
    active = {block: on if block in RUNNING else ~on for block in BLOCKS}
    blocks = {block: BlockSettings(block not in RUNNING, values[block]) for block in BLOCKS}
    return SettingsBatch(ChainSettings(blocks), active)


@cache
def interpolation(given_hz: tuple[float, ...], wanted_hz: tuple[float, ...]) -> Array:
    """Return the matrix that interpolates over the logarithm of frequency, ``(given, wanted)``."""
    rows = np.eye(len(given_hz))
    places, wanted = np.log(given_hz), np.log(wanted_hz)
    return np.stack([np.interp(wanted, places, row) for row in rows])


@cache
def _sensitivity(sample_rate: int) -> Array:
    return sensitivity(sample_rate)
