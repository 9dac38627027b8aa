from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from glassmaster.data.audio import Samples
from glassmaster.inference.effects import Effects, effects_of
from glassmaster.inference.predictor import NOT_DETERMINED
from glassmaster.models.moves import QUANTITIES
from glassmaster.models.settings import default_settings
from glassmaster.training.recovery.beginning import PairAudio, measure_pair
from glassmaster.training.recovery.certainty import intervals_of, measure_spreads
from glassmaster.training.recovery.recovering import Recovered, recover

RATE = 44_100
GOAL_DB = -45.0


def quiet(_: str, __: float) -> None:
    pass


def recovered(pair: PairAudio) -> Recovered:
    return recover(pair, measure_pair(pair), quiet)


def null_db(found: Recovered, pair: PairAudio) -> float:
    """What is left of the master, from the output alone."""
    rest = np.square(found.output - pair.master, dtype=np.float64).sum()
    return 10.0 * float(np.log10(rest / np.square(pair.master, dtype=np.float64).sum()))


@pytest.fixture(scope="module")
def found(made: Any) -> Recovered:
    return recovered(made.pair)


def test_a_master_of_the_chain_is_nulled(found: Recovered, made: Any) -> None:
    assert null_db(found, made.pair) <= GOAL_DB
    assert found.null_db == pytest.approx(null_db(found, made.pair), abs=0.1)
    assert found.engaged == {"equalizer", "multiband_compressor", "imager", "limiter"}
    assert not found.by_levels


def test_effects_are_those_that_were_set(found: Recovered, made: Any) -> None:
    own = effects(found, made.pair)
    true = effects_of(made.chain, made.pair.mix, RATE)
    heard = slice(2, 25)  # the song has next to nothing at the ends
    assert np.abs(own.total_db - true.total_db)[heard].mean() <= 0.05
    assert np.abs(own.reductions_db - true.reductions_db).mean() <= 0.05
    assert np.abs(own.limiting_db - true.limiting_db).mean() <= 0.05
    assert np.abs(own.widths_db - true.widths_db).max() <= 0.1


def effects(found: Recovered, pair: PairAudio) -> Effects:
    return effects_of(found.chain.resolve(found.vector, found.engaged), pair.mix, RATE)


def test_intervals_hold_what_is_true_and_leave_open_what_is_not_heard(
    found: Recovered, made: Any
) -> None:
    own = effects(found, made.pair)
    true = effects_of(made.chain, made.pair.mix, RATE)
    spreads = measure_spreads(found, made.pair.mix, RATE)
    intervals = intervals_of(found, own.quantities, spreads)
    held = []
    for name, value in zip(QUANTITIES, true.quantities, strict=True):
        interval = intervals[name]
        if interval != NOT_DETERMINED:
            held.append(interval[0] <= value <= interval[1])
    assert np.mean(held) >= 0.7  # of 39 quantities of one song, where 90 % of many songs are meant
    # a band that is not compressed cannot tell how fast it would have been
    assert intervals["multiband_compressor.high_attack_ms"] == NOT_DETERMINED
    low, high = intervals["multiband_compressor.low_mid_ratio"]
    assert high - low < 0.5
    assert "deesser.ratio" not in intervals


@pytest.mark.slow
def test_samples_that_an_alignment_missed_are_found(later: PairAudio) -> None:
    found = recovered(later)
    assert found.delay == 3.0
    assert found.null_db <= GOAL_DB


def test_a_saturator_joins_where_it_was_used(master_of: Callable[..., Any]) -> None:
    made = master_of(equalizer={"low_mid_gain_db": 2.0}, saturator={"drive_db": -8.0, "mix": 0.6})
    found = recovered(made.pair)
    assert "saturator" in found.engaged
    assert null_db(found, made.pair) <= GOAL_DB


def test_an_equalizer_that_never_ran_does_not_stand_in_for_others(
    master_of: Callable[..., Any],
) -> None:
    """With it, this ended at -36 dB: filters did what trims, widths and the saturator had done."""
    made = master_of(
        multiband_compressor={
            "low_ratio": 1.9,
            "low_threshold_db": -3.0,
            "low_trim_db": 0.2,
            "high_mid_ratio": 1.6,
            "high_mid_threshold_db": -1.0,
        },
        imager={"low_width": 0.3},
        saturator={"drive_db": -9.0, "mix": 0.3},
    )
    found = recovered(made.pair)
    assert found.engaged == {"multiband_compressor", "imager", "saturator", "limiter"}
    assert null_db(found, made.pair) <= GOAL_DB


def test_a_mix_beside_itself_needs_no_block(song: Samples) -> None:
    found = recovered(PairAudio(song, song, RATE))
    assert found.engaged <= {"limiter"}
    assert found.null_db <= -90.0
    assert found.settings["equalizer"] == default_settings()["equalizer"] or (
        found.settings["equalizer"].bypass
    )


@pytest.mark.slow
def test_what_the_chain_cannot_make_is_never_worse_than_the_mix(song: Samples) -> None:
    """Another performance in all but the loudness: nothing of it can be explained."""
    other = np.ascontiguousarray(song[:, ::-1])
    found = recovered(PairAudio(song, other, RATE))
    assert found.null_db > -10.0
    left = np.square(found.output - other, dtype=np.float64).sum()
    loudest = np.square(other, dtype=np.float64).sum()
    assert left < 3.0 * loudest  # as loud as the master, and not louder to hide it


@pytest.mark.slow
def test_the_same_recovery_twice(found: Recovered, made: Any) -> None:
    assert np.array_equal(recovered(made.pair).vector, found.vector)
