"""A master as the human's side of a comparison."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...data.alignment.warping import aligned_pair
from ...data.files.names import display_name
from ...data.findings import Finding
from ...inference.comparing.human import AlignedMaster, Human, Unexplained
from ...inference.intervals import interval_from_entry
from ...inference.recipe import load_recipe
from ...inference.step import Step
from ...models.errors import RecipeError
from .beginning import shifted
from .catalogued import PairToRecover
from .explanation import EXACT_DB, cannot_express, explain, explained_share
from .keeping import Kept
from .recording import recipe_of


def recovered_human(mix: Path, master: Path, step: Step) -> Human:
    """Recover what turned a mix into its master; errors as of `explain`."""
    told = explain(mix, master, step)
    recovered = told.recovered
    pair = aligned_pair(mix, master, told.alignment)
    return Human(
        path=master,
        recipe=recipe_of(told),
        intervals=told.intervals,
        heard=AlignedMaster(
            round(pair.start_s * pair.sample_rate), shifted(pair.master, recovered.delay)
        ),
        unexplained=Unexplained(
            null_db=recovered.null_db,
            explained_share=told.explained_share,
            sentences=cannot_express(told),
            is_mix=not recovered.engaged and recovered.null_db <= EXACT_DB,
        ),
        findings=told.findings,
    )


def kept_human(pair: PairToRecover, recipe: Path, kept: Kept, recovery: Mapping[str, Any]) -> Human:
    """Return what turned a mix into its master, of a recovery that is kept.

    Args:
        pair: Of a catalogue.
        recipe: Where its recipe was written.
        kept: What is kept of it.
        recovery: Its recovery.

    Raises:
        RecipeError: ``edited``: the recipe is not what was recovered; or it cannot be read.
        AudioFileError: Mix or master cannot be read.

    """
    if kept.own(recipe) is None:
        raise RecipeError(
            f"{display_name(recipe)}: was edited since it was recovered; remove it, to have it "
            "recovered again, or compare with it by `glassmaster compare MIX RECIPE`",
            code="edited",
            path=recipe,
        )
    aligned = aligned_pair(pair.mix, pair.master, pair.alignment)
    delay = float(recovery["alignment"]["missed_samples"])
    null_db = float(recovery["null_db"])
    is_engaged = any(not block["bypass"] for block in recovery["settings"].values())
    return Human(
        path=pair.master,
        recipe=load_recipe(recipe),
        intervals={name: interval_from_entry(each) for name, each in recovery["intervals"].items()},
        heard=AlignedMaster(
            round(aligned.start_s * aligned.sample_rate), shifted(aligned.master, delay)
        ),
        unexplained=Unexplained(
            null_db=null_db,
            explained_share=explained_share(recovery["mel_db"], recovery["unchanged_mel_db"]),
            sentences=tuple(recovery["cannot_express"]),
            is_mix=not is_engaged and null_db <= EXACT_DB,
        ),
        findings=tuple(Finding(**each) for each in recovery["warnings"]),
    )
