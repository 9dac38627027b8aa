"""From moves to compressor and limiter: bounded by what they would take, and told in words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TypeAlias

from ...data.analysis import Analysis
from ...models.moves import ATTACK, LIMITER_RELEASE, RELEASE, SLOPE, THRESHOLD
from ...models.processors.multiband_compressor import BANDS, static_curve_db
from ...models.settings import specification
from ..baseline.dynamics import band_means
from ..equalizer_fit import rounded
from ..predictor import NOT_DETERMINED, Reason
from .tone import Wish

Choice: TypeAlias = tuple[Mapping[str, float] | None, tuple[Reason, ...]]

BLOCK = "multiband_compressor"

MOST_REDUCTION_DB = 5.0
"""Of a level that 5 % of the frames exceed; single hits lose about a decibel more."""

LEAST_REDUCTION_DB = 0.2
"""A band that would lose less in loud passages is left alone: nobody hears it."""


def choose_compressor(analysis: Analysis, wish: Wish) -> Choice:
    """Decide on compression.

    Returns:
        Physical values by key, None for a bypass; and why.

    """
    if BLOCK in wish.bypassed:
        text = "The model expects that a master of this mix needs no compression."
        return None, (Reason(BLOCK, text),)
    means_dbfs = band_means(analysis.spectrum.total)
    knee_db = specification(BLOCK, "knee_db").default
    values: dict[str, float] = {}
    told = []
    for band, name in enumerate(BANDS):
        levels = analysis.band_levels[band]
        if levels is None:
            continue
        slope, threshold_db = (float(wish.moves[part][band]) for part in (SLOPE, THRESHOLD))
        over_db = levels.p95_dbfs - float(means_dbfs[band]) - threshold_db
        reduction_db = -static_curve_db(over_db, -slope, knee_db)
        if reduction_db < LEAST_REDUCTION_DB:
            continue
        held = min(1.0, MOST_REDUCTION_DB / reduction_db)
        chosen = {
            f"{name}_ratio": 1.0 / (1.0 - held * slope),
            f"{name}_threshold_db": threshold_db,
            f"{name}_attack_ms": math.exp(float(wish.moves[ATTACK][band])),
            f"{name}_release_ms": math.exp(float(wish.moves[RELEASE][band])),
        }
        values |= {key: rounded(specification(BLOCK, key), v) for key, v in chosen.items()}
        told.append(
            f"{name.replace('_', ' ')} at {values[f'{name}_ratio']:.2f}:1 by about "
            f"{held * reduction_db:.1f} dB (spread {levels.p95_dbfs - levels.p50_dbfs:.1f} dB"
            f"{_expected('', f'reduction_p95_db@{name}', wish)})"
        )
    plr_db = analysis.loudness.plr_db
    measured = "undefined" if plr_db is None else f"{plr_db:.1f} dB"
    if not values:
        text = (
            f"The peak-to-loudness ratio is {measured}; the model would turn loud passages down by "
            f"less than {LEAST_REDUCTION_DB:.1f} dB in every band, so nothing is compressed."
        )
        return None, (Reason(BLOCK, text),)
    text = (
        f"The peak-to-loudness ratio is {measured}; the model turns loud passages down: "
        f"{', '.join(told)}."
    )
    return values, (Reason(BLOCK, text),)


def choose_limiter(analysis: Analysis, wish: Wish) -> tuple[Mapping[str, float], Reason]:
    """Decide on the limiter's release; its drive is solved afterwards."""
    spec = specification("limiter", "release_ms")
    release_ms = rounded(spec, math.exp(float(wish.moves[LIMITER_RELEASE])))
    plr_db = analysis.loudness.plr_db
    measured = "" if plr_db is None else f"; peaks stand {plr_db:.1f} dB above the loudness"
    text = (
        f"The limiter keeps the ceiling with a release of {release_ms:.0f} ms{measured}"
        f"{_expected('gain reduction of loud passages: ', 'limiter_p95_db', wish)}."
    )
    return {spec.key: release_ms}, Reason("limiter", text)


def _expected(of: str, quantity: str, wish: Wish) -> str:
    """Say what the model expects of a quantity, which ends a sentence."""
    if wish.is_finished:
        return ""
    interval = wish.intervals.get(quantity, NOT_DETERMINED)
    if interval == NOT_DETERMINED:
        return f"; {of}what a master would show is not determined"
    return f"; {of}90 % of masters show {interval[0]:.1f} to {interval[1]:.1f} dB"
