"""Multiband compressor: four Linkwitz-Riley bands, each with its own ballistics.

Level ``L`` of a hop is its mean square in dBFS over both channels, threshold ``T`` is relative to
the band's anchor, and ``s = 1 / ratio - 1``. The static gain over ``o = L - T`` with knee ``W`` is
0 below the knee, ``s o`` above it, and ``s (o + W/2)² / (2 W)`` inside (Giannoulis, Massberg,
Reiss, 2012). It is smoothed by branching one-poles: attack where it falls, release where it rises.
Make-up takes back what a level 3 dB above the anchor loses, plus a small trim.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ..kernels.crossover import corner_coefficients
from ..kernels.dynamics import static_gain_db
from ..parameters import ParameterSpec
from ..rates import NYQUIST_MARGIN, hop_samples, representable, smoothing
from ..spectrum import CENTERS_HZ, levels_db

Array: TypeAlias = npt.NDArray[np.float64]

BANDS = ("low", "low_mid", "high_mid", "high")
CORNERS = ("low_corner_hz", "middle_corner_hz", "high_corner_hz")


def _band_specs(name: str) -> tuple[ParameterSpec, ...]:
    # faster, the gain would follow single waves of the bass and distort them
    least_attack_ms, least_release_ms = (10.0, 80.0) if name == BANDS[0] else (1.0, 30.0)
    return (
        ParameterSpec(f"{name}_threshold", "dB", -12.0, 12.0, 0.0),
        ParameterSpec(f"{name}_ratio", "", 1.0, 5.0, 1.0, scaled=True),
        ParameterSpec(f"{name}_attack", "ms", least_attack_ms, 80.0, 20.0, log=True),
        ParameterSpec(f"{name}_release", "ms", least_release_ms, 600.0, 150.0, log=True),
        ParameterSpec(f"{name}_trim", "dB", -3.0, 3.0, 0.0, scaled=True),
    )


SPECS: tuple[ParameterSpec, ...] = (
    # disjoint ranges, so that corners cannot cross
    ParameterSpec("low_corner", "Hz", 60.0, 250.0, 120.0, log=True),
    ParameterSpec("middle_corner", "Hz", 400.0, 2000.0, 900.0, log=True),
    ParameterSpec("high_corner", "Hz", 2500.0, 8000.0, 4500.0, log=True),
    ParameterSpec("knee", "dB", 1.0, 12.0, 6.0),
    *(spec for name in BANDS for spec in _band_specs(name)),
)

MAKEUP_ABOVE_ANCHOR_DB = 3.0


@dataclass(frozen=True, slots=True)
class ResolvedMultibandCompressor:
    """What the compressor needs to run.

    Attributes:
        values: Physical values by key.
        anchors_dbfs: Long-term mean square of each band after the equalizer, low to high.

    """

    values: Mapping[str, float]
    anchors_dbfs: tuple[float, float, float, float]

    def corners(self, sample_rate: int) -> tuple[Array, tuple[str, ...]]:
        """Return the crossover's coefficients, shape ``(3, 3)``, and the bands left out.

        A corner above 0.45 of the rate is moved there, and the band above it is bypassed.
        """
        wanted = [self.values[key] for key in CORNERS]
        limit = NYQUIST_MARGIN * sample_rate
        held = [min(frequency_hz, limit) for frequency_hz in wanted]
        left_out = () if representable(wanted[-1], sample_rate) else (BANDS[-1],)
        return corner_coefficients(*held, sample_rate=sample_rate), left_out

    def control(self, sample_rate: int) -> Array:
        """Return ``threshold_dbfs slope knee_db attack release makeup_db`` a band, ``(4, 6)``."""
        hop = hop_samples(sample_rate)
        _, left_out = self.corners(sample_rate)
        rows = []
        for name, anchor_dbfs in zip(BANDS, self.anchors_dbfs, strict=True):
            inactive = name in left_out
            rows.append(
                (
                    anchor_dbfs + self.values[f"{name}_threshold_db"],
                    0.0 if inactive else 1.0 / self.values[f"{name}_ratio"] - 1.0,
                    self.values["knee_db"],
                    smoothing(self.values[f"{name}_attack_ms"], hop, sample_rate),
                    smoothing(self.values[f"{name}_release_ms"], hop, sample_rate),
                    0.0 if inactive else makeup_db(self.values, name),
                )
            )
        return np.array(rows)


def makeup_db(values: Mapping[str, float], band: str) -> float:
    """Return the gain after compression: the loss 3 dB above the anchor, and the trim."""
    over_db = MAKEUP_ABOVE_ANCHOR_DB - values[f"{band}_threshold_db"]
    slope = 1.0 / values[f"{band}_ratio"] - 1.0
    return float(values[f"{band}_trim_db"] - static_gain_db(over_db, slope, values["knee_db"]))


def band_powers(values: Mapping[str, float], frequency_hz: Array) -> Array:
    """Return the squared magnitude of the four bands, shape ``(4, frequency)``.

    A fourth-order Linkwitz-Riley low-pass is ``1 / (1 + r⁴)`` with ``r = f / corner``.
    """
    low, middle, high = (1.0 / (1.0 + (frequency_hz / values[key]) ** 4) for key in CORNERS)
    magnitudes = np.stack(
        (middle * low, middle * (1.0 - low), (1.0 - middle) * high, (1.0 - middle) * (1.0 - high))
    )
    return magnitudes**2


def band_anchors_dbfs(
    values: Mapping[str, float], power: Array
) -> tuple[float, float, float, float]:
    """Return the level of each band, given the power after the equalizer, shape ``(124,)``."""
    low, low_mid, high_mid, high = levels_db(band_powers(values, CENTERS_HZ) @ power).tolist()
    return low, low_mid, high_mid, high
