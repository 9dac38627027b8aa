"""Sample-rate conversion of a stream, by soxr's very high quality recipe in float64."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import soxr

Array: TypeAlias = npt.NDArray[np.float64]


class StreamResampler:
    """Converts a stream block by block; its delay is compensated.

    ``n`` frames become ``n * target_rate / source_rate`` of them, rounded half up. Blocks may have
    any length, and the result does not depend on it.

    Args:
        source_rate: In Hz.
        target_rate: In Hz.
        channels: Any number of them.

    """

    def __init__(self, source_rate: int, target_rate: int, channels: int) -> None:
        self._source_rate = source_rate
        self._target_rate = target_rate
        self._frames_in = 0
        self._frames_out = 0
        self._stream = soxr.ResampleStream(
            source_rate, target_rate, channels, dtype="float64", quality="VHQ"
        )

    def process(self, block: npt.NDArray[np.floating], last: bool = False) -> Array:
        """Convert the next ``block``, shape ``(channel, time)``; ``last`` ends the stream.

        Returns:
            What is ready, shape ``(channel, time)``, C-contiguous; all that is left if ``last``.

        """
        frames = np.ascontiguousarray(block.T, np.float64)
        out: Array = np.ascontiguousarray(self._stream.resample_chunk(frames, last=last).T)
        self._frames_in += frames.shape[0]
        if last:
            doubled = 2 * self._frames_in * self._target_rate + self._source_rate
            wanted = doubled // (2 * self._source_rate) - self._frames_out
            out = np.pad(out[:, :wanted], ((0, 0), (0, max(0, wanted - out.shape[1]))))
        self._frames_out += out.shape[1]
        return out
