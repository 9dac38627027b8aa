"""A master as the human's side of a comparison."""

from __future__ import annotations

from pathlib import Path

from ...data.alignment.warping import aligned_pair
from ...inference.comparing.human import Heard, Human, Unexplained
from ...inference.step import Step
from .beginning import shifted
from .explanation import EXACT_DB, cannot_express, explain
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
        heard=Heard(round(pair.start_s * pair.sample_rate), shifted(pair.master, recovered.delay)),
        unexplained=Unexplained(
            null_db=recovered.null_db,
            explained_share=told.explained_share,
            sentences=cannot_express(told),
            is_mix=not recovered.engaged and recovered.null_db <= EXACT_DB,
        ),
        findings=told.findings,
    )
