"""Recipes of masters that never were: one stage taken out, or another's stage in its place.

What the settings came to on the mix is kept: the same anchors and, until it is solved anew, the
same drive. So nothing changes but the stage that is named.
"""

from __future__ import annotations

from dataclasses import replace

from ...models.chain import ResolvedChain, resolve
from ...models.processors.limiter import ResolvedLimiter
from ...models.settings import BlockSettings, ChainSettings
from ..recipe import Recipe, Resolved, recorded_hash

COMPARISON = "comparison"
"""What chose the settings, as such a recipe calls it."""


def without_stage(recipe: Recipe, stage: str) -> Recipe:
    """Return a recipe with one stage bypassed."""
    values = recipe.settings[stage].values
    settings = _with(recipe.settings, stage, BlockSettings(True, values))
    return _made_up(resettled(recipe, settings))


def with_stage(recipe: Recipe, stage: str, other: Recipe) -> Recipe:
    """Return a recipe with one stage as it stands in another's settings.

    The limiter brings what it aims at with it.
    """
    settings = _with(recipe.settings, stage, other.settings[stage])
    ceiling_dbtp = None
    if stage == "limiter" and other.resolved is not None:
        ceiling_dbtp = other.resolved.ceiling_dbtp
    return _made_up(resettled(recipe, settings, ceiling_dbtp=ceiling_dbtp))


def resettled(
    recipe: Recipe,
    settings: ChainSettings | None = None,
    *,
    drive_db: float | None = None,
    ceiling_dbtp: float | None = None,
) -> Recipe:
    """Return a recipe with other settings or another drive that counts as resolved nevertheless.

    Args:
        recipe: Resolved.
        settings: Of the whole chain; None for its own.
        drive_db: Loudness gain before the limiter; None for its own.
        ceiling_dbtp: What the limiter aims at; None for its own.

    """
    settings = recipe.settings if settings is None else settings
    known = resolved_of(recipe)
    known = replace(
        known,
        loudness_gain_db=known.loudness_gain_db if drive_db is None else drive_db,
        ceiling_dbtp=known.ceiling_dbtp if ceiling_dbtp is None else ceiling_dbtp,
    )
    known = replace(known, settings_hash=recorded_hash(settings, recipe.delivery, known))
    return replace(recipe, settings=settings, resolved=known, intervals={})


def chain_of(recipe: Recipe) -> ResolvedChain:
    """Return the whole chain of a recipe as the engine runs it."""
    known = resolved_of(recipe)
    values = {**recipe.settings["limiter"].values, "ceiling_dbtp": known.ceiling_dbtp}
    chain = resolve(
        recipe.settings,
        known.anchors,
        normalization_db=known.normalization_db,
        gain_db=known.loudness_gain_db,
    )
    return replace(chain, limiter=ResolvedLimiter(values))  # it aims beyond what can be set


def resolved_of(recipe: Recipe) -> Resolved:
    """Return what a recipe came to on its mix.

    Raises:
        ValueError: It was never resolved.

    """
    if recipe.resolved is None:
        raise ValueError("the recipe was never resolved")
    return recipe.resolved


def _made_up(recipe: Recipe) -> Recipe:
    """Return a recipe that claims to be nobody's."""
    return replace(recipe, predictor=COMPARISON, model=None, kept={})


def _with(settings: ChainSettings, stage: str, block: BlockSettings) -> ChainSettings:
    return ChainSettings({**settings.blocks, stage: block})
