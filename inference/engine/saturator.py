"""The saturator while it runs."""

from __future__ import annotations

import numpy as np

from ...models.chain import ResolvedChain
from ...models.kernels.halfband import decimate, half_sample_taps, interpolate
from ...models.kernels.saturation import saturation_residual
from ...models.processors.saturator import (
    ResolvedSaturator,
    filter_delay_samples,
    latency_samples,
    stage_taps,
)
from .stage import Block, Delay


class SaturatorStage:
    """Adds the saturation's residual, computed at 176.4 kHz or more, to the delayed signal.

    Args:
        sample_rate: In Hz.

    """

    left_out: tuple[str, ...] = ()

    def __init__(self, sample_rate: int) -> None:
        delay = filter_delay_samples(sample_rate)
        self.latency = latency_samples(sample_rate)
        self._before = Delay(self.latency - delay)
        self._dry = Delay(delay)
        self._taps = [half_sample_taps(count) for count in stage_taps(sample_rate)]
        self._up = [np.zeros((2, len(taps))) for taps in self._taps]
        self._down = [np.zeros((2, 2 * len(taps))) for taps in self._taps]
        self._saturator: ResolvedSaturator | None = None

    def configure(self, chain: ResolvedChain) -> None:
        """Take the saturator of ``chain``."""
        if self._saturator is None and chain.saturator is not None:
            for memory in (*self._up, *self._down):
                memory[:] = 0.0
        self._saturator = chain.saturator

    def process(self, block: Block) -> Block:
        """Render the next block."""
        block = self._before.process(block)
        dry = self._dry.process(block)
        if self._saturator is None:
            return dry
        loud = block
        for stage, taps in enumerate(self._taps):
            joined = _joined(self._up[stage], loud)
            loud = np.empty((2, 2 * loud.shape[1]))
            interpolate(joined, taps, loud)
        residual = np.empty_like(loud)
        saturation_residual(loud, self._saturator.ceiling, self._saturator.values["mix"], residual)
        for stage, taps in reversed(list(enumerate(self._taps))):
            joined = _joined(self._down[stage], residual)
            residual = np.empty((2, residual.shape[1] // 2))
            decimate(joined, taps, residual)
        return dry + residual


def _joined(memory: Block, block: Block) -> Block:
    """Put ``block`` after its history, and make its end the history of the next."""
    joined = np.concatenate((memory, block), axis=1)
    memory[:] = joined[:, joined.shape[1] - memory.shape[1] :]
    return joined
