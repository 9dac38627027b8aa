"""Whether windows in step are the same performance, by the coherence of small cells.

A cell is a third of an octave or more over 0.2 s, of mid or of side. The response that mid and side
have over all windows is taken out first. What is left of an equalizer, a compressor or a limiter
is a gain and a phase that hardly change within a cell, and its coherence is near 1; a voice, an
instrument or a take that only one of both has takes it away where that is heard.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[np.float64]
Frames: TypeAlias = npt.NDArray[np.complex64]
Block: TypeAlias = npt.NDArray[np.float32] | npt.NDArray[np.float64]

EDGES_HZ = (150, 220, 320, 450, 600, 800, 1050, 1400, 1800, 2350, 3050, 4000, 5200, 6800, 9000)
"""Edges of the bands: bass has too few bins a cell, and air is where codecs and dither live."""

UNLIKE = 0.4
"""A cell whose coherence is below this is not the same in both."""

_FRAME_S = 0.0464
_CELL_FRAMES = 8
_QUIET_CELL_DB = 20.0  # below the mean of its band
_QUIET_BAND_DB = 35.0  # below the loudest band
_LEAST = 1e-6
_DITHER = 0.25 * 2.0**-30  # mean square of triangular dither of 16 bits
_ABOVE_DITHER = 30.0


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike two recordings in step are.

    Attributes:
        residual_db: Mean over cells, in dB, of the share of power that the other does not explain.
        worst_db: The same of the cell than which one in twenty is worse.
        unlike_share: Share of the cells that are not the same in both.
        gain_db: Median gain of mid's frames, second over first.
        tone_db: How far the bands' gains of mid are from each other: their standard deviation.
        cells: How many there were.

    """

    residual_db: float
    worst_db: float
    unlike_share: float
    gain_db: float
    tone_db: float
    cells: int


