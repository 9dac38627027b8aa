from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from glassmaster.data.analysis import Analysis
from glassmaster.data.findings import Finding
from glassmaster.inference.baseline import BaselinePredictor
from glassmaster.inference.company import Shown, company_behind
from glassmaster.inference.corpora import shipped_corpus
from glassmaster.inference.learned.loading import load_model
from glassmaster.inference.predictor import Company, Predictor
from glassmaster.models.mel_statistics import STATISTICS
from glassmaster.models.moves import RESPONSE_HZ
from glassmaster.models.processors.equalizer import ResolvedEqualizer
from glassmaster.models.settings import ChainSettings, default_settings
from glassmaster.models.spectrum import CENTERS_HZ

SPECTRUM = np.array([name.startswith("spectrum_db@") for name in STATISTICS])
TREBLE = RESPONSE_HZ > 2500.0
LIMITER_ALONE = default_settings().with_block("limiter", {})


def response_db(settings: ChainSettings) -> np.ndarray[Any, Any]:
    if settings["equalizer"].bypass:
        return np.zeros(len(RESPONSE_HZ))
    return ResolvedEqualizer(settings["equalizer"].values).response_db(RESPONSE_HZ, 44_100)


def tilted(by_db: float) -> np.ndarray[Any, Any]:
    """Return statistics of finished songs at large, so much brighter at the top than amid."""
    statistics = shipped_corpus().statistics.mean(axis=0)
    statistics[SPECTRUM] += by_db * np.linspace(-1.0, 1.0, int(SPECTRUM.sum()))
    return statistics


def behind(*shown: Shown) -> Company:
    return company_behind(shown, shipped_corpus().statistics.mean(axis=0))


def alike(by_db: float, count: int = 6, **parts: float) -> Company:
    usual = {"tone": 1.0, "width": 1.0, "dynamics": 1.0}
    return behind(*[Shown(tilted(by_db), None, {**usual, **parts})] * count)


@pytest.fixture
def predictor(write_weights: Any, telling: Any) -> Predictor:
    return load_model(write_weights(arrays=telling))


@pytest.fixture
def faulty(measured: Analysis) -> Analysis:
    """A song that is off center and rumbles."""
    mid = np.where(CENTERS_HZ < 30.0, measured.spectrum.mid.max(), measured.spectrum.mid)
    return dataclasses.replace(
        measured,
        spectrum=dataclasses.replace(measured.spectrum, mid=mid),
        dc_offset=(0.1, 0.1),
        findings=(Finding("dc_offset", "The signal is off center."),),
    )


@pytest.mark.parametrize("named", ["baseline", "linear", "network", "unable"])
def test_nothing_is_mended_without_references(
    write_weights: Any,
    write_network: Any,
    telling: Any,
    faulty: Analysis,
    moves: Callable[..., Any],
    named: str,
) -> None:
    predictors: dict[str, Predictor] = {
        "baseline": BaselinePredictor(),
        "linear": load_model(write_weights(arrays=telling)),
        "network": load_model(write_network(moves(width_db=-3.0), **telling)),
        "unable": load_model(write_weights("unable")),
    }
    predictor = predictors[named]
    assert predictor.reads_settings == (named in ("linear", "network"))
    mended = predictor.predict(faulty)
    assert mended.settings["equalizer"].values["high_pass_frequency_hz"] > 0.0
    assert not mended.settings["equalizer"].bypass
    quiet = (*faulty.findings, Finding("very_quiet", "It is very quiet."))
    for song in (faulty, dataclasses.replace(faulty, findings=quiet)):
        left = predictor.predict(song, behind())
        assert left.settings == LIMITER_ALONE
        assert left.intervals == {}
        assert [each.block for each in left.reasons] == list(left.settings.blocks)


def test_with_references_nothing_is_mended_either(predictor: Predictor, faulty: Analysis) -> None:
    found = predictor.predict(faulty, alike(3.0))
    assert not found.settings["equalizer"].bypass
    key = "high_pass_frequency_hz"
    assert found.settings["equalizer"].values[key] == LIMITER_ALONE["equalizer"].values[key]
    assert found.intervals == {}
    texts = " ".join(each.text for each in found.reasons)
    assert "nothing of it is mended" in texts
    assert "6 songs" in texts
    assert "cannot be told" in texts
    for word in ("90 % of masters", "not determined", "high-pass"):
        assert word not in texts


def test_songs_as_at_large_move_only_what_is_usual(
    predictor: Predictor, telling: Any, measured: Analysis
) -> None:
    found = predictor.predict(measured, alike(0.0, count=1)).settings
    assert found["equalizer"].bypass
    usual = telling["shown.bias"]
    low, middle, high = (
        20.0 * np.log10(found["imager"].values[f"{band}_width"])
        for band in ("low", "middle", "high")
    )
    np.testing.assert_allclose((low, middle, high), usual[27:30], atol=0.1)
    assert found["multiband_compressor"].values["low_ratio"] == pytest.approx(
        1.0 / (1.0 - usual[30]), abs=0.02
    )


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(by_db=st.floats(4.0, 8.0))
def test_opposite_references_move_the_tone_oppositely(
    predictor: Predictor, measured: Analysis, by_db: float
) -> None:
    bright, dark = (
        response_db(predictor.predict(measured, alike(sign * by_db)).settings)
        for sign in (1.0, -1.0)
    )
    assert bright[TREBLE].mean() > 0.3
    assert dark[TREBLE].mean() < -0.3
    assert np.abs(bright + dark).max() < 0.5 * np.abs(bright - dark).max()


def test_the_heavier_reference_decides(predictor: Predictor, measured: Analysis) -> None:
    def treble(*weights: float) -> float:
        pair = zip((tilted(12.0), tilted(-12.0)), weights, strict=True)
        company = behind(*[Shown(each, weight) for each, weight in pair])
        return float(response_db(predictor.predict(measured, company).settings)[TREBLE].mean())

    assert treble(0.9, 0.1) > 0.3
    assert treble(0.1, 0.9) < -0.3
    assert treble(0.9, 0.1) == treble(0.09, 0.01)  # relative to each other
    assert abs(treble(0.5, 0.5)) < 0.3


def test_a_tone_that_does_not_count_moves_no_equalizer(
    predictor: Predictor, measured: Analysis
) -> None:
    assert not predictor.predict(measured, alike(6.0)).settings["equalizer"].bypass
    without = predictor.predict(measured, alike(6.0, tone=0.0)).settings
    assert without == predictor.predict(measured, alike(0.0)).settings
    assert without["equalizer"].bypass


def test_more_songs_show_more(predictor: Predictor, measured: Analysis) -> None:
    few, many = (
        response_db(predictor.predict(measured, alike(4.0, count)).settings)[TREBLE].mean()
        for count in (3, 30)
    )
    assert 0.0 <= few < many
