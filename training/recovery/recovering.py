"""The settings of the chain that best explain a master, by descent on the audio itself.

Crossovers turn the phase, which settles at once whether compressor and imager ran: with the wrong
choice nothing nulls. Then the waveform is followed, on short excerpts first, on more of them later,
and at last on the seconds in which most was left. Saturator and de-esser join where they explain a
good part of the rest. A master that the chain cannot make does not null whatever the settings;
there, levels are followed instead, and the better of both explanations is kept. What explains
nothing is taken out again, and a fit that is worse than leaving the mix alone gives way to that.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import torch

from ...models.settings import PARAMETERS, ChainSettings, default_settings
from ..alternatives import equalizer_alternatives
from .beginning import (
    Measured,
    PairAudio,
    first_settings,
    first_vector,
    prior_of,
    shifted,
)
from .descent import Descender, Descent, Prior, Schedule
from .places import loud_places, render_whole, rest_by_second, worst_seconds
from .residuals import MARGIN, LevelResidual, Residual, WaveformResidual
from .staged import Cut, StagedChain, cut_at
from .vector import DELAY, DELAY_SCALE, GAIN, Array, delay_of, gain_of, settings_of, vector_of

Progress: TypeAlias = Callable[[str, float], None]
"""Told the step under way and the share of it that is done."""

ALWAYS = ("equalizer", "limiter")
TURNING = ("multiband_compressor", "imager")
"""Blocks with crossovers, which turn the phase."""

JOINING = ("saturator", "deesser")

MOST_SHIFT = 8
"""Samples by which an alignment may be off: filters that turn the phase look like a delay."""

WHOLE_WITHIN = 0.1
"""A delay that is as near to whole samples is of whole samples."""

EXCERPT_S = 2.0
WARM_UP_S = 1.0
FEW, MORE, WORST = 2, 4, 2
"""How many excerpts: at first, later, and of these at last where most was left."""

FIRST = Schedule(rounds=4, goal_db=-66.0)
TRIAL = Schedule(rounds=1)
LEAP = Schedule(rounds=2)
LATER = Schedule(rounds=3, goal_db=-66.0)
LAST = Schedule(rounds=2, goal_db=-66.0)
BY_LEVELS = Schedule(rounds=6, goal_db=-60.0, least_gain_db=0.1)

EXPLAINED_DB = -60.0
"""A null below needs no further explanation."""

SHALLOW_DB = -50.0
"""A valley that ends higher is left, where the chain can make the master."""

MADE_BY_CHAIN_DB = -30.0
"""A null above is that of a master which the chain did not make, or not alone."""

JOINS_DB = 1.0
"""A block joins where it lowers the null by this much at once."""

LEAVES_DB = 0.2
"""A block leaves again where the null rises by less."""

LEAPS = 3
"""How many other ways to the same response are tried where a descent ended too high."""

LEAST_WEIGHT = 0.03
"""A band counts for a response at least by this share of the loudest."""

_NEAR_DB = 3.0


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
    work = _Work(pair, measured, progress)
    point = work.later(work.leapt(work.joined(work.first(suggestions))))
    whole = work.whole(point)
    if whole.null_db > MADE_BY_CHAIN_DB:
        point = work.by_levels(point)
    elif whole.null_db > EXPLAINED_DB:
        point = work.last(point, whole.rest)
    whole = work.whole(work.pruned(point))
    if not point.by_levels and whole.null_db > whole.unchanged_db:
        whole = work.whole(work.unchanged(point))
    progress("fitting", 1.0)
    return whole


@dataclass(frozen=True, slots=True, eq=False)
class _Point:
    """Where the search stands."""

    engaged: frozenset[str]
    descent: Descent
    chain: StagedChain
    places: tuple[float, ...]
    by_levels: bool = False


class _Work:
    """The steps of one recovery."""

    def __init__(self, pair: PairAudio, measured: Measured, progress: Progress) -> None:
        self._pair = self._given = pair
        self._measured = measured
        self._progress = progress
        self._start = first_vector(measured, first_settings(measured))
        self._prior: Prior = prior_of(self._start)
        self._rounds = 0
        self.delay = 0.0

    def first(self, suggestions: Sequence[ChainSettings]) -> _Point:
        """Decide which crossovers ran and where the master lies, and descend on few excerpts."""
        places = self._loud(FEW)
        chain = self._chain(places)
        turning = TURNING if self._measured.has_side else TURNING[:1]
        starts = [self._start, *(first_vector(self._measured, each) for each in suggestions)]
        tried: list[tuple[float, int, tuple[str, ...], Array]] = []
        for count in range(len(turning) + 1):
            for some in combinations(turning, count):
                for start in starts:
                    cost, shift = self._best_shift(chain, start, (*ALWAYS, *some))
                    tried.append((cost, shift, some, start))
        tried.sort(key=lambda one: one[0])
        near = [one for one in tried if one[0] <= tried[0][0] * 10.0 ** (_NEAR_DB / 10.0)][:2]
        ended = []
        for _, shift, some, start in near:
            vector = start.copy()
            vector[DELAY] = shift / DELAY_SCALE
            descender = self._waveform_descender(chain, (*ALWAYS, *some), delay=True)
            schedule = FIRST if len(near) == 1 else TRIAL
            ended.append((descender.descend(vector, schedule, self._told), some, descender))
        best, some, descender = min(ended, key=lambda one: one[0].cost)
        if len(near) > 1:
            best = descender.descend(best.vector, FIRST, self._told)
        if self._pair.one_clock:
            descender = self._waveform_descender(chain, (*ALWAYS, *some), delay=False)
            best = self._by_whole_samples(descender, best)
        return _Point(frozenset((*ALWAYS, *some)), best, chain, places)

    def _by_whole_samples(self, descender: Descender, ended: Descent) -> Descent:
        """Descend again with the delay at the whole samples around it, and keep the better."""
        delay = delay_of(ended.vector)
        tried = []
        for whole in sorted({math.floor(delay), math.ceil(delay)}):
            vector = ended.vector.copy()
            vector[DELAY] = whole / DELAY_SCALE
            tried.append(descender.descend(vector, TRIAL, self._told))
        best = min(tried, key=lambda one: one.cost)
        return descender.descend(best.vector, FIRST, self._told)

    def _best_shift(
        self, chain: StagedChain, vector: Array, engaged: Collection[str]
    ) -> tuple[float, int]:
        """Return the least cost over shifts of the master, and the shift; none where equal."""
        compared = chain.render(vector, engaged).compared
        residual = self._waveform(chain)
        costs = []
        for shift in sorted(range(-MOST_SHIFT, MOST_SHIFT + 1), key=abs):
            rest = residual(compared, shift)
            costs.append((float(rest @ rest), shift))
        return min(costs, key=lambda one: one[0])

    def joined(self, point: _Point) -> _Point:
        """Let saturator and de-esser join where they explain part of what is left."""
        for _ in JOINING:
            if point.descent.null_db < EXPLAINED_DB:
                return point
            tried = []
            for name in JOINING:
                if name not in point.engaged:
                    engaged = point.engaged | {name}
                    start = self._begun(point.descent.vector, name)
                    descender = self._waveform_descender(point.chain, engaged)
                    tried.append((descender.descend(start, TRIAL, self._told), engaged, descender))
            best, engaged, descender = min(tried, key=lambda one: one[0].cost)
            if best.null_db > point.descent.null_db - JOINS_DB:
                return point
            best = descender.descend(best.vector, FIRST, self._told)
            point = _Point(engaged, best, point.chain, point.places)
        return point

    def later(self, point: _Point) -> _Point:
        """Descend on more excerpts."""
        return self._moved(point, self._loud(MORE), LATER)

    def leapt(self, point: _Point) -> _Point:
        """Leave a valley that ends above others, along what the sound leaves open."""
        if not SHALLOW_DB < point.descent.null_db < MADE_BY_CHAIN_DB:
            return point
        descender = self._waveform_descender(point.chain, point.engaged)
        best = point.descent
        for start in self._by_other_filters(best.vector):
            found = descender.descend(start, LEAP, self._told)
            if found.cost < best.cost:
                best = descender.descend(found.vector, FIRST, self._told)
            if best.null_db < SHALLOW_DB:
                break
        return _Point(point.engaged, best, point.chain, point.places)

    def _by_other_filters(self, vector: Array) -> list[Array]:
        """Return vectors whose equalizer has almost the same response by other means."""
        spectrum = self._measured.mix.spectrum.total
        weights = torch.from_numpy(np.maximum(spectrum, LEAST_WEIGHT * spectrum.max()))
        others = equalizer_alternatives(
            torch.from_numpy(vector[:GAIN]),
            LEAPS,
            sample_rate=self._pair.sample_rate,
            weights=weights / weights.sum(),
            generator=torch.Generator().manual_seed(0),
        )
        return [np.concatenate((one.numpy(), vector[GAIN:])) for one in others]

    def last(self, point: _Point, rest: Array) -> _Point:
        """Descend once more with excerpts where most was left."""
        kept = point.places[:: max(len(point.places) // (MORE - WORST), 1)]
        worst = worst_seconds(rest, WORST, kept)
        return self._moved(point, (*kept, *worst), LAST)

    def by_levels(self, point: _Point) -> _Point:
        """Follow levels instead of the waveform, with every block that could be heard in them."""
        engaged = frozenset((*ALWAYS, *(TURNING if self._measured.has_side else TURNING[:1])))
        target = point.chain.cut.of(self._pair.master)
        residual = LevelResidual(target, self._pair.sample_rate)
        descender = self._descender(point.chain, residual, engaged)
        ended = [
            descender.descend(start, BY_LEVELS, self._told)
            for start in (self._start, point.descent.vector)
        ]
        best = min(ended, key=lambda one: one.cost)
        followed = self._descender(point.chain, residual, point.engaged)
        if followed.cost(point.descent.vector) <= best.cost:
            return point
        return _Point(engaged, best, point.chain, point.places, by_levels=True)

    def pruned(self, point: _Point) -> _Point:
        """Take out blocks that explain nothing."""
        residual: Residual = self._waveform(point.chain)
        if point.by_levels:
            target = point.chain.cut.of(self._pair.master)
            residual = LevelResidual(target, self._pair.sample_rate)
        for name in ("deesser", "saturator", "imager", "multiband_compressor", "equalizer"):
            fewer = point.engaged - {name}
            cost = self._descender(point.chain, residual, fewer).cost(point.descent.vector)
            if name in point.engaged and cost <= point.descent.cost * 10.0 ** (LEAVES_DB / 10.0):
                point = _Point(fewer, point.descent, point.chain, point.places, point.by_levels)
        return point

    def unchanged(self, point: _Point) -> _Point:
        """Leave the mix alone but for its level."""
        gain_db = self._measured.master_lufs - self._measured.mix_lufs
        vector = vector_of(default_settings(), gain_db - self._measured.normalization_db)
        descent = Descent(vector, 1.0, point.descent.normal, point.descent.count)
        return _Point(frozenset(), descent, point.chain, point.places)

    def whole(self, point: _Point) -> Recovered:
        """Render the whole song and see what is left."""
        pair, vector = self._pair, point.descent.vector
        chain = point.chain.resolve(vector, point.engaged)
        output, _ = render_whole(chain, pair.mix, pair.sample_rate)
        rest = rest_by_second(output, pair.master, pair.sample_rate)
        return Recovered(
            settings=settings_of(vector, point.engaged),
            gain_db=gain_of(vector),
            vector=vector,
            null_db=10.0 * math.log10(max(float(rest.sum()), 1e-30)),
            unchanged_db=_best_null_db(pair),
            by_levels=point.by_levels,
            rest=rest,
            output=output,
            descent=point.descent,
            chain=point.chain,
            prior=self._prior,
            delay=self.delay,
            measured=self._measured,
        )

    def _moved(self, point: _Point, places: tuple[float, ...], schedule: Schedule) -> _Point:
        vector = self._aligned(point.descent.vector)
        chain = self._chain(places)
        descender = self._waveform_descender(chain, point.engaged)
        descent = descender.descend(vector, schedule, self._told)
        descent = replace(descent, vector=self._aligned(descent.vector))
        return _Point(point.engaged, descent, chain, places)

    def _aligned(self, vector: Array) -> Array:
        """Move the master by a vector's delay, to whole samples where they are near."""
        delay = self.delay + delay_of(vector)
        if abs(delay - round(delay)) < WHOLE_WITHIN:
            delay = float(round(delay))
        self.delay = delay
        self._pair = replace(self._pair, master=shifted(self._given.master, delay))
        vector = vector.copy()
        vector[DELAY] = 0.0
        return vector

    def _loud(self, count: int) -> tuple[float, ...]:
        return loud_places(self._pair.master, self._pair.sample_rate, count, EXCERPT_S)

    def _chain(self, places: tuple[float, ...]) -> StagedChain:
        pair, measured = self._pair, self._measured
        cut: Cut = cut_at(places, EXCERPT_S, WARM_UP_S, pair.sample_rate)
        longest = pair.mix.shape[1]
        held = tuple(min(start, max(longest - cut.length, 0)) for start in cut.starts)
        cut = cut_at(
            [start / pair.sample_rate for start in held],
            min(EXCERPT_S, longest / pair.sample_rate),
            WARM_UP_S,
            pair.sample_rate,
        )
        return StagedChain(
            pair.mix,
            pair.sample_rate,
            measured.mix.spectrum.scaled(measured.normalization_db),
            measured.normalization_db,
            cut,
        )

    def _waveform(self, chain: StagedChain) -> WaveformResidual:
        return WaveformResidual(chain.cut.of(self._pair.master, MARGIN))

    def _waveform_descender(
        self, chain: StagedChain, engaged: Collection[str], *, delay: bool | None = None
    ) -> Descender:
        free = not self._pair.one_clock if delay is None else delay
        return Descender(chain, self._waveform(chain), engaged, self._prior, delay=free)

    def _descender(
        self, chain: StagedChain, residual: Residual, engaged: Collection[str]
    ) -> Descender:
        return Descender(chain, residual, engaged, self._prior)

    def _begun(self, vector: Array, name: str) -> Array:
        """Return a vector with one block as it starts."""
        of_block = np.append([block == name for block, _ in PARAMETERS], (False, False))
        return np.where(of_block, self._start, vector)

    def _told(self, null_db: float) -> None:
        self._rounds += 1
        most = FIRST.rounds + LATER.rounds + LAST.rounds + 2
        self._progress(f"fitting, {null_db:.0f} dB left", min(self._rounds / most, 0.99))


def _best_null_db(pair: PairAudio) -> float:
    """Return what is left where the mix is only amplified, by the gain that is best."""
    mix, master = (each.astype(np.float64).ravel() for each in (pair.mix, pair.master))
    energy = float(master @ master)
    explained = float(mix @ master) ** 2 / max(float(mix @ mix), 1e-30)
    return 10.0 * math.log10(max(1.0 - explained / max(energy, 1e-30), 1e-30))
