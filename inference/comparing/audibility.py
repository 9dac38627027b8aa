"""How audible the difference between two versions of a song is, once they are equally loud.

Every patch counts by the loudness that it adds: the K-weighted power to the power of 0.23, the
exponent of specific loudness (H. Fastl and E. Zwicker, "Psychoacoustics: Facts and Models", 3rd
edition, 2007, section 8.7). A change is taken to be just noticeable where the level of any critical
band changes by 1 dB (there, section 7.5: changes of the excitation level).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ...models.distances.gate import RELEVANT_RANGE, SMALLEST_POWER, levels_db
from ...models.k_weighting import RELATIVE_GATE_LU, k_weighting_power
from ...models.mel import MEL_BANDS, mel_edges_hz
from .patches import Patches

Array: TypeAlias = npt.NDArray[np.float64]

JUST_NOTICEABLE_DB = 1.0
SOURCE = (
    "1 dB in any critical band: Fastl and Zwicker, Psychoacoustics, 3rd edition, 2007, section 7.5"
)
LOUDNESS_EXPONENT = 0.23
MOST_DB = 20.0
"""A change counts as no more: what appears out of silence is heard or not, whatever its level."""

LEAST_SHARE = 0.5 / (2 * MEL_BANDS)
"""A band with less than half of its share of the loudness is not looked at by itself."""

BAND_HZ: Array = mel_edges_hz()[1:-1]
"""Centers of the bands, shape ``(80,)``."""

_WEIGHTS = k_weighting_power(BAND_HZ)[None, :, None]


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """What is heard of a difference.

    Attributes:
        mean_db: Mean absolute change of level, by loudness.
        most_db: The same in the band in which it is largest.
        most_hz: That band.
        in_side: Whether it is a band of side.
        share: Part of the loudness whose level changes by more than is just noticeable.
        bands_db: Mean change in each band of mid, with its sign, shape ``(80,)``; NaN where
            nothing is heard.
        side_db: Mean change of side, by loudness, with its sign; 0 where there is no side.
        moments: Mean absolute change in each moment, by the whole song's loudness, shape
            ``(moment,)``: where the difference is.

    """

    mean_db: float
    most_db: float
    most_hz: float
    in_side: bool
    share: float
    bands_db: Array
    side_db: float
    moments: Array

    @property
    def is_noticeable(self) -> bool:
        """Whether any band changes by what is just noticeable."""
        return self.most_db >= JUST_NOTICEABLE_DB


def loudness_db(patches: Patches) -> float:
    """Return the gated K-weighted level of patches, as BS.1770 gates 400 ms; 0 for silence."""
    power = (patches.power * _WEIGHTS).sum(axis=(0, 1))
    heard = power > 0.0
    if not heard.any():
        return 0.0
    gate = 10.0 ** (0.1 * RELATIVE_GATE_LU) * float(power[heard].mean())
    return 10.0 * math.log10(float(power[power > gate].mean()))


def heard_difference(one: Patches, other: Patches, other_gain_db: float) -> Heard:
    """Compare two versions, patch for patch.

    Args:
        one: The version that the difference is from.
        other: The version that it leads to, of the same length.
        other_gain_db: What makes the other as loud as the one.

    """
    power = one.power.astype(np.float64)
    changed = other.power.astype(np.float64) * 10.0 ** (0.1 * other_gain_db)
    least = max(float(power.max(initial=0.0)) * RELEVANT_RANGE, SMALLEST_POWER)
    change_db = levels_db(np.maximum(changed, least)) - levels_db(np.maximum(power, least))
    change_db = np.clip(change_db, -MOST_DB, MOST_DB)
    louder = np.maximum(power, changed)
    loudness = np.where(louder > least, (louder * _WEIGHTS) ** LOUDNESS_EXPONENT, 0.0)
    total = float(loudness.sum())
    if total == 0.0:
        nothing = np.full(MEL_BANDS, np.nan)
        still = np.zeros(power.shape[2])
        return Heard(0.0, 0.0, float(BAND_HZ[0]), False, 0.0, nothing, 0.0, still)
    weighted = loudness * np.abs(change_db)
    by_band = loudness.sum(axis=2)
    means_db = weighted.sum(axis=2) / np.maximum(by_band, 1e-30)
    means_db = np.where(by_band >= LEAST_SHARE * total, means_db, 0.0)
    part, band = np.unravel_index(int(np.argmax(means_db)), means_db.shape)
    signed_db = (loudness[0] * change_db[0]).sum(axis=1) / np.maximum(by_band[0], 1e-30)
    side_db = float((loudness[1] * change_db[1]).sum()) / max(float(by_band[1].sum()), 1e-30)
    above = np.abs(change_db) > JUST_NOTICEABLE_DB
    return Heard(
        mean_db=float(weighted.sum() / total),
        most_db=float(means_db[part, band]),
        most_hz=float(BAND_HZ[band]),
        in_side=bool(part == 1),
        share=float(loudness[above].sum() / total),
        bands_db=np.where(by_band[0] > 0.0, signed_db, np.nan),
        side_db=side_db,
        moments=weighted.sum(axis=(0, 1)) / total,
    )
