"""The saturator while it runs."""

from __future__ import annotations

import numpy as np

from ...models.chain import ResolvedChain
from ...models.kernels.halfband import stage_filters, stage_rows
from ...models.kernels.saturation import saturate
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
        self._filters = stage_filters(np.float64)
        self._rows = stage_rows(3, len(stage_taps(sample_rate)), np.float64)
        self._saturator: ResolvedSaturator | None = None

    def configure(self, chain: ResolvedChain) -> None:
        """Take the saturator of ``chain``."""
        if self._saturator is None and chain.saturator is not None:
            self._rows[:] = 0.0
        self._saturator = chain.saturator

    def process(self, block: Block) -> Block:
        """Render the next block."""
        block = self._before.process(block)
        dry = self._dry.process(block)
        if self._saturator is None:
            return dry
        ceiling, mix = self._saturator.ceiling, self._saturator.values["mix"]
        y = np.empty_like(block)
        saturate(block, dry, self._rows, self._filters, ceiling, mix, 0, y)
        return y