class LikenessMeter:
    """Compares windows in step; it keeps their frames, about 0.3 MB a second.

    Args:
        sample_rate: In Hz.

    """

    def __init__(self, sample_rate: int) -> None:
        self._length = 2 ** round(np.log2(_FRAME_S * sample_rate))
        edges = np.rint(np.array(EDGES_HZ) * self._length / sample_rate).astype(np.int64)
        self._edges = np.unique(np.minimum(edges, self._length // 2))  # low rates hold fewer bands
        self._window = np.hanning(self._length).astype(np.float32)
        self._frames: list[tuple[Frames, Frames]] = []

    def feed(self, first: Block, second: Block) -> None:
        """Take windows of the same shape ``(2, time)``, in step."""
        self._frames.append((self._framed(first), self._framed(second)))

    def result(self) -> Likeness:
        """Judge all windows together; cells that are hardly heard do not count."""
        response = self._response()
        parts = [self._cells(one, two / response) for one, two in self._frames]
        if not parts:
            return Likeness(0.0, 0.0, 1.0, 0.0, 0.0, 0)
        first, second, coherence = (
            np.concatenate(each, axis=2) for each in zip(*parts, strict=True)
        )
        gains = self._gains(response)
        loud = _loud_bands(first) | _loud_bands(second)
        heard = (_above_mean(first) | _above_mean(second)) & loud
        # what is below the dither of a 16-bit file in both says nothing
        dither = self._dither() * np.maximum(1.0, 1.0 / gains)
        heard &= np.maximum(first, second) > _ABOVE_DITHER * dither
        count = int(heard.sum())
        if count == 0:
            return Likeness(0.0, 0.0, 1.0, 0.0, 0.0, 0)
        missing_db = 10.0 * np.log10(np.clip(1.0 - coherence[heard], _LEAST, 1.0))
        return Likeness(
            residual_db=float(np.mean(missing_db)),
            worst_db=float(np.percentile(missing_db, 95.0)),
            unlike_share=float(np.mean(coherence[heard] < UNLIKE)),
            gain_db=self._gain_db(),
            tone_db=float(np.std(10.0 * np.log10(gains[0, loud[0, :, 0], 0]))),
            cells=count,
        )

    def _framed(self, block: Block) -> Frames:
        turned = np.stack((block[0] + block[1], block[0] - block[1])).astype(np.float32)
        frames = np.lib.stride_tricks.sliding_window_view(turned, self._length, axis=1)
        frames = frames[:, :: self._length // 2]
        whole = frames.shape[1] // _CELL_FRAMES * _CELL_FRAMES
        spectrum = np.fft.rfft(frames[:, :whole] * self._window).astype(np.complex64)
        return np.ascontiguousarray(spectrum[:, :, self._edges[0] : self._edges[-1]])

    def _response(self) -> Frames:
        """Return second over first, of mid and of side, shape ``(2, 1, bin)``; 1 where nothing."""
        cross = sum((two * np.conj(one)).sum(axis=1, keepdims=True) for one, two in self._frames)
        power = sum((np.abs(one) ** 2).sum(axis=1, keepdims=True) for one, _ in self._frames)
        response = np.asarray(cross) / (np.asarray(power) + 1e-20)
        return np.where(np.abs(response) > 1e-6, response, 1.0).astype(np.complex64)

    def _cells(self, one: Frames, two: Frames) -> tuple[Array, Array, Array]:
        """Return powers and coherence of each cell, shape ``(mid and side, band, cell)``."""
        first, second = self._summed(np.abs(one) ** 2), self._summed(np.abs(two) ** 2)
        cross = np.abs(self._summed(two * np.conj(one))) ** 2
        return first, second, cross / (first * second + 1e-30)

    def _summed(self, values: npt.NDArray[np.inexact]) -> Array:
        wide = values.astype(np.result_type(values, np.float64))
        bands = np.add.reduceat(wide, self._edges[:-1] - self._edges[0], axis=2)
        shape = (2, -1, _CELL_FRAMES, len(self._edges) - 1)
        cells: Array = bands.reshape(shape).sum(axis=2).swapaxes(1, 2)
        return cells

    def _gains(self, response: Frames) -> Array:
        """Return the mean gain of power in each band of mid and side, shape ``(2, band, 1)``."""
        power = (np.abs(response) ** 2).astype(np.float64)
        sums = np.add.reduceat(power, self._edges[:-1] - self._edges[0], axis=2)
        gains: Array = (sums / np.diff(self._edges)).swapaxes(1, 2)
        return np.maximum(gains, 1e-12)

    def _dither(self) -> Array:
        """Return the power of 16-bit dither in a cell of each band, shape ``(1, band, 1)``."""
        energy = 2.0 * _DITHER * float(np.sum(np.square(self._window, dtype=np.float64)))
        dither: Array = energy * _CELL_FRAMES * np.diff(self._edges)[None, :, None].astype(float)
        return dither

    def _gain_db(self) -> float:
        """Return the median over frames of how much louder mid is in the second."""
        gains = [
            (np.abs(two[0]) ** 2).sum(axis=1) / ((np.abs(one[0]) ** 2).sum(axis=1) + 1e-20)
            for one, two in self._frames
        ]
        return float(10.0 * np.log10(np.median(np.concatenate(gains)) + 1e-20))


def _above_mean(power: Array) -> npt.NDArray[np.bool_]:
    """Tell which cells are not much quieter than the mean of their band."""
    mean = power.mean(axis=2, keepdims=True)
    above: npt.NDArray[np.bool_] = power > 10.0 ** (-0.1 * _QUIET_CELL_DB) * mean
    return above


def _loud_bands(power: Array) -> npt.NDArray[np.bool_]:
    """Tell which bands are not much quieter than the loudest, shape ``(2, band, 1)``."""
    mean = power.mean(axis=2, keepdims=True)
    loud: npt.NDArray[np.bool_] = mean > 10.0 ** (-0.1 * _QUIET_BAND_DB) * mean.max(initial=0.0)
    return loud
