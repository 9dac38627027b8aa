from __future__ import annotations

import json
from dataclasses import asdict, replace
from functools import partial

import numpy as np
import pytest

from glassmaster.models.errors import CatalogueError
from glassmaster.training.recovery.twin_moves import recover_moves
from glassmaster.training.studio.base import BaseModel
from glassmaster.training.studio.deciding import Verdict
from glassmaster.training.studio.pairs import MOST_RESIDUAL_DB
from glassmaster.training.studio.simulating.mixes import Mixes, make_mixes
from glassmaster.training.studio.simulating.rules import MixRules, StudioRules, studio_v1
from glassmaster.training.studio.simulating.studios import Kind, draw_plan
from glassmaster.training.studio.suite import (
    StudioResult,
    known_pairs,
    mastered,
    measure_null,
    measure_studio,
)

quickly = partial(recover_moves, steps=12)


@pytest.fixture(scope="module")
def result(mixes: Mixes, rules: StudioRules, base: BaseModel) -> StudioResult:
    plan = draw_plan(mixes, rules, Kind.TASTE, 0, 0)
    return measure_studio(mixes, rules, plan, base.center, quickly)


def test_a_studio_is_measured_on_songs_that_are_unseen(
    result: StudioResult, rules: StudioRules
) -> None:
    assert [each.pairs for each in result.learned] == list(rules.pairs)
    for values in (result.floor_db, result.base_db, result.unchanged_db):
        assert len(values) == rules.unseen
    for learned in result.learned:
        assert len(learned.studio_db) == len(learned.mean_settings_db) == rules.unseen
        # five units at most are never enough
        assert learned.decision.verdict != Verdict.ACCEPTED
        assert learned.choices.keys() == {"response", "width", "dynamics"}
    # noise of half a decibel leaves less than that, and its best explanation about as much
    assert 0.1 < np.mean(result.floor_db) < 0.6
    assert max(result.residual_db) < 1.5
    assert np.mean(result.floor_db) < np.mean(result.base_db)


def test_a_result_is_a_function_of_its_plan_and_becomes_json(
    result: StudioResult, mixes: Mixes, rules: StudioRules, base: BaseModel
) -> None:
    plan = draw_plan(mixes, rules, Kind.TASTE, 0, 0)
    again = measure_studio(mixes, rules, plan, base.center, quickly)
    assert json.dumps(asdict(again)) == json.dumps(asdict(result))


def test_masters_of_other_mixes_are_refused(
    mixes: Mixes, rules: StudioRules, base: BaseModel
) -> None:
    plan = draw_plan(mixes, rules, Kind.SHUFFLED, 0, 0)
    own = mastered(mixes, rules, plan, plan.pairs)
    pairs = known_pairs(mixes, plan.pairs, own, quickly(own))
    assert pairs.residual_db.min() > MOST_RESIDUAL_DB
    found = measure_null(mixes, rules, plan, base.center, quickly)
    assert (found.explained, found.decision) == (0, None)
    assert found.unguarded.units == 5


@pytest.mark.parametrize("kind", [Kind.BASE, Kind.NOTHING])
def test_where_there_is_no_taste_nothing_is_accepted(
    mixes: Mixes, rules: StudioRules, base: BaseModel, kind: Kind
) -> None:
    plan = draw_plan(mixes, rules, kind, 0, 0)
    found = measure_null(mixes, rules, plan, base.center, quickly)
    assert found.explained == 5
    assert found.decision is not None
    assert found.decision.verdict == Verdict.NO_IMPROVEMENT


def test_the_committed_rules_are_those_of_the_first_version() -> None:
    rules = studio_v1()
    assert (rules.version, rules.studios, rules.draws, rules.unseen) == (1, 20, 3, 30)
    assert (rules.taste.response_db, rules.taste.noise_db) == (1.5, 0.5)
    assert rules.taste.corrected == pytest.approx(1.0 / 3.0, abs=1e-6)
    assert rules.nulls >= 60


def test_songs_of_several_rates_are_refused(
    songs: list, base: BaseModel, rules: StudioRules
) -> None:
    mixed = [songs[0], replace(songs[1], sample_rate=48_000)]
    with pytest.raises(CatalogueError, match="one sample rate"):
        make_mixes(mixed, songs[:1], base, MixRules(segments=2, heard=2), rules.seed)
