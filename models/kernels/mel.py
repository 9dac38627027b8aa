"""Kernel of the mel grid: frames of two real signals through one complex transform each."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from .fourier import transform
from .jit import kernel

Points: TypeAlias = npt.NDArray[np.float32]
Counts: TypeAlias = npt.NDArray[np.int64]


@kernel
def mel_powers(
    signals: Points,
    hop: int,
    window: Points,
    bank: Points,
    reach: Counts,
    rows: int,
    twiddles: Points,
    turns: Points,
    powers: Points,
    peaks: Points,
) -> None:
    """Compute the power of each band in each frame of a stretch of sums and differences.

    Args:
        signals: ``l + r`` and ``l - r``, shape ``(2, time)``: frames lie ``hop`` samples apart.
        hop: In samples.
        window: Shape ``(length,)``, a power of two of at least 256.
        bank: Weight of each bin's power in each band, shape ``(band, bin)``.
        reach: First bin of each band, 1 or more, and the one behind its last, shape ``(band, 2)``.
        rows: First item of `split_length`.
        twiddles: `twiddle_table` of the length.
        turns: `turn_table` of the length.
        powers: Overwritten, shape ``(2, band, frame)``: of each signal.
        peaks: Overwritten with the larger of ``|l|`` and ``|r|`` in each cell behind the centers of
            the frames, shape ``(cell,)``.

    """
    length = len(window)
    frame = np.empty((2, length), np.float32)
    spectrum = np.empty((2, length), np.float32)
    squares = np.empty((2, bank.shape[1]), np.float32)
    cell = hop * powers.shape[2] // len(peaks)
    for index in range(len(peaks)):
        start = length // 2 + index * cell
        one, other = signals[0, start : start + cell], signals[1, start : start + cell]
        largest = np.float32(0.0)
        for i in range(cell):
            largest = max(largest, abs(one[i]) + abs(other[i]))
        peaks[index] = np.float32(0.5) * largest
    for index in range(powers.shape[2]):
        start = index * hop
        for part in range(2):
            signal, target = signals[part, start : start + length], frame[part]
            for i in range(length):
                target[i] = signal[i] * window[i]
        transform(frame, spectrum, rows, twiddles, turns)
        re, im = spectrum[0], spectrum[1]
        of_one, of_other = squares[0], squares[1]
        for k in range(1, len(of_one)):
            a, b, c, d = re[k], im[k], re[length - k], im[length - k]
            of_one[k] = (a + c) * (a + c) + (b - d) * (b - d)
            of_other[k] = (b + d) * (b + d) + (a - c) * (a - c)
        for band in range(len(bank)):
            weights = bank[band]
            total = rest = np.float32(0.0)
            for k in range(reach[band, 0], reach[band, 1]):
                total += weights[k] * of_one[k]
                rest += weights[k] * of_other[k]
            powers[0, band, index], powers[1, band, index] = total, rest
