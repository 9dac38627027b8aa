"""Long-term spectrum of a stream, gated by loudness, and the levels of its bands."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ...models.decibel import decibel_to_power
from ...models.k_weighting import ABSOLUTE_GATE_LUFS, k_weighting_power
from ...models.kernels.fourier import split_length, transform, turn_table, twiddle_table
from ...models.kernels.metering import sum_bands
from ...models.spectrum import CENTERS_HZ, EDGES_HZ, PowerSpectrum
from .loudness import power_to_loudness

Block: TypeAlias = npt.NDArray[np.float64] | npt.NDArray[np.float32]
Array: TypeAlias = npt.NDArray[np.float64]
Points: TypeAlias = npt.NDArray[np.float32]

LEVEL_EDGES_HZ = (20.0, 120.0, 900.0, 4500.0, 20_000.0)
"""Edges of the four bands whose levels are counted: the compressor's, as it comes."""

FRAME_S = 0.37
"""Length of a frame, before it is rounded to a power of two."""

_CLASS_LU = 0.5
_CLASSES = 1 + round((10.0 - ABSOLUTE_GATE_LUFS) / _CLASS_LU)  # the first holds what is below
_LEVEL_STEP_DB = 0.25
_LOWEST_DBFS = -140.0
_LOWEST_POWER = decibel_to_power(_LOWEST_DBFS)
_LEVELS = 1 + round((20.0 - _LOWEST_DBFS) / _LEVEL_STEP_DB)
_GATE_BELOW_MEDIAN_DB = 40.0
_ALL_LEVEL_BANDS = np.arange(len(LEVEL_EDGES_HZ) - 1)


@dataclass(frozen=True, slots=True)
class LevelSpread:
    """How loud a band is, frame by frame, where the track is not silent.

    Attributes:
        p10_dbfs: A tenth of the frames is quieter; mean square of both channels.
        p50_dbfs: Median.
        p95_dbfs: One frame in twenty is louder.

    """

    p10_dbfs: float
    p50_dbfs: float
    p95_dbfs: float


class SpectrumMeter:
    """Measures mean powers in twelfth octaves, mid and side, of a stream of one or two channels.

    Frames of about 0.37 s with a Hann window overlap by half. Each is filed by its own loudness in
    classes of 0.5 LU, so that a gate can be chosen at the end. A last frame that is not full is
    dropped, but a stream shorter than one frame is measured as one.

    Args:
        sample_rate: In Hz.
        channels: 1 or 2.

    """

    def __init__(self, sample_rate: int, channels: int) -> None:
        self._channels = channels
        self._length = 2 ** round(math.log2(FRAME_S * sample_rate))
        self._edges = EDGES_HZ * self._length / sample_rate
        self._weights = channels * k_weighting_power(CENTERS_HZ)
        self._level_shares = _level_shares()
        self._window = _hann(self._length)
        self._energy = _energy(self._window)
        self._rows = split_length(self._length)[0]
        self._twiddles = twiddle_table(self._length)
        self._turns = turn_table(self._length)
        self._frame = np.empty((2, self._length), np.float32)
        self._transform = np.empty((2, self._length), np.float32)
        self._held = np.empty((2, self._length), np.float32)  # sum and difference
        self._filled = 0
        self._class_powers = np.zeros((_CLASSES, 3, len(CENTERS_HZ)))
        self._class_counts = np.zeros(_CLASSES, np.int64)
        self._histograms = np.zeros((len(LEVEL_EDGES_HZ) - 1, _LEVELS), np.int64)

    def feed(self, block: Block) -> None:
        """Take the next ``block``, shape ``(channel, time)``, of any length."""
        start = 0
        while start < block.shape[1]:
            count = min(block.shape[1] - start, self._length - self._filled)
            mid, side = self._held[:, self._filled : self._filled + count]
            left, right = block[0, start : start + count], block[-1, start : start + count]
            np.add(left, right, out=mid, casting="same_kind")
            np.subtract(left, right, out=side, casting="same_kind")
            start += count
            self._filled += count
            if self._filled == self._length:
                self._file(self._powers(self._held, self._window, self._energy))
                self._filled = self._length // 2
                self._held[:, : self._filled] = self._held[:, self._filled :]

    def _powers(self, frame: Points, window: Points, energy: float) -> Array:
        """Return mean squares of mid and side and their mean product, shape ``(3, band)``."""
        np.multiply(frame, window, out=self._frame[:, : frame.shape[1]])
        self._frame[:, frame.shape[1] :] = 0.0
        transform(self._frame, self._transform, self._rows, self._twiddles, self._turns)
        powers = np.empty((3, len(CENTERS_HZ)))
        sum_bands(powers, self._transform, self._edges)
        if self._channels == 1:
            powers[1:] = 0.0  # mid's rounding error
        # one side of the transform, and half the sum and difference
        powers *= 0.5 / (self._length * energy)
        return powers

    def _file(self, powers: Array) -> None:
        total = powers[0] + powers[1]
        loudness = power_to_loudness(float(np.sum(self._weights * total)))
        index = 0 if loudness is None else _class_index(loudness)
        self._class_powers[index] += powers
        self._class_counts[index] += 1
        if index > 0:
            bands = np.sum(self._level_shares * total, axis=1)
            levels_dbfs = 10.0 * np.log10(np.maximum(bands, _LOWEST_POWER))
            steps = np.rint((levels_dbfs - _LOWEST_DBFS) / _LEVEL_STEP_DB).astype(np.int64)
            self._histograms[_ALL_LEVEL_BANDS, np.minimum(steps, _LEVELS - 1)] += 1

    def _single_frame(self) -> Array | None:
        """Return the powers of a stream shorter than a frame, or None where it is not."""
        if self._class_counts.any() or self._filled == 0:
            return None
        window = _hann(self._filled)
        return self._powers(self._held[:, : self._filled], window, _energy(window))

    def spectrum(self, gate_lufs: float | None = None) -> PowerSpectrum:
        """Return the mean powers of the frames at or above a gate.

        Args:
            gate_lufs: The relative gate, 10 LU below the integrated loudness; the absolute gate of
                -70 LUFS without it. Where no frame passes, all of them count.

        """
        single = self._single_frame()
        if single is not None:
            return PowerSpectrum(*single)
        first = _class_index(ABSOLUTE_GATE_LUFS if gate_lufs is None else gate_lufs)
        if not self._class_counts[first:].any():
            first = 0
        frames = max(1, int(self._class_counts[first:].sum()))
        return PowerSpectrum(*(self._class_powers[first:].sum(axis=0) / frames))

    def band_levels(self) -> tuple[LevelSpread | None, ...]:
        """Return the spread of levels in each band of `LEVEL_EDGES_HZ`; None where all is silent.

        Frames below -70 LUFS do not count, nor those 40 dB below a band's median.
        """
        return tuple(_spread(histogram) for histogram in self._histograms)


