"""What a studio may listen to when it decides: the balance of a mix, and how wide it is.

Levels at `RESPONSE_HZ` are those of the mix's long-term spectrum, smoothed over half an octave,
without their mean and relative to finished songs; where they are far off, they are held, because
nothing is known of what a studio does there.
"""

from __future__ import annotations

import math
from functools import cache
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ...models.mel import MEL_BANDS, mel_edges_hz
from ...models.mel_statistics import STATISTICS
from ...models.moves import RESPONSE_HZ, level_free

Array: TypeAlias = npt.NDArray[np.float64]

LEVELS = slice(0, len(RESPONSE_HZ))
SIDE = len(RESPONSE_HZ)
"""Features: levels at `RESPONSE_HZ`, and the level of side."""

REACH_DB = 12.0
"""Levels further from those of finished songs count as this far."""

WAVES = 5
"""So many waves over frequency sum up the levels, from a tilt on."""

_WINDOW_OCTAVES = 0.25
_USUAL_DB = 4.0  # standard deviation of a wave of a mix


@cache
def directions() -> Array:
    """Return the matrix that makes features of statistics, shape ``(28, statistics)``."""
    matrix = np.zeros((SIDE + 1, len(STATISTICS)))
    centers = np.log2(mel_edges_hz()[1:-1])
    apart = (np.log2(RESPONSE_HZ)[:, None] - centers) / _WINDOW_OCTAVES
    # the lowest bands lie far apart: the nearest one counts however far it is
    window = np.exp(-0.5 * (apart**2 - (apart**2).min(axis=1, keepdims=True)))
    window /= window.sum(axis=1, keepdims=True)
    first = next(i for i, name in enumerate(STATISTICS) if name.startswith("spectrum_db@"))
    matrix[LEVELS, first : first + MEL_BANDS] = level_free(window.T).T
    matrix[SIDE, STATISTICS.index("side_db")] = 1.0
    return matrix


def features(statistics: Array, center: Array) -> Array:
    """Return what is heard of mixes, shape ``(mix, 28)``, in dB.

    Args:
        statistics: Shape ``(mix, statistics)``.
        center: Statistics of a usual song, shape ``(statistics,)``.

    """
    found: Array = np.clip((statistics - center) @ directions().T, -REACH_DB, REACH_DB)
    return found


@cache
def waves() -> Array:
    """Return cosines over the logarithm of frequency, shape ``(WAVES, 27)``.

    Times the levels of a mix they give numbers with a standard deviation of about 1.
    """
    places = (np.arange(len(RESPONSE_HZ)) + 0.5) / len(RESPONSE_HZ)
    orders = np.arange(1, WAVES + 1)[:, None]
    found: Array = np.cos(math.pi * orders * places) / (len(RESPONSE_HZ) * 0.5 * _USUAL_DB)
    return found
