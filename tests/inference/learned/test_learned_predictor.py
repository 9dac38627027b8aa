from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from glassmaster.data.analysis import Analysis, Analyzer
from glassmaster.inference.learned.estimate import LEAST_ODDS, Estimate, decided_moves
from glassmaster.inference.learned.loading import load_model
from glassmaster.inference.predictor import NOBODY, Company, Prediction, Predictor
from glassmaster.models.mel_statistics import STATISTICS
from glassmaster.models.moves import (
    BLOCK_MOVES,
    BYPASSES,
    MOVES,
    NEUTRAL,
    QUANTITIES,
    RESPONSE,
    RESPONSE_HZ,
    bounded,
    level_free,
)
from glassmaster.models.processors.equalizer import ResolvedEqualizer
from glassmaster.models.settings import BLOCKS, ChainSettings

F, D, Q = len(STATISTICS), len(MOVES), len(QUANTITIES)
SMOOTH_DB = level_free(2.0 * np.cos(np.linspace(0.0, 4.0, 27)))
COMPRESSOR_AT_REST = NEUTRAL[BLOCK_MOVES["multiband_compressor"]]


def bypassed(settings: ChainSettings) -> set[str]:
    return {name for name, block in settings.blocks.items() if block.bypass}


def response_db(settings: ChainSettings) -> np.ndarray[Any, Any]:
    return ResolvedEqualizer(settings["equalizer"].values).response_db(RESPONSE_HZ, 44_100)


def constant(write_weights: Any, moves: Any, **options: Any) -> Predictor:
    weights = {"weights": np.zeros((D, F)), "bias": moves}
    return load_model(write_weights(arrays=weights, **options))


def company(*songs: Analysis) -> Company:
    rows = np.array([song.statistics for song in songs]).reshape(-1, F)
    return Company(rows, np.ones(len(rows)))


def test_the_matrix_is_applied_to_standardized_statistics(
    write_weights: Any, measured: Analysis
) -> None:
    from glassmaster.inference.learned.linear import LinearEstimator
    from glassmaster.inference.learned.model_file import read_model_file

    file = read_model_file(write_weights())
    arrays = file.arrays
    found = LinearEstimator(file).estimate(measured.statistics, NOBODY)
    z = (measured.statistics - arrays["mean"]) / arrays["scale"]
    np.testing.assert_allclose(found.moves, arrays["bias"] + arrays["weights"] @ z)
    np.testing.assert_allclose(found.quantities, arrays["quantity_weights"] @ z)
    assert np.all(found.bypass < 0.0)


def test_blocks_are_left_out_at_clear_odds_alone() -> None:
    moves = np.full(D, 0.5)
    odds = np.array([LEAST_ODDS - 0.01, LEAST_ODDS + 0.01, -5.0])
    none = np.zeros(Q)
    estimate = Estimate(moves, none, none, odds)
    assert estimate.left_out == {BYPASSES[1]}
    decided = decided_moves(estimate)
    kept = BLOCK_MOVES[BYPASSES[1]]
    np.testing.assert_array_equal(decided[kept], NEUTRAL[kept])
    np.testing.assert_array_equal(decided[RESPONSE], bounded(moves)[RESPONSE])


def test_every_block_has_its_reasons_in_signal_order(
    write_weights: Any, moves: Any, measured: Analysis
) -> None:
    wanted = moves(**{"slope": 0.5, "threshold_db": -6.0, "width_db": -2.0})
    wanted[RESPONSE] = SMOOTH_DB
    reasons = constant(write_weights, wanted).predict(measured).reasons
    order = list(BLOCKS)
    positions = [order.index(reason.block) for reason in reasons]
    assert positions == sorted(positions)
    assert {reason.block for reason in reasons} == set(BLOCKS)
    assert all(r.text.endswith(".") and "\n" not in r.text for r in reasons)
    assert any("90 % of masters" in reason.text for reason in reasons)


def test_shrinking_is_by_block(write_weights: Any, moves: Any, measured: Analysis) -> None:
    wanted = moves(**{"slope": 0.6, "threshold_db": -6.0, "width_db": -4.0, "log_release@l": 5.0})
    wanted[RESPONSE] = SMOOTH_DB
    whole = constant(write_weights, wanted).predict(measured).settings
    shrink = {"calibration.shrink": np.array([0.5, 0.0, 0.5, 0.0])}
    half = load_model(
        write_weights(arrays={"weights": np.zeros((D, F)), "bias": wanted, **shrink})
    ).predict(measured)
    ratio = np.abs(response_db(half.settings)).sum() / np.abs(response_db(whole)).sum()
    assert ratio == pytest.approx(0.5, abs=0.05)
    assert half.settings["multiband_compressor"].bypass
    assert half.settings["imager"].values["middle_width"] == pytest.approx(10**-0.1, abs=0.01)
    assert half.settings["limiter"].values["release_ms"] == pytest.approx(200.0, abs=1.0)


def test_finished_songs_are_moved_less_where_the_weights_say_so(
    write_weights: Any, moves: Any, measured: Analysis
) -> None:
    wanted = moves()
    wanted[RESPONSE] = SMOOTH_DB
    mean, scale = np.zeros(F), np.full(F, 100.0)
    at = {"mean": mean, "scale": scale, "calibration.finished": np.array([11.0, 15.0, 0.0])}
    predictor = constant(write_weights, wanted, **at)
    mixes = {}
    for peak_db, moved in ((10.0, False), (16.0, True)):
        statistics = measured.statistics.copy()
        statistics[STATISTICS.index("peak_p99_db")] = peak_db
        mixes[moved] = dataclasses.replace(measured, statistics=statistics)
        settings = predictor.predict(mixes[moved]).settings
        assert settings["equalizer"].bypass != moved
    at["calibration.finished"] = np.array([11.0, 15.0, 0.5])
    reasons = constant(write_weights, wanted, **at).predict(mixes[False]).reasons
    assert "10.0 dB" in reasons[0].text
    assert "50 %" in reasons[0].text


