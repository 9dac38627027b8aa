"""What an estimate cannot be taught by squared errors, tried in the twin instead.

A linear estimate's thresholds and times of the compressor are constants: those of a few that bring
results nearest to their targets. Of any model, each block is shrunk toward doing nothing by the
factor that does best on songs that were not learned from, and songs whose peaks are as low as those
of finished masters are moved less.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import product
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import torch

from ...inference.learned.calibration import PEAK
from ...models.distances.measures import mel_distance
from ...models.moves import (
    ATTACK,
    BLOCK_MOVES,
    BYPASSES,
    NEUTRAL,
    RELEASE,
    THRESHOLD,
    bounded,
    shrunk,
)
from ...models.network.moves import apply_moves
from ..learning.curriculum import Curriculum, Phase
from ..learning.pairs import Pairs
from ..learning.plans import PlanRules, draw_plan, plain
from ..learning.pool import SongPool
from .examples import assembled

Array: TypeAlias = npt.NDArray[np.float64]
Estimate: TypeAlias = Callable[[Array], Array]
"""From statistics, shape ``(row, statistics)``, to moves, shape ``(row, moves)``."""

THRESHOLDS_DB = (-6.0, -3.0, 0.0, 3.0, 6.0)
ATTACKS_MS = (20.0, 60.0)
RELEASES_MS = (80.0, 200.0)
FACTORS = (0.0, 0.25, 0.5, 0.7, 0.85)

AMOUNTS: Array = np.array([0.0, 0.25, 0.5, 0.75, 1.0])
"""Parts of all moves that are tried on finished masters."""

FINISHED_RANKS = (0.1, 0.3, 0.5, 0.7)
"""Ranks of releases' peaks below which a song may count as finished."""

MOST_LOSS = 0.05
"""So much of what is gained on mixes may be given up to leave finished masters alone."""

_RAMPS_DB = (1.0, 2.0, 4.0)
_STREAM, _RELEASES = 23, 24


def one_click_pairs(
    pool: SongPool, rules: PlanRules, *, count: int, seed: int
) -> tuple[Pairs, ...]:
    """Draw mixes that were made of masters, without references and intents, in batches."""
    kind = Curriculum((Phase(0.0, forward=0.0, references=False),))
    plans = [draw_plan(pool, plain(rules), kind, 0.0, seed, _STREAM, row) for row in range(count)]
    return tuple(assembled(pool, plans))


def released_pairs(pool: SongPool, rules: PlanRules, *, count: int, seed: int) -> tuple[Pairs, ...]:
    """Draw releases that are mixes and targets at once, in batches: nothing is left to do."""
    untouched = replace(rules.degradation, none_share=1.0, biased_share=0.0)
    rules = replace(plain(rules), degradation=untouched)
    kind = Curriculum((Phase(0.0, forward=0.0, references=False),))
    plans = [draw_plan(pool, rules, kind, 0.0, seed, _RELEASES, row) for row in range(count)]
    return tuple(assembled(pool, plans))


@torch.no_grad()
def distances_db(batches: Sequence[Pairs], moves: Array, sample_rate: int) -> Array:
    """Return the mel distance of each result from its target in dB, shape ``(row,)``.

    Args:
        batches: Of examples.
        moves: Of all of them one after the other, shape ``(row, moves)``.
        sample_rate: In Hz.

    """
    found, start = [], 0
    for pairs in batches:
        rows = len(pairs.statistics)
        held = torch.from_numpy(bounded(moves[start : start + rows])).to(pairs.mix.mid)
        start += rows
        result = apply_moves(
            pairs.mix,
            pairs.spectra,
            held,
            sample_rate=sample_rate,
            loudness_lufs=pairs.loudness_lufs,
        ).frames
        found.append(mel_distance(result.mid, result.side, pairs.target.mid, pairs.target.side))
    return torch.cat(found).double().numpy()


def statistics_of(batches: Sequence[Pairs]) -> Array:
    """Return the statistics of all mixes, shape ``(row, statistics)``."""
    return torch.cat([pairs.statistics for pairs in batches]).double().numpy()


