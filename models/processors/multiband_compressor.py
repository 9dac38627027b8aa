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
from ..namespace import Quantity, at_least, at_most, column, constant, namespace, stack
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
        values: Physical values by key: floats, or tensors of shape ``(batch,)``.
        anchors_dbfs: Long-term mean square of each band after the equalizer, low to high.

    """

    values: Mapping[str, Quantity]
    anchors_dbfs: tuple[Quantity, Quantity, Quantity, Quantity]

    def corners(self, sample_rate: int) -> Quantity:
        """Return the crossover's coefficients, shape ``(…, 3, 3)``.

        A corner above 0.45 of the rate is moved there, and the band above it is bypassed.
        """
        limit_hz = NYQUIST_MARGIN * sample_rate
        held = [at_most(self.values[key], limit_hz) for key in CORNERS]
        return corner_coefficients(*held, sample_rate=sample_rate)

    def control(self, sample_rate: int) -> Quantity:
        """Return ``threshold_dbfs slope knee_db attack release makeup_db`` a band.

        Shape ``(…, 4, 6)``.
        """
        hop = hop_samples(sample_rate)
        rows = []
        for name, anchor_dbfs in zip(BANDS, self.anchors_dbfs, strict=True):
            active = self._holds(sample_rate) if name == BANDS[-1] else 1.0
            rows.append(
                stack(
                    anchor_dbfs + self.values[f"{name}_threshold_db"],
                    active * (1.0 / self.values[f"{name}_ratio"] - 1.0),
                    self.values["knee_db"],
                    smoothing(self.values[f"{name}_attack_ms"], hop, sample_rate),
                    smoothing(self.values[f"{name}_release_ms"], hop, sample_rate),
                    active * makeup_db(self.values, name),
                )
            )
        return namespace(rows[0]).stack(rows, -2)

    def left_out(self, sample_rate: int) -> tuple[str, ...]:
        """Return the highest band's name where this rate cannot hold its corner."""
        return () if self._holds(sample_rate) else (BANDS[-1],)

    def _holds(self, sample_rate: int) -> Quantity:
        return representable(self.values[CORNERS[-1]], sample_rate)


def makeup_db(values: Mapping[str, Quantity], band: str) -> Quantity:
    """Return the gain after compression: the loss 3 dB above the anchor, and the trim."""
    over_db = MAKEUP_ABOVE_ANCHOR_DB - values[f"{band}_threshold_db"]
    slope = 1.0 / values[f"{band}_ratio"] - 1.0
    return values[f"{band}_trim_db"] - static_curve_db(over_db, slope, values["knee_db"])


def static_curve_db(over_db: Quantity, slope: Quantity, knee_db: Quantity) -> Quantity:
    """Return the static gain, 0 or negative: the kernel `static_gain_db` for whole arrays.

    Args:
        over_db: Level above the threshold.
        slope: ``1 / ratio - 1``.
        knee_db: Width of the knee, positive.

    """
    into_db = at_most(at_least(over_db + 0.5 * knee_db, 0.0), knee_db)
    above_db = at_least(over_db - 0.5 * knee_db, 0.0)
    return slope * (into_db * into_db / (2.0 * knee_db) + above_db)


def band_magnitudes(values: Mapping[str, Quantity], frequency_hz: Array) -> Quantity:
    """Return the magnitude of the four bands, which share one phase, ``(…, 4, frequency)``.

    A fourth-order Linkwitz-Riley low-pass is ``1 / (1 + r⁴)`` with ``r = f / corner``.
    """
    low, middle, high = (
        1.0 / (1.0 + (constant(frequency_hz, values[key]) / column(values[key])) ** 4)
        for key in CORNERS
    )
    lower = [middle * low, middle * (1.0 - low)]
    upper = [(1.0 - middle) * high, (1.0 - middle) * (1.0 - high)]
    return namespace(low).stack(lower + upper, -2)


def band_anchors_dbfs(
    values: Mapping[str, Quantity], power: Quantity
) -> tuple[Quantity, Quantity, Quantity, Quantity]:
    """Return the level of each band, given the power after the equalizer, shape ``(…, 124)``."""
    squared = band_magnitudes(values, CENTERS_HZ) ** 2
    levels = levels_db((squared * power[..., None, :]).sum(-1))
    return levels[..., 0], levels[..., 1], levels[..., 2], levels[..., 3]
