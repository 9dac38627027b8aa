from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import product
from typing import Any

import pytest
from scipy.stats import binom, binomtest, hypergeom

from glassmaster.inference.listening.evaluating import Verdict, evaluate
from glassmaster.inference.listening.plan import ABX, MOST_TRIALS, PREFERENCE, Plan
from glassmaster.inference.listening.statistics import LEVEL, size
from glassmaster.models.errors import UsageError

Habit = Callable[[random.Random, int], Sequence[str]]


def shuffled_halves(rng: random.Random, length: int) -> list[str]:
    answers = ["A", "B"] * (length // 2)
    rng.shuffle(answers)
    return answers


HABITS: dict[str, Habit] = {
    "coins": lambda rng, length: rng.choices("AB", k=length),
    "always A": lambda rng, length: ["A"] * length,
    "in turn": lambda rng, length: (["A", "B"] * length)[:length],
    "as many of both": shuffled_halves,
}


def test_a_plan_is_a_function_of_its_seed() -> None:
    # drawn once, by the hash that is documented: a log of today is resumed tomorrow
    plan = Plan(ABX, 2, 8, 7)
    assert [trial.played for trial in plan.all_trials()] == [
        {"A": first, "B": 1 - first, "X": x} for first, x in _drawn_by_hand(8, 7)
    ]
    assert plan.all_trials() == Plan(ABX, 2, 8, 7).all_trials()
    assert plan.all_trials() != Plan(ABX, 2, 8, 8).all_trials()


def _drawn_by_hand(trials: int, seed: int) -> list[tuple[int, int]]:
    from hashlib import sha256

    def coin(name: str) -> int:
        return int(sha256(f"glassmaster/{seed}/{name}".encode()).hexdigest()[:2], 16) % 2

    return [(coin("labels"), coin(f"X/{number}")) for number in range(trials)]


@pytest.mark.parametrize("versions", [2, 3, 4, 6])
def test_every_round_has_every_pair_once(versions: int) -> None:
    plan = Plan(PREFERENCE, versions, 20, 5)
    trials = plan.all_trials()
    assert len(trials) == plan.length == 20 * versions * (versions - 1) // 2
    pairs = len(plan.pairs)
    for start in range(0, len(trials), pairs):
        assert {trial.pair for trial in trials[start : start + pairs]} == set(plan.pairs)
    for trial in trials:
        assert {trial.played["A"], trial.played["B"]} == set(trial.pair)
    if versions > 2:
        orders = {tuple(t.pair for t in trials[s : s + pairs]) for s in range(0, 60, pairs)}
        assert len(orders) > 1


@pytest.mark.parametrize("mode", [ABX, PREFERENCE])
def test_what_decides_is_a_fair_coin_for_each_trial(mode: Any) -> None:
    """Over seeds, every pattern of the first trials is as likely as any other."""
    patterns: Counter[tuple[int, ...]] = Counter()
    for seed in range(4_000):
        trials = Plan(mode, 2, 16, seed).all_trials()[:3]
        deciding = "X" if mode == ABX else "A"
        fixed = trials[0].played["A"] if mode == ABX else 0
        patterns[tuple(int(trial.played[deciding] == fixed) for trial in trials)] += 1
    assert set(patterns) == set(product((0, 1), repeat=3))
    for count in patterns.values():
        assert binomtest(count, 4_000, 1 / 8).pvalue > 1e-5


@pytest.mark.parametrize(
    ("habit", "trials"), [*((habit, 16) for habit in HABITS), ("coins", 5), ("coins", 30)]
)
def test_clickers_of_any_habit_stay_within_the_size_of_an_abx_test(habit: str, trials: int) -> None:
    found = 0
    for seed in range(1_000):
        plan = Plan(ABX, 2, trials, seed)
        length = trials + trials % 2
        answers = HABITS[habit](random.Random(seed), length)[:trials]
        found += evaluate(plan, answers).pairs[0].verdict is Verdict.SHOWN
    low, high = binom.interval(0.999, 1_000, float(size(trials)))
    assert low <= found <= high


@pytest.mark.parametrize(
    ("habit", "versions", "trials"),
    [*((habit, 2, 12) for habit in HABITS), ("coins", 3, 8), ("as many of both", 3, 8)],
)
def test_clickers_of_any_habit_seldom_have_a_preference(
    habit: str, versions: int, trials: int
) -> None:
    found = 0
    for seed in range(1_000):
        plan = Plan(PREFERENCE, versions, trials, seed)
        answers = HABITS[habit](random.Random(seed), plan.length)
        verdicts = [pair.verdict for pair in evaluate(plan, answers).pairs]
        found += Verdict.SHOWN in verdicts
    # pairs are independent: that any of them is told is the complement of none
    alone = 2.0 * float(size(trials, plan.pair_level))
    together = 1.0 - (1.0 - alone) ** len(plan.pairs)
    assert together <= 0.05
    low, high = binom.interval(0.999, 1_000, together)
    assert low <= found <= high


def test_equally_many_of_both_would_be_wrong() -> None:
    """Why X is a coin: with eight of each, eight answers of each find 12 of 16 too often."""
    matches = hypergeom(16, 8, 8)  # hits are twice the matches of A
    assert matches.sf(5) == pytest.approx(0.066, abs=5e-4)
    assert matches.sf(5) > LEVEL > size(16)


def test_the_size_is_at_most_five_percent_for_all_that_is_offered() -> None:
    for trials in range(5, MOST_TRIALS + 1):
        plan = Plan(ABX, 2, trials, 0)
        assert size(trials, plan.pair_level) <= Fraction(1, 20)
    for versions in range(2, 7):
        plan = Plan(PREFERENCE, versions, 20, 0)
        pairs = len(plan.pairs)
        for trials in range(plan.least_trials, MOST_TRIALS // pairs + 1):
            # both sides of every pair: no more than the sum of all
            assert 2 * pairs * size(trials, plan.pair_level) <= Fraction(1, 20)


@pytest.mark.parametrize(
    ("mode", "versions", "least"),
    [(ABX, 2, 5), (PREFERENCE, 2, 6), (PREFERENCE, 3, 7), (PREFERENCE, 4, 8), (PREFERENCE, 6, 10)],
)
def test_no_test_is_offered_that_can_never_tell(mode: Any, versions: int, least: int) -> None:
    plan = Plan(mode, versions, least, 1)
    first = [trial.pair[0] for trial in plan.all_trials()]
    wanted = [
        t.played["X"] if mode == ABX else one
        for t, one in zip(plan.all_trials(), first, strict=True)
    ]
    best = [
        "A" if trial.played["A"] == aim else "B"
        for trial, aim in zip(plan.all_trials(), wanted, strict=True)
    ]
    assert all(pair.verdict is Verdict.SHOWN for pair in evaluate(plan, best).pairs)
    with pytest.raises(UsageError, match=f"it lies in {least}.."):
        Plan(mode, versions, least - 1, 1)


@pytest.mark.parametrize(
    "arguments",
    [
        *((ABX, 3, 16, 1), (ABX, 1, 16, 1), (ABX, 2, 501, 1), (ABX, 2, 16, -1)),
        *((PREFERENCE, 7, 16, 1), (PREFERENCE, 6, 34, 1)),
    ],
)
def test_impossible_plans_are_refused(arguments: Any) -> None:
    with pytest.raises(UsageError):
        Plan(*arguments)
