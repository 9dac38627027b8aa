from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from glassmaster.inference.report.page import page
from glassmaster.inference.report.reasons import told_reasons
from glassmaster.inference.report.text import master_text
from glassmaster.inference.results import MasteringResult

TIMES = "\N{MULTIPLICATION SIGN}"


@pytest.mark.parametrize(
    ("amount", "told"),
    [(0.5, f" ({TIMES} 0.5)"), (0.125, f" ({TIMES} 0.125)"), (1.0, "")],
)
def test_reasons_tell_only_of_moves_that_were_made(
    results: Callable[..., MasteringResult], amount: float, told: str
) -> None:
    scaled = results(amount=amount)
    moved_db = scaled.recipe.settings["equalizer"].values["low_mid_gain_db"]
    assert moved_db == pytest.approx(amount * 4.0)
    reasons = {reason.block: reason.text for reason in told_reasons(scaled)}
    for name in ("equalizer", "multiband_compressor"):
        assert reasons[name] == f"The {name} was decided by a die{told}."
    for name in ("deesser", "saturator", "imager", "limiter"):  # which do not move
        assert reasons[name] == f"The {name} was decided by a die."


def test_a_block_that_an_amount_of_0_bypasses_is_said_to_be(
    results: Callable[..., MasteringResult],
) -> None:
    nothing = results(amount=0.0)
    told = f"The equalizer was decided by a die ({TIMES} 0: the block is bypassed)."
    for content in (master_text(nothing, None, None), re.sub("<[^>]*>", " ", page(nothing))):
        assert told in " ".join(content.split())
    still = [reason.block for reason in told_reasons(nothing) if reason.text.endswith("die.")]
    assert still == ["deesser", "saturator", "imager", "limiter"]


def test_a_block_kept_at_its_neutral_values_moves_nothing(result: MasteringResult) -> None:
    assert result.prediction is not None
    neutral = result.recipe.settings.with_block("equalizer", {})
    kept = replace(
        result,
        prediction=replace(result.prediction, settings=neutral),
        recipe=replace(result.recipe, settings=neutral.scaled(0.5)),
    )
    assert told_reasons(kept)[0].text == "The equalizer was decided by a die."


def test_a_recipe_has_no_reasons(result: MasteringResult) -> None:
    assert told_reasons(replace(result, prediction=None)) == ()
