"""Moving frames between audio of either precision and the float64 buffers that filters work in.

Every loop here runs over views that start at their first element: an index that could be negative
would keep the compiler from moving more than one number at a time.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ..jit import kernel

Array: TypeAlias = npt.NDArray[np.float64]
Audio: TypeAlias = npt.NDArray[np.float32] | npt.NDArray[np.float64]

CHUNK = 1024
"""Frames between two checkpoints: what a reverse pass needs of a chunk stays in the cache."""


@kernel
def read_frames(x: Audio, start: int, block: Array) -> None:
    """Fill ``block``, shape ``(2, frames)``, from frame ``start`` of ``x`` on."""
    frames = block.shape[1]
    for channel in range(2):
        row, out = x[channel, start : start + frames], block[channel]
        for n in range(frames):
            out[n] = row[n]


@kernel
def write_frames(block: Array, x: Audio, start: int) -> None:
    """Write ``block``, shape ``(2, frames)``, to ``x`` from its frame ``start`` on."""
    frames = block.shape[1]
    for channel in range(2):
        row, out = block[channel], x[channel, start : start + frames]
        for n in range(frames):
            out[n] = row[n]


@kernel
def read_pairs(x: Audio, start: int, stop: int, pairs: Array) -> None:
    """Write frames ``start`` to ``stop`` of ``x`` to ``pairs`` as left right left right."""
    left, right = x[0, start:stop], x[1, start:stop]
    for n in range(len(left)):
        pairs[2 * n], pairs[2 * n + 1] = left[n], right[n]


@kernel
def write_pairs(pairs: Array, x: Audio, start: int, stop: int) -> None:
    """Write ``pairs`` as `read_pairs` leaves them to frames ``start`` to ``stop`` of ``x``."""
    left, right = x[0, start:stop], x[1, start:stop]
    for n in range(len(left)):
        left[n], right[n] = pairs[2 * n], pairs[2 * n + 1]


@kernel
def read_mid_side(x: Audio, start: int, stop: int, factor: float, pairs: Array) -> None:
    """Write sum and difference of the channels, times ``factor``, as `read_pairs` the channels."""
    left, right = x[0, start:stop], x[1, start:stop]
    for n in range(len(left)):
        a, b = factor * left[n], factor * right[n]
        pairs[2 * n], pairs[2 * n + 1] = a + b, a - b


@kernel
def write_mid_side(pairs: Array, x: Audio, start: int, stop: int) -> None:
    """Write half the sum and half the difference of each of ``pairs`` to the channels of ``x``."""
    left, right = x[0, start:stop], x[1, start:stop]
    for n in range(len(left)):
        a, b = 0.5 * pairs[2 * n], 0.5 * pairs[2 * n + 1]
        left[n], right[n] = a + b, a - b
