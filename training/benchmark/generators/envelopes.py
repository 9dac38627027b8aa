"""Levels and gains on a coarse grid of time."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.signal import fftconvolve
from scipy.signal.windows import hann

Array: TypeAlias = npt.NDArray[np.float64]


def cells_of(values: Array, cell: int) -> Array:
    """Cut a track into cells, shape ``(cells, cell)``; the last is filled up with its last value.

    Args:
        values: Shape ``(time,)``.
        cell: Samples.

    """
    return np.pad(values, (0, -len(values) % cell), mode="edge").reshape(-1, cell)


def smoothed(values: Array, cells: int) -> Array:
    """Average over a Hann window of ``cells`` cells, shape kept; ends go on as they are."""
    window = hann(cells + 2)[1:-1]
    padded = np.pad(values, (len(window) // 2, (len(window) - 1) // 2), mode="edge")
    average: Array = fftconvolve(padded, window / window.sum(), mode="valid")
    return average


def at_samples(values: Array, cell: int, frames: int) -> Array:
    """Interpolate values at the centers of cells linearly onto ``frames`` samples."""
    centers = (np.arange(len(values)) + 0.5) * cell - 0.5
    interpolated: Array = np.interp(np.arange(frames), centers, values)
    return interpolated