def _hann(length: int) -> Points:
    phase = 2.0 * np.pi * (np.arange(length) + 0.5) / length
    window: Points = (0.5 - 0.5 * np.cos(phase)).astype(np.float32)
    return window


def _energy(window: Points) -> float:
    return float(np.sum(np.square(window, dtype=np.float64)))


def _class_index(loudness_lufs: float) -> int:
    """Return the class of a loudness, 0 below the absolute gate; as a gate, the first to count."""
    if loudness_lufs < ABSOLUTE_GATE_LUFS:
        return 0
    return min(1 + int((loudness_lufs - ABSOLUTE_GATE_LUFS) / _CLASS_LU), _CLASSES - 1)


def _level_shares() -> Array:
    """Return how much of each twelfth octave lies in each level band, shape ``(4, 124)``."""
    low, high = np.array(LEVEL_EDGES_HZ[:-1])[:, None], np.array(LEVEL_EDGES_HZ[1:])[:, None]
    inside = np.log(np.minimum(high, EDGES_HZ[1:]) / np.maximum(low, EDGES_HZ[:-1]))
    shares: Array = np.maximum(0.0, inside / np.log(EDGES_HZ[1:] / EDGES_HZ[:-1]))
    return shares


def _spread(histogram: npt.NDArray[np.int64]) -> LevelSpread | None:
    levels_dbfs: Array = _LOWEST_DBFS + _LEVEL_STEP_DB * np.arange(_LEVELS, dtype=np.float64)
    if histogram.sum() == 0:
        return None
    audible = levels_dbfs >= _percentile(levels_dbfs, histogram, 0.5) - _GATE_BELOW_MEDIAN_DB
    counted = np.where(audible, histogram, 0)
    return LevelSpread(*(_percentile(levels_dbfs, counted, p) for p in (0.10, 0.50, 0.95)))


def _percentile(values: Array, histogram: npt.NDArray[np.int64], share: float) -> float:
    """Return the value of nearest rank."""
    rank = math.floor((int(histogram.sum()) - 1) * share + 0.5)
    return float(values[np.searchsorted(np.cumsum(histogram), rank, side="right")])
