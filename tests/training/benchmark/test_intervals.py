from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from glassmaster.inference.effects import Effects
from glassmaster.inference.predictor import NOT_DETERMINED
from glassmaster.models.errors import ParameterError
from glassmaster.models.moves import IN_LEVEL, QUANTITIES, RESPONSE, WIDTH
from glassmaster.models.settings import default_settings
from glassmaster.training.benchmark.coverage import binomial_interval, coverage_document
from glassmaster.training.benchmark.generators.degradation import draw
from glassmaster.training.benchmark.intervals import (
    Known,
    effective_quantities,
    interval_figures,
    known_quantities,
)
from glassmaster.training.benchmark.results import MethodOutcome, TaskOutcome
from glassmaster.training.benchmark.tasks import Plan, Task, Truth

REDUCTIONS = {
    name: (float(k), k + 0.5) for k, name in enumerate(("low", "low_mid", "high_mid", "high"))
}
MASTER: Any = SimpleNamespace(
    limiting=SimpleNamespace(reduction_db=2.5), reductions=SimpleNamespace(bands_db=REDUCTIONS)
)


def task(truth: Truth, side: float = 0.3) -> Task:
    rng = np.random.default_rng(1)
    mid, difference = rng.standard_normal((2, 1000))
    mix = np.stack((mid + side * difference, mid - side * difference)).astype(np.float32)
    return Task(Plan("S", "p/x", "p", "p", (), 0), mix, None, 44_100, -14.0, (), truth)


def test_a_degradation_tells_of_response_and_widths() -> None:
    drawn = replace(draw(1, "p/x"), side_gain_db=-2.0)
    known = known_quantities(
        task(Truth(degradation=drawn, response_db=tuple(drawn.correction_db.tolist())))
    )
    assert set(known) == {*QUANTITIES[RESPONSE], *QUANTITIES[WIDTH]}
    assert known["width_db@middle"] == Known(2.0, True)
    assert known["width_db@low"].value == 0.0  # lows are never widened
    assert [known[name].value for name in QUANTITIES[RESPONSE]] == drawn.correction_db.tolist()
    mono = known_quantities(task(Truth(degradation=drawn, response_db=(0.0,) * 27), 0.0))
    assert set(mono) == set(QUANTITIES[RESPONSE])
    assert not any(each.active for each in mono.values())


def test_settings_tell_of_every_quantity() -> None:
    settings = default_settings().with_block("imager", {"high_width": 0.5})
    settings = settings.with_block("multiband_compressor", {"low_mid_ratio": 2.0})
    truth = Truth(settings, response_db=(1.0, -1.0, *(0.0,) * 25), master=MASTER)
    known = known_quantities(task(truth))
    assert set(known) == set(QUANTITIES)
    assert known["width_db@high"].value == pytest.approx(-6.02, abs=0.01)
    assert known["width_db@low"] == Known(0.0, True)
    assert known["reduction_p95_db@low_mid"] == Known(1.5, True)
    assert known["reduction_p50_db@low_mid"] == Known(1.0, True)
    assert not known["reduction_p95_db@high"].active
    assert known["limiter_p95_db"] == Known(2.5, True)
    assert not known["response_db@63"].active


def test_effects_of_true_settings_are_told_of_all_blocks_together() -> None:
    settings = default_settings().with_block("multiband_compressor", {"low_ratio": 2.0})
    percentiles = np.arange(9.0)
    total_db = np.linspace(-1.0, 3.0, 27) + 5.0  # a tilt by trims, since the equalizer is idle
    nothing = np.zeros((4, 2))
    effects = Effects(total_db, np.zeros(3), nothing, nothing[0], np.zeros(27), percentiles)
    truth = Truth(settings, response_db=(0.0,) * 27)
    known = effective_quantities(task(truth), effects)
    assert set(known) == set(QUANTITIES)
    found = np.array([known[name].value for name in QUANTITIES[RESPONSE]])
    assert found[IN_LEVEL].mean() == pytest.approx(0.0, abs=1e-12)
    assert found[-1] - found[0] == pytest.approx(4.0)
    assert known["response_db@63"].active
    assert known["reduction_p95_db@low"] == Known(4.0, True)
    assert known["limiter_p95_db"] == Known(8.0, True)
    assert not known["reduction_p50_db@high"].active
    assert not known["width_db@high"].active
    mono = effective_quantities(task(truth, 0.0), effects)
    assert set(known) - set(mono) == set(QUANTITIES[WIDTH])
    with pytest.raises(ParameterError, match="unknown"):
        effective_quantities(task(Truth()), effects)


def test_what_is_not_determined_has_a_truth_but_no_coverage() -> None:
    known = {"a": Known(1.0, True), "b": Known(2.0, False), "c": Known(9.0, True)}
    found = interval_figures(known, {"a": (0.0, 1.5), "b": (3.0, 4.0), "c": NOT_DETERMINED})
    assert (found["COVERAGE"], found["INTERVAL"]) == (0.5, 1.25)
    assert (found["IN a"], found["IN b"], found["WIDTH a"]) == (1.0, 0.0, 1.5)
    assert (found["TRUE c"], found["ACTIVE c"]) == (9.0, 1.0)
    assert "IN c" not in found
    assert interval_figures(known, {}) == {}


def outcome(index: int, metrics: Mapping[str, float]) -> TaskOutcome:
    return TaskOutcome("S", f"p/{index}", "p", 1.0, "f", {"net": MethodOutcome("f", metrics, 0.1)})


def test_widths_are_told_relative_to_what_is_known_without_the_mix() -> None:
    rows = []
    for index in range(101):  # on active songs the truth goes from 0 to 10, evenly
        known = {"a": Known(index / 10.0, True), "b": Known(index / 10.0, index % 2 == 0)}
        low = index / 10.0 - (1.0 if index >= 11 else -1.0)
        rows.append(
            outcome(index, interval_figures(known, {"a": (low, low + 1.8), "b": NOT_DETERMINED}))
        )
    (found,) = coverage_document(rows).values()
    assert found["pooled"] == found["pooled_active"] == pytest.approx(90 / 101)
    assert found["quantities"]["a"]["relative_width"] == pytest.approx(1.8 / 9.0)
    assert found["quantities"]["b"]["relative_width"] == 1.0
    assert found["quantities"]["b"]["n"] == 0
    assert found["quantities"]["b"]["share"] is None
    assert found["relative_width"] == pytest.approx((101 * 0.2 + 51) / 152)
    assert found["determined"] == pytest.approx(101 / 152)
    low, high = (found["quantities"]["a"][key] for key in ("low", "high"))
    assert low < 0.9 < high
    json.dumps(found, allow_nan=False)


def test_the_prior_of_too_few_songs_is_unknown() -> None:
    known = {"a": Known(1.0, True)}
    rows = [outcome(index, interval_figures(known, {"a": (0.0, 2.0)})) for index in range(4)]
    (found,) = coverage_document(rows).values()
    assert (found["pooled"], found["relative_width"]) == (1.0, None)


def test_binomial_interval_is_exact() -> None:
    assert binomial_interval(0, 10) == pytest.approx((0.0, 0.30850), abs=1e-4)
    assert binomial_interval(10, 10) == pytest.approx((0.69150, 1.0), abs=1e-4)
    assert binomial_interval(5, 10) == pytest.approx((0.18709, 0.81291), abs=1e-4)
