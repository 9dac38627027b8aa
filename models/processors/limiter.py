"""Look-ahead limiter of the true peak.

The peak of a cell is the largest value of the 8-times interpolated signal in it, over both
channels, by the interpolator of the true-peak meter. A cell whose peak ``p`` exceeds the ceiling
``c`` demands the gain ``c / p``. A grid point holds the smallest demand of the cells beside it and
of those within the look-ahead. That is released in two stages: ``fast`` returns to the held demand
in a sixth of the release time; ``slow`` follows ``fast``, down in half of the release time and up
in the whole of it; the gain is the smaller of both. So a single peak is over after 50 ms, while
under lasting limiting the gain stands still between the cycles of a bass note. It is smoothed by a
window as long as the look-ahead and interpolated linearly between grid points: it reaches every
demand in time, never exceeds it, and has no corner that would be heard as distortion.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..decibel import decibel_to_amplitude
from ..namespace import Quantity, stack
from ..parameters import ParameterSpec
from ..rates import limiter_cell_samples, smoothing

SPECS: tuple[ParameterSpec, ...] = (
    ParameterSpec("ceiling", "dBTP", -12.0, 0.0, -1.0),
    ParameterSpec("release", "ms", 20.0, 500.0, 200.0, log=True),
)

LOOK_AHEAD_MS = 4.5
FAST_SHARE = 1.0 / 6.0
CHARGE_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class ResolvedLimiter:
    """What the limiter needs to run.

    Attributes:
        values: Physical values by key: floats, or tensors of shape ``(batch,)``.

    """

    values: Mapping[str, Quantity]

    @property
    def ceiling(self) -> Quantity:
        """The ceiling, linear."""
        return decibel_to_amplitude(self.values["ceiling_dbtp"])

    def release(self, sample_rate: int) -> Quantity:
        """Return the one-pole coefficients a cell: fast, slow down, slow up, shape ``(…, 3)``."""
        cell, release_ms = limiter_cell_samples(sample_rate), self.values["release_ms"]
        times_ms = (FAST_SHARE * release_ms, CHARGE_SHARE * release_ms, release_ms)
        return stack(*(smoothing(time_ms, cell, sample_rate) for time_ms in times_ms))


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
