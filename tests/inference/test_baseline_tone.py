from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt
import pytest
import yaml

from glassmaster.inference.baseline.prior import Prior, default_prior, prior_from_document
from glassmaster.inference.baseline.tone import (
    CENTERS_HZ,
    IN_MEAN,
    Balance,
    ToneModel,
    measure_balance,
)
from glassmaster.models.errors import ModelError

PRIOR = default_prior()
MODEL = ToneModel(PRIOR)
EVERYTHING = np.ones(27, np.bool_)


def balance(deviation_db: npt.NDArray[np.float64]) -> Balance:
    level_db = MODEL.masters_db + deviation_db
    return Balance(level_db - level_db[IN_MEAN].mean(), EVERYTHING)


def centered(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    moved: npt.NDArray[np.float64] = values - values[IN_MEAN].mean()
    return moved


def shares(finished: float, unbiased: float, biased: float) -> Prior:
    kinds = dataclasses.replace(
        PRIOR.kinds, finished_share=finished, unbiased_share=unbiased, biased_share=biased
    )
    return dataclasses.replace(PRIOR, kinds=kinds)


def document() -> dict[str, object]:
    plain = yaml.safe_load(yaml.safe_dump(_lists(dataclasses.asdict(PRIOR))))
    assert isinstance(plain, dict)
    return plain


def _lists(value: object) -> object:
    if isinstance(value, dict):
        return {key: _lists(item) for key, item in value.items()}
    return [_lists(item) for item in value] if isinstance(value, tuple) else value


def test_mean_of_masters_follows_the_published_table() -> None:
    # densities of 9.9 dB at 60-250 Hz and -7.2 dB at 2-4 kHz; third octaves widen with frequency
    low_db = MODEL.masters_db[CENTERS_HZ.searchsorted(120.0)]
    high_db = MODEL.masters_db[CENTERS_HZ.searchsorted([2500.0, 3150.0])].mean()
    expected_db = 9.9 + 7.2 - 10.0 * np.log10(2828.0 / 125.0)
    assert low_db - high_db == pytest.approx(expected_db, abs=0.5)
    assert np.all(np.diff(MODEL.masters_db[CENTERS_HZ > 1000.0]) < 0.0)


def test_mixes_have_more_low_end_than_masters_and_no_more_treble() -> None:
    lows, treble = MODEL.bias_db[CENTERS_HZ < 60.0], MODEL.bias_db[CENTERS_HZ > 2000.0]
    assert np.all((lows > 6.0) & (lows < 10.0))
    assert np.all((treble < 0.0) & (treble > -3.0))


def test_estimate_is_the_minimum_of_the_penalized_problem() -> None:
    # the same posterior mean from the joint density of departure and level
    model = ToneModel(shares(1e-12, 1.0, 1e-12))
    rng = np.random.default_rng(3)
    deviation_db = 3.0 * rng.standard_normal(27).cumsum() / 3.0
    heard = CENTERS_HZ < 9000.0
    measured = balance(deviation_db).level_db - model.masters_db
    departure = model.departure_covariance + 1e-9 * np.eye(27)
    precision = np.linalg.inv(model.song_covariance[np.ix_(heard, heard)])
    design = np.hstack([np.eye(27)[heard], np.ones((np.count_nonzero(heard), 1))])
    penalty = np.zeros((28, 28))
    penalty[:27, :27] = np.linalg.inv(departure)
    solved = np.linalg.solve(
        design.T @ precision @ design + penalty, design.T @ precision @ measured[heard]
    )
    expected = solved[:27] - solved[:27][heard & IN_MEAN].mean()
    estimate = model.estimate(Balance(balance(deviation_db).level_db, heard), None)
    np.testing.assert_allclose(estimate.mean_db, expected, atol=0.01)


def test_intervals_hold_what_is_drawn_from_the_model() -> None:
    rng = np.random.default_rng(11)
    song = np.linalg.cholesky(MODEL.song_covariance)
    change = np.linalg.cholesky(MODEL.departure_covariance + 1e-9 * np.eye(27))
    kinds = PRIOR.kinds
    held, error, unchanged = [], [], []
    for _ in range(500):
        kind = rng.choice(3, p=(kinds.finished_share, kinds.unbiased_share, kinds.biased_share))
        truth = np.zeros(27) if kind == 0 else change @ rng.standard_normal(27)
        truth += MODEL.bias_db if kind == 2 else 0.0
        usual_db = kinds.finished_plr_db if kind == 0 else kinds.unfinished_plr_db
        plr_db = rng.normal(usual_db, kinds.plr_sd_db)
        estimate = MODEL.estimate(balance(song @ rng.standard_normal(27) + truth), plr_db)
        miss = centered(truth) - estimate.mean_db
        held.append(np.abs(miss) < 1.6449 * estimate.sd_db)
        error.append(np.mean(miss**2))
        unchanged.append(np.mean(centered(truth) ** 2))
    coverage = np.mean(held, axis=0)
    assert 0.87 < coverage.mean() < 0.93
    assert np.all((coverage > 0.83) & (coverage < 0.96))
    assert np.mean(error) < 0.5 * np.mean(unchanged)


def test_distance_leaves_a_fifth_of_finished_songs_outside() -> None:
    rng = np.random.default_rng(5)
    song = np.linalg.cholesky(MODEL.song_covariance)
    inside = [
        MODEL.estimate(balance(song @ rng.standard_normal(27)), 11.0).is_inside for _ in range(400)
    ]
    assert np.mean(inside) == pytest.approx(0.80, abs=0.06)


def test_low_peak_to_loudness_ratio_speaks_for_a_finished_master() -> None:
    mix = balance(0.5 * MODEL.bias_db)
    ratios_db = (8.0, 11.0, 14.0, 18.0, 25.0)
    moves_db = [float(MODEL.estimate(mix, plr_db).mean_db[0]) for plr_db in ratios_db]
    assert moves_db == sorted(moves_db)
    assert moves_db[0] < 0.1 * moves_db[-1]
    assert moves_db[-1] > 2.0


def test_level_does_not_matter() -> None:
    power = np.geomspace(1e-2, 1e-5, 124)
    soft, loud = (measure_balance(g * power, PRIOR, 48_000) for g in (1e-4, 1.0))
    assert soft is not None
    assert loud is not None
    np.testing.assert_allclose(soft.level_db, loud.level_db, atol=1e-9)


@pytest.mark.parametrize(
    ("sample_rate", "highest_hz"),
    [(8000, 3175), (22_050, 8000), (32_000, 12_699), (44_100, 12_699), (384_000, 12_699)],
)
def test_bands_beyond_the_rate_are_not_judged(sample_rate: int, highest_hz: float) -> None:
    measured = measure_balance(np.ones(124), PRIOR, sample_rate)
    assert measured is not None
    assert CENTERS_HZ[measured.heard].max() == pytest.approx(highest_hz, rel=0.01)


def test_bands_beyond_a_cliff_are_not_judged() -> None:
    thirds = np.zeros(31)
    thirds[27:] = -30.0  # a low-pass above 9 kHz
    thirds[:3] = -20.0  # nothing below 35 Hz
    measured = measure_balance(np.repeat(10.0 ** (thirds / 10.0), 4), PRIOR, 48_000)
    assert measured is not None
    assert CENTERS_HZ[measured.heard].max() == pytest.approx(8000.0, rel=0.01)
    assert CENTERS_HZ[measured.heard].min() == pytest.approx(39.4, rel=0.01)


def test_silence_and_a_single_tone_are_not_judged() -> None:
    tone = np.zeros(124)
    tone[60] = 0.5
    assert measure_balance(np.zeros(124), PRIOR, 48_000) is None
    assert measure_balance(tone, PRIOR, 48_000) is None


def test_shipped_prior_survives_a_round_trip() -> None:
    assert prior_from_document(document()) == PRIOR


@pytest.mark.parametrize("section", ["song", "kinds", "tone", "dynamics", "bass", "rumble"])
def test_unknown_and_missing_entries_are_refused(section: str) -> None:
    extra = document()
    extra[section]["surprise"] = 1.0  # type: ignore[index]
    with pytest.raises(ModelError, match="surprise"):
        prior_from_document(extra)
    missing = document()
    entry, _ = missing[section].popitem()  # type: ignore[attr-defined]
    with pytest.raises(ModelError, match=entry):
        prior_from_document(missing)


def test_unknown_sections_and_ragged_tables_are_refused() -> None:
    with pytest.raises(ModelError, match="weather"):
        prior_from_document({**document(), "weather": {}})
    ragged = document()
    ragged["spectra"]["masters_db"].pop()  # type: ignore[index]
    with pytest.raises(ModelError, match="lengths"):
        prior_from_document(ragged)
