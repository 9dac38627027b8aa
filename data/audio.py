"""Audio as the rest of the package sees it: a whole track, or a stream of blocks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

Samples: TypeAlias = npt.NDArray[np.float32]
"""Audio of one track, shape ``(channel, time)``, full scale ±1, C-contiguous."""

BLOCK_FRAMES = 65_536
"""How many frames are read at a time; results do not depend on it."""


@dataclass(frozen=True, slots=True)
class Audio:
    """A whole track in memory.

    Attributes:
        samples: Shape ``(channel, time)``, float32.
        sample_rate: In Hz.

    """

    samples: Samples
    sample_rate: int


class AudioReader(Protocol):
    """A track that is read block by block."""

    @property
    def sample_rate(self) -> int:
        """Frames a second, in Hz."""
        ...

    @property
    def channels(self) -> int:
        """1 or 2."""
        ...

    def read(self, frames: int) -> Samples:
        """Return the next ``frames`` frames, fewer at the end, none after it."""
        ...


class AudioWriter(Protocol):
    """A track that is written block by block."""

    def write(self, samples: npt.NDArray[np.float32] | npt.NDArray[np.int32]) -> None:
        """Append a block, shape ``(channel, time)``."""
        ...


class ArrayReader:
    """Reads a track that is already in memory.

    Args:
        audio: The track.

    """

    def __init__(self, audio: Audio) -> None:
        self._audio = audio
        self._position = 0

    @property
    def sample_rate(self) -> int:
        """Frames a second, in Hz."""
        return self._audio.sample_rate

    @property
    def channels(self) -> int:
        """Number of channels."""
        return int(self._audio.samples.shape[0])

    def read(self, frames: int) -> Samples:
        """Return the next ``frames`` frames, fewer at the end, none after it."""
        block = self._audio.samples[:, self._position : self._position + frames]
        self._position += block.shape[1]
        return np.ascontiguousarray(block)


class PartReader:
    """Reads a part of a track.

    Args:
        reader: Of the track, from its start.
        start: First frame.
        frames: How many frames; fewer where the track ends before.

    """

    def __init__(self, reader: AudioReader, start: int, frames: int) -> None:
        self._reader = reader
        self._before = start
        self._left = frames

    @property
    def sample_rate(self) -> int:
        """Frames a second, in Hz."""
        return self._reader.sample_rate

    @property
    def channels(self) -> int:
        """Number of channels."""
        return self._reader.channels

    def read(self, frames: int) -> Samples:
        """Return the next ``frames`` frames, fewer at the end, none after it."""
        while self._before > 0:
            passed = self._reader.read(min(self._before, BLOCK_FRAMES)).shape[1]
            self._before = self._before - passed if passed else 0
        block = self._reader.read(min(frames, self._left))
        self._left -= block.shape[1]
        return block


def blocks(reader: AudioReader, frames: int = BLOCK_FRAMES) -> Iterator[Samples]:
    """Yield what is left of ``reader`` in blocks of ``frames`` frames; the last may be shorter."""
    while (block := reader.read(frames)).shape[1] > 0:
        yield block
