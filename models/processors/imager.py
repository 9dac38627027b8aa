"""Stereo imager: the side signal in three Linkwitz-Riley bands, each with its width.

Width 0 is mono, 1 leaves the band alone. Mid passes the same all-pass as the sum of side's bands,
so that both keep in phase. The low band is only ever narrowed: its width is the mono bass control.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ..kernels.crossover import corner_coefficients
from ..namespace import Quantity, at_most, column, constant, namespace, stack
from ..parameters import ParameterSpec
from ..rates import NYQUIST_MARGIN, representable

Array: TypeAlias = npt.NDArray[np.float64]

BANDS = ("low", "middle", "high")
CORNERS = ("low_corner_hz", "high_corner_hz")

SPECS: tuple[ParameterSpec, ...] = (
    ParameterSpec("low_corner", "Hz", 60.0, 300.0, 120.0, log=True),
    ParameterSpec("high_corner", "Hz", 1500.0, 6000.0, 3000.0, log=True),
    ParameterSpec("low_width", "", 0.0, 1.0, 1.0, scaled=True),
    ParameterSpec("middle_width", "", 0.0, 2.0, 1.0, scaled=True),
    ParameterSpec("high_width", "", 0.0, 2.0, 1.0, scaled=True),
)


@dataclass(frozen=True, slots=True)
class ResolvedImager:
    """What the imager needs to run.

    Attributes:
        values: Physical values by key: floats, or tensors of shape ``(batch,)``.

    """

    values: Mapping[str, Quantity]

    def corners(self, sample_rate: int) -> Quantity:
        """Return the crossover's coefficients, shape ``(…, 2, 3)``."""
        held_hz = at_most(self.values["high_corner_hz"], NYQUIST_MARGIN * sample_rate)
        return corner_coefficients(self.values["low_corner_hz"], held_hz, sample_rate=sample_rate)

    def widths(self, sample_rate: int) -> Quantity:
        """Return the factor of side in each band, shape ``(…, 3)``; 1 in a band left out."""
        low, middle, high = (self.values[f"{name}_width"] for name in BANDS)
        return stack(low, middle, namespace(high).where(self._holds(sample_rate), high, 1.0))

    def left_out(self, sample_rate: int) -> tuple[str, ...]:
        """Return the high band's name where this rate cannot hold its corner."""
        return () if self._holds(sample_rate) else (BANDS[-1],)

    def _holds(self, sample_rate: int) -> Quantity:
        return representable(self.values["high_corner_hz"], sample_rate)


def side_magnitude(
    corners: Mapping[str, Quantity], widths: Quantity, frequency_hz: Array
) -> Quantity:
    """Return the magnitude of side, shape ``(…, frequency)``; its bands share one phase.

    Args:
        corners: By key, in the unit of ``frequency_hz``: floats, or tensors of shape ``(batch,)``.
        widths: See `ResolvedImager.widths`.
        frequency_hz: Shape ``(frequency,)``.

    """
    low, high = (
        1.0 / (1.0 + (constant(frequency_hz, corners[key]) / column(corners[key])) ** 4)
        for key in CORNERS
    )
    low_width, middle_width, high_width = (column(widths[..., band]) for band in range(len(BANDS)))
    upper = middle_width * high + high_width * (1.0 - high)
    return low_width * low + upper * (1.0 - low)
