from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
import torch

from glassmaster.models.errors import ParameterError
from glassmaster.models.moves import HIGHEST, LOWEST, NEUTRAL, SLOPE
from glassmaster.training.learning.curriculum import Curriculum, Phase
from glassmaster.training.learning.pairs import assemble
from glassmaster.training.learning.plans import (
    QUIET_LUFS,
    Plan,
    PlanRules,
    draw_plan,
    plain,
    without_references,
)
from glassmaster.training.learning.pool import SongPool
from glassmaster.training.learning.stream import PlanStream, Share

RULES = PlanRules(segments=2, heard=1)
LAST = Curriculum((Phase(0.0, forward=0.5),))


def drawn(pool: SongPool, *counters: int, rules: PlanRules = RULES) -> Plan:
    return draw_plan(pool, rules, LAST, 0.0, *counters)


def bits(plan: Plan) -> list[bytes]:
    values = [getattr(plan, field.name) for field in fields(plan) if field.name != "degradation"]
    values += [getattr(plan.degradation, f.name) for f in fields(plan.degradation)]
    return [np.asarray(value).tobytes() for value in values]


def stream(pool: SongPool, first: int) -> PlanStream:
    return PlanStream(pool, RULES, LAST, seed=5, batch_size=4, steps=50, first_step=lambda: first)


def test_a_plan_is_a_function_of_its_counters_alone(pool: SongPool) -> None:
    one = [bits(drawn(pool, 1, 0, 7, index)) for index in range(6)]
    np.random.default_rng().random(3)
    torch.rand(3)
    again = [bits(drawn(pool, 1, 0, 7, index)) for index in reversed(range(6))]
    assert again[::-1] == one
    assert len({plan[1] + plan[-1] for plan in one}) == 6
    for other in ((2, 0, 7, 0), (1, 1, 7, 0), (1, 0, 8, 0)):
        assert bits(drawn(pool, *other)) != one[0]


def test_a_step_is_the_same_wherever_the_stream_begins_and_however_it_is_shared(
    pool: SongPool,
) -> None:
    steps = iter(stream(pool, 3))
    next(steps)
    fourth = [bits(plan) for plan in next(steps)]
    assert [bits(plan) for plan in next(iter(stream(pool, 4)))] == fourth
    shares = [stream(pool, 0).plans(4, Share(rank, 2)) for rank in range(2)]
    assert [bits(plan) for pair in zip(*shares, strict=True) for plan in pair] == fourth


def test_workers_draw_the_same_steps_in_order(pool: SongPool) -> None:
    loader = torch.utils.data.DataLoader(stream(pool, 2), batch_size=None, num_workers=2)
    batches = iter(loader)
    found = [[bits(plan) for plan in next(batches)] for _ in range(3)]
    alone = iter(stream(pool, 2))
    assert found == [[bits(plan) for plan in next(alone)] for _ in range(3)]


def test_an_example_does_not_depend_on_its_batch(pool: SongPool) -> None:
    plans = [drawn(pool, 1, 0, 0, index) for index in range(5)]
    together, alone = assemble(pool, plans), assemble(pool, plans[2:3])
    torch.testing.assert_close(together.mix.mid[2:3], alone.mix.mid, rtol=1e-5, atol=1e-12)
    torch.testing.assert_close(together.target.mid[2:3], alone.target.mid, rtol=1e-3, atol=1e-9)
    torch.testing.assert_close(together.statistics[2:3], alone.statistics, rtol=0.0, atol=1e-3)
    again = assemble(pool, plans)
    assert torch.equal(together.mix.mid, again.mix.mid)
    assert torch.equal(together.target.mid, again.target.mid)


def test_moves_lie_within_the_chain(pool: SongPool) -> None:
    rules = replace(RULES, no_intent=0.0)
    plans = [drawn(pool, 3, 0, 0, index, rules=rules) for index in range(40)]
    moves = np.array([plan.moves for plan in plans])
    assert np.all(moves >= LOWEST - 1e-9)
    assert np.all(moves <= HIGHEST + 1e-9)
    assert {plan.forward for plan in plans} == {True, False}
    assert all(np.count_nonzero(plan.intent) in (1, 2) for plan in plans)


