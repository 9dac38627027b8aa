from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from glassmaster.data.analysis import Analysis, Analyzer
from glassmaster.data.metering.spectrum import LevelSpread
from glassmaster.inference.learned.decisions import settings_of_moves
from glassmaster.inference.learned.loading import load_model
from glassmaster.inference.predictor import NOT_DETERMINED, Prediction, Predictor
from glassmaster.models.mel_statistics import STATISTICS
from glassmaster.models.moves import (
    MOVES,
    NEUTRAL,
    QUANTITIES,
    RESPONSE,
    RESPONSE_HZ,
    SLOPE,
    level_free,
)
from glassmaster.models.processors.equalizer import ResolvedEqualizer
from glassmaster.models.settings import BLOCKS, ChainSettings
from glassmaster.models.spectrum import PowerSpectrum

F, D, Q = len(STATISTICS), len(MOVES), len(QUANTITIES)
SMOOTH_DB = level_free(2.0 * np.cos(np.linspace(0.0, 4.0, 27)))


def bypassed(settings: ChainSettings) -> set[str]:
    return {name for name, block in settings.blocks.items() if block.bypass}


def response_db(settings: ChainSettings) -> np.ndarray[Any, Any]:
    return ResolvedEqualizer(settings["equalizer"].values).response_db(RESPONSE_HZ, 44_100)


def heard(analysis: Analysis) -> np.ndarray[Any, Any]:
    from glassmaster.inference.baseline.prior import default_prior
    from glassmaster.inference.baseline.tone import measure_balance

    balance = measure_balance(analysis.spectrum.total, default_prior(), analysis.sample_rate)
    assert balance is not None
    return balance.heard


def constant(write_weights: Any, moves: Any, **options: Any) -> Predictor:
    weights = {"weights": np.zeros((D, F)), "bias": moves}
    return load_model(write_weights(arrays=weights, **options))


def test_the_matrix_is_applied_to_standardized_statistics(
    write_weights: Any, measured: Analysis
) -> None:
    from glassmaster.inference.learned.linear import LinearEstimator
    from glassmaster.inference.learned.model_file import read_model_file

    file = read_model_file(write_weights())
    arrays = file.arrays
    found = LinearEstimator(file).estimate(measured.statistics, np.empty((0, F)))
    z = (measured.statistics - arrays["mean"]) / arrays["scale"]
    np.testing.assert_allclose(found.moves, arrays["bias"] + arrays["weights"] @ z)
    np.testing.assert_allclose(found.quantities, arrays["quantity_weights"] @ z)
    assert np.all(found.bypass < 0.0)


def test_moves_become_settings(moves: Any, measured: Analysis) -> None:
    wanted = moves(**{"slope@low_mid": 0.4, "threshold_db@low_mid": -3.0, "width_db@high": 1.0})
    wanted[RESPONSE] = SMOOTH_DB
    settings = settings_of_moves(wanted, measured)
    assert bypassed(settings) == {"deesser", "saturator"}
    inside = heard(measured)
    error_db = (response_db(settings) - SMOOTH_DB)[inside]
    assert np.sqrt(np.mean(error_db**2)) < 0.5
    compressor = settings["multiband_compressor"].values
    assert compressor["low_mid_ratio"] == pytest.approx(1.0 / 0.6, abs=0.01)
    assert compressor["low_mid_threshold_db"] == -3.0
    assert compressor["low_ratio"] == 1.0
    assert settings["imager"].values["high_width"] == pytest.approx(10 ** (1.0 / 20.0), abs=0.01)


def test_doing_nothing_is_an_answer(moves: Any, measured: Analysis) -> None:
    assert bypassed(settings_of_moves(NEUTRAL, measured)) == set(BLOCKS) - {"limiter"}
    small = moves(**{"width_db": 0.2})
    small[RESPONSE] = 0.05 * SMOOTH_DB
    assert bypassed(settings_of_moves(small, measured)) == set(BLOCKS) - {"limiter"}


@pytest.mark.parametrize("seed", range(5))
def test_absurd_moves_are_held_within_what_does_no_harm(seed: int, measured: Analysis) -> None:
    wild = 30.0 * np.random.default_rng(seed).standard_normal(D)
    settings = settings_of_moves(wild, measured)
    assert np.abs(response_db(settings)).max() <= 6.05
    compressor = settings["multiband_compressor"].values
    assert all(1.0 <= compressor[f"{band}_ratio"] <= 5.0 for band in ("low", "high"))


def test_reduction_of_loud_passages_is_bounded(moves: Any, measured: Analysis) -> None:
    spread = LevelSpread(-50.0, -40.0, 0.0)
    loud = dataclasses.replace(measured, band_levels=(spread,) * 4)
    wanted = moves(**{"slope": 0.8, "threshold_db": -12.0})
    values = settings_of_moves(wanted, loud)["multiband_compressor"].values
    assert all(values[f"{band}_ratio"] < 1.3 for band in ("low", "low_mid", "high_mid", "high"))


