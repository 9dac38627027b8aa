"""Loudness of frames and of spectra, and frames brought to the loudness inside the chain."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ..chain import REFERENCE_LUFS
from ..decibel import decibel_to_power
from ..differentiable.frames import SpectralFrames
from ..differentiable.resolving import SpectrumBatch
from ..k_weighting import ABSOLUTE_GATE_LUFS, OFFSET_DB, RELATIVE_GATE_LU, k_weighting_power
from ..mel import mel_edges_hz
from ..spectrum import CENTERS_HZ


def normalized_frames(
    frames: SpectralFrames, spectra: SpectrumBatch
) -> tuple[SpectralFrames, SpectrumBatch]:
    """Bring frames and spectra to -18 LUFS, each by its own loudness.

    Frames hold excerpts whose loudness may differ from the song's; at one loudness, thresholds
    relative to the song's spectrum mean the same in all of them.
    """
    gain = _to_reference(frames_lufs(frames))
    of_spectra = _to_reference(spectra_lufs(spectra))[:, None]
    spectra = SpectrumBatch(spectra.mid * of_spectra, spectra.side * of_spectra)
    return scaled_frames(frames, gain), spectra


def scaled_frames(frames: SpectralFrames, power: Tensor) -> SpectralFrames:
    """Return frames whose power is multiplied, ``power`` of shape ``(batch,)``."""
    factor = power.to(frames.mid)[:, None, None]
    return SpectralFrames(
        frames.mid * factor, frames.side * factor, frames.peak * factor[:, 0].sqrt()
    )


def aligned_frames(frames: SpectralFrames, target: SpectralFrames) -> SpectralFrames:
    """Bring frames to the loudness of their target, as a listener who compares them would."""
    difference_lu = frames_lufs(target) - frames_lufs(frames)
    return scaled_frames(frames, torch.exp(math.log(10.0) / 10.0 * difference_lu))


def frames_lufs(frames: SpectralFrames) -> Tensor:
    """Estimate integrated loudness from frames, shape ``(batch,)``.

    After ITU-R BS.1770-5 with frames in place of blocks: K-weighted at the centers of mel bands,
    gated 10 LU below the mean of what lies above -70 LUFS.
    """
    weights = frames.mid.new_tensor(k_weighting_power(mel_edges_hz()[1:-1]))
    power = weights @ (frames.mid + frames.side)
    audible = power > _power_of_lufs(ABSOLUTE_GATE_LUFS)
    mean = _gated_mean(power, audible)
    counted = audible & (power > decibel_to_power(RELATIVE_GATE_LU) * mean[:, None])
    return _lufs_of_power(_gated_mean(power, counted))


def spectra_lufs(spectra: SpectrumBatch) -> Tensor:
    """Return the loudness of long-term spectra, shape ``(batch,)``."""
    weights = spectra.total.new_tensor(k_weighting_power(CENTERS_HZ))
    return _lufs_of_power(2.0 * (spectra.total @ weights))


def _to_reference(lufs: Tensor) -> Tensor:
    return torch.exp(math.log(10.0) / 10.0 * (REFERENCE_LUFS - lufs))


def _gated_mean(power: Tensor, counted: Tensor) -> Tensor:
    mean: Tensor = (power * counted).sum(1) / counted.sum(1).clamp(min=1)
    return mean


def _power_of_lufs(lufs: float) -> float:
    return float(decibel_to_power(lufs - OFFSET_DB))


def _lufs_of_power(power: Tensor) -> Tensor:
    return OFFSET_DB + 10.0 * power.clamp(min=_power_of_lufs(ABSOLUTE_GATE_LUFS)).log10()
