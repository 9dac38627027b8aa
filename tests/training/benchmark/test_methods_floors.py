from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from glassmaster.data.synthetic import compose
from glassmaster.models.errors import CatalogueError
from glassmaster.models.mel_statistics import STATISTICS
from glassmaster.training.benchmark.delivery import analysis_of
from glassmaster.training.benchmark.floors import (
    Floor,
    gaussian_floor,
    linear_effect,
    lmmse_floor,
    response_error_db,
)
from glassmaster.training.benchmark.generators.degradation import (
    DEGRADATION,
    Degradation,
    degrade,
    draw,
    from_vector,
)
from glassmaster.training.benchmark.generators.family import deg_v1
from glassmaster.training.benchmark.methods.floor import ResidualDegradation
from glassmaster.training.benchmark.tasks import Plan, Task, Truth

RATE = 44_100
SPECTRUM = np.array([name.startswith("spectrum_db@") for name in STATISTICS])


def songs(spread_db: float, count: int = 120) -> tuple[np.ndarray, list[str]]:
    """Statistics of songs whose spectra differ smoothly by so much, four in each package."""
    rng = np.random.default_rng(0)
    place = np.linspace(0.0, 1.0, int(SPECTRUM.sum()))
    waves = np.array([np.cos(np.pi * k * place) for k in range(1, 9)])
    statistics = rng.standard_normal((count, len(STATISTICS))) + 3.0
    statistics[:, SPECTRUM] = spread_db * rng.standard_normal((count, 8)) @ waves / 2.0
    return statistics, [f"package-{index // 4}" for index in range(count)]


def test_alike_songs_let_degradations_be_seen_and_unlike_ones_do_not() -> None:
    prior = response_error_db(np.diag(deg_v1().variance), deg_v1())
    for floor_of in (lmmse_floor, gaussian_floor):
        alike, unlike = floor_of(*songs(0.5)), floor_of(*songs(30.0))
        assert alike.response_error_db < 0.5 * prior
        assert 0.7 * prior < unlike.response_error_db < 1.02 * prior
        assert alike.prior_error_db == pytest.approx(prior)
        assert np.linalg.eigvalsh(alike.covariance).min() > -1e-9


def test_no_estimate_is_worse_than_the_mean_alone() -> None:
    statistics, packages = songs(8.0, count=24)
    found = lmmse_floor(statistics, packages)
    assert found.response_error_db < 1.02 * found.prior_error_db


def test_effect_of_a_degradation_on_statistics_is_that_of_audio() -> None:
    audio = compose(1, duration_s=12.0).mix.samples
    before = analysis_of(audio, RATE).statistics
    vector = np.zeros(len(DEGRADATION))
    vector[[2, 5, 7]], vector[9], vector[15] = (2.0, -2.0, 1.5), 1.0, 3.0
    vector[-1] = -3.0
    after = analysis_of(degrade(audio, RATE, from_vector(vector)), RATE).statistics
    expected = linear_effect(before, deg_v1()) @ vector
    found = (after - before)[SPECTRUM]
    found -= found.mean()
    assert np.abs(found - expected[SPECTRUM]).mean() < 0.35
    assert np.abs(expected[SPECTRUM]).mean() > 0.8
    side = STATISTICS.index("side_db")
    assert expected[side] == 3.0
    assert (after - before)[side] == pytest.approx(3.0, abs=1.0)


def test_too_few_songs_are_refused() -> None:
    statistics, packages = songs(3.0, count=12)
    with pytest.raises(CatalogueError, match="floors need 20"):
        lmmse_floor(statistics, packages)


def degraded_task() -> Task:
    release = compose(2, duration_s=10.0).mix.samples
    degradation: Degradation = draw(1, "p/one")
    plan = Plan("DEG", "p/one", "p", "p", (), 1)
    mix = degrade(release, RATE, degradation)
    return Task(plan, mix, release, RATE, -16.0, (), Truth(degradation=degradation))


def test_floor_delivers_the_target_with_what_is_left(tmp_path: Path) -> None:
    task = degraded_task()
    nothing = Floor("floor_lmmse", np.zeros((17, 17)), 0.0, 2.0, 100)
    assert task.target is not None
    made = ResidualDegradation(nothing).make(task, tmp_path)
    target, output = task.target.astype(np.float64), made.delivered.samples
    gain = float((target * output).sum() / np.square(target).sum())
    rest = np.square(output - gain * target).sum() / np.square(gain * target).sum()
    assert rest < 0.02
    left = Floor("floor_lmmse", np.diag(0.25 * deg_v1().variance), 1.0, 2.0, 100)
    again = [ResidualDegradation(left).make(task, tmp_path).delivered.samples for _ in range(2)]
    np.testing.assert_array_equal(*again)
    rest_left = np.square(again[0] - gain * target).sum() / np.square(gain * target).sum()
    assert rest_left > 2.0 * rest


def test_floors_are_of_degradations_only() -> None:
    floor = ResidualDegradation(Floor("floor_lmmse", np.zeros((17, 17)), 0.0, 2.0, 100))
    task = degraded_task()
    assert floor.refusal(task) == ""
    other = Task(task.plan, task.mix, task.target, RATE, -16.0, (), Truth())
    assert floor.refusal(other) != ""
