"""From a batch of settings to chains that can run, by the engine's own mathematics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..chain import ResolvedChain, anchors_of, resolve
from ..decibel import decibel_to_power
from ..processors.equalizer import ResolvedEqualizer
from ..spectrum import CENTERS_HZ, PowerSpectrum
from .settings import SettingsBatch


@dataclass(frozen=True, slots=True, eq=False)
class SpectrumBatch:
    """Long-term spectra of several songs at -18 LUFS; see `PowerSpectrum`.

    Attributes:
        mid: Mean square of mid, shape ``(batch, 124)``.
        side: Mean square of side, shape ``(batch, 124)``.

    """

    mid: Tensor
    side: Tensor

    @property
    def total(self) -> Tensor:
        """Mean of both channels' powers, shape ``(batch, 124)``."""
        return self.mid + self.side


@dataclass(frozen=True, slots=True, eq=False)
class ResolvedBatch:
    """Chains of a batch of examples.

    Attributes:
        chain: Its values are tensors of shape ``(batch,)``; a block that is bypassed everywhere is
            None.
        active: Which examples run a block, by its name: truth values of shape ``(batch,)``.

    """

    chain: ResolvedChain
    active: Mapping[str, Tensor]


def batch_spectra(
    spectra: Sequence[PowerSpectrum], *, device: torch.device | str = "cpu"
) -> SpectrumBatch:
    """Put the spectra of several songs together; each must be of the song at -18 LUFS."""

    def rows(name: str) -> Tensor:
        stacked = np.stack([getattr(spectrum, name) for spectrum in spectra])
        return torch.as_tensor(stacked, dtype=torch.float64, device=device)

    return SpectrumBatch(rows("mid"), rows("side"))


def resolve_batch(
    batch: SettingsBatch,
    spectra: SpectrumBatch,
    *,
    sample_rate: int,
    normalization_db: Tensor | float = 0.0,
    gain_db: Tensor | float = 0.0,
) -> ResolvedBatch:
    """Turn settings into chains, with gradients through every anchor.

    Args:
        batch: The settings.
        spectra: Of each example's whole song at -18 LUFS.
        sample_rate: At which the chains will run, in Hz.
        normalization_db: Gain that brings each example's song to -18 LUFS, shape ``(batch,)``.
        gain_db: Loudness gain before the limiter, shape ``(batch,)``.

    """
    settings, power = batch.settings, spectra.total.double()
    if not settings["equalizer"].bypass:
        equalizer = ResolvedEqualizer(settings["equalizer"].values)
        heard = power * decibel_to_power(equalizer.response_db(CENTERS_HZ, sample_rate))
        power = torch.where(batch.active["equalizer"][:, None], heard, power)
    like = power[:, 0]
    chain = resolve(
        settings,
        anchors_of(settings, power),
        normalization_db=torch.zeros_like(like) + normalization_db,
        gain_db=torch.zeros_like(like) + gain_db,
    )
    return ResolvedBatch(chain, batch.active)
