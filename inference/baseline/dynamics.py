"""The baseline's compressor: a little less spread in bands that have more than finished songs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ...data.analysis import Analysis
from ...data.metering.spectrum import LEVEL_EDGES_HZ, LevelSpread
from ...models.processors.multiband_compressor import BANDS
from ...models.settings import specification
from ...models.spectrum import CENTERS_HZ, levels_db
from ..predictor import Reason
from .prior import Dynamics, Prior

Array: TypeAlias = npt.NDArray[np.float64]

_BLOCK = "multiband_compressor"


def choose_compressor(
    analysis: Analysis, plr_db: float | None, prior: Prior
) -> tuple[Mapping[str, float] | None, Reason]:
    """Decide on compression.

    Args:
        analysis: Of the mix.
        plr_db: Its peak-to-loudness ratio as heard in stereo; None where undefined.
        prior: See `Prior`.

    Returns:
        Physical values by key, None for a bypass; and why.

    """
    dynamics = prior.dynamics
    if plr_db is None or plr_db <= dynamics.finished_plr_db:
        measured = "undefined" if plr_db is None else f"{plr_db:.1f} dB"
        text = (
            f"The peak-to-loudness ratio is {measured} (finished masters: up to "
            f"{dynamics.finished_plr_db:.0f} dB), so nothing is compressed."
        )
        return None, Reason(_BLOCK, text)
    means_dbfs = band_means(analysis.spectrum.total)
    knee_db = specification(_BLOCK, "knee_db").default
    values: dict[str, float] = {}
    told = []
    for band, name in enumerate(BANDS):
        levels = analysis.band_levels[band]
        reduction_db = wanted_reduction_db(levels, band, plr_db, dynamics)
        if levels is None or reduction_db == 0.0:
            continue
        ratio = dynamics.ratio[band]
        over_db = _over_threshold(reduction_db, ratio, knee_db)
        excess_db = levels.p95_dbfs - float(means_dbfs[band])
        threshold = specification(_BLOCK, f"{name}_threshold_db")
        threshold_db = min(max(excess_db - over_db, threshold.low), threshold.high)
        values |= {
            threshold.key: round(threshold_db, 2),
            f"{name}_ratio": ratio,
            f"{name}_attack_ms": dynamics.attack_ms[band],
            f"{name}_release_ms": dynamics.release_ms[band],
        }
        spread_db = levels.p95_dbfs - levels.p50_dbfs
        told.append(
            f"{name.replace('_', ' ')} by {reduction_db:.1f} dB (spread {spread_db:.1f} dB, "
            f"normal up to {dynamics.normal_spread_db[band]:.0f} dB)"
        )
    if not values:
        text = (
            "Loud passages stand no further above the median than in finished songs in any band "
            "that plays most of the time, so nothing is compressed."
        )
        return None, Reason(_BLOCK, text)
    text = (
        f"The peak-to-loudness ratio is {plr_db:.1f} dB (finished masters: up to "
        f"{dynamics.finished_plr_db:.0f} dB), so loud passages are turned down: {', '.join(told)}."
    )
    return values, Reason(_BLOCK, text)


def wanted_reduction_db(
    levels: LevelSpread | None, band: int, plr_db: float, dynamics: Dynamics
) -> float:
    """Return the gain reduction for the loud passages of a band; 0 where it is not worth it.

    Args:
        levels: Of the band; None where it is silent.
        band: Its index.
        plr_db: Peak-to-loudness ratio of the mix.
        dynamics: What is normal.

    """
    if levels is None:
        return 0.0
    spread_db = levels.p95_dbfs - levels.p50_dbfs
    is_open = _ramp(plr_db, dynamics.finished_plr_db, dynamics.open_plr_db)
    normal_db = dynamics.normal_spread_db[band]
    is_wide = _ramp(spread_db, normal_db, normal_db + dynamics.wide_by_db)
    # the spread of a band that rests half of the time shows the arrangement, not its dynamics
    plays = 1.0 - _ramp(spread_db, dynamics.sparse_from_db, dynamics.sparse_to_db)
    reduction_db = dynamics.most_db * is_open * is_wide * plays
    return reduction_db if reduction_db >= dynamics.least_db else 0.0


def _ramp(value: float, start: float, end: float) -> float:
    return min(max((value - start) / (end - start), 0.0), 1.0)


def _over_threshold(reduction_db: float, ratio: float, knee_db: float) -> float:
    """Return how far over the threshold a level loses ``reduction_db``: the gain curve inverted."""
    slope = 1.0 - 1.0 / ratio
    if reduction_db >= 0.5 * slope * knee_db:
        return reduction_db / slope
    return math.sqrt(2.0 * knee_db * reduction_db / slope) - 0.5 * knee_db


def band_means(power: Array) -> Array:
    """Return the mean level of each band of `LEVEL_EDGES_HZ` in dB, shape ``(4,)``."""
    bands = np.digitize(CENTERS_HZ, LEVEL_EDGES_HZ) - 1
    powers = [power[bands == band].sum() for band in range(len(BANDS))]
    return levels_db(np.array(powers))
