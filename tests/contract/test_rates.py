from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from cases import CASES, HIGH, LOW, SPECTRUM, chain_of, render, resolved, settings_of
from oracles import equalizer as oracle
from scipy import signal
from signals import Array, impulse, seconds, tone_bursts

from glassmaster.inference.engine.chain import ChainRenderer
from glassmaster.models.chain import ResolvedChain, measure_anchors
from glassmaster.models.processors.deesser import ResolvedDeesser
from glassmaster.models.processors.equalizer import FILTERS, ResolvedEqualizer
from glassmaster.models.rates import hop_samples
from glassmaster.models.settings import BLOCKS, default_settings

RATES = (44_100, 48_000, 96_000, 192_000)
FREQUENCY_HZ = np.geomspace(20.0, 16_000.0, 200)
LIMIT_DB = np.where(FREQUENCY_HZ <= 2000.0, 0.1, 0.6)
CASE = {case.name: case for case in CASES}


def with_unity(sections: Array) -> Array:
    """Add the coefficient that the kernels leave out, as it is 1."""
    return np.insert(sections, 3, 1.0, axis=1)


def digital_db(sections: Array, sample_rate: int) -> Array:
    _, response = signal.freqz_sos(with_unity(sections), FREQUENCY_HZ, fs=sample_rate)
    return np.asarray(20.0 * np.log10(np.abs(response)))


@pytest.mark.parametrize("sample_rate", RATES)
@pytest.mark.parametrize("seed", [LOW, HIGH, *range(8)])
def test_equalizer_is_its_analog_prototype(sample_rate: int, seed: int) -> None:
    values = settings_of(("equalizer",), seed)["equalizer"].values
    chain = chain_of(CASE["equalizer"], seed).equalizer
    assert chain is not None
    found = digital_db(chain.sections(sample_rate), sample_rate)
    expected = oracle.response_db(values, FREQUENCY_HZ, sample_rate)
    assert np.all(np.abs(found - expected) <= LIMIT_DB)
    response_db = chain.response_db(FREQUENCY_HZ, sample_rate)
    np.testing.assert_allclose(response_db, expected, atol=1e-9)


@pytest.mark.parametrize("sample_rate", [8000, 11_025, 22_050])
def test_filters_that_the_rate_cannot_hold_count_nowhere(sample_rate: int) -> None:
    beyond = {item.name for item in FILTERS if item.high_hz > 0.45 * sample_rate}
    values = {f"{name}_gain_db": 8.0 for name in beyond}
    values |= {f"{item.name}_frequency_hz": item.high_hz for item in FILTERS}
    settings = default_settings().with_block("equalizer", values)
    flat = default_settings().with_block("equalizer", {})
    raised, neutral = (ResolvedEqualizer(one["equalizer"].values) for one in (settings, flat))
    level, flat_level = (one.sections(sample_rate)[-1] for one in (raised, neutral))
    np.testing.assert_array_equal(level, flat_level)
    assert set(raised.left_out(sample_rate)) == beyond
    assert neutral.left_out(sample_rate) == ()  # nobody misses a filter without a gain
    response_db = ResolvedEqualizer(settings["equalizer"].values).response_db(FREQUENCY_HZ, 8000)
    assert np.abs(response_db[FREQUENCY_HZ > 100.0]).max() < 0.01
    anchors = measure_anchors(settings, SPECTRUM, sample_rate=sample_rate)
    assert anchors == measure_anchors(flat, SPECTRUM, sample_rate=sample_rate)


def test_the_level_is_that_of_the_filters_that_run() -> None:
    values = (
        default_settings()
        .with_block("equalizer", {"low_gain_db": 4.0, "high_shelf_gain_db": 8.0})["equalizer"]
        .values
    )
    x = np.random.default_rng(0).standard_normal((2, 16_000))
    found = render(ResolvedChain(equalizer=ResolvedEqualizer(values)), x, 8000)
    without = {**values, "high_shelf_gain_db": 0.0}
    np.testing.assert_array_equal(
        found, render(ResolvedChain(equalizer=ResolvedEqualizer(without)), x, 8000)
    )


