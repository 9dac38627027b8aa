from __future__ import annotations

import numpy as np
import pytest
from cases import CASES, HIGH, LOW, RATES, Case, chain_of, render, settings_of
from oracles import chain as oracle
from oracles import deesser, equalizer, multiband_compressor
from scipy import signal
from signals import difference_db, programme

from glassmaster.models.chain import measure_anchors
from glassmaster.models.spectrum import EDGES_HZ, PowerSpectrum


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("sample_rate", RATES)
@pytest.mark.parametrize("seed", [LOW, HIGH, 0, 1, 2])
def test_engine_nulls_with_its_oracle(case: Case, sample_rate: int, seed: int) -> None:
    chain = chain_of(case, seed)
    x = programme(sample_rate, seed=10 + seed)
    expected = oracle.render(chain, x, sample_rate)
    assert difference_db(render(chain, x, sample_rate), expected) <= case.null_db


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("sample_rate", [8000, 11_025, 22_050, 192_000, 384_000])
def test_engine_nulls_with_its_oracle_at_other_rates(case: Case, sample_rate: int) -> None:
    chain = chain_of(case, 1)
    x = programme(sample_rate, 0.4)
    expected = oracle.render(chain, x, sample_rate)
    assert difference_db(render(chain, x, sample_rate), expected) <= case.null_db


@pytest.mark.parametrize("case", [case for case in CASES if case.blocks], ids=str)
def test_oracle_hears_the_case(case: Case) -> None:
    x = programme(48_000)
    assert difference_db(oracle.render(chain_of(case, 0), x, 48_000), x) > -40.0


def test_anchors_are_the_levels_that_the_oracles_measure() -> None:
    rate, frames = 48_000, 8 * 48_000
    rng = np.random.default_rng(3)
    x = 0.1 * signal.lfilter(*signal.butter(1, 800.0, fs=rate), rng.standard_normal((2, frames)))
    settings = settings_of(("equalizer", "deesser", "multiband_compressor", "saturator"), seed=4)
    anchors = measure_anchors(settings, spectrum_of(x, rate), sample_rate=rate)

    y = equalizer.render(settings["equalizer"].values, x, rate)
    band = deesser.heard_section(settings["deesser"].values, rate)
    levels = [level_dbfs(signal.sosfilt(band[np.newaxis], y)), level_dbfs(y)]
    values = settings["multiband_compressor"].values
    levels += [level_dbfs(part) for part in multiband_compressor.split(values, y, rate)]
    found = (anchors.deesser_dbfs, anchors.saturator_dbfs, *anchors.bands_dbfs)
    assert found == pytest.approx(levels, abs=0.3)


def level_dbfs(x: np.ndarray) -> float:
    return float(10.0 * np.log10(np.mean(x**2)))


def spectrum_of(x: np.ndarray, sample_rate: int) -> PowerSpectrum:
    frames = x.shape[1]
    parts = np.fft.rfft(np.stack((0.5 * (x[0] + x[1]), 0.5 * (x[0] - x[1]))))
    frequency_hz = np.fft.rfftfreq(frames, 1.0 / sample_rate)
    counts = np.histogram(frequency_hz, EDGES_HZ)[0]
    assert counts.min() > 0
    mid, side = (
        np.histogram(frequency_hz, EDGES_HZ, weights=2.0 * np.abs(part / frames) ** 2)[0]
        for part in parts
    )
    return PowerSpectrum(mid, side, np.zeros_like(mid))
