"""Where a search begins: which crossovers ran, and how many samples off the master lies.

Crossovers turn the phase, which settles at once whether compressor and imager ran: with the wrong
choice nothing nulls. The master is taken to lie where it was given; where nothing nulls there, it
is moved sample by sample, because filters that turn the phase may have been taken for a delay.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from ...models.settings import ChainSettings
from .beginning import first_vector
from .descent import Descender, Descent, Schedule
from .search import ALWAYS, FEW, FIRST, HOPELESS_DB, LEAP, MADE_BY_CHAIN_DB, TRIAL, Point, Search
from .staged import StagedChain
from .vector import DELAY, DELAY_SCALE, Array

MOST_SHIFT = 8
"""Samples by which an alignment may be off: filters that turn the phase look like a delay."""

_NEAR_DB = 3.0


@dataclass(frozen=True, slots=True, eq=False)
class _Guess:
    """Where a descent may start: blocks, settings, samples that the master lies later, cost."""

    engaged: frozenset[str]
    start: Array
    shift: int
    cost: float


def first_point(search: Search, suggestions: Sequence[ChainSettings]) -> Point:
    """Decide which crossovers ran and where the master lies, and descend on few excerpts.

    Args:
        search: Not begun yet.
        suggestions: Settings that may be near, tried beside the search's own start.

    """
    places = search.loud(FEW)
    chain = search.chain(places)
    starts = [search.start, *(first_vector(search.measured, each) for each in suggestions)]
    guesses = []
    for count in range(len(search.turning) + 1):
        for some in combinations(search.turning, count):
            for start in starts:
                guesses += _guesses(search, chain, start, frozenset((*ALWAYS, *some)))
    given = [each for each in guesses if each.shift == 0]
    best, descent = _most_promising(search, chain, given)
    descent = _first_descent(search, chain, best, descent)
    if MADE_BY_CHAIN_DB < descent.null_db < HOPELESS_DB:
        likely, _ = _most_promising(search, chain, guesses)
        moved, found = _moved_on(search, chain, likely)
        found = _first_descent(search, chain, moved, found)
        if found.cost < descent.cost:
            best, descent = moved, found
    return Point(best.engaged, descent, chain, places)


def _first_descent(search: Search, chain: StagedChain, guess: _Guess, descent: Descent) -> Descent:
    descender = search.waveform_descender(chain, guess.engaged)
    return descender.descend(descent.vector, FIRST, search.told)


def _guesses(
    search: Search, chain: StagedChain, start: Array, engaged: frozenset[str]
) -> list[_Guess]:
    """Return a start with the master where it was given, and with it where it nulls best."""
    compared = chain.render(start, engaged).compared
    residual = search.waveform(chain)
    costs = {}
    for shift in sorted(range(-MOST_SHIFT, MOST_SHIFT + 1), key=abs):
        rest = residual(compared, shift)
        costs[shift] = float(rest @ rest)
    shifts = {0, min(costs, key=lambda shift: costs[shift])}
    return [_Guess(engaged, start, shift, costs[shift]) for shift in sorted(shifts)]


def _most_promising(
    search: Search, chain: StagedChain, guesses: Sequence[_Guess]
) -> tuple[_Guess, Descent]:
    """Return the best of the nearest guesses after a round of each."""
    ordered = sorted(guesses, key=lambda each: each.cost)
    worst = ordered[0].cost * 10.0 ** (_NEAR_DB / 10.0)
    near = [each for each in ordered if each.cost <= worst][:2]
    tried = [(each, _trial(search, chain, each)) for each in near]
    return min(tried, key=lambda one: one[1].cost)


def _moved_on(search: Search, chain: StagedChain, guess: _Guess) -> tuple[_Guess, Descent]:
    """Move the master sample by sample while that helps."""
    descent = _trial(search, chain, guess, LEAP)
    for _ in range(MOST_SHIFT):
        beside = [replace(guess, shift=guess.shift + step) for step in (-1, 1)]
        tried = [(each, _trial(search, chain, each, LEAP)) for each in beside]
        better, found = min(tried, key=lambda one: one[1].cost)
        if found.cost >= descent.cost:
            break
        guess, descent = better, found
    return guess, descent


def _trial(
    search: Search, chain: StagedChain, guess: _Guess, schedule: Schedule = TRIAL
) -> Descent:
    vector = guess.start.copy()
    vector[DELAY] = guess.shift / DELAY_SCALE
    descender = Descender(chain, search.waveform(chain), guess.engaged, search.prior)
    return descender.descend(vector, schedule, search.told)
