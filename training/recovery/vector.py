"""Settings of the chain, its loudness gain and a delay as one vector, to be moved by a descent.

Each parameter counts from 0 to 1 of its range, the gain in units of `GAIN_SCALE_DB`, and the delay,
by which the master lies later than it was given, in units of `DELAY_SCALE` samples.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ...models.settings import BLOCKS, PARAMETERS, BlockSettings, ChainSettings

Array: TypeAlias = npt.NDArray[np.float64]
Mask: TypeAlias = npt.NDArray[np.bool_]

GAIN = len(PARAMETERS)
"""Place of the loudness gain; it and the delay after it have no bounds."""

DELAY = GAIN + 1

LENGTH = DELAY + 1

GAIN_SCALE_DB = 10.0
DELAY_SCALE = 10.0

ORDER: tuple[str, ...] = tuple(BLOCKS)
"""Blocks in signal order; the gain lies before the last of them."""

FIRST_BLOCK: npt.NDArray[np.intp] = np.array(
    [ORDER.index(block) for block, _ in PARAMETERS] + [ORDER.index("limiter"), len(ORDER)]
)
"""The first block that hears a place of a vector, as a place in `ORDER`, shape ``(LENGTH,)``."""


def vector_of(settings: ChainSettings, gain_db: float) -> Array:
    """Return settings and gain as a vector without delay, shape ``(LENGTH,)``."""
    places = [spec.normalize(settings[block].values[spec.key]) for block, spec in PARAMETERS]
    return np.array([*places, gain_db / GAIN_SCALE_DB, 0.0])


def settings_of(vector: Array, engaged: Collection[str]) -> ChainSettings:
    """Return the settings of a vector, held within their ranges; other blocks are bypassed."""
    values: dict[str, dict[str, float]] = {block: {} for block in ORDER}
    for (block, spec), place in zip(PARAMETERS, vector[:GAIN], strict=True):
        held = spec.denormalize(min(max(float(place), 0.0), 1.0))
        values[block][spec.key] = min(max(held, spec.low), spec.high)
    return ChainSettings(
        {block: BlockSettings(block not in engaged, values[block]) for block in ORDER}
    )


def gain_of(vector: Array) -> float:
    """Return the loudness gain of a vector, in dB."""
    return GAIN_SCALE_DB * float(vector[GAIN])


def delay_of(vector: Array) -> float:
    """Return the delay of a vector, in samples."""
    return DELAY_SCALE * float(vector[DELAY])


def free_places(engaged: Collection[str], *, delay: bool = False) -> Mask:
    """Return which places of a vector may move, shape ``(LENGTH,)``: the gain always."""
    return np.array([block in engaged for block, _ in PARAMETERS] + [True, delay])
