"""The whole chain while it runs: whole hops in, scheduled changes, latency taken out."""

from __future__ import annotations

import copy
from collections import deque

import numpy as np
import numpy.typing as npt

from ...models.chain import ResolvedChain
from ...models.errors import ParameterError
from ...models.rates import hop_samples
from .dynamics import DeesserStage, MultibandCompressorStage
from .limiter import LimiterStage
from .linear import EqualizerStage, GainStage, ImagerStage
from .saturator import SaturatorStage
from .stage import Block, Stage

CHUNK_HOPS = 256
"""How many hops pass the chain at a time: a chunk of every band stays in the processor's cache."""

FRONT = ("normalization", "equalizer", "deesser")
"""Stages that a helper thread may run while the caller runs the others on the block before."""


class _Scheduled:
    """A stage that changes its settings at given positions of its own input."""

    def __init__(self, stage: Stage, delay: int) -> None:
        self.stage = stage
        self._position = -delay  # the stage's input lags by the latency of those before it
        self._changes: deque[tuple[int, ResolvedChain]] = deque()

    def change(self, position: int, chain: ResolvedChain) -> None:
        self._changes.append((position, chain))

    def process(self, block: Block) -> Block:
        parts, start = [], 0
        while self._changes and self._changes[0][0] < self._position + block.shape[1] - start:
            position, chain = self._changes.popleft()
            before = position - self._position
            if before > 0:
                parts.append(self._run(block[:, start : start + before]))
                start += before
            self.stage.configure(chain)
        if start == 0:
            return self._run(block)
        parts.append(self._run(block[:, start:]))
        return np.concatenate(parts, axis=1)

    def _run(self, block: Block) -> Block:
        self._position += block.shape[1]
        return self.stage.process(np.ascontiguousarray(block))


class ChainRenderer:
    """Renders a track of any length, in blocks of any size, with the same result for every size.

    Mono is rendered as two equal channels, so the output always has two. Sidechain hops are aligned
    to the start of the track. Settings can change on the way: a change takes effect, in each stage
    for the same sample of the track, at the first hop that starts at or after it.

    Args:
        chain: Settings from the first sample on.
        sample_rate: In Hz.
        channels: 1 or 2.

    """

    def __init__(self, chain: ResolvedChain, sample_rate: int, channels: int) -> None:
        self._hop = hop_samples(sample_rate)
        self.deesser = DeesserStage(sample_rate)
        self.multiband_compressor = MultibandCompressorStage(sample_rate)
        stages: dict[str, Stage] = {
            "normalization": GainStage("normalization_db", sample_rate),
            "equalizer": EqualizerStage(sample_rate),
            "deesser": self.deesser,
            "multiband_compressor": self.multiband_compressor,
            "saturator": SaturatorStage(sample_rate),
            "imager": ImagerStage(sample_rate, channels),
            "gain": GainStage("gain_db", sample_rate),
        }
        self._limiter = chain.limiter
        if chain.limiter is not None:
            stages["limiter"] = LimiterStage(chain.limiter, sample_rate)
        scheduled = {}
        latency = 0
        for name, stage in stages.items():
            scheduled[name] = _Scheduled(stage, latency)
            stage.configure(chain)
            latency += stage.latency
        self._stages = scheduled
        self._front = [scheduled[name] for name in FRONT]
        self._back = [stage for name, stage in scheduled.items() if name not in FRONT]
        self._pending: Block = np.zeros((2, 0))
        self._latency = latency
        self._fed = 0  # samples of the track taken so far
        self._length: int | None = None  # of the track, once it is known
        self._framed = 0  # samples that went through all stages, silence at the end included

    @property
    def left_out(self) -> tuple[str, ...]:
        """Bands and filters that this rate cannot hold, as ``stage.name``."""
        return tuple(
            f"{name}.{part}"
            for name, scheduled in self._stages.items()
            for part in scheduled.stage.left_out
        )

    def switch(self, chain: ResolvedChain) -> None:
        """Use ``chain`` from the next sample fed on, rounded up to a whole hop.

        Raises:
            ParameterError: It has another limiter. A limiter's gain looks ahead over the border, so
                a timeline has one.

        """
        if chain.limiter != self._limiter:
            raise ParameterError(
                "the limiter's settings cannot change within a timeline", code="limiter_changed"
            )
        position = -(-self._fed // self._hop) * self._hop
        for scheduled in self._stages.values():
            scheduled.change(position, chain)

    def process(self, block: npt.NDArray[np.floating]) -> Block:
        """Render the next block.

        Args:
            block: Shape ``(channel, time)``, any length, float32 or float64.

        Returns:
            What is finished, shape ``(2, time)``: at first less than what went in.

        """
        return self.run_back(self.run_front(block))

    def finish(self) -> Block:
        """Return what is still inside; with it, as many samples came out as went in."""
        return self.run_back(self.finish_front())

    def run_front(self, block: npt.NDArray[np.floating]) -> Block:
        """Do the first half of `process`: cut whole hops, and run the stages of `FRONT`.

        The halves share no state, so that each may run in a thread of its own.
        """
        self._fed += block.shape[1]
        if block.shape[0] == 1:
            block = np.repeat(block, 2, axis=0)
        joined = np.concatenate((self._pending, block), axis=1, dtype=np.float64)
        whole = joined.shape[1] // self._hop * self._hop
        self._pending = joined[:, whole:]
        return self._run(self._front, joined[:, :whole])

    def finish_front(self) -> Block:
        """Do the first half of `finish`: silence follows until the latency is flushed."""
        needed = -(-(self._fed + self._latency) // self._hop) * self._hop
        silence = np.zeros((2, needed - self._fed))
        padded = np.concatenate((self._pending, silence), axis=1)
        self._pending = np.zeros((2, 0))
        self._length = self._fed
        return self._run(self._front, padded)

    def run_back(self, block: Block) -> Block:
        """Do the second half of `process` or `finish`: the other stages, and the latency."""
        block = self._run(self._back, block)
        start = max(self._latency - self._framed, 0)
        self._framed += block.shape[1]
        if self._length is not None:
            surplus = self._framed - self._latency - self._length
            return block[:, start : block.shape[1] - surplus]
        return block[:, start:]

    def copy(self) -> ChainRenderer:
        """Return a renderer that can go on from here, however far this one runs."""
        return copy.deepcopy(self)

    def _run(self, stages: list[_Scheduled], whole: Block) -> Block:
        chunk = CHUNK_HOPS * self._hop
        done = np.empty_like(whole)
        for start in range(0, whole.shape[1], chunk):
            block = whole[:, start : start + chunk]
            for stage in stages:
                block = stage.process(block)
            done[:, start : start + chunk] = block
        return done