def test_one_click_has_neither_references_nor_intents(pool: SongPool) -> None:
    plans = [drawn(pool, 3, 0, 0, index, rules=plain(RULES)) for index in range(20)]
    assert all(len(plan.references) == 0 for plan in plans if not plan.forward)
    assert not any(plan.intent.any() for plan in plans)


def test_mixes_have_finished_songs_for_company_but_not_always_the_same(pool: SongPool) -> None:
    near = np.arange(24)
    known = replace(pool, library=torch.zeros(24, 256), company=(near,) * len(pool))
    rules = replace(RULES, no_reference=0.3)
    plans = [drawn(known, 5, 0, 0, index, rules=rules) for index in range(60)]
    mixes = [plan for plan in plans if not plan.forward]
    shown = [plan for plan in mixes if len(plan.references)]
    assert {len(plan.references) for plan in shown} == {rules.company}
    assert all(len(plan.reference_segments) == 0 for plan in shown)
    assert 0.4 < len(shown) / len(mixes) < 0.95
    assert len({tuple(sorted(plan.references)) for plan in shown}) == len(shown)
    assert all(np.isin(plan.references, near).all() for plan in shown)


def test_known_settings_are_always_shown_on_other_songs(pool: SongPool) -> None:
    usual = [drawn(pool, 3, 0, 0, index) for index in range(20)]
    assert all(len(plan.references) > 0 for plan in usual if plan.forward)
    assert all(plan.song not in plan.references for plan in usual)


def test_phases_add_to_each_other(pool: SongPool) -> None:
    easy = Curriculum(
        (
            Phase(
                0.0,
                forward=0.5,
                compression=False,
                limiting=False,
                degradation=False,
                references=False,
            ),
            Phase(0.5, forward=0.5),
        )
    )
    first = [draw_plan(pool, RULES, easy, 0.49, 1, 0, 0, index) for index in range(20)]
    assert all(np.array_equal(p.style[SLOPE], NEUTRAL[SLOPE]) for p in first)
    assert all(set(plan.references) <= ({plan.song} if plan.forward else set()) for plan in first)
    assert all(not plan.degradation.exponents.any() for plan in first)
    assert {plan.loudness_lufs for plan in first} == {QUIET_LUFS}
    later = [draw_plan(pool, RULES, easy, 0.5, 1, 0, 0, index) for index in range(20)]
    assert any(plan.style[SLOPE].any() for plan in later)
    assert any(plan.degradation.exponents.any() for plan in later)


def test_a_song_that_is_its_own_reference_shows_other_parts(pool: SongPool) -> None:
    early = Curriculum((Phase(0.0, forward=1.0, references=False),))
    assert pool.count.min() >= 2
    rules = replace(RULES, segments=4)
    for index in range(20):
        plan = draw_plan(pool, rules, early, 0.0, 1, 0, 0, index)
        assert plan.references.tolist() == [plan.song]
        assert plan.reference_segments.shape == (1, 2)
        assert not set(plan.segments) & set(plan.reference_segments.flat)
    single = replace(pool, count=np.ones_like(pool.count))
    alone = draw_plan(single, rules, early, 0.0, 1, 0, 0, 0)
    assert len(alone.references) == 0
    assert alone.reference_segments.shape == (0, 2)
    assert set(alone.segments) == {single.first[alone.song]}


def test_references_can_be_left_out_of_a_plan(pool: SongPool) -> None:
    known = Curriculum((Phase(0.0, forward=1.0),))
    plan = draw_plan(pool, RULES, known, 0.0, 1, 0, 0, 0)
    without = without_references(plan)
    assert len(plan.references) > 0
    assert assemble(pool, [without]).references.shape[1] == 0
    assert torch.equal(assemble(pool, [without]).target.mid, assemble(pool, [plan]).target.mid)


def test_phases_out_of_order_are_refused() -> None:
    with pytest.raises(ParameterError, match="first must at 0"):
        Curriculum((Phase(0.2),))
    with pytest.raises(ParameterError, match="share"):
        Phase(0.0, forward=2.0)
