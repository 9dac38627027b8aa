"""What a stage of the engine is, and the delay line that several are made of."""

from __future__ import annotations

from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from ...models.chain import ResolvedChain

Block: TypeAlias = npt.NDArray[np.float64]
"""Audio inside the engine: two channels of whole hops, shape ``(2, time)``, full scale ±1."""


class Stage(Protocol):
    """One block of the chain while it runs.

    What a stage remembers of the audio so far is plain data, so a copy of it can go on from there.

    Attributes:
        latency: Delay in samples, a multiple of the hop; the same when bypassed on the way.
        left_out: Bands and filters that this sample rate cannot hold.

    """

    latency: int
    left_out: tuple[str, ...]

    def configure(self, chain: ResolvedChain) -> None:
        """Take this stage's part of ``chain``, from the next block on; the state runs on."""
        ...

    def process(self, block: Block) -> Block:
        """Render the next block of whole hops; as many samples come out as went in."""
        ...


class Delay:
    """Delays audio by a fixed number of samples.

    Args:
        samples: How long; 0 passes blocks through.

    """

    def __init__(self, samples: int) -> None:
        self._memory: Block = np.zeros((2, samples))

    def process(self, block: Block) -> Block:
        """Return the block as it was ``samples`` ago."""
        samples = self._memory.shape[1]
        if samples == 0:
            return block
        joined = np.concatenate((self._memory, block), axis=1)
        self._memory = joined[:, block.shape[1] :].copy()
        return np.ascontiguousarray(joined[:, : block.shape[1]])
