"""Parts of the spectrum that people have words for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ..models.moves import RESPONSE_HZ

Array: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Region:
    """A part of the spectrum.

    Attributes:
        name: The word.
        low_hz: Lowest third octave.
        high_hz: Highest third octave.

    """

    name: str
    low_hz: float
    high_hz: float

    def holds(self, frequency_hz: Array) -> npt.NDArray[np.bool_]:
        """Return which frequencies lie in it, its outer third octaves included."""
        edge = 2.0 ** (1.0 / 6.0)
        inside: npt.NDArray[np.bool_] = (frequency_hz > self.low_hz / edge) & (
            frequency_hz < self.high_hz * edge
        )
        return inside


REGIONS = (
    Region("bass", 31.5, 125.0),
    Region("low mids", 160.0, 500.0),
    Region("mids", 630.0, 2000.0),
    Region("presence", 2500.0, 6300.0),
    Region("air", 8000.0, 12_500.0),
)
"""Low to high; they hold all third octaves of `glassmaster.models.moves.RESPONSE_HZ`."""


def region_levels_db(levels_db: Array, frequency_hz: Array = RESPONSE_HZ) -> Array:
    """Return the mean in each of `REGIONS`, shape ``(…, 5)``; NaN where a region holds nothing.

    Args:
        levels_db: Shape ``(…, frequency)``; NaN does not count.
        frequency_hz: Shape ``(frequency,)``.

    """
    means = []
    for region in REGIONS:
        rows = levels_db[..., region.holds(frequency_hz)]
        known = np.isfinite(rows)
        counts = known.sum(axis=-1)
        sums = np.where(known, rows, 0.0).sum(axis=-1)
        means.append(np.where(counts > 0, sums / np.maximum(counts, 1), np.nan))
    return np.stack(means, axis=-1)
