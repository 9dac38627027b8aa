"""True peak: how high a signal rises between its samples.

ITU-R BS.1770-5, Annex 2, with an interpolator of eight times and a pass band that reaches almost to
Nyquist. The limiter detects with the same points, so that the two cannot disagree.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ...models.decibel import amplitude_to_decibel
from ...models.kernels.interpolator import PAD
from ...models.kernels.true_peak import QUANTUM, peak_grid, true_peak

Block: TypeAlias = npt.NDArray[np.float64] | npt.NDArray[np.float32]
Array: TypeAlias = npt.NDArray[np.float64]

SPAN = 8 * QUANTUM
"""Samples that are interpolated at a time: a cell is known at most this and `PAD` after its end."""
_NO_CELLS = np.empty(0, np.float32)


class _Surroundings:
    """Cuts a stream into spans of whole quanta, each with its history and look-ahead."""

    def __init__(self, channels: int) -> None:
        self._held: Array = np.zeros((channels, PAD + SPAN + PAD))
        self._filled = PAD  # silence before the first sample

    def push(self, block: Block) -> Iterator[tuple[Array, int]]:
        """Yield ``(channel, PAD + n + PAD)`` samples and ``n``; valid until the next is taken."""
        start = 0
        while start < block.shape[1]:
            count = min(block.shape[1] - start, self._held.shape[1] - self._filled)
            self._held[:, self._filled : self._filled + count] = block[:, start : start + count]
            start += count
            self._filled += count
            if self._filled == self._held.shape[1]:
                yield self._held, SPAN
                self._held[:, : 2 * PAD] = self._held[:, SPAN:]
                self._filled = 2 * PAD

    def rest(self, multiple: int) -> tuple[Array, int]:
        """Return what was not pushed out, as if the stream ended here; ``n`` of a multiple."""
        frames = self._filled - PAD
        frames += -frames % multiple
        missing = PAD + frames + PAD - self._filled
        return np.pad(self._held[:, : self._filled], ((0, 0), (0, missing))), frames


class TruePeakMeter:
    """Measures the true and the sample peak of a stream, all channels together.

    The figures are those of a signal that ends with the last block fed: outside it is silent.

    Args:
        channels: Any number of them.

    """

    def __init__(self, channels: int) -> None:
        self._surroundings = _Surroundings(channels)
        self._known = 0.0
        self._sample_peak = 0.0

    def feed(self, block: Block) -> None:
        """Take the next ``block``, shape ``(channel, time)``, of any length."""
        if block.shape[1] == 0:
            return
        self._sample_peak = max(self._sample_peak, float(block.max()), -float(block.min()))
        for samples, frames in self._surroundings.push(block):
            self._known = true_peak(samples, frames, self._known)

    @property
    def sample_peak_dbfs(self) -> float | None:
        """Largest sample in dBFS; None for silence."""
        return _level(self._sample_peak)

    @property
    def true_peak_dbtp(self) -> float | None:
        """Largest value of the interpolated signal in dBTP; None for silence."""
        known = true_peak(*self._surroundings.rest(1), self._known)
        return _level(max(known, self._sample_peak))


class PeakGrid:
    """Finds the largest value of each cell of a stream, over all channels and between samples.

    Cells are aligned to the start of the stream. A cell reaches from its first sample to just
    before the first of the next.

    Args:
        channels: Any number of them.
        cell: Samples a cell: a power of two from 4 to 64.

    """

    def __init__(self, channels: int, cell: int) -> None:
        self._surroundings = _Surroundings(channels)
        self._cell = cell

    def feed(self, block: Block) -> npt.NDArray[np.float32]:
        """Take the next ``block``, shape ``(channel, time)``; return the cells it completes."""
        spans = self._surroundings.push(block)
        return np.concatenate([_NO_CELLS, *(self._cells(*span) for span in spans)])

    def finish(self) -> npt.NDArray[np.float32]:
        """Return the cells that are left; the last may be partly beyond the end."""
        return self._cells(*self._surroundings.rest(self._cell))

    def _cells(self, samples: Array, frames: int) -> npt.NDArray[np.float32]:
        grid = np.empty(frames // self._cell, np.float32)
        peak_grid(samples, self._cell, grid)
        return grid


def _level(amplitude: float) -> float | None:
    return amplitude_to_decibel(amplitude) if 0.0 < amplitude < np.inf else None
