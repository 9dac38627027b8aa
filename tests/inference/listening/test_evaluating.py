from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from glassmaster.inference.listening.evaluating import Result, Verdict, evaluate
from glassmaster.inference.listening.plan import ABX, PREFERENCE, Plan
from glassmaster.inference.listening.statistics import critical_count

Answered = Callable[[Plan, dict[tuple[int, int], int]], Result]

SHOWN, NOT_SHOWN, NOT_ENOUGH = Verdict.SHOWN, Verdict.NOT_SHOWN, Verdict.NOT_ENOUGH_TRIALS


@pytest.fixture
def answered(hitting: Any) -> Answered:
    return lambda plan, hits: evaluate(plan, hitting(plan, hits))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("hits", "verdict"),
    [(0, NOT_SHOWN), (8, NOT_SHOWN), (10, NOT_ENOUGH), (11, NOT_ENOUGH), (12, SHOWN), (16, SHOWN)],
)
def test_sixteen_trials(answered: Answered, hits: int, verdict: Verdict, seed: int) -> None:
    result = answered(Plan(ABX, 2, 16, seed), {(0, 1): hits})
    (pair,) = result.pairs
    assert (pair.hits, pair.trials, pair.verdict) == (hits, 16, verdict)
    assert result.critical == 12
    assert result.confidence == pytest.approx(0.9)
    assert result.trials_needed == 23  # 16 of 23: size 0.047, power 0.80
    if hits == 12:
        assert pair.p_value == pytest.approx(2517 / 65536)  # 1820+560+120+16+1 of 2^16


def test_what_is_told_from_guessing_has_an_interval_above_one_half(answered: Answered) -> None:
    for trials in range(5, 101):
        plan = Plan(ABX, 2, trials, 1)
        critical = critical_count(trials)
        (pair,) = answered(plan, {(0, 1): critical}).pairs
        assert pair.verdict is SHOWN
        assert pair.low > 0.5
        (pair,) = answered(plan, {(0, 1): critical - 1}).pairs
        assert pair.verdict is not SHOWN


def test_no_difference_takes_an_interval_short_of_three_quarters(answered: Answered) -> None:
    for hits in range(12):
        (pair,) = answered(Plan(ABX, 2, 16, 1), {(0, 1): hits}).pairs
        assert (pair.verdict is NOT_SHOWN) == (pair.high < 0.75)


def test_a_preference_has_two_sides(answered: Answered) -> None:
    for hits, verdict in (
        (3, SHOWN),
        (4, NOT_ENOUGH),
        (8, NOT_SHOWN),
        (12, NOT_ENOUGH),
        (13, SHOWN),
    ):
        (pair,) = answered(Plan(PREFERENCE, 2, 16, 1), {(0, 1): hits}).pairs
        assert (pair.hits, pair.verdict) == (hits, verdict)
    assert answered(Plan(PREFERENCE, 2, 16, 1), {(0, 1): 13}).pairs[0].p_value == pytest.approx(
        2 * 697 / 65536  # 560+120+16+1
    )


def test_several_pairs_are_corrected_after_holm(answered: Answered) -> None:
    wanted = {(0, 1): 14, (0, 2): 13, (1, 2): 8}
    result = answered(Plan(PREFERENCE, 3, 16, 1), wanted)
    found = {pair.pair: pair for pair in result.pairs}
    # alone: 2·137 and 2·697 of 65536, and 1; by rank times three, two and one
    assert found[0, 1].p_value == pytest.approx(3 * 2 * 137 / 65536)
    assert found[0, 2].p_value == pytest.approx(2 * 2 * 697 / 65536)
    assert found[1, 2].p_value == 1.0
    assert [found[pair].verdict for pair in wanted] == [SHOWN, SHOWN, NOT_ENOUGH]
    assert result.critical == 14  # the smallest of three must be below 0.05/3
    assert result.confidence == pytest.approx(1.0 - 0.05 / 3.0)


@pytest.mark.parametrize("given", [["A"] * 15, ["A"] * 17, []])
def test_a_part_of_a_test_is_never_evaluated(given: Any) -> None:
    with pytest.raises(ValueError, match="argument"):
        evaluate(Plan(ABX, 2, 16, 1), given)
