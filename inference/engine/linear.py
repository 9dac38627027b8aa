"""Stages without ballistics: gain, equalizer, imager."""

from __future__ import annotations

import numpy as np

from ...models.chain import ResolvedChain
from ...models.decibel import decibel_to_amplitude
from ...models.kernels.biquads import SECTIONS, cascade_eight
from ...models.kernels.stereo import widen
from ...models.rates import hop_samples
from .stage import Block


class GainStage:
    """Multiplies by a factor; after a change it gets there within one hop.

    Args:
        field: The gain's name in `ResolvedChain`.
        sample_rate: In Hz.

    """

    latency = 0
    left_out: tuple[str, ...] = ()

    def __init__(self, field: str, sample_rate: int) -> None:
        self._field = field
        self._hop = hop_samples(sample_rate)
        self._factor: float | None = None
        self._reached = 1.0

    def configure(self, chain: ResolvedChain) -> None:
        """Take the gain of ``chain``."""
        factor = decibel_to_amplitude(getattr(chain, self._field))
        if self._factor is None:
            self._reached = factor
        self._factor = factor

    def process(self, block: Block) -> Block:
        """Render the next block."""
        factor, before = self._factor, self._reached
        if factor is None or (factor == before == 1.0):
            return block
        if factor == before:
            return block * factor
        scaled = block * factor
        ramp = before + (factor - before) * (np.arange(self._hop) + 1.0) / self._hop
        scaled[:, : self._hop] = block[:, : self._hop] * ramp
        self._reached = factor
        return scaled


class EqualizerStage:
    """Runs the equalizer's eight sections.

    Args:
        sample_rate: In Hz.

    """

    latency = 0

    def __init__(self, sample_rate: int) -> None:
        self._rate = sample_rate
        self._sections: Block | None = None
        self.left_out: tuple[str, ...] = ()
        self._memory = np.zeros((2, SECTIONS), np.complex128)

    def configure(self, chain: ResolvedChain) -> None:
        """Take the equalizer of ``chain``."""
        if chain.equalizer is None:
            self._sections, self.left_out = None, ()
            return
        if self._sections is None:
            self._memory[:] = 0.0
        self._sections = chain.equalizer.sections(self._rate)
        self.left_out = chain.equalizer.left_out(self._rate)

    def process(self, block: Block) -> Block:
        """Render the next block."""
        if self._sections is None:
            return block
        out = np.empty_like(block)
        cascade_eight(block, self._sections, self._memory, out)
        return out


class ImagerStage:
    """Runs the stereo imager; mono passes it.

    Args:
        sample_rate: In Hz.
        channels: Of the track; 1 bypasses.

    """

    latency = 0

    def __init__(self, sample_rate: int, channels: int) -> None:
        self._rate = sample_rate
        self._stereo = channels == 2
        self._corners: Block | None = None
        self._widths = np.ones(3)
        self.left_out: tuple[str, ...] = ()
        self._memory = np.zeros((4, 2), np.complex128)

    def configure(self, chain: ResolvedChain) -> None:
        """Take the imager of ``chain``."""
        if chain.imager is None or not self._stereo:
            self._corners, self.left_out = None, ()
            return
        if self._corners is None:
            self._memory[:] = 0.0
        self._corners = chain.imager.corners(self._rate)
        self.left_out = chain.imager.left_out(self._rate)
        self._widths = chain.imager.widths(self._rate)

    def process(self, block: Block) -> Block:
        """Render the next block."""
        if self._corners is None:
            return block
        out = np.empty_like(block)
        widen(block, self._corners, self._widths, self._memory, out)
        return out
