"""The facts of each move: what was measured, what was done, how sure, and what it is worth."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ...data.metering.report import LoudnessReport
from ...data.reference.production import Production
from ...models.moves import QUANTITIES, RESPONSE, RESPONSE_HZ, level_free
from ...models.processors.equalizer import ResolvedEqualizer
from ...models.processors.imager import BANDS as WIDTH_BANDS
from ...models.processors.multiband_compressor import BANDS
from ...models.spectrum import THIRD_CENTERS_HZ
from ..comparing.audibility import BAND_HZ, JUST_NOTICEABLE_DB, Heard
from ..effects import Effects
from ..predictor import NOT_DETERMINED
from ..reference import mix_production
from ..regions import REGIONS, region_levels_db
from ..results import MasteringResult
from .facts import Fact
from .measuring import bounds_of, change_fact, figure_facts, mean_bounds, percentile_fact

Array: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Without:
    """The master without one move, beside the master.

    Attributes:
        heard: From the master without the move to the master.
        master: Of the master.
        without: Of the master without the move.

    """

    heard: Heard
    master: LoudnessReport
    without: LoudnessReport


@dataclass(frozen=True, slots=True)
class Move:
    """One decision and what is known of it.

    Attributes:
        stage: The block.
        place: Where in the spectrum it is told, a region or a band; empty for everywhere.
        measured: Of the mix.
        percentile: Share of the corpus's tracks that have less of it, in percent.
        typical: What the median track of the corpus has; None where ``measured`` is held against
            it already.
        done: What was done.
        expected: Where 90 % of masters lie of what was done; None where nothing is said of it.
        effect: What the master has more of than it would have without the move, at equal loudness.
        mean: What is heard of the move, as a mean.
        most: The same in the band where it is most.
        most_hz: That band.

    """

    stage: str
    place: str
    measured: Fact
    percentile: Fact
    typical: Fact | None
    done: Fact
    expected: tuple[Fact, Fact] | None
    effect: Fact
    mean: Fact
    most: Fact
    most_hz: Fact

    @property
    def is_noticeable(self) -> bool:
        """Whether the move can be heard."""
        return self.most.value >= JUST_NOTICEABLE_DB

    @property
    def facts(self) -> tuple[Fact, ...]:
        """Every number of the move."""
        return (
            *(self.measured, self.percentile),
            *(() if self.typical is None else (self.typical,)),
            *(self.done, *(self.expected or ())),
            *(self.effect, self.mean, self.most, self.most_hz),
        )


def moves_of(
    mastering: MasteringResult,
    effects: Effects,
    without: Mapping[str, Without],
    corpus: Production,
) -> tuple[Move, ...]:
    """Return the moves of a master, in signal order.

    Args:
        mastering: The master.
        effects: Of its settings on the mix.
        without: By stage, of every move.
        corpus: Finished songs that the mix is held against.

    """
    return tuple(_MOVES[stage](mastering, effects, each, corpus) for stage, each in without.items())


def _equalizer(
    mastering: MasteringResult, effects: Effects, each: Without, corpus: Production
) -> Move:
    settings, rate = mastering.recipe.settings["equalizer"], mastering.before.sample_rate
    response_db = level_free(ResolvedEqualizer(settings.values).response_db(RESPONSE_HZ, rate))
    done_db = region_levels_db(response_db)
    place = int(np.argmax(np.abs(done_db)))
    region = REGIONS[place]
    own = region_levels_db(mix_production(mastering.before).tone_db, THIRD_CENTERS_HZ)[place]
    others = region_levels_db(corpus.tone_db, THIRD_CENTERS_HZ)[:, place]
    intervals = [
        mastering.recipe.intervals.get(name, NOT_DETERMINED)
        for name, inside in zip(QUANTITIES[RESPONSE], region.holds(RESPONSE_HZ), strict=True)
        if inside
    ]
    effect_db = region_levels_db(each.heard.bands_db, BAND_HZ)[place]
    # intervals are those of the whole response, to which a compressor adds
    is_alone = mastering.recipe.settings["multiband_compressor"].bypass
    return _move(
        "equalizer",
        region.name,
        Fact("tone_db", own - float(np.median(others)), signed=True),
        percentile_fact(own, others),
        None,
        Fact("response_db", float(done_db[place]), signed=True),
        mean_bounds(intervals) if is_alone else None,
        Fact("tone_change_db", float(effect_db), signed=True),
        each.heard,
    )


def _compressor(
    mastering: MasteringResult, effects: Effects, each: Without, corpus: Production
) -> Move:
    loud_db = effects.percentiles_db[len(BANDS) : 2 * len(BANDS)]
    band = int(np.argmax(loud_db))
    interval = mastering.recipe.intervals.get(f"reduction_p95_db@{BANDS[band]}", NOT_DETERMINED)
    return _move(
        "multiband_compressor",
        BANDS[band].replace("_", " "),
        *figure_facts(mastering.before, corpus, "plr_db", "dB"),
        Fact("reduction_db", float(loud_db[band])),
        bounds_of(interval),
        change_fact("plr_change_db", each.master, each.without, "plr_db"),
        each.heard,
    )


def _deesser(
    mastering: MasteringResult, effects: Effects, each: Without, corpus: Production
) -> Move:
    place = next(i for i, region in enumerate(REGIONS) if region.name == "presence")
    own = region_levels_db(mix_production(mastering.before).tone_db, THIRD_CENTERS_HZ)[place]
    others = region_levels_db(corpus.tone_db, THIRD_CENTERS_HZ)[:, place]
    return _move(
        "deesser",
        REGIONS[place].name,
        Fact("tone_db", own - float(np.median(others)), signed=True),
        percentile_fact(own, others),
        None,
        Fact("reduction_db", mastering.reductions.deesser_db[1]),
        None,
        Fact(
            "tone_change_db",
            float(region_levels_db(each.heard.bands_db, BAND_HZ)[place]),
            signed=True,
        ),
        each.heard,
    )


def _saturator(
    mastering: MasteringResult, effects: Effects, each: Without, corpus: Production
) -> Move:
    values = mastering.recipe.settings["saturator"].values
    return _move(
        "saturator",
        "",
        *figure_facts(mastering.before, corpus, "crest_p50_db", "dB"),
        Fact("mix_percent", 100.0 * float(values["mix"]), "%", 0),
        None,
        change_fact("plr_change_db", each.master, each.without, "plr_db"),
        each.heard,
    )


def _imager(
    mastering: MasteringResult, effects: Effects, each: Without, corpus: Production
) -> Move:
    band = int(np.argmax(np.abs(effects.widths_db)))
    interval = mastering.recipe.intervals.get(f"width_db@{WIDTH_BANDS[band]}", NOT_DETERMINED)
    return _move(
        "imager",
        WIDTH_BANDS[band],
        *figure_facts(mastering.before, corpus, "side_db", "dB"),
        Fact("width_db", float(effects.widths_db[band]), signed=True),
        bounds_of(interval),
        Fact("side_change_db", each.heard.side_db, signed=True),
        each.heard,
    )


def _limiter(
    mastering: MasteringResult, effects: Effects, each: Without, corpus: Production
) -> Move:
    interval = mastering.recipe.intervals.get("limiter_p95_db", NOT_DETERMINED)
    return _move(
        "limiter",
        "",
        *figure_facts(mastering.before, corpus, "integrated_lufs", "LUFS"),
        Fact("reduction_db", float(effects.percentiles_db[-1])),
        bounds_of(interval),
        change_fact("plr_change_db", each.master, each.without, "plr_db"),
        each.heard,
    )


_MOVES: Mapping[str, Callable[[MasteringResult, Effects, Without, Production], Move]] = {
    "equalizer": _equalizer,
    "deesser": _deesser,
    "multiband_compressor": _compressor,
    "saturator": _saturator,
    "imager": _imager,
    "limiter": _limiter,
}


def _move(
    stage: str,
    place: str,
    measured: Fact,
    percentile: Fact,
    typical: Fact | None,
    done: Fact,
    expected: tuple[Fact, Fact] | None,
    effect: Fact,
    heard: Heard,
) -> Move:
    return Move(
        stage,
        place,
        measured,
        percentile,
        typical,
        done,
        expected,
        effect,
        Fact("heard_mean_db", heard.mean_db),
        Fact("heard_most_db", heard.most_db),
        Fact("heard_most_hz", heard.most_hz, "Hz", 0),
    )
