"""From a stream to frames of the mel grid, as `models.differentiable.frames` has them in torch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ...models.errors import ParameterError
from ...models.kernels.fourier import split_length, turn_table, twiddle_table
from ...models.kernels.mel import mel_powers
from ...models.mel import (
    MEL_BANDS,
    cell_count,
    filter_bank,
    frame_count,
    frame_hop_samples,
    frame_samples,
    hann,
)

Block: TypeAlias = npt.NDArray[np.float64] | npt.NDArray[np.float32]
Points: TypeAlias = npt.NDArray[np.float32]

CELLS_PER_FRAME = 4
"""So many cells lie between the centers of two frames."""

_MOST_FRAMES = 128  # that are worked on at once: half a megabyte of samples a channel


@dataclass(frozen=True, slots=True, eq=False)
class MelFrames:
    """Power of mid and side a mel band and frame, and peaks a cell.

    Cells ``4 n … 4 n + 3`` follow the center of frame ``n``.

    Attributes:
        mid: Power of ``(l + r) / 2``, shape ``(80, frame)``; a full-scale sine has 1.
        side: Power of ``(l - r) / 2``, same shape.
        peak: Largest absolute sample of both channels in each cell, shape ``(cell,)``.

    """

    mid: Points
    side: Points
    peak: Points

    def part(self, first: int, count: int) -> MelFrames:
        """Return ``count`` frames from ``first`` on, with the cells that follow their centers."""
        cells = slice(CELLS_PER_FRAME * first, CELLS_PER_FRAME * (first + count))
        frames = slice(first, first + count)
        return MelFrames(self.mid[:, frames], self.side[:, frames], self.peak[cells])


class FrameMeter:
    """Cuts a stream of one or two channels into frames; its memory does not grow.

    Frame ``n`` is centered at ``n`` hops; outside the stream is silence. The frames do not depend
    on how the stream is cut into blocks. Mono has no side.

    Args:
        sample_rate: In Hz.

    """

    def __init__(self, sample_rate: int) -> None:
        length = frame_samples(sample_rate)
        self._rate = sample_rate
        self._hop = frame_hop_samples(sample_rate)
        self._window = hann(length).astype(np.float32)
        # sums and differences are not halved, and the transform's parts are added unscaled
        bank = filter_bank(sample_rate) / 16.0
        filled = bank > 0.0
        any_filled = filled.any(axis=1)
        first = np.where(any_filled, filled.argmax(axis=1), 1)
        end = np.where(any_filled, bank.shape[1] - filled[:, ::-1].argmax(axis=1), 1)
        self._reach = np.stack((first, end), axis=1).astype(np.int64)
        self._bank = np.ascontiguousarray(bank[:, : int(end.max())], np.float32)
        self._rows = split_length(length)[0]
        self._twiddles = twiddle_table(length)
        self._turns = turn_table(length)
        self._held = np.zeros((2, length + (_MOST_FRAMES - 1) * self._hop), np.float32)
        self._filled = self._hop  # silence before the stream
        self._samples = 0
        self._frames = 0

    def feed(self, block: Block) -> Iterator[MelFrames]:
        """Take the next ``block``, shape ``(channel, time)``, of any length.

        Yields:
            The frames that are complete, a few seconds at a time, each with its four cells. The
            block is taken as far as the iterator is followed.

        """
        start = 0
        while start < block.shape[1]:
            count = min(block.shape[1] - start, self._held.shape[1] - self._filled)
            mid, side = self._held[:, self._filled : self._filled + count]
            left, right = block[0, start : start + count], block[-1, start : start + count]
            np.add(left, right, out=mid, casting="same_kind")
            np.subtract(left, right, out=side, casting="same_kind")
            start += count
            self._filled += count
            self._samples += count
            if self._filled == self._held.shape[1]:
                yield self._measure(_MOST_FRAMES)

    def finish(self) -> Iterator[MelFrames]:
        """End the stream.

        Yields:
            The rest of the frames; the last has as many cells as the stream has left for it.

        """
        missing = frame_count(self._samples, self._rate) - self._frames
        if self._samples == 0 or missing == 0:  # nothing is left, or it was told already
            return
        self._held[:, self._filled :] = 0.0
        last = self._measure(missing)
        cells = cell_count(self._samples, self._rate) - CELLS_PER_FRAME * (self._frames - missing)
        yield MelFrames(last.mid, last.side, last.peak[:cells])

    def _measure(self, frames: int) -> MelFrames:
        powers = np.empty((2, MEL_BANDS, frames), np.float32)
        peak = np.empty(CELLS_PER_FRAME * frames, np.float32)
        mel_powers(
            self._held,
            self._hop,
            self._window,
            self._bank,
            self._reach,
            self._rows,
            self._twiddles,
            self._turns,
            powers,
            peak,
        )
        if not self._held[1].any():
            powers[1] = 0.0  # mid's rounding error
        done = frames * self._hop
        kept = max(0, self._filled - done)
        self._held[:, :kept] = self._held[:, done : done + kept].copy()
        self._filled = kept
        self._frames += frames
        return MelFrames(powers[0], powers[1], peak)


def mel_frames(samples: Block, sample_rate: int) -> MelFrames:
    """Compute the frames of audio that is at hand as a whole.

    Args:
        samples: Shape ``(channel, time)``, one or two channels.
        sample_rate: In Hz.

    Raises:
        ParameterError: ``samples`` have another shape, or there are none.

    """
    if samples.ndim != 2 or samples.shape[0] not in (1, 2) or samples.shape[1] == 0:
        raise ParameterError(
            f"frames need samples of shape (1 or 2, time), not {samples.shape}", code="bad_shape"
        )
    meter = FrameMeter(sample_rate)
    parts = [*meter.feed(samples), *meter.finish()]
    return MelFrames(
        np.concatenate([part.mid for part in parts], axis=1),
        np.concatenate([part.side for part in parts], axis=1),
        np.concatenate([part.peak for part in parts]),
    )
