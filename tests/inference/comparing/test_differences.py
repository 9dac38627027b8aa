from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from glassmaster.inference.comparing.audibility import Heard
from glassmaster.inference.comparing.differences import (
    Difference,
    Expected,
    Kind,
    Verdict,
    kind_of,
    quantity_differences,
    ranked,
    stages_in_use,
    verdict_of,
)
from glassmaster.inference.predictor import NOT_DETERMINED
from glassmaster.inference.recipe import Delivery, Recipe
from glassmaster.models.moves import QUANTITIES
from glassmaster.models.settings import BLOCKS, default_settings

NOTHING = np.zeros(len(QUANTITIES))
NAME = "response_db@63"
PLACE = QUANTITIES.index(NAME)


def recipe(**blocks: dict[str, float]) -> Recipe:
    settings = default_settings().with_block("limiter", {})
    for name, values in blocks.items():
        settings = settings.with_block(name, values)
    return Recipe(settings, Delivery("default", "wav", "24", 48_000), None, "hand", {})


def heard(mean_db: float) -> Heard:
    return Heard(mean_db, mean_db, 100.0, False, 0.0, NOTHING, 0.0, NOTHING)


@pytest.mark.parametrize(
    ("human_db", "interval", "verdict"),
    [
        (0.3, (-0.1, 0.7), Verdict.NOT_DISTINGUISHABLE),
        (0.3, (0.1, 0.5), Verdict.DIFFERENT),
        (5.0, NOT_DETERMINED, Verdict.NOT_DISTINGUISHABLE),
    ],
)
def test_overlapping_intervals_are_not_distinguishable(
    human_db: float, interval: object, verdict: Verdict
) -> None:
    values = NOTHING.copy()
    values[PLACE] = human_db
    rows = quantity_differences(NOTHING, values, {NAME: interval}, {}, is_recovered=True)  # type: ignore[dict-item]
    assert rows[PLACE].verdict is verdict
    assert rows[PLACE].difference_db == pytest.approx(human_db)


def test_settings_by_hand_are_exact() -> None:
    values = NOTHING.copy()
    values[PLACE] = 0.3
    rows = quantity_differences(NOTHING, values, {}, {NAME: (-1.0, 1.0)}, is_recovered=False)
    assert rows[PLACE].verdict is Verdict.DIFFERENT
    assert rows[PLACE].human_interval is None
    assert rows[PLACE].view is Expected.INSIDE
    assert rows[PLACE + 1].verdict is Verdict.SAME
    assert rows[PLACE + 1].view is Expected.NOT_DETERMINED
    outside = quantity_differences(NOTHING, values, {}, {NAME: (-1.0, 0.2)}, is_recovered=False)
    assert outside[PLACE].view is Expected.OUTSIDE


def test_every_effect_has_its_block() -> None:
    assert [kind.stage for kind in Kind] == list(BLOCKS)
    assert {kind_of(name) for name in QUANTITIES} == set(Kind) - {Kind.DEESSING, Kind.SATURATION}


BOTH = (heard(0.5), heard(0.5))
LITTLE_REST = heard(0.02)


def test_an_effect_is_as_sure_as_its_quantities() -> None:
    values = NOTHING.copy()
    values[PLACE] = 0.5
    sure = dict(zip(QUANTITIES, zip(values - 0.1, values + 0.1, strict=True), strict=True))
    rows = quantity_differences(NOTHING, values, sure, {}, is_recovered=True)
    assert verdict_of(Kind.TONE, BOTH, rows, LITTLE_REST) is Verdict.DIFFERENT
    assert verdict_of(Kind.WIDTH, BOTH, rows, LITTLE_REST) is Verdict.NOT_DISTINGUISHABLE
    unsure = {**sure, NAME: NOT_DETERMINED}
    rows = quantity_differences(NOTHING, values, unsure, {}, is_recovered=True)  # type: ignore[arg-type]
    assert verdict_of(Kind.TONE, BOTH, rows, LITTLE_REST) is Verdict.NOT_DISTINGUISHABLE


def test_one_of_many_intervals_may_miss() -> None:
    """Of 27 intervals of 90 % two or three miss where nothing differs."""
    values = NOTHING.copy()
    values[PLACE] = 0.15  # 1.5 half-widths; together they hold to 1.76
    sure = dict(zip(QUANTITIES, zip(values - 0.1, values + 0.1, strict=True), strict=True))
    rows = quantity_differences(NOTHING, values, sure, {}, is_recovered=True)
    assert rows[PLACE].verdict is Verdict.DIFFERENT
    assert verdict_of(Kind.TONE, BOTH, rows, LITTLE_REST) is Verdict.NOT_DISTINGUISHABLE


def test_what_is_left_unexplained_hides_smaller_differences() -> None:
    for kind in (Kind.TONE, Kind.SATURATION):
        assert verdict_of(kind, BOTH, (), heard(0.6)) is Verdict.NOT_DISTINGUISHABLE
        assert verdict_of(kind, BOTH, (), LITTLE_REST) is Verdict.DIFFERENT


def test_exact_settings_differ_by_what_is_heard() -> None:
    assert verdict_of(Kind.SATURATION, BOTH, (), None) is Verdict.DIFFERENT
    assert verdict_of(Kind.TONE, (heard(0.01), heard(0.02)), (), None) is Verdict.SAME
    model, human = recipe(), recipe(saturator={"mix": 0.5})
    assert stages_in_use(model, human) == ("saturator", "limiter")


def test_the_most_audible_comes_first() -> None:
    rows = [
        Difference(kind, heard(one), heard(other), Verdict.DIFFERENT)
        for kind, one, other in (
            (Kind.TONE, 0.2, 0.4),
            (Kind.LIMITING, 1.0, 0.0),
            (Kind.WIDTH, 0.4, 0.5),
        )
    ]
    assert [each.kind for each in ranked(rows)] == [Kind.LIMITING, Kind.WIDTH, Kind.TONE]
    assert ranked(rows)[0].size_db == pytest.approx(0.5)
    assert replace(rows[0], in_human=heard(0.9)).largest.most_db == 0.9
