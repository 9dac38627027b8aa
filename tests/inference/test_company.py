from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassmaster.data.reference.production import Production
from glassmaster.inference.company import (
    DEFAULT_SHARE,
    Shown,
    company_behind,
    company_of,
    reference_shares,
    smoothed_spectrum,
)
from glassmaster.inference.reference import Place, ReferenceMatch
from glassmaster.models.mel import mel_edges_hz
from glassmaster.models.mel_statistics import STATISTICS

F = len(STATISTICS)
NAMES = np.array(STATISTICS)
SPECTRUM = np.char.startswith(NAMES, "spectrum_db@")
WIDTH = np.char.startswith(NAMES, "width_db@")


def match_of(statistics: np.ndarray) -> ReferenceMatch:
    nothing = Place(*(np.zeros(1) for _ in range(5)))
    production = Production(*(np.zeros((0, count)) for count in (6, 31, 31, 31)))
    return ReferenceMatch((), statistics, production, nothing, nothing, nothing, nothing)


@pytest.fixture
def neighbors() -> np.ndarray:
    return np.random.default_rng(0).normal(-30.0, 5.0, (16, F))


def test_without_references_neighbors_count_alike(neighbors: np.ndarray) -> None:
    company = company_of(match_of(neighbors), (), np.zeros(F))
    assert company is not None
    np.testing.assert_array_equal(company.statistics, neighbors)
    np.testing.assert_array_equal(company.weights, 1.0)
    assert company_of(None, (), np.zeros(F)) is None


def test_a_reference_takes_its_share(neighbors: np.ndarray) -> None:
    own = np.full(F, -20.0)
    for weight, share in ((None, DEFAULT_SHARE), (0.25, 0.25)):
        company = company_of(match_of(neighbors), (Shown(own, weight),), np.zeros(F))
        assert company is not None
        assert company.weights[-1] / company.weights.sum() == pytest.approx(share)
        mean = np.average(company.statistics, axis=0, weights=company.weights)
        wanted = share * own + (1.0 - share) * neighbors.mean(axis=0)
        np.testing.assert_allclose(mean, wanted)


def test_parts_that_do_not_count_are_those_of_neighbors(neighbors: np.ndarray) -> None:
    own = np.full(F, -20.0)
    shown = Shown(own, 1.0, {"tone": 1.0, "width": 0.5})
    company = company_of(match_of(neighbors), (shown,), np.zeros(F))
    assert company is not None
    row, base = company.statistics[-1], neighbors.mean(axis=0)
    np.testing.assert_allclose(row[SPECTRUM], own[SPECTRUM])
    np.testing.assert_allclose(row[WIDTH], 0.5 * (own + base)[WIDTH])
    rest = ~(SPECTRUM | WIDTH) & (NAMES != "weighting_db") & (NAMES != "side_db")
    np.testing.assert_allclose(row[rest], base[rest])


def test_above_the_edge_of_a_codec_tone_is_that_of_neighbors() -> None:
    band_hz = mel_edges_hz()[1:-1]
    shown = Shown(np.full(F, -20.0), tone_to_hz=8000.0)
    company = company_of(match_of(np.full((16, F), -30.0)), (shown,), np.zeros(F))
    assert company is not None
    row = company.statistics[-1][SPECTRUM]
    np.testing.assert_allclose(row[band_hz > 9000.0], -30.0)  # a sixth of an octave is smoothed
    np.testing.assert_allclose(row[band_hz < 7100.0], -20.0)


def test_without_neighbors_the_mix_stands_for_what_is_unknown() -> None:
    mix, own = np.full(F, -40.0), np.full(F, -20.0)
    company = company_of(None, (Shown(own, None, {"tone": 1.0}),) * 2, mix)
    assert company is not None
    np.testing.assert_allclose(company.weights.sum(), 1.0)
    np.testing.assert_allclose(company.statistics[:, WIDTH], -40.0)
    np.testing.assert_allclose(company.statistics[:, SPECTRUM], -20.0)


@given(st.lists(st.one_of(st.none(), st.floats(0.01, 1.0)), min_size=1, max_size=50))
def test_shares_are_less_than_all(weights: list[float | None]) -> None:
    shares = reference_shares(weights)
    assert np.all(shares > 0.0)
    assert shares.sum() < 1.0
    given_one = [(w, s) for w, s in zip(weights, shares, strict=True) if w is not None]
    if len(given_one) > 1:  # what was given keeps its proportions
        ratios = np.array([s / w for w, s in given_one])
        np.testing.assert_allclose(ratios, ratios[0])


def test_a_bass_note_does_not_leak_in() -> None:
    band_hz = mel_edges_hz()[1:-1]
    spectrum = np.zeros(80)
    high = int(np.argmin(np.abs(band_hz - 2000.0)))
    spectrum[high] = 20.0
    smooth = smoothed_spectrum(spectrum)
    assert smooth.max() < 15.0
    near = np.abs(np.log2(band_hz / band_hz[high])) <= 1.0 / 6.0
    assert np.all(smooth[near] > 5.0)
    np.testing.assert_allclose(smooth[~near], 0.0, atol=1e-9)
    np.testing.assert_allclose(smoothed_spectrum(np.full(80, -7.0)), -7.0)


AT_LARGE = np.linspace(-40.0, -20.0, F)
OWN = AT_LARGE + np.cos(np.arange(F))


def test_a_finished_song_has_references_alone() -> None:
    company = company_behind((Shown(OWN, 0.3), Shown(-OWN, 0.1)), AT_LARGE)
    assert company.settings_alone
    np.testing.assert_allclose(company.weights, (0.75, 0.25))
    # what is behind them is told from spectra as they are
    np.testing.assert_allclose(company.statistics, (OWN, -OWN))
    nobody = company_behind((), AT_LARGE)
    assert nobody.settings_alone
    assert nobody.statistics.shape == (0, F)


def test_parts_that_do_not_count_are_those_of_finished_songs_at_large() -> None:
    shown = Shown(OWN, None, {"width": 0.5, "dynamics": 1.0}, 8000.0)
    row = company_behind((shown,), AT_LARGE).statistics[0]
    np.testing.assert_allclose(row[SPECTRUM], AT_LARGE[SPECTRUM])
    np.testing.assert_allclose(row[WIDTH], 0.5 * (OWN + AT_LARGE)[WIDTH])
    lossy = company_behind((Shown(OWN, tone_to_hz=8000.0),), AT_LARGE).statistics[0][SPECTRUM]
    above = mel_edges_hz()[1:-1] > 8000.0
    assert 0 < above.sum() < 80
    np.testing.assert_allclose(lossy[above], AT_LARGE[SPECTRUM][above])
    np.testing.assert_allclose(lossy[~above], OWN[SPECTRUM][~above])


def test_who_shows_neither_tone_nor_width_is_not_asked() -> None:
    mute = Shown(OWN, 0.9, {"dynamics": 1.0, "loudness": 1.0, "tone": 0.0})
    company = company_behind((mute, Shown(-OWN, 0.1)), AT_LARGE)
    np.testing.assert_allclose(company.statistics, (-OWN,))
    np.testing.assert_allclose(company.weights, 1.0)
    assert len(company_behind((mute,), AT_LARGE).weights) == 0
