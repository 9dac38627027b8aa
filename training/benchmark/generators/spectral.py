"""Linear filters of zero phase over whole excerpts, in float64."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import fft

from ....models.decibel import decibel_to_amplitude

Array: TypeAlias = npt.NDArray[np.float64]

RING_OUT_S = 1.0
"""Silence on either side, so that what rings past an end does not come back at the other one."""

_GRID = 4096  # smooth curves are evaluated so often over the logarithm of frequency


def filter_zero_phase(
    signal: Array, sample_rate: int, response_db: Callable[[Array], Array]
) -> Array:
    """Apply a smooth magnitude response without any shift in time.

    Args:
        signal: Shape ``(channel, time)``.
        sample_rate: In Hz.
        response_db: Gives the response in dB at frequencies in Hz; constant below 10 Hz.

    """
    return split_zero_phase(
        signal, sample_rate, [lambda hz: decibel_to_amplitude(response_db(hz))]
    )[0]


def split_zero_phase(
    signal: Array, sample_rate: int, gains: Sequence[Callable[[Array], Array]]
) -> list[Array]:
    """Return what several filters of zero phase make of a signal.

    Args:
        signal: Shape ``(channel, time)``.
        sample_rate: In Hz.
        gains: Each gives the linear gain at frequencies in Hz, smooth over their logarithm.

    Returns:
        One of the signal's shape for each filter.

    """
    count = signal.shape[1]
    pad = round(RING_OUT_S * sample_rate)
    length = fft.next_fast_len(count + pad, real=True)
    spectrum = fft.rfft(signal, length)
    bins_hz = np.arange(spectrum.shape[1]) * (sample_rate / length)
    grid_hz = np.geomspace(10.0, 0.5 * sample_rate, _GRID)
    position = np.log(np.maximum(bins_hz, grid_hz[0]))
    out = []
    for gain in gains:
        magnitude = np.interp(position, np.log(grid_hz), gain(grid_hz))
        out.append(np.ascontiguousarray(fft.irfft(spectrum * magnitude, length)[:, :count]))
    return out
