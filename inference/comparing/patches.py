"""What two versions of a song are compared by: power a mel band and moment, of mid and of side."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ...data.features.frames import Block, FrameMeter, MelFrames
from ...models.mel import MEL_BANDS, frame_hop_samples

Array: TypeAlias = npt.NDArray[np.float64]
Points: TypeAlias = npt.NDArray[np.float32]

FRAMES_PER_PATCH = 8
"""So many frames of 23 ms are one moment: loudness is integrated over 100 to 200 ms."""


@dataclass(frozen=True, slots=True, eq=False)
class Patches:
    """Mean power of each mel band and moment.

    Attributes:
        power: Mid, then side; a full-scale sine has 1; shape ``(2, 80, moment)``.

    """

    power: Points


def moments_s(count: int, sample_rate: int) -> Array:
    """Return the middle of each of ``count`` moments, in s."""
    hop_s = frame_hop_samples(sample_rate) / sample_rate
    middles = FRAMES_PER_PATCH * np.arange(count) + 0.5 * (FRAMES_PER_PATCH - 1)
    return np.asarray(middles * hop_s, np.float64)


class PatchMeter:
    """Measures patches of a stream.

    Args:
        sample_rate: In Hz.

    """

    def __init__(self, sample_rate: int) -> None:
        self._meter = FrameMeter(sample_rate)
        self._parts: list[Points] = []
        self._rest: Points = np.zeros((2, MEL_BANDS, 0), np.float32)

    def feed(self, block: Block) -> None:
        """Take the next ``block``, shape ``(channel, time)``, of any length."""
        self._take(self._meter.feed(block))

    def finish(self) -> Patches:
        """End the stream and return its patches; what is left at its end makes one of its own."""
        self._take(self._meter.finish())
        if self._rest.shape[2]:
            self._parts.append(self._rest.mean(axis=2, keepdims=True))
        if not self._parts:
            return Patches(np.zeros((2, MEL_BANDS, 0), np.float32))
        return Patches(np.concatenate(self._parts, axis=2))

    def _take(self, frames: Iterable[MelFrames]) -> None:
        for each in frames:
            held = np.concatenate((self._rest, np.stack((each.mid, each.side))), axis=2)
            count = held.shape[2] // FRAMES_PER_PATCH
            whole = held[:, :, : count * FRAMES_PER_PATCH]
            pooled = whole.reshape(2, MEL_BANDS, count, FRAMES_PER_PATCH).mean(axis=3)
            self._parts.append(pooled)
            self._rest = held[:, :, count * FRAMES_PER_PATCH :]
