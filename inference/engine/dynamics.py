"""Stages with ballistics: de-esser and multiband compressor."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ...models.chain import ResolvedChain
from ...models.decibel import decibel_to_amplitude
from ...models.kernels.biquads import cascade
from ...models.kernels.crossover import split_four
from ...models.kernels.dynamics import compress_bands, deess
from ...models.kernels.matched import IDENTITY
from ...models.processors.multiband_compressor import BANDS
from ...models.rates import hop_samples
from .reduction import ReductionHistogram
from .stage import Block


class DeesserStage:
    """Runs the de-esser.

    Args:
        sample_rate: In Hz.

    """

    latency = 0

    def __init__(self, sample_rate: int) -> None:
        self._rate = sample_rate
        self._hop = hop_samples(sample_rate)
        self._sections: Block | None = None
        self._control: npt.NDArray[np.float64] = np.zeros(6)
        self.left_out: tuple[str, ...] = ()
        self.reductions = ReductionHistogram(1)
        self._filters = np.zeros((2, 4, 2), np.complex128)
        self._gain = np.array((0.0, 1.0))

    def configure(self, chain: ResolvedChain) -> None:
        """Take the de-esser of ``chain``."""
        if chain.deesser is None:
            self._sections, self.left_out = None, ()
            return
        if self._sections is None:
            self._sections = np.array([[IDENTITY] * 4] * 2)
            self._filters[:] = 0.0
            self._gain[:] = (0.0, 1.0)
        self._sections[:, 0] = chain.deesser.sections(self._rate)
        self.left_out = chain.deesser.left_out(self._rate)
        self._control = chain.deesser.control(self._rate)

    def process(self, block: Block) -> Block:
        """Render the next block."""
        if self._sections is None:
            return block
        band, heard, out = np.empty_like(block), np.empty_like(block), np.empty_like(block)
        trace = np.empty((1, block.shape[1] // self._hop))
        cascade(block, self._sections[0], self._filters[0], band)
        cascade(block, self._sections[1], self._filters[1], heard)
        deess(block, band, heard, self._control, self._hop, self._gain, trace[0], out)
        self.reductions.add(trace)
        return out


class MultibandCompressorStage:
    """Runs crossover and compressor.

    Args:
        sample_rate: In Hz.

    """

    latency = 0

    def __init__(self, sample_rate: int) -> None:
        self._rate = sample_rate
        self._hop = hop_samples(sample_rate)
        self._corners: npt.NDArray[np.float64] | None = None
        self._control: npt.NDArray[np.float64] = np.zeros((len(BANDS), 6))
        self.left_out: tuple[str, ...] = ()
        self.reductions = ReductionHistogram(len(BANDS))
        self._crossover = np.zeros((8, 2), np.complex128)
        self._reduction = np.zeros(len(BANDS))
        self._gain = np.ones(len(BANDS))
        self._bands = np.empty((len(BANDS), 2, 0))

    def configure(self, chain: ResolvedChain) -> None:
        """Take the compressor of ``chain``."""
        compressor = chain.multiband_compressor
        if compressor is None:
            self._corners, self.left_out = None, ()
            return
        self._control = compressor.control(self._rate)
        if self._corners is None:
            self._crossover[:] = 0.0
            self._reduction[:] = 0.0
            self._gain[:] = [decibel_to_amplitude(row[5]) for row in self._control]
        self._corners = compressor.corners(self._rate)
        self.left_out = compressor.left_out(self._rate)

    def process(self, block: Block) -> Block:
        """Render the next block."""
        if self._corners is None:
            return block
        if self._bands.shape[1:] != block.shape:  # fresh memory would cost as much as the split
            self._bands = np.empty((len(BANDS), *block.shape))
        bands, out = self._bands, np.empty_like(block)
        trace = np.empty((len(BANDS), block.shape[1] // self._hop))
        split_four(block, self._corners, self._crossover, bands)
        compress_bands(
            bands,
            self._control,
            self._hop,
            self._reduction,
            self._gain,
            trace,
            out,
        )
        self.reductions.add(trace)
        return out
