from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from glassmaster.data.analysis import Analysis
from glassmaster.inference.learned.loading import load_model
from glassmaster.inference.predictor import NOT_DETERMINED, Company, Predictor
from glassmaster.models.mel_statistics import STATISTICS
from glassmaster.models.moves import (
    MOVES,
    QUANTITIES,
    SLOPE,
    level_free,
)

F, D, Q = len(STATISTICS), len(MOVES), len(QUANTITIES)
SMOOTH_DB = level_free(2.0 * np.cos(np.linspace(0.0, 4.0, 27)))


def constant(write_weights: Any, moves: Any, **options: Any) -> Predictor:
    weights = {"weights": np.zeros((D, F)), "bias": moves}
    return load_model(write_weights(arrays=weights, **options))


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
    found = load_model(write_network()).predict(measured).intervals
    assert set(QUANTITIES) <= set(found)
    assert set(found.values()) == {NOT_DETERMINED}


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


def test_intervals_of_knobs_are_around_what_was_estimated(
    write_weights: Any, moves: Any, measured: Analysis
) -> None:
    # shrinking moves the knob, but what its errors were measured on is the estimate
    wanted = moves(**{"slope": 0.5, "threshold_db": -6.0})
    knobs = D - SLOPE.start
    arrays = {
        "calibration.knob_sigma": np.full(knobs, 0.05),
        "calibration.knob_interval_scale": np.ones(knobs),
        "calibration.knob_prior_width": np.full(knobs, 1.0),
        "calibration.shrink": np.array([1.0, 0.6, 1.0, 1.0]),
    }
    prediction = constant(write_weights, wanted, **arrays).predict(measured)
    ratio = prediction.settings["multiband_compressor"].values["low_ratio"]
    assert ratio == pytest.approx(1.0 / 0.7, abs=0.01)
    low, high = prediction.intervals["multiband_compressor.low_ratio"]
    assert (float(low), float(high)) == pytest.approx((1.0 / 0.55, 1.0 / 0.45))


def test_with_references_intervals_need_a_calibration_of_their_own(
    write_weights: Any, measured: Analysis
) -> None:
    weights = {"quantity_weights": np.zeros((Q, F)), "quantity_bias": np.full(Q, 0.5)}
    predictor = load_model(write_weights(arrays=weights))
    assert predictor.predict(measured).intervals["response_db@1000"] != NOT_DETERMINED
    referred = predictor.predict(measured, Company(measured.statistics[None], np.ones(1))).intervals
    assert {*referred.values()} == {NOT_DETERMINED}
    own = {
        "quantity_referred_sigma": np.full(Q, 0.5),
        "calibration.referred_interval_scale": np.full(Q, 2.0),
        "calibration.referred_prior_width": np.full(Q, 8.0),
    }
    predictor = load_model(write_weights(arrays=weights | own))
    found = predictor.predict(measured, Company(measured.statistics[None], np.ones(1))).intervals[
        "response_db@1000"
    ]
    assert found == pytest.approx((-0.5, 1.5))


def test_blocks_left_idle_have_factors_of_their_own(
    write_weights: Any, moves: Any, measured: Analysis
) -> None:
    arrays = {
        "weights": np.zeros((D, F)),
        "bias": moves(**{"slope@low_mid": 0.4}),
        "quantity_weights": np.zeros((Q, F)),
        "quantity_bias": np.full(Q, 3.0),
        "calibration.idle_interval_scale": np.full(Q, 0.5),
    }
    found = load_model(write_weights(arrays=arrays)).predict(measured).intervals
    assert found["reduction_p95_db@low_mid"] == pytest.approx((1.3, 4.7))
    assert found["reduction_p95_db@low"] == pytest.approx((2.5, 3.5))
    assert found["response_db@1000"] == pytest.approx((2.5, 3.5))


def test_what_no_factor_bounds_is_not_determined(write_weights: Any, measured: Analysis) -> None:
    for arrays in (
        {"calibration.interval_scale": np.full(Q, 1e30)},
        {"calibration.prior_width": np.zeros(Q)},
    ):
        found = load_model(write_weights(arrays=arrays)).predict(measured).intervals
        assert {found[name] for name in QUANTITIES} == {NOT_DETERMINED}