@pytest.mark.parametrize("name", [item.name for item in FILTERS])
@pytest.mark.parametrize("gain_db", [-8.0, 8.0])
def test_single_filters_keep_their_shape_at_any_corner(name: str, gain_db: float) -> None:
    item = next(item for item in FILTERS if item.name == name)
    for corner_hz in np.geomspace(item.low_hz, item.high_hz, 7):
        for q in (0.4, 0.8, 3.0) if item.shape == "bell" else (None,):
            values = {f"{name}_gain_db": gain_db, f"{name}_frequency_hz": float(corner_hz)}
            if q is not None:
                values[f"{name}_q"] = q
            complete = default_settings().with_block("equalizer", values)["equalizer"].values
            expected = oracle.response_db(complete, FREQUENCY_HZ, 44_100)
            equalizer = ResolvedEqualizer(complete)
            found = digital_db(equalizer.sections(44_100), 44_100)
            assert np.abs(found - expected).max() <= 0.15, (corner_hz, q)


@pytest.mark.parametrize("gain_db", [-3.0, -6.0, -8.0, -10.0])
@pytest.mark.parametrize("seed", range(4))
def test_deesser_at_a_fixed_gain_is_the_same_bell_at_every_rate(gain_db: float, seed: int) -> None:
    values = settings_of(("deesser",), seed)["deesser"].values
    center_hz, q = values["frequency_hz"], values["q"]
    depth = 10.0 ** (gain_db / 20.0)
    s = 1j * FREQUENCY_HZ / center_hz
    bell = (s * s + depth * s / q + 1.0) / (s * s + s / q + 1.0)
    for sample_rate in RATES:
        turned = ResolvedDeesser(values, -30.0).sections(sample_rate)[:1]
        _, band = signal.freqz_sos(with_unity(turned), FREQUENCY_HZ, fs=sample_rate)
        found = 20.0 * np.log10(np.abs(1.0 + (depth - 1.0) * band))
        assert np.all(np.abs(found - 20.0 * np.log10(np.abs(bell))) <= LIMIT_DB)


