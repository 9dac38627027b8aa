"""What a finished test says, and what it does not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from .plan import ABX, Pair, Plan
from .statistics import LEVEL, critical_count, holm, tail, trials_for, two_sided, wilson

AUDIBLE_SHARE = 0.75
"""Halfway between guessing and always being right: the usual threshold of discrimination."""

WANTED_POWER = 0.8


class Verdict(StrEnum):
    """What may be concluded of a pair."""

    SHOWN = "shown"
    NOT_SHOWN = "not_shown"
    NOT_ENOUGH_TRIALS = "not_enough_trials"


@dataclass(frozen=True, slots=True)
class PairResult:
    """What came of two versions.

    Attributes:
        pair: The two.
        trials: How many choices there were.
        hits: ABX: how many were right; preference: how often the first was preferred.
        p_value: Probability of such a result, or one farther from guessing, by guessing: of one
            side in ABX, of both in a preference test, there corrected for the number of pairs.
        low: Lower end of the interval of the share of hits.
        high: Upper end of it.
        verdict: What may be concluded.

    """

    pair: Pair
    trials: int
    hits: int
    p_value: float
    low: float
    high: float
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a test.

    Attributes:
        pairs: In the order of the versions; one in ABX.
        critical: Fewest hits of a pair that tell it from guessing, were it the only one to do so.
        confidence: Of the intervals; those of several pairs hold together with that of one.
        trials_needed: Fewest trials of a pair that would tell a listener who is right, or
            prefers one, in 75 % of trials with a power of 80 %.

    """

    pairs: tuple[PairResult, ...]
    critical: int
    confidence: float
    trials_needed: int


def evaluate(plan: Plan, answers: Sequence[str]) -> Result:
    """Evaluate a complete test.

    Args:
        plan: What was fixed before it started.
        answers: A or B for every trial, in their order.

    Raises:
        ValueError: There is not an answer to every trial: nothing may be said of a part of a test.

    """
    trials = plan.all_trials()
    hits = dict.fromkeys(plan.pairs, 0)
    for trial, answer in zip(trials, answers, strict=True):
        wanted = trial.played["X"] if plan.mode == ABX else trial.pair[0]
        hits[trial.pair] += trial.played[answer] == wanted
    if plan.mode == ABX:
        p_values = [tail(count, plan.trials) for count in hits.values()]
    else:
        p_values = list(holm([two_sided(count, plan.trials) for count in hits.values()]))
    # either end errs about as often as the test does
    confidence = float(1 - 2 * plan.pair_level)
    pairs = []
    for (pair, count), p_value in zip(hits.items(), p_values, strict=True):
        low, high = wilson(count, plan.trials, confidence)
        above_only = plan.mode == ABX
        if p_value <= LEVEL:
            verdict = Verdict.SHOWN
        elif high < AUDIBLE_SHARE and (above_only or low > 1.0 - AUDIBLE_SHARE):
            verdict = Verdict.NOT_SHOWN
        else:
            verdict = Verdict.NOT_ENOUGH_TRIALS
        pairs.append(PairResult(pair, plan.trials, count, float(p_value), low, high, verdict))
    critical = critical_count(plan.trials, plan.pair_level)
    needed = trials_for(AUDIBLE_SHARE, WANTED_POWER, plan.pair_level)
    return Result(tuple(pairs), critical, confidence, needed)
