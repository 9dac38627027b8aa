from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glassmaster.data.reference.embedding import (
    KINDS,
    Projection,
    production_numbers,
    shipped_embedding,
)
from glassmaster.data.reference.production import BANDS, FIGURES, Production, production_of
from glassmaster.models.mel_statistics import STATISTICS
from glassmaster.models.spectrum import CENTERS_HZ, THIRD_CENTERS_HZ, PowerSpectrum

LEVELS = (-12.0, 6.0, 11.0, 8.5)


def made(mid: np.ndarray, side: np.ndarray, cross: np.ndarray | None = None) -> Production:
    nothing = np.zeros(len(CENTERS_HZ))
    statistics = np.arange(float(len(STATISTICS)))
    return production_of(
        LEVELS, PowerSpectrum(mid, side, nothing if cross is None else cross), statistics
    )


@settings(max_examples=20, deadline=None)
@given(st.floats(-60.0, 60.0))
def test_tone_knows_no_level(gain_db: float) -> None:
    rng = np.random.default_rng(1)
    mid, side = 10.0 ** rng.normal(-4.0, 0.5, (2, len(CENTERS_HZ)))
    power = 10.0 ** (0.1 * gain_db)
    one, other = made(mid, side), made(power * mid, power * side)
    np.testing.assert_allclose(one.tone_db, other.tone_db, atol=1e-6)
    np.testing.assert_allclose(one.width_db, other.width_db, atol=1e-6)
    judged = (THIRD_CENTERS_HZ > 60.0) & (THIRD_CENTERS_HZ < 13_000.0)
    assert one.tone_db[judged].mean() == pytest.approx(0.0, abs=1e-9)


def test_width_is_side_over_mid_and_correlation_what_they_say() -> None:
    flat = np.ones(len(CENTERS_HZ))
    production = made(flat, 0.1 * flat)
    np.testing.assert_allclose(production.width_db, -10.0)
    np.testing.assert_allclose(production.correlation, 0.9 / 1.1)
    mono = made(flat, 0.0 * flat)
    np.testing.assert_allclose(mono.correlation, 1.0)
    assert np.isfinite(mono.width_db).all()
    nothing = made(0.0 * flat, 0.0 * flat)
    assert np.isfinite(nothing.tone_db).all()
    np.testing.assert_array_equal(nothing.correlation, 1.0)


def test_figures_are_in_their_order_and_undefined_ones_are_nan() -> None:
    flat = np.ones(len(CENTERS_HZ))
    production = made(flat, flat)
    assert production.figures[:4].tolist() == list(LEVELS)
    assert production.figures[4] == STATISTICS.index("crest_p50_db")
    assert production.figures[5] == STATISTICS.index("side_db")
    statistics = np.zeros(len(STATISTICS))
    spectrum = PowerSpectrum(flat, flat, 0.0 * flat)
    undefined = production_of((None, None, 3.0, None), spectrum, statistics)
    assert np.isnan(undefined.figures).tolist() == [True, True, False, True, False, False]


def test_places_by_production_know_no_loudness_and_hold_what_is_odd() -> None:
    rng = np.random.default_rng(3)
    count = 5
    figures = rng.normal(8.0, 1.0, (count, len(FIGURES)))
    tone, width, correlation = rng.normal(0.0, 5.0, (3, count, BANDS))
    production = Production(figures, tone, tone + width, np.tanh(correlation))
    numbers = production_numbers(production)
    assert numbers.shape == (count, KINDS["production"])
    louder = Production(figures + np.eye(len(FIGURES))[0], tone, tone + width, correlation)
    np.testing.assert_array_equal(production_numbers(louder), numbers)
    places = shipped_embedding().of_production(production)
    assert places.shape == (count, 16)
    figures[2, 1] = np.nan
    assert np.isfinite(shipped_embedding().of_production(production)).all()
    plain = Projection(np.zeros(2), np.ones(2), np.eye(2))
    np.testing.assert_array_equal(plain.of(np.array([9.0, np.nan])), [4.0, 0.0])