def test_widening_leaves_mono_playback_intact(moves: Any, measured: Analysis) -> None:
    mid = measured.spectrum.mid
    wide = dataclasses.replace(measured, spectrum=PowerSpectrum(mid, 0.8 * mid, 0.0 * mid))
    values = settings_of_moves(moves(**{"width_db@high": 6.0}), wide)["imager"].values
    side = values["high_width"] ** 2 * 0.8
    assert 0.0 < 10.0 * np.log10((1.0 + side) / 1.8) <= 1.0


def test_mono_has_no_width_to_change(moves: Any, measured: Analysis) -> None:
    mono = dataclasses.replace(measured, channels=1)
    assert settings_of_moves(moves(**{"width_db": -6.0}), mono)["imager"].bypass


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
    finished = {"calibration.finished": np.array([11.0, 15.0, 0.0])}
    predictor = constant(write_weights, wanted, **finished)
    for plr_db, moved in ((10.0, False), (16.0, True)):
        loudness = dataclasses.replace(measured.loudness, plr_db=plr_db)
        settings = predictor.predict(dataclasses.replace(measured, loudness=loudness)).settings
        assert settings["equalizer"].bypass != moved
    part = {"calibration.finished": np.array([11.0, 15.0, 0.5])}
    loudness = dataclasses.replace(measured.loudness, plr_db=10.0)
    mix = dataclasses.replace(measured, loudness=loudness)
    reasons = constant(write_weights, wanted, **part).predict(mix).reasons
    assert "10.0 dB" in reasons[0].text
    assert "50 %" in reasons[0].text


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


def test_intervals_are_conformal_or_not_determined(
    write_weights: Any, moves: Any, measured: Analysis
) -> None:
    wide = np.ones(Q)
    wide[0] = 3.0  # 2 * 1.7 * 3 is more than 0.8 of the prior's 8
    arrays = {
        "quantity_weights": np.zeros((Q, F)),
        "quantity_bias": np.full(Q, 0.5),
        "quantity_sigma": wide,
    }
    prediction = load_model(write_weights(arrays=arrays)).predict(measured)
    assert prediction.intervals[QUANTITIES[0]] == NOT_DETERMINED
    low, high = prediction.intervals["response_db@1000"]
    assert (float(low), float(high)) == (pytest.approx(-1.2), pytest.approx(2.2))
    assert prediction.intervals["limiter_p95_db"] == (0.0, pytest.approx(2.2))
    assert set(QUANTITIES) <= set(prediction.intervals)


def test_an_interval_as_wide_as_the_limit_is_not_determined(
    write_weights: Any, measured: Analysis
) -> None:
    for width, known in ((3.99, True), (4.01, False)):
        arrays = {
            "calibration.interval_scale": np.full(Q, 0.8 * width),
            "calibration.prior_width": np.full(Q, 8.0),
        }
        found = load_model(write_weights(arrays=arrays)).predict(measured).intervals
        assert (found["response_db@1000"] != NOT_DETERMINED) is known


def test_without_calibration_nothing_is_determined(write_network: Any, measured: Analysis) -> None:
    # reductions have no mean in this graph
    found = load_model(write_network()).predict(measured).intervals
    assert found["limiter_p95_db"] == NOT_DETERMINED
    assert found["response_db@1000"] != NOT_DETERMINED


def test_knobs_have_intervals_in_their_units(
    write_weights: Any, moves: Any, measured: Analysis
) -> None:
    wanted = moves(**{"slope": 0.5, "threshold_db": -6.0})
    knobs = D - SLOPE.start
    sigma = np.full(knobs, 0.1)
    sigma[1] = 9.0
    arrays = {
        "calibration.knob_sigma": sigma,
        "calibration.knob_interval_scale": np.ones(knobs),
        "calibration.knob_prior_width": np.full(knobs, 1.0),
    }
    found = constant(write_weights, wanted, **arrays).predict(measured).intervals
    assert found["multiband_compressor.low_ratio"] == pytest.approx((1.0 / 0.6, 2.5))
    assert found["multiband_compressor.low_mid_ratio"] == NOT_DETERMINED
    low, high = found["limiter.release_ms"]
    assert (float(low), float(high)) == pytest.approx((200.0 * np.exp(-0.1), 200.0 * np.exp(0.1)))
    bare = constant(write_weights, wanted).predict(measured).intervals
    assert bare["multiband_compressor.low_ratio"] == NOT_DETERMINED


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
    silent = dataclasses.replace(measured, statistics=np.zeros(F))
    predictor = load_model(write_network())
    prediction: Prediction = predictor.predict(measured, [measured] * count + [silent])
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
    assert predictor.predict(measured, [measured]).settings["equalizer"].bypass
    assert not predictor.predict(measured, [other]).settings["equalizer"].bypass


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
