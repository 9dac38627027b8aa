"""The search for settings whose waveform is the master's, from where `guessing` begins it.

Saturator and de-esser join where they explain a good part of the rest. A valley that
ends too high is left by other filters of almost the same response.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
import torch

from ...models.settings import PARAMETERS
from ..alternatives import equalizer_alternatives
from .beginning import Measured, PairAudio, first_settings, first_vector, prior_of, shifted
from .descent import Descender, Descent, Prior, Schedule
from .places import loud_places, worst_seconds
from .residuals import MARGIN, WaveformResidual
from .staged import StagedChain, cut_at
from .vector import DELAY, GAIN, Array, delay_of

Progress: TypeAlias = Callable[[str, float], None]
"""Told the step under way and the share of it that is done."""

ALWAYS = ("equalizer", "limiter")
TURNING = ("multiband_compressor", "imager")
"""Blocks with crossovers, which turn the phase."""

JOINING = ("saturator", "deesser")

WHOLE_WITHIN = 0.1
"""A delay that is as near to whole samples is of whole samples."""

EXCERPT_S = 2.0
WARM_UP_S = 1.0
FEW, MORE, WORST = 2, 4, 2
"""How many excerpts: at first, later, and of these at last where most was left."""

FIRST = Schedule(rounds=4, goal_db=-62.0)
TRIAL = Schedule(rounds=1)
LEAP = Schedule(rounds=2)
LATER = Schedule(rounds=3, goal_db=-62.0)
LAST = Schedule(rounds=2, goal_db=-62.0)

EXPLAINED_DB = -60.0
"""A null below needs no further explanation."""

SHALLOW_DB = -50.0
"""A valley that ends higher is left, where the chain can make the master."""

MADE_BY_CHAIN_DB = -25.0
"""A null above is that of a master which the chain did not make, or not alone."""

HOPELESS_DB = -1.0
"""A null above says that next to nothing of the waveform is explained."""

JOINS_DB = 1.0
"""A block joins where it lowers the null by this much at once."""

BETTER_WITHOUT_DB = 5.0
"""The equalizer leaves where the null falls by so much: where it ran and another block is still
missing, a little better proves nothing."""

LEAPS = 3
"""How many other ways to the same response are tried where a descent ended too high."""

LEAST_WEIGHT = 0.03
"""A band counts for a response at least by this share of the loudest."""


@dataclass(frozen=True, slots=True, eq=False)
class Point:
    """Where a search stands.

    Attributes:
        engaged: Blocks that are not bypassed.
        descent: The last one.
        chain: Renders the excerpts that it was on.
        places: Where they are, in s.

    """

    engaged: frozenset[str]
    descent: Descent
    chain: StagedChain
    places: tuple[float, ...]


class Search:
    """The steps of one recovery, each from the point that the one before it reached.

    Args:
        pair: See `PairAudio`.
        measured: Its analyses.
        progress: See `Progress`.

    Attributes:
        pair: The same, the master moved by `delay`.
        delay: Samples that the master lies later than it was given.
        start: Where descents start.
        prior: What is expected where the sound does not tell.

    """

    def __init__(self, pair: PairAudio, measured: Measured, progress: Progress) -> None:
        self.pair = self._given = pair
        self.delay = 0.0
        self.start = first_vector(measured, first_settings(measured))
        self.prior: Prior = prior_of(self.start)
        self.measured = measured
        self._progress = progress
        self._rounds = 0

    @property
    def turning(self) -> tuple[str, ...]:
        """Blocks with crossovers that can be heard in this mix."""
        return TURNING if self.measured.has_side else TURNING[:1]

    def without_equalizer(self, point: Point) -> Point:
        """Take the equalizer out where that is much better, as it is where it never ran.

        It then stands in for what trims, widths or a saturator did, in a valley that none of them
        leads out of.
        """
        is_shallow = SHALLOW_DB < point.descent.null_db < HOPELESS_DB
        if not is_shallow or "equalizer" not in point.engaged:
            return point
        engaged = point.engaged - {"equalizer"}
        descender = self.waveform_descender(point.chain, engaged)
        found = descender.descend(point.descent.vector, FIRST, self.told)
        if found.null_db > point.descent.null_db - BETTER_WITHOUT_DB:
            return point
        return replace(point, engaged=engaged, descent=found)

    def joined(self, point: Point) -> Point:
        """Let saturator and de-esser join where they explain part of what is left."""
        for _ in JOINING:
            if not EXPLAINED_DB < point.descent.null_db < HOPELESS_DB:
                return point
            tried = []
            for name in JOINING:
                if name not in point.engaged:
                    engaged = point.engaged | {name}
                    start = self._begun(point.descent.vector, name)
                    descender = self.waveform_descender(point.chain, engaged)
                    tried.append((descender.descend(start, TRIAL, self.told), engaged, descender))
            best, engaged, descender = min(tried, key=lambda one: one[0].cost)
            if best.null_db > point.descent.null_db - JOINS_DB:
                return point
            best = descender.descend(best.vector, FIRST, self.told)
            point = self.without_equalizer(Point(engaged, best, point.chain, point.places))
        return point

    def later(self, point: Point) -> Point:
        """Descend on more excerpts."""
        if point.descent.null_db > HOPELESS_DB:
            return point
        return self._moved(point, self.loud(MORE), LATER)

    def leapt(self, point: Point) -> Point:
        """Leave a valley that ends above others, along what the sound leaves open."""
        is_shallow = SHALLOW_DB < point.descent.null_db < MADE_BY_CHAIN_DB
        if not is_shallow or "equalizer" not in point.engaged:
            return point
        descender = self.waveform_descender(point.chain, point.engaged)
        best = point.descent
        for start in self._by_other_filters(best.vector):
            found = descender.descend(start, LEAP, self.told)
            if found.cost < best.cost:
                best = descender.descend(found.vector, FIRST, self.told)
            if best.null_db < SHALLOW_DB:
                break
        return Point(point.engaged, best, point.chain, point.places)

    def _by_other_filters(self, vector: Array) -> list[Array]:
        """Return vectors whose equalizer has almost the same response by other means."""
        spectrum = self.measured.mix.spectrum.total
        weights = torch.from_numpy(np.maximum(spectrum, LEAST_WEIGHT * spectrum.max()))
        others = equalizer_alternatives(
            torch.from_numpy(vector[:GAIN]),
            LEAPS,
            sample_rate=self.pair.sample_rate,
            weights=weights / weights.sum(),
            generator=torch.Generator().manual_seed(0),
        )
        return [np.concatenate((one.numpy(), vector[GAIN:])) for one in others]

    def last(self, point: Point, rest: Array) -> Point:
        """Descend once more with excerpts where most was left."""
        kept = point.places[:: max(len(point.places) // (MORE - WORST), 1)]
        worst = worst_seconds(rest, WORST, kept)
        return self._moved(point, (*kept, *worst), LAST)

    def _moved(self, point: Point, places: tuple[float, ...], schedule: Schedule) -> Point:
        vector = self._aligned(point.descent.vector)
        chain = self.chain(places)
        descender = self.waveform_descender(chain, point.engaged)
        descent = descender.descend(vector, schedule, self.told)
        descent = replace(descent, vector=self._aligned(descent.vector))
        return Point(point.engaged, descent, chain, places)

    def _aligned(self, vector: Array) -> Array:
        """Move the master by a vector's delay, to whole samples where they are near."""
        delay = self.delay + delay_of(vector)
        if abs(delay - round(delay)) < WHOLE_WITHIN:
            delay = float(round(delay))
        self.delay = delay
        self.pair = replace(self.pair, master=shifted(self._given.master, delay))
        vector = vector.copy()
        vector[DELAY] = 0.0
        return vector

    def loud(self, count: int) -> tuple[float, ...]:
        """Return where so many parts of the master are loudest, in s."""
        return loud_places(self.pair.master, self.pair.sample_rate, count, EXCERPT_S)

    def chain(self, places: tuple[float, ...]) -> StagedChain:
        """Return what renders the excerpts at these places."""
        pair, measured = self.pair, self.measured
        cut = cut_at(places, EXCERPT_S, WARM_UP_S, pair.sample_rate)
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

    def waveform(self, chain: StagedChain) -> WaveformResidual:
        """Return the residual of the excerpts of a chain."""
        return WaveformResidual(chain.cut.of(self.pair.master, MARGIN))

    def waveform_descender(self, chain: StagedChain, engaged: Collection[str]) -> Descender:
        """Return what follows the waveform; the delay is free where clocks may differ."""
        free = not self.pair.one_clock
        return Descender(chain, self.waveform(chain), engaged, self.prior, delay=free)

    def _begun(self, vector: Array, name: str) -> Array:
        """Return a vector with one block as it starts."""
        of_block = np.append([block == name for block, _ in PARAMETERS], (False, False))
        return np.where(of_block, self.start, vector)

    def told(self, null_db: float) -> None:
        """Tell how far a descent has come."""
        self._rounds += 1
        most = FIRST.rounds + LATER.rounds + LAST.rounds + 2
        self._progress(f"fitting, {null_db:.0f} dB left", min(self._rounds / most, 0.99))