def test_what_shrinking_is_chosen_on_is_what_users_get(
    write_network: Any, moves: Any, measured: Analysis
) -> None:
    from glassmaster.inference.learned.calibration import Calibration
    from glassmaster.inference.learned.estimate import decided_moves
    from glassmaster.inference.learned.loading import load_estimator
    from glassmaster.inference.learned.model_file import read_model_file

    wanted = moves(**{"slope": 0.6, "threshold_db": -30.0, "width_db": -4.0})
    wanted[RESPONSE] = 10.0 * SMOOTH_DB
    file = read_model_file(write_network(wanted, bypass=(-1.0, 1.0, -1.0)))
    estimate = load_estimator(file).estimate(measured.statistics, NOBODY)
    decided = decided_moves(estimate)
    np.testing.assert_array_equal(decided[BLOCK_MOVES["multiband_compressor"]], COMPRESSOR_AT_REST)
    assert np.abs(decided[RESPONSE]).max() <= 8.0
    np.testing.assert_array_equal(decided[BLOCK_MOVES["imager"]], wanted[BLOCK_MOVES["imager"]])
    found = Calibration(file).moves(estimate, 0.5)
    np.testing.assert_allclose(found[BLOCK_MOVES["imager"]], -2.0)


def test_a_quiet_or_undefined_mix_is_left_alone(
    write_weights: Any, moves: Any, measured: Analysis
) -> None:
    wanted = moves()
    wanted[RESPONSE] = SMOOTH_DB
    predictor = constant(write_weights, wanted)
    undefined = dataclasses.replace(measured.loudness, integrated_lufs=None, dual_mono_lufs=None)
    for mix in (
        dataclasses.replace(measured, statistics=np.zeros(F)),
        dataclasses.replace(measured, loudness=undefined),
    ):
        prediction = predictor.predict(mix)
        assert bypassed(prediction.settings) == set(BLOCKS) - {"limiter"}
        assert prediction.intervals == {}
    assert not predictor.predict(measured).settings["equalizer"].bypass


def test_an_offset_is_removed_whatever_the_model_says(
    write_weights: Any, measured: Analysis
) -> None:
    from glassmaster.data.findings import Finding

    offset = dataclasses.replace(
        measured, dc_offset=(0.01, 0.01), findings=(Finding("dc_offset", "Off center."),)
    )
    settings = constant(write_weights, NEUTRAL).predict(offset).settings
    assert not settings["equalizer"].bypass


def test_what_the_network_bypasses_is_bypassed(
    write_network: Any, moves: Any, measured: Analysis
) -> None:
    wanted = moves(**{"slope": 0.6, "threshold_db": -6.0, "width_db": -4.0})
    wanted[RESPONSE] = SMOOTH_DB
    every = load_model(write_network(wanted)).predict(measured).settings
    assert bypassed(every) == {"deesser", "saturator"}
    some = load_model(write_network(wanted, bypass=(1.0, -1.0, 1.0))).predict(measured).settings
    assert bypassed(some) == {"deesser", "saturator", "equalizer", "imager"}


@pytest.mark.parametrize("count", [0, 1, 3, 16])
def test_any_number_of_references_is_taken(
    write_network: Any, measured: Analysis, count: int
) -> None:
    predictor = load_model(write_network())
    prediction: Prediction = predictor.predict(measured, company(*[measured] * count))
    assert predictor.listens
    assert len(prediction.intervals) >= Q


def test_references_have_weights_of_their_own(write_weights: Any, measured: Analysis) -> None:
    rng = np.random.default_rng(1)
    both = np.zeros((D, 2 * F))
    both[:27, F:] = 0.3 * rng.normal(size=(27, F))
    both[:27, :F] = -both[:27, F:]  # what matters is the difference
    arrays = {
        "weights": np.zeros((D, F)),
        "bias": NEUTRAL,
        "referred_weights": both,
        "referred_bias": NEUTRAL,
    }
    predictor = load_model(write_weights(arrays=arrays))
    other = dataclasses.replace(measured, statistics=measured.statistics + rng.normal(size=F))
    assert predictor.predict(measured).settings["equalizer"].bypass
    assert predictor.predict(measured, company(measured)).settings["equalizer"].bypass
    assert not predictor.predict(measured, company(other)).settings["equalizer"].bypass


def test_statistics_far_from_what_was_learned_are_held(
    write_weights: Any, measured: Analysis
) -> None:
    predictor = load_model(write_weights())
    far = dataclasses.replace(measured, statistics=1e6 * np.sign(measured.statistics + 0.5))
    further = dataclasses.replace(far, statistics=1e3 * far.statistics)
    assert predictor.predict(far).settings == predictor.predict(further).settings


@pytest.mark.parametrize(("sample_rate", "channels"), [(8000, 1), (22_050, 2), (96_000, 2)])
@pytest.mark.parametrize("frames", [2, 3000, 200_000])
def test_any_length_and_rate_is_answered(
    write_weights: Any, sample_rate: int, channels: int, frames: int
) -> None:
    noise = np.random.default_rng(frames).uniform(-0.3, 0.3, (channels, frames))
    analyzer = Analyzer(sample_rate, channels)
    analyzer.feed(noise)
    prediction = load_model(write_weights()).predict(analyzer.result())
    assert not prediction.settings["limiter"].bypass
