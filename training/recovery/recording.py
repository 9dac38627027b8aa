"""A recovery as a recipe: `glassmaster render` makes of the mix what was recovered."""

from __future__ import annotations

from dataclasses import replace

from ...inference.delivering import UNDER_CEILING_DB
from ...inference.profiles import DEFAULT, load_profile
from ...inference.recipe import (
    TARGETS_LUFS,
    Delivery,
    Recipe,
    Resolved,
    current_versions,
    recorded_hash,
)
from ...models.chain import measure_anchors
from ...models.settings import ChainSettings, specification
from .explanation import Explanation

RECOVERED = "recovered"
"""What chose the settings, as the recipe calls it."""


def recipe_of(explanation: Explanation) -> Recipe:
    """Return the recipe of a recovery, with what it came to on the mix.

    The file is delivered like the master as far as it can be: its rate is the mix's, at which the
    chain was fitted. The limiter always guards a ceiling: where none was found, that of full scale.
    """
    recovered, profile = explanation.recovered, load_profile(DEFAULT)
    settings, aimed_dbtp = _guarded(recovered.settings)
    measured = recovered.measured
    lowest, highest = TARGETS_LUFS
    delivery = Delivery(
        profile=profile.name,
        container="wav",
        bit_depth=profile.bit_depth,
        sample_rate=explanation.before.sample_rate,
        target_lufs=round(min(max(measured.master_lufs, lowest), highest), 2),
    )
    spectrum = measured.mix.spectrum.scaled(measured.normalization_db)
    resolved = Resolved(
        settings_hash="",
        input_hash=explanation.before.digest,
        normalization_db=measured.normalization_db,
        anchors=measure_anchors(settings, spectrum, sample_rate=explanation.before.sample_rate),
        loudness_gain_db=recovered.gain_db,
        ceiling_dbtp=aimed_dbtp,
        dither_seed=int(explanation.before.digest[:12], 16),
    )
    resolved = replace(resolved, settings_hash=recorded_hash(settings, delivery, resolved))
    return Recipe(
        settings=settings,
        delivery=delivery,
        resolved=resolved,
        predictor=RECOVERED,
        versions=current_versions(),
        intervals=explanation.intervals,
    )


def _guarded(settings: ChainSettings) -> tuple[ChainSettings, float]:
    """Return settings with a limiter, whose ceiling lies above what it aims at."""
    limiter = settings["limiter"]
    spec = specification("limiter", "ceiling_dbtp")
    aimed_dbtp = spec.high if limiter.bypass else float(limiter.values[spec.key])
    promised_dbtp = min(aimed_dbtp + UNDER_CEILING_DB, spec.high)
    return settings.with_block("limiter", {**limiter.values, spec.key: promised_dbtp}), aimed_dbtp
