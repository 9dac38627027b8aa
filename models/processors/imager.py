"""Stereo imager: the side signal in three Linkwitz-Riley bands, each with its width.

Width 0 is mono, 1 leaves the band alone. Mid passes the same all-pass as the sum of side's bands,
so that both keep in phase. The low band is only ever narrowed: its width is the mono bass control.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..kernels.crossover import corner_coefficients
from ..parameters import ParameterSpec
from ..rates import NYQUIST_MARGIN, representable

BANDS = ("low", "middle", "high")

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
        values: Physical values by key.

    """

    values: Mapping[str, float]

    def corners(self, sample_rate: int) -> tuple[npt.NDArray[np.float64], tuple[str, ...]]:
        """Return the crossover's coefficients, shape ``(2, 3)``, and the bands left out."""
        low_hz, high_hz = self.values["low_corner_hz"], self.values["high_corner_hz"]
        left_out = () if representable(high_hz, sample_rate) else (BANDS[-1],)
        held_hz = min(high_hz, NYQUIST_MARGIN * sample_rate)
        return corner_coefficients(low_hz, held_hz, sample_rate=sample_rate), left_out

    def widths(self, sample_rate: int) -> npt.NDArray[np.float64]:
        """Return the factor of side in each band, shape ``(3,)``; 1 in a band left out."""
        _, left_out = self.corners(sample_rate)
        return np.array(
            [1.0 if name in left_out else self.values[f"{name}_width"] for name in BANDS]
        )
