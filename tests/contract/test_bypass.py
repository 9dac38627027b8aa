from __future__ import annotations

import numpy as np
import pytest
from cases import CASES, RATES, SPECTRUM, Case, neutral_chain, render, resolved, settings_of
from signals import Array, impulse, programme

from glassmaster.models.chain import ResolvedChain, measure_anchors, resolve
from glassmaster.models.settings import BLOCKS, default_settings

CHAIN = CASES[-1]
LOOKED_AHEAD = 4096


@pytest.mark.parametrize("sample_rate", [8000, *RATES, 192_000])
def test_defaults_bypass_everything_bit_identically(sample_rate: int) -> None:
    settings = default_settings()
    anchors = measure_anchors(settings, SPECTRUM, sample_rate=sample_rate)
    chain = resolve(settings, anchors, normalization_db=0.0)
    x = programme(sample_rate, 0.4)
    np.testing.assert_array_equal(render(chain, x, sample_rate, 777), x)


@pytest.mark.parametrize("bypassed", BLOCKS)
def test_bypassing_one_block_leaves_exactly_the_others(bypassed: str) -> None:
    settings = settings_of(CHAIN.blocks, seed=5)
    anchors = measure_anchors(settings, SPECTRUM, sample_rate=48_000)
    # silence first: the saturator rings before the start, which only a joined chain passes on
    x = np.pad(programme(48_000, 0.5), ((0, 0), (LOOKED_AHEAD, 0)))
    without = settings.with_block(bypassed, settings[bypassed].values, bypass=True)
    chain = resolve(without, anchors, normalization_db=-2.0, gain_db=8.0)
    assert getattr(chain, bypassed) is None

    y = render(ResolvedChain(normalization_db=-2.0), x, 48_000)
    for name in BLOCKS:
        if name == "limiter":  # the loudness gain comes before it
            y = render(ResolvedChain(gain_db=8.0), y, 48_000)
        if name != bypassed:
            alone = default_settings().with_block(name, settings[name].values)
            y = render(resolve(alone, anchors, normalization_db=0.0), y, 48_000)
    # beyond the end the joined chain still rings while the single ones start from silence
    compared = slice(0, x.shape[1] - LOOKED_AHEAD)
    np.testing.assert_array_equal(render(chain, x, 48_000)[:, compared], y[:, compared])


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("sample_rate", RATES)
def test_neutral_is_flat_within_a_hundredth_of_a_decibel(case: Case, sample_rate: int) -> None:
    y = render(neutral_chain(case), 0.25 * impulse(2 * sample_rate, at=1000), sample_rate)
    deviation_db = magnitude_db(4.0 * y[0], sample_rate)
    assert np.abs(deviation_db).max() <= 0.01
    assert np.abs(y[1]).max() < 1e-12  # nothing of left in right


@pytest.mark.parametrize("name", ["multiband_compressor", "imager"])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_crossovers_are_all_pass_at_any_corner(name: str, seed: int) -> None:
    settings = settings_of((name,), seed)
    values = {
        spec.key: spec.default if spec.scaled else settings[name].values[spec.key]
        for spec in BLOCKS[name]
    }
    case = Case(name, (name,), 0.0)
    chain = resolved(case, default_settings().with_block(name, values))
    y = render(chain, impulse(48_000, at=1000), 48_000)
    spectrum = np.abs(np.fft.rfft(y[0]))
    np.testing.assert_allclose(spectrum, 1.0, atol=1e-9)


def magnitude_db(response: Array, sample_rate: int) -> Array:
    spectrum = np.abs(np.fft.rfft(response))
    frequency_hz = np.fft.rfftfreq(len(response), 1.0 / sample_rate)
    heard = (frequency_hz >= 20.0) & (frequency_hz <= 20_000.0)
    return np.asarray(20.0 * np.log10(spectrum[heard]))
