from __future__ import annotations

import numpy as np
import pytest

from glassmaster.inference.equalizer_fit import EqualizerFit, fit_equalizer
from glassmaster.models.processors.equalizer import FILTERS, LEVEL_CENTERS_HZ, ResolvedEqualizer
from glassmaster.models.settings import BLOCKS
from glassmaster.models.spectrum import THIRD_CENTERS_HZ

BANDS_HZ = THIRD_CENTERS_HZ[(THIRD_CENTERS_HZ > 30.0) & (THIRD_CENTERS_HZ < 13_000.0)]
FINE_HZ = np.geomspace(30.0, 13_000.0, 400)


def fit(wanted_db: np.ndarray, sample_rate: int = 48_000, most_db: float = 6.0) -> EqualizerFit:
    weight = np.ones(len(BANDS_HZ))
    return fit_equalizer(wanted_db, BANDS_HZ, weight, most_db=most_db, sample_rate=sample_rate)


def response_db(result: EqualizerFit, frequency_hz: np.ndarray) -> np.ndarray:
    return ResolvedEqualizer(result.values).response_db(frequency_hz, 48_000)


def smooth_wishes(count: int) -> list[np.ndarray]:
    rng = np.random.default_rng(7)
    octaves = np.log2(BANDS_HZ)
    covariance = 2.0**2 * np.exp(-0.5 * ((octaves[:, None] - octaves) / 1.5) ** 2)
    draws = rng.multivariate_normal(np.zeros(len(BANDS_HZ)), covariance, count)
    return [np.clip(d - d[BANDS_HZ > 60.0].mean(), -6.0, 6.0) for d in draws]


@pytest.mark.parametrize("case", range(12))
def test_smooth_wishes_are_met(case: int) -> None:
    wanted_db = smooth_wishes(12)[case]
    result = fit(wanted_db)
    error = response_db(result, BANDS_HZ) - wanted_db
    rms_db = float(np.sqrt(np.mean(error**2)))
    assert rms_db < 0.4
    assert result.residual_db == pytest.approx(rms_db, abs=1e-9)


def test_a_response_of_its_own_filters_is_found_again() -> None:
    given = {spec.key: spec.default for spec in BLOCKS["equalizer"]}
    given |= {"low_shelf_gain_db": -3.0, "high_mid_gain_db": 2.0, "high_shelf_gain_db": 1.5}
    wanted_db = ResolvedEqualizer(given).response_db(BANDS_HZ, 48_000)
    expected_db = ResolvedEqualizer(given).response_db(FINE_HZ, 48_000)
    error = response_db(fit(wanted_db), FINE_HZ) - expected_db
    assert np.abs(error).max() < 0.35


def test_no_wish_leaves_every_gain_at_zero() -> None:
    result = fit(np.zeros(len(BANDS_HZ)))
    assert {k: v for k, v in result.values.items() if k.endswith("gain_db") and v} == {}
    assert result.residual_db < 0.01


def test_values_are_complete_in_range_and_round() -> None:
    for wanted_db in smooth_wishes(4):
        values = fit(wanted_db).values
        assert set(values) == {spec.key for spec in BLOCKS["equalizer"]}
        for spec in BLOCKS["equalizer"]:
            assert spec.low <= values[spec.key] <= spec.high
            assert values[spec.key] == float(f"{values[spec.key]:.3g}")


def test_response_never_leaves_the_cap() -> None:
    wish = np.where(BANDS_HZ < 300.0, 6.0, -6.0)
    for most_db in (6.0, 2.0):
        result = fit(wish, most_db=most_db)
        assert np.abs(response_db(result, BANDS_HZ)).max() <= most_db + 0.02
        assert response_db(result, LEVEL_CENTERS_HZ).mean() == pytest.approx(0.0, abs=0.02)


def test_equal_wishes_give_equal_settings() -> None:
    wanted_db = smooth_wishes(1)[0]
    assert fit(wanted_db) == fit(wanted_db.copy())


@pytest.mark.parametrize("sample_rate", [8000, 11_025, 16_000, 22_050])
def test_filters_beyond_the_rate_stay_out(sample_rate: int) -> None:
    wish = np.linspace(3.0, -3.0, len(BANDS_HZ))
    values = fit(wish - wish[BANDS_HZ > 60.0].mean(), sample_rate).values
    beyond = [f for f in FILTERS if values[f"{f.name}_frequency_hz"] > 0.45 * sample_rate]
    assert bool(beyond) == (sample_rate < 20_000)  # the highest corner starts at 9 kHz
    assert [values[f"{item.name}_gain_db"] for item in beyond] == [0.0] * len(beyond)
    assert any(values[f"{item.name}_gain_db"] for item in FILTERS)