def choose_constants(estimate: Estimate, batches: Sequence[Pairs], sample_rate: int) -> Array:
    """Return moves whose thresholds and times bring results nearest to targets, ``(moves,)``.

    Args:
        estimate: Of slopes and all else.
        batches: Examples of the songs that were learned from.
        sample_rate: In Hz.

    """
    moves = estimate(statistics_of(batches))
    best, least = NEUTRAL.copy(), math.inf
    for threshold_db, attack_ms, release_ms in product(THRESHOLDS_DB, ATTACKS_MS, RELEASES_MS):
        constants = compressor_constants(threshold_db, attack_ms, release_ms)
        trial = moves.copy()
        trial[:, THRESHOLD.start :] = constants[THRESHOLD.start :]
        mean = float(distances_db(batches, trial, sample_rate).mean())
        if mean < least:
            best, least = constants, mean
    return best


def compressor_constants(threshold_db: float, attack_ms: float, release_ms: float) -> Array:
    """Return moves that do nothing but have this threshold and these times, ``(moves,)``.

    All bands have the same, within what each can have.
    """
    constants = NEUTRAL.copy()
    constants[THRESHOLD] = threshold_db
    constants[ATTACK], constants[RELEASE] = math.log(attack_ms), math.log(release_ms)
    return bounded(constants)


def choose_shrinkage(moves: Array, batches: Sequence[Pairs], sample_rate: int) -> Array:
    """Choose how far each of `BYPASSES` is shrunk toward doing nothing; the limiter never is.

    One block after the other: the factor is taken that lowers the mean mel distance most.

    Args:
        moves: `glassmaster.inference.learned.estimate.decided_moves` of the examples, shape
            ``(row, moves)``: what users get, but for shrinking.
        batches: Examples of songs that were not learned from.
        sample_rate: In Hz.

    Returns:
        Factors of `glassmaster.models.moves.BLOCK_MOVES`, shape ``(4,)``.

    """
    neutral = np.broadcast_to(NEUTRAL, moves.shape)
    nothing = float(distances_db(batches, neutral, sample_rate).mean())
    factors = np.ones(len(BLOCK_MOVES))
    least = float(distances_db(batches, shrunk(moves, factors), sample_rate).mean())
    for block, factor in product(range(len(BYPASSES)), FACTORS):
        trial = factors.copy()
        trial[block] = factor
        mean = float(distances_db(batches, shrunk(moves, trial), sample_rate).mean())
        if mean < least:
            factors, least = trial, mean
    if least >= nothing:
        factors[: len(BYPASSES)] = 0.0
    return factors


def distances_by_amount(batches: Sequence[Pairs], moves: Array, sample_rate: int) -> Array:
    """Return `distances_db` of each of `AMOUNTS` of the moves, shape ``(row, amount)``."""
    factors = AMOUNTS[:, None] * np.ones(len(BLOCK_MOVES))
    found = [distances_db(batches, shrunk(moves, row), sample_rate) for row in factors]
    return np.stack(found, axis=1)


def choose_finished(
    mixes: tuple[Array, Array], releases: tuple[Array, Array]
) -> tuple[Array | None, float]:
    """Choose below which peaks a song counts as finished, and how little of it is then moved.

    Of all ramps that give up at most `MOST_LOSS` of what is gained on mixes, the one is taken that
    moves releases least.

    Args:
        mixes: Statistics, shape ``(row, statistics)``, and `distances_by_amount` from the targets.
        releases: The same of releases, from themselves.

    Returns:
        The peaks in dB over the loudness at and below which a song is finished, those from which it
        is open, and the amount of the finished, shape ``(3,)``, None where nothing helps; and by
        how much releases are moved then, in dB.

    """
    whole = AMOUNTS.tolist().index(1.0)
    nothing, gained = mixes[1][:, 0].mean(), (mixes[1][:, 0] - mixes[1][:, whole]).mean()
    most = nothing - (1.0 - MOST_LOSS) * gained
    best, least = None, float(releases[1][:, whole].mean())
    starts = np.quantile(releases[0][:, PEAK], FINISHED_RANKS)
    for start, ramp, amount in product(starts, _RAMPS_DB, AMOUNTS[:whole]):
        trial = np.array((start, start + ramp, amount))
        moved = _mean_at(releases, trial)
        if moved < least and _mean_at(mixes, trial) <= most:
            best, least = trial, moved
    return best, least


def _mean_at(rows: tuple[Array, Array], finished: Array) -> float:
    """Return the mean distance with each row's amount, interpolated between `AMOUNTS`."""
    statistics, distances = rows
    start, end, amount = finished
    amounts = np.interp(statistics[:, PEAK], (start, end), (amount, 1.0))
    found = [np.interp(a, AMOUNTS, row) for a, row in zip(amounts, distances, strict=True)]
    return float(np.mean(found))
