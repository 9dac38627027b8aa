"""Blocks in pieces that stay in a processor's cache while several meters look at them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Block: TypeAlias = npt.NDArray[np.float64] | npt.NDArray[np.float32]
Array: TypeAlias = npt.NDArray[np.float64]

CHUNK_FRAMES = 16_384


class Chunks:
    """Converts blocks to float64, piece by piece, into one buffer that is used again.

    Fresh memory for every block would cost as much as some meters do.

    Args:
        channels: Any number of them.

    """

    def __init__(self, channels: int) -> None:
        self._buffer: Array = np.empty((channels, CHUNK_FRAMES))

    def cut(self, block: Block) -> Iterator[Array]:
        """Yield ``block``, shape ``(channel, time)``; each piece is valid until the next."""
        for start in range(0, block.shape[1], CHUNK_FRAMES):
            piece = block[:, start : start + CHUNK_FRAMES]
            chunk = self._buffer[:, : piece.shape[1]]
            chunk[:] = piece
            yield chunk
