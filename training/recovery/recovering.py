"""The settings of the chain that best explain a master, by descent on the audio itself.

The waveform is followed first, see `search`. A master that the chain cannot make does not null
whatever the settings; there, levels are followed instead, and the better of both explanations is
kept. What explains nothing is taken out again, and a fit that is worse than leaving the mix alone
gives way to that.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from ...models.settings import ChainSettings, default_settings
from .beginning import Measured, PairAudio
from .descent import Descender, Descent, Prior, Schedule
from .guessing import first_point
from .places import render_whole, rest_by_second
from .residuals import LevelResidual, Residual
from .search import ALWAYS, EXPLAINED_DB, FEW, MADE_BY_CHAIN_DB, Point, Progress, Search
from .staged import StagedChain
from .vector import Array, gain_of, settings_of, vector_of

BY_LEVELS = Schedule(rounds=4, goal_db=-60.0, least_gain_db=0.1)

ALIKE_DB = -80.0
"""Mix and master that null so far by a plain gain are the same."""

AGAIN = Schedule(rounds=2)
"""For what is left of a chain that blocks were taken out of."""

LEAVES_DB = 0.2
"""A block leaves again where the residual rises by less."""

_LEAVING = ("deesser", "saturator", "imager", "multiband_compressor", "equalizer")


@dataclass(frozen=True, slots=True, eq=False)
class Recovered:
    """What explains a master.

    Attributes:
        settings: Of the chain; blocks that explain nothing are bypassed.
        gain_db: Loudness gain before the limiter.
        vector: Both as a vector.
        null_db: Energy of the difference over that of the master, in the whole song.
        unchanged_db: The same where the mix is left alone, at the gain that nulls best.
        by_levels: Whether levels were followed, because the waveform cannot be had.
        rest: Energy of the difference in each second over that of the master.
        output: What the chain makes of the mix, shape ``(2, time)``.
        descent: The last one.
        chain: Renders the excerpts of the last descent.
        prior: What was expected where the sound does not tell.
        delay: Samples that the master lies later than it was given.
        measured: Analyses of the pair.

    """

    settings: ChainSettings
    gain_db: float
    vector: Array
    null_db: float
    unchanged_db: float
    by_levels: bool
    rest: Array
    output: npt.NDArray[np.float32]
    descent: Descent
    chain: StagedChain
    prior: Prior
    delay: float
    measured: Measured

    @property
    def engaged(self) -> frozenset[str]:
        """Blocks that are not bypassed."""
        return frozenset(name for name, block in self.settings.blocks.items() if not block.bypass)


def recover(
    pair: PairAudio,
    measured: Measured,
    progress: Progress,
    suggestions: Sequence[ChainSettings] = (),
) -> Recovered:
    """Find the settings that turn a mix into its master.

    Args:
        pair: Aligned; see `PairAudio`.
        measured: Its analyses, see `measure_pair`.
        progress: See `Progress`.
        suggestions: Settings that may be near, as a predictor gives them; tried as starts.

    Returns:
        The same for the same arguments, on the same machine.

    """
    progress("fitting", 0.0)
    search = Search(pair, measured, progress)
    if _best_null_db(pair) < ALIKE_DB:
        return _whole(search, _unchanged(search))
    point = search.without_equalizer(first_point(search, suggestions))
    point = search.later(search.leapt(search.joined(point)))
    whole, rendered = _whole(search, point), point
    levels: LevelResidual | None = None
    if whole.null_db > MADE_BY_CHAIN_DB:
        levels = LevelResidual(point.chain.cut.of(search.pair.master), pair.sample_rate)
        by_levels = _by_levels(search, point, levels)
        if by_levels is None:
            levels = None
        else:
            point = by_levels
    elif whole.null_db > EXPLAINED_DB:
        point = search.last(point, whole.rest)
    residual: Residual = search.waveform(point.chain) if levels is None else levels
    point = _pruned(search, point, residual)
    if point is not rendered:
        whole = _whole(search, point, by_levels=levels is not None)
    unchanged = _unchanged(search)
    nothing = Descender(point.chain, residual, (), search.prior).cost(unchanged.descent.vector)
    if whole.null_db > whole.unchanged_db if levels is None else point.descent.cost > nothing:
        whole = _whole(search, unchanged)
    progress("fitting", 1.0)
    return whole


def _by_levels(search: Search, point: Point, residual: LevelResidual) -> Point | None:
    """Follow levels with every block that could be heard in them; None where that is no better."""
    engaged = frozenset((*ALWAYS, *search.turning))
    descender = Descender(point.chain, residual, engaged, search.prior)
    ended = [
        descender.descend(start, BY_LEVELS, search.told)
        for start in (search.start, point.descent.vector)
    ]
    best = min(ended, key=lambda one: one.cost)
    before = Descender(point.chain, residual, point.engaged, search.prior)
    if before.cost(point.descent.vector) <= best.cost:
        return None
    return replace(point, engaged=engaged, descent=best)


def _pruned(search: Search, point: Point, residual: Residual) -> Point:
    """Take out blocks that explain nothing, and descend again with those that are left."""
    engaged = point.engaged
    most = point.descent.cost * 10.0 ** (LEAVES_DB / 10.0)
    for name in _LEAVING:
        if name not in point.engaged:
            continue
        fewer = point.engaged - {name}
        cost = Descender(point.chain, residual, fewer, search.prior).cost(point.descent.vector)
        if cost <= most:
            point = replace(point, engaged=fewer)
    if point.engaged == engaged:
        return point
    descender = Descender(point.chain, residual, point.engaged, search.prior)
    return replace(point, descent=descender.descend(point.descent.vector, AGAIN, search.told))


def _unchanged(search: Search) -> Point:
    """Leave the mix alone but for its level."""
    places = search.loud(FEW)
    gain_db = _best_gain_db(search.pair) - search.measured.normalization_db
    vector = vector_of(default_settings(), gain_db)
    none = np.zeros((len(vector), len(vector)))
    return Point(frozenset(), Descent(vector, 1.0, none), search.chain(places), places)


def _whole(search: Search, point: Point, *, by_levels: bool = False) -> Recovered:
    """Render the whole song and see what is left."""
    pair, vector = search.pair, point.descent.vector
    chain = point.chain.resolve(vector, point.engaged)
    output = render_whole(chain, pair.mix, pair.sample_rate)
    rest = rest_by_second(output, pair.master, pair.sample_rate)
    return Recovered(
        settings=settings_of(vector, point.engaged),
        gain_db=gain_of(vector),
        vector=vector,
        null_db=10.0 * math.log10(max(float(rest.sum()), 1e-30)),
        unchanged_db=_best_null_db(pair),
        by_levels=by_levels,
        rest=rest,
        output=output,
        descent=point.descent,
        chain=point.chain,
        prior=search.prior,
        delay=search.delay,
        measured=search.measured,
    )


def _best_gain_db(pair: PairAudio) -> float:
    """Return the gain that makes the mix null best with its master."""
    mix, master = (each.astype(np.float64).ravel() for each in (pair.mix, pair.master))
    gain = float(mix @ master) / max(float(mix @ mix), 1e-30)
    return 20.0 * math.log10(max(gain, 1e-6))


def _best_null_db(pair: PairAudio) -> float:
    """Return what is left where the mix is only amplified, by the gain that is best."""
    mix, master = (each.astype(np.float64).ravel() for each in (pair.mix, pair.master))
    energy = float(master @ master)
    explained = float(mix @ master) ** 2 / max(float(mix @ mix), 1e-30)
    return 10.0 * math.log10(max(1.0 - explained / max(energy, 1e-30), 1e-30))
