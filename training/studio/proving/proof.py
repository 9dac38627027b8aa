"""The proof of a studio's model: every song judged where its album was left out of everything."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ...benchmark.bootstrap import Estimate, estimate, resampled_counts
from ..adapting import AdaptedModel, adapt
from ..base import BaseModel
from ..catalogued.collecting import Collected
from ..deciding import REQUIRED, Comparison, Decision, Verdict, decide
from ..judging import TwinJudge
from ..validating import BASE, STUDIO, HeldOut, cross_validated
from .comparing import MATCHERING, compared

Array: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Proof:
    """What was found of a studio's model.

    Attributes:
        collected: What it was learned from.
        model: Learned of all pairs.
        held_out: Errors of every song and method.
        decision: What follows.
        estimates: Mean error of each method over songs, with its interval over units and songs.
        not_run: Methods that were left out, and why.
        leaks: Songs that were found in a reference corpus, and as what.

    """

    collected: Collected
    model: AdaptedModel
    held_out: HeldOut
    decision: Decision
    estimates: Mapping[str, Estimate]
    not_run: Mapping[str, str]
    leaks: Mapping[str, str]

    @property
    def gains_db(self) -> Array:
        """By how much each song is nearer to its master than by the base, shape ``(song,)``."""
        gains: Array = self.held_out.errors_db[BASE] - self.held_out.errors_db[STUDIO]
        return gains


MatchedErrors: TypeAlias = Callable[[Collected, HeldOut], Array]
"""Errors of a program that matches, shape ``(song,)``."""


def prove(
    collected: Collected,
    base: BaseModel,
    leaks: Mapping[str, str],
    matchering: MatchedErrors | None = None,
) -> Proof:
    """Learn a studio's taste, and find out what it is worth on albums that were left out.

    Args:
        collected: Its pairs.
        base: What it starts from.
        leaks: Songs that were found in a reference corpus, and as what.
        matchering: Runs that program; None where there is none.

    Raises:
        CatalogueError: There is too little to learn from.

    """
    judge = TwinJudge(collected.frames)
    held_out = cross_validated(collected.pairs, judge, base.center)
    held_out = compared(held_out, collected.frames, judge)
    not_run = {}
    if matchering is None:
        not_run[MATCHERING] = "matchering.python names no interpreter that has it"
    else:
        errors = {**held_out.errors_db, MATCHERING: matchering(collected, held_out)}
        held_out = replace(held_out, errors_db=errors)
    counts, weights = resampled_counts(held_out.units), np.ones(len(held_out.units))
    return Proof(
        collected=collected,
        model=adapt(collected.pairs, base.center),
        held_out=held_out,
        decision=decide(held_out),
        estimates={
            name: estimate(errors, weights, counts) for name, errors in held_out.errors_db.items()
        },
        not_run=not_run,
        leaks=leaks,
    )


def verdict_sentence(decision: Decision) -> str:
    """Say what was decided, and what it means for the next master."""
    change = decision.comparisons[BASE].change_db
    unit = "song" if decision.by_song else "album"
    where = "songs that were left out" if decision.by_song else "albums that were left out"
    told = (
        f"On {where}, it is {abs(change.mean):.2f} dB "
        f"{'nearer to' if change.mean < 0.0 else 'farther from'} the studio's masters than the "
        f"base model (95 % interval {change.low:+.2f} to {change.high:+.2f} dB, better on "
        f"{change.wins:.0%} of {change.n} songs)"
    )
    if decision.verdict is Verdict.ACCEPTED:
        return f"Accepted: the studio's model takes the place of the base model. {told}."
    stays = "The base model stays in use."
    if decision.verdict is Verdict.PROMISING:
        return (
            f"Promising, but {decision.units} {unit}s are too few to be sure. {told}. {stays} "
            "Bring pairs of more albums."
        )
    reasons = [
        f"the interval of the difference from {name} holds 0"
        if each.change_db.low <= 0.0 <= each.change_db.high
        else f"it is worse than {name}"
        if each.change_db.mean >= 0.0
        else f"as much over {name} would come about by chance in {each.p:.0%} of cases"
        for name, each in _required(decision).items()
    ]
    return f"No improvement: {'; '.join(reasons)}. {told}. {stays}"


def _required(decision: Decision) -> dict[str, Comparison]:
    """Return the comparisons that the studio's model has not won."""
    return {
        f"the {name} model" if name == BASE else f"the {name} mix": decision.comparisons[name]
        for name in REQUIRED
        if not decision.comparisons[name].is_won
    }