def power_db(chain: ResolvedChain, sample_rate: int, right: float = 0.0) -> Array:
    """Response of both outputs together to an impulse in left and ``right`` times as much."""
    x = impulse(sample_rate, at=1000)
    x[1] = right * x[0]
    responses = [
        signal.freqz(row, 1.0, FREQUENCY_HZ, fs=sample_rate)[1]
        for row in render(chain, x, sample_rate)[:, : sample_rate // 2]
    ]
    power = np.abs(responses[0]) ** 2 + np.abs(responses[1]) ** 2
    return np.asarray(10.0 * np.log10(power))


@pytest.mark.parametrize("seed", [LOW, HIGH, 0, 1, 2])
def test_compressor_bands_are_the_same_at_every_rate(seed: int) -> None:
    settings = settings_of(("multiband_compressor",), max(seed, 0))
    values = dict(settings["multiband_compressor"].values)
    corners = {spec.key: spec for spec in BLOCKS["multiband_compressor"]}
    for index, name in enumerate(("low", "low_mid", "high_mid", "high")):
        values[f"{name}_ratio"] = 1.0  # so the trim is a band's only gain
        if seed < 0:
            values[f"{name}_trim_db"] = 3.0 * (-1.0) ** (index + seed)
    if seed < 0:
        for name in ("low_corner_hz", "middle_corner_hz", "high_corner_hz"):
            values[name] = corners[name].low if seed == LOW else corners[name].high
    chain = resolved(
        CASE["multiband_compressor"], settings.with_block("multiband_compressor", values)
    )
    reference = power_db(chain, RATES[-1])
    for sample_rate in RATES[:-1]:
        assert np.all(np.abs(power_db(chain, sample_rate) - reference) <= LIMIT_DB)


@pytest.mark.parametrize("seed", [LOW, HIGH, 0, 1])
@pytest.mark.parametrize("right", [0.0, 1.0], ids=["one channel", "mid"])
def test_imager_bands_are_the_same_at_every_rate(seed: int, right: float) -> None:
    chain = chain_of(CASE["imager"], seed)
    reference = power_db(chain, RATES[-1], right)
    for sample_rate in RATES[:-1]:
        assert np.all(np.abs(power_db(chain, sample_rate, right) - reference) <= LIMIT_DB)


class Trace:
    """Takes the place of a stage's histogram and keeps the gain curve itself."""

    def __init__(self) -> None:
        self.parts: list[Array] = []

    def add(self, gain_db: Array) -> None:
        self.parts.append(gain_db.copy())


GRID_S = np.arange(0.05, 1.9, 0.0005)


def gain_curves_db(name: str, chain: ResolvedChain, sample_rate: int) -> Array:
    renderer = ChainRenderer(chain, sample_rate, 2)
    stage = getattr(renderer, name)
    stage.reductions = trace = Trace()
    renderer.process(tone_bursts(sample_rate))
    curves = np.concatenate(trace.parts, axis=1)
    ends_s = (np.arange(curves.shape[1]) + 1.0) * hop_samples(sample_rate) / sample_rate
    return np.stack([np.interp(GRID_S, ends_s, row) for row in curves])


def assert_same_gain_at_every_rate(name: str, chain: ResolvedChain) -> None:
    reference = gain_curves_db(name, chain, RATES[-1])
    assert reference.min() < -3.0
    for sample_rate in RATES[:-1]:
        difference = gain_curves_db(name, chain, sample_rate) - reference
        assert np.sqrt(np.mean(difference**2, axis=1)).max() <= 0.1


@pytest.mark.parametrize("seed", range(4))
def test_compressor_gain_reduction_is_the_same_at_every_rate(seed: int) -> None:
    chain = chain_of(CASE["multiband_compressor"], seed)
    assert_same_gain_at_every_rate("multiband_compressor", chain)


@pytest.mark.parametrize("frequency_hz", [4500.0, 6500.0, 9000.0])
def test_deesser_gain_reduction_is_the_same_at_every_rate(frequency_hz: float) -> None:
    values = {"frequency_hz": frequency_hz, "threshold_db": 4.0, "ratio": 3.0}
    chain = resolved(CASE["deesser"], default_settings().with_block("deesser", values))
    assert_same_gain_at_every_rate("deesser", replace(chain, normalization_db=4.0))


@pytest.mark.parametrize("seed", range(3))
def test_limiter_gain_is_the_same_at_every_rate(seed: int) -> None:
    chain = chain_of(CASE["limiter"], seed)

    def curve_db(sample_rate: int) -> Array:
        x = tone_bursts(sample_rate)
        x[1] = 1e-3  # a constant shows the gain that both channels share
        t = seconds(2.0, sample_rate)
        gain = render(chain, x, sample_rate)[1] / 1e-3
        gain_db = 20.0 * np.log10(gain) - CASE["limiter"].gain_db
        return np.interp(GRID_S, t, gain_db)

    reference = curve_db(RATES[-1])
    assert reference.min() < -3.0
    for sample_rate in RATES[:-1]:
        rms = math.sqrt(float(np.mean((curve_db(sample_rate) - reference) ** 2)))
        assert rms <= 0.1


def test_what_a_low_rate_cannot_hold_is_left_out_and_named() -> None:
    chain = chain_of(CASES[-1], HIGH)  # every corner at its highest
    assert ChainRenderer(chain, 48_000, 2).left_out == ()
    assert ChainRenderer(chain, 8000, 2).left_out == (
        "equalizer.high_mid",
        "equalizer.high",
        "equalizer.high_shelf",
        "deesser.band",
        "multiband_compressor.high",
        "imager.high",
    )
    assert ChainRenderer(chain, 8000, 1).left_out == (
        "equalizer.high_mid",
        "equalizer.high",
        "equalizer.high_shelf",
        "deesser.band",
        "multiband_compressor.high",
    )
    assert ChainRenderer(chain, 22_050, 2).left_out == ("equalizer.high", "equalizer.high_shelf")


def test_bypassed_blocks_name_nothing() -> None:
    assert ChainRenderer(ResolvedChain(), 8000, 2).left_out == ()
