"""Frames as bytes: levels in steps, predicted from their neighbors and packed.

Powers become levels of 0.4 dB, 254 of them below the loudest of a segment: 101 dB, more than any
distance looks at. Their error is evenly spread and without bias, so that means over many cells
hardly see it. Peaks become levels of 0.25 dB. What lies below all levels is silence.

A level is guessed from the frame before and from how the band below went on; what is kept is the
error of the guess, packed by the standard library's LZMA.
"""

from __future__ import annotations

import lzma
import math
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Points: TypeAlias = npt.NDArray[np.float32]
Levels: TypeAlias = npt.NDArray[np.uint8]

POWER_STEP_DB = 0.4
PEAK_STEP_DB = 0.25

_LOUDEST = 255
_FILTERS: list[dict[str, Any]] = [
    {
        "id": lzma.FILTER_LZMA2,
        "preset": 7,
        "dict_size": 1 << 16,  # a segment is smaller; a larger one costs time alone
        **{"lc": 4, "lp": 0, "pb": 0},  # bytes of no alignment
    }
]


def loudest_db(power: Points) -> float:
    """Return the level of the largest power in dB, 0 where all are zero."""
    largest = float(power.max(initial=0.0))
    return 10.0 * math.log10(largest) if largest > 0.0 else 0.0


def to_levels(power: Points, top_db: float, step_db: float) -> Levels:
    """Round powers, any shape, to levels: 255 at ``top_db``, 0 for what is 254 steps below."""
    silent = power <= 0.0
    below = (top_db - 10.0 * np.log10(np.where(silent, 1.0, power))) / step_db
    levels = np.where(silent, 0.0, np.clip(_LOUDEST - np.rint(below), 0.0, _LOUDEST))
    return levels.astype(np.uint8)


def from_levels(levels: Levels, top_db: float, step_db: float) -> Points:
    """Return the power of each level, any shape."""
    table_db = top_db - step_db * (_LOUDEST - np.arange(_LOUDEST + 1))
    table = (10.0 ** (0.1 * table_db)).astype(np.float32)
    table[0] = 0.0
    power: Points = table[levels]
    return power


def pack(levels: Levels) -> bytes:
    """Pack levels, shape ``(…, band, frame)``."""
    signed = levels.astype(np.int16)
    guess = _before(signed) + (_below(signed) - _before(_below(signed))) // 2
    errors = np.swapaxes((signed - guess).astype(np.uint8), -1, -2)  # modulo 256
    return lzma.compress(errors.tobytes(), lzma.FORMAT_RAW, filters=_FILTERS)


def unpack(packed: bytes, shape: tuple[int, ...]) -> Levels:
    """Return the levels that `pack` was given.

    Args:
        packed: What it returned.
        shape: Of the levels, ``(…, band, frame)``.

    Raises:
        lzma.LZMAError: Nothing that `pack` returns.
        ValueError: Not of this shape.

    """
    raw = lzma.decompress(packed, lzma.FORMAT_RAW, filters=_FILTERS)
    errors = np.frombuffer(raw, np.uint8).reshape(*shape[:-2], shape[-1], shape[-2])
    levels = np.zeros(shape, np.int16)
    half = np.zeros((*shape[:-2], shape[-1]), np.int16)  # what the band below went on by, halved
    for band in range(shape[-2]):
        # a sum in 8 bits is what was taken modulo 256 before
        steps = errors[..., band].astype(np.int16) + half
        levels[..., band, :] = np.cumsum(steps, axis=-1, dtype=np.int64) & _LOUDEST
        half = (levels[..., band, :] - _before(levels[..., band, :])) // 2
    return levels.astype(np.uint8)


def _before(levels: npt.NDArray[np.int16]) -> npt.NDArray[np.int16]:
    """Return the levels one frame earlier; 0 before the first."""
    shifted = np.zeros_like(levels)
    shifted[..., 1:] = levels[..., :-1]
    return shifted


def _below(levels: npt.NDArray[np.int16]) -> npt.NDArray[np.int16]:
    """Return the levels one band lower; 0 below the first."""
    shifted = np.zeros_like(levels)
    shifted[..., 1:, :] = levels[..., :-1, :]
    return shifted
