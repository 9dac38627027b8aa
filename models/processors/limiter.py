"""Look-ahead limiter of the true peak.

The peak of a cell is the largest value of the 8-times interpolated signal in it, over both
channels, by the interpolator of the true-peak meter. A cell whose peak ``p`` exceeds the ceiling
``c`` demands the gain ``c / p``. A grid point holds the smallest demand of the cells beside it and
of those within the look-ahead; that is released by a one-pole toward the held demand, smoothed by a
window as long as the look-ahead, and interpolated linearly between grid points. So the gain reaches
every demand in time, never exceeds it, and has no corner that would be heard as distortion.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..parameters import ParameterSpec
from ..rates import limiter_cell_samples, smoothing

SPECS: tuple[ParameterSpec, ...] = (
    ParameterSpec("ceiling", "dBTP", -12.0, 0.0, -1.0),
    ParameterSpec("release", "ms", 20.0, 500.0, 120.0, log=True),
)

LOOK_AHEAD_MS = 4.5


@dataclass(frozen=True, slots=True)
class ResolvedLimiter:
    """What the limiter needs to run.

    Attributes:
        values: Physical values by key.

    """

    values: Mapping[str, float]

    @property
    def ceiling(self) -> float:
        """The ceiling, linear."""
        return float(10.0 ** (self.values["ceiling_dbtp"] / 20.0))

    def release(self, sample_rate: int) -> float:
        """Return the one-pole coefficient a cell."""
        return smoothing(self.values["release_ms"], limiter_cell_samples(sample_rate), sample_rate)


def look_ahead_cells(sample_rate: int) -> int:
    """Return the look-ahead in cells: 4.5 ms."""
    return round(0.001 * LOOK_AHEAD_MS * sample_rate / limiter_cell_samples(sample_rate))


def smoothing_window(sample_rate: int) -> npt.NDArray[np.float64]:
    """Return the window over the look-ahead: two equal boxes convolved, summing to 1.

    Shape ``(look_ahead_cells + 1,)``.
    """
    span = look_ahead_cells(sample_rate) + 1
    first = (span + 1) // 2
    window: npt.NDArray[np.float64] = np.convolve(np.ones(first), np.ones(span + 1 - first))
    window /= window.sum()
    return window
