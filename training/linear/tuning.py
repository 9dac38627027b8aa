"""What a linear estimate cannot be taught by squared errors, tried in the twin instead.

Thresholds and times of the compressor are constants: those of a few that bring results nearest to
their targets. And each block is shrunk toward doing nothing by the factor that does best on songs
that were not learned from: the quickest certain gain over leaving a mix unchanged.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import product
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import torch

from ...models.distances.measures import mel_distance
from ...models.moves import (
    ATTACK,
    NEUTRAL,
    RELEASE,
    RESPONSE,
    SLOPE,
    THRESHOLD,
    WIDTH,
    bounded,
)
from ...models.network.moves import apply_moves
from ..learning.curriculum import Curriculum, Phase
from ..learning.pairs import Pairs, assemble
from ..learning.plans import PlanRules, draw_plan, plain
from ..learning.pool import SongPool

Array: TypeAlias = npt.NDArray[np.float64]
Estimate: TypeAlias = Callable[[Array], Array]
"""From statistics, shape ``(row, statistics)``, to moves, shape ``(row, moves)``."""

THRESHOLDS_DB = (-6.0, -3.0, 0.0, 3.0, 6.0)
ATTACKS_MS = (20.0, 60.0)
RELEASES_MS = (80.0, 200.0)
FACTORS = (0.0, 0.25, 0.5, 0.7, 0.85)

BLOCKS: tuple[slice, ...] = (RESPONSE, slice(SLOPE.start, RELEASE.stop), WIDTH)
"""Moves of equalizer, compressor and imager; the limiter is never shrunk."""

_BATCH = 32
_STREAM = 23


def one_click_pairs(
    pool: SongPool, rules: PlanRules, *, count: int, seed: int
) -> tuple[Pairs, ...]:
    """Draw mixes that were made of masters, without references and intents, in batches."""
    kind = Curriculum((Phase(0.0, forward=0.0, references=False),))
    plans = [draw_plan(pool, plain(rules), kind, 0.0, seed, _STREAM, row) for row in range(count)]
    return tuple(assemble(pool, plans[at : at + _BATCH]) for at in range(0, count, _BATCH))


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
        constants = NEUTRAL.copy()
        constants[THRESHOLD] = threshold_db
        constants[ATTACK], constants[RELEASE] = math.log(attack_ms), math.log(release_ms)
        trial = moves.copy()
        trial[:, THRESHOLD.start :] = bounded(constants)[THRESHOLD.start :]
        mean = float(distances_db(batches, trial, sample_rate).mean())
        if mean < least:
            best, least = bounded(constants), mean
    return best


def choose_shrinkage(
    moves: Array, batches: Sequence[Pairs], sample_rate: int
) -> tuple[Array, float, float]:
    """Choose how far each of `BLOCKS` is shrunk toward doing nothing.

    One block after the other: the factor is taken that lowers the mean mel distance most.

    Args:
        moves: Estimated for the examples, shape ``(row, moves)``.
        batches: Examples of songs that were not learned from.
        sample_rate: In Hz.

    Returns:
        Factors, shape ``(3,)``; the mean distance with them, and that of doing nothing, in dB.

    """
    neutral = np.broadcast_to(NEUTRAL, moves.shape)
    nothing = float(distances_db(batches, neutral, sample_rate).mean())
    factors = np.ones(len(BLOCKS))
    least = float(distances_db(batches, shrunk(moves, factors), sample_rate).mean())
    for block, factor in product(range(len(BLOCKS)), FACTORS):
        trial = factors.copy()
        trial[block] = factor
        mean = float(distances_db(batches, shrunk(moves, trial), sample_rate).mean())
        if mean < least:
            factors, least = trial, mean
    if least >= nothing:
        return np.zeros(len(BLOCKS)), nothing, nothing
    return factors, least, nothing


def shrunk(moves: Array, factors: Array) -> Array:
    """Move moves toward doing nothing, shape ``(row, moves)``, by one factor a block."""
    result = np.array(moves)
    for block, factor in zip(BLOCKS, factors, strict=True):
        result[:, block] = NEUTRAL[block] + factor * (moves[:, block] - NEUTRAL[block])
    return result
