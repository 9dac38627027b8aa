from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassmaster.models.decibel import (
    amplitude_to_decibel,
    decibel_to_amplitude,
    decibel_to_power,
    power_to_decibel,
)
from glassmaster.models.errors import ParameterError
from glassmaster.models.parameters import ParameterSpec, complete

GAIN = ParameterSpec("gain", "dB", -8.0, 8.0, 0.0, scaled=True)
ATTACK = ParameterSpec("attack", "ms", 1.0, 100.0, 10.0, log=True)
RATIO = ParameterSpec("ratio", "", 1.0, 16.0, 1.0, log=True, scaled=True)
SPECS = (GAIN, ATTACK, RATIO)


def test_key_carries_the_unit() -> None:
    keys = [spec.key for spec in (*SPECS, ParameterSpec("ceiling", "dBTP", -12.0, 0.0, -1.0))]
    assert keys == ["gain_db", "attack_ms", "ratio", "ceiling_dbtp"]


def test_log_scale_has_equal_ratios() -> None:
    assert [ATTACK.denormalize(z) for z in (0.0, 0.5, 1.0)] == pytest.approx([1.0, 10.0, 100.0])
    assert [GAIN.denormalize(z) for z in (0.0, 0.5, 1.0)] == pytest.approx([-8.0, 0.0, 8.0])


@given(st.sampled_from(SPECS), st.floats(0.0, 1.0))
def test_normalize_is_the_inverse_and_the_range_is_kept(spec: ParameterSpec, z: float) -> None:
    value = spec.denormalize(z)
    assert spec.low <= value <= spec.high
    assert spec.normalize(value) == pytest.approx(z, abs=1e-12)


def test_amount_moves_scaled_values_only() -> None:
    assert GAIN.toward_default(6.0, 0.5) == pytest.approx(3.0)
    assert RATIO.toward_default(4.0, 0.5) == pytest.approx(2.0)
    assert ATTACK.toward_default(50.0, 0.0) == 50.0
    for spec in (GAIN, RATIO):
        assert spec.toward_default(spec.high, 0.0) == pytest.approx(spec.default)
        assert spec.toward_default(spec.high, 1.0) == pytest.approx(spec.high)


@pytest.mark.parametrize("value", [-8.1, 8.1, math.nan, math.inf, -math.inf])
def test_out_of_range_is_refused(value: float) -> None:
    with pytest.raises(ParameterError, match="gain_db") as caught:
        GAIN.check(value)
    assert caught.value.code == "out_of_range"
    assert caught.value.exit_code == 64


@pytest.mark.parametrize(
    ("low", "high", "default", "log"),
    [(1.0, 1.0, 1.0, False), (2.0, 1.0, 1.5, False), (0.0, 1.0, 2.0, False), (0.0, 1.0, 0.5, True)],
)
def test_impossible_specification(low: float, high: float, default: float, log: bool) -> None:
    with pytest.raises(ParameterError):
        ParameterSpec("x", "", low, high, default, log)


def test_complete_fills_defaults_and_knows_its_keys() -> None:
    filled = complete("stage", SPECS, {"gain_db": 2})
    assert filled == {"gain_db": 2.0, "attack_ms": 10.0, "ratio": 1.0}
    assert all(isinstance(value, float) for value in filled.values())
    with pytest.raises(ParameterError, match="stage has no parameter gain") as caught:
        complete("stage", SPECS, {"gain": 2.0})
    assert caught.value.code == "unknown_parameter"


def test_decibels() -> None:
    assert decibel_to_amplitude(-6.020599913279624) == pytest.approx(0.5)
    assert decibel_to_power(-3.010299956639812) == pytest.approx(0.5)
    assert amplitude_to_decibel(10.0) == pytest.approx(20.0)
    assert power_to_decibel(10.0) == pytest.approx(10.0)
    assert amplitude_to_decibel(0.0) == power_to_decibel(0.0) == -math.inf
