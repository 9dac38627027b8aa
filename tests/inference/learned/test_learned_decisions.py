from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from glassmaster.data.analysis import Analysis
from glassmaster.data.metering.spectrum import LevelSpread
from glassmaster.inference.learned.decisions import settings_of_moves
from glassmaster.models.mel_statistics import STATISTICS
from glassmaster.models.moves import (
    MOVES,
    NEUTRAL,
    QUANTITIES,
    RESPONSE,
    RESPONSE_HZ,
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
