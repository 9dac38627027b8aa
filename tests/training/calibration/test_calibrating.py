from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from glassmaster.inference.learned.calibration import Calibration
from glassmaster.inference.learned.estimate import Estimate, decided_moves
from glassmaster.inference.learned.loading import load_estimator, load_model
from glassmaster.inference.learned.model_file import ModelFile, read_model_file
from glassmaster.models.mel_statistics import STATISTICS
from glassmaster.models.moves import BYPASSES, MOVES, NEUTRAL, QUANTITIES, WIDTH
from glassmaster.training.calibrating import (
    Trials,
    add_arrays,
    calibrate,
    estimates,
    quantity_arrays,
)
from glassmaster.training.learning.plans import PlanRules
from glassmaster.training.learning.pool import SongPool
from glassmaster.training.learning.songs import Songs
from glassmaster.training.linear.examples import Examples, draw_examples
from glassmaster.training.linear.learning import export_linear

F, D, Q = len(STATISTICS), len(MOVES), len(QUANTITIES)
RULES = PlanRules(segments=2, heard=1)


def linear_file(path: Path, **changes: np.ndarray) -> Path:
    arrays = {
        "mean": np.zeros(F),
        "scale": np.full(F, 10.0),
        "weights": np.zeros((D, F)),
        "bias": NEUTRAL,
        "quantity_weights": np.zeros((Q, F)),
        "quantity_bias": np.zeros(Q),
        "quantity_sigma": np.ones(Q),
    }
    return export_linear(path, arrays | changes, {})


class Truthful:
    """Says what the first statistics are, with errors that are standard normal times 2."""

    def estimate(self, statistics: np.ndarray, references: np.ndarray) -> Estimate:
        moves = NEUTRAL.copy()
        moves[: WIDTH.stop] = statistics[: WIDTH.stop]
        none = np.full(len(BYPASSES), -1.0)
        return Estimate(moves, statistics[:Q].copy(), np.ones(Q), none)


def reader() -> Calibration:
    arrays = {"mean": np.zeros(F), "scale": np.full(F, 1e3)}
    return Calibration(ModelFile(Path("none"), "", "linear", {}, arrays))


def rows(seed: int, count: int = 400) -> Examples:
    generator = np.random.default_rng(seed)
    statistics = generator.normal(0.0, 10.0, (count, F))
    truth = statistics[:, :Q] + generator.normal(0.0, 2.0, (count, Q))
    moves = np.tile(NEUTRAL, (count, 1))
    moves[:, : WIDTH.stop] = truth[:, : WIDTH.stop]
    return Examples(np.arange(count), statistics, (np.zeros((0, F)),) * count, moves, truth)


def test_intervals_cover_songs_they_were_not_made_on() -> None:
    arrays, relative = quantity_arrays(Truthful(), reader(), rows(1), rows(2))
    half = 1.645 * 2.0
    np.testing.assert_allclose(arrays["interval_scale"][: WIDTH.stop], half, rtol=0.25)
    new = rows(3)
    errors = np.abs(new.quantities - new.statistics[:, :Q])[:, : WIDTH.stop]
    assert 0.88 < np.mean(errors <= arrays["interval_scale"][: WIDTH.stop]) < 0.92
    np.testing.assert_allclose(arrays["prior_width"], 2.0 * 1.645 * np.hypot(10.0, 2.0), rtol=0.15)
    assert relative == pytest.approx(2.0 / np.hypot(10.0, 2.0), rel=0.1)


def test_examples_are_of_the_kind_that_was_asked_for(pool: SongPool) -> None:
    drawn = {
        (forward, references): draw_examples(
            pool, RULES, count=6, seed=1, forward=forward, references=references
        )
        for forward, references in ((False, False), (True, True), (True, False))
    }
    undone, known = drawn[False, False], drawn[True, True]
    for each in (undone, known.alone(), drawn[True, False]):
        assert {len(references) for references in each.references} == {0}
    assert all(1 <= len(each) <= RULES.references for each in known.references)
    assert np.isnan(undone.quantities[:, WIDTH.stop :]).all()
    assert np.isfinite(known.quantities).all()
    assert known.mean_references.shape == known.statistics.shape
    assert np.isfinite(np.concatenate(known.references)).all()


def test_statistics_are_held_as_they_are_for_users(tmp_path: Path) -> None:
    weights = np.zeros((D, F))
    weights[0, 0] = 1.0
    file = read_model_file(linear_file(tmp_path / "a.safetensors", weights=weights))
    far = np.full((1, F), 1e6)
    (found,) = estimates(load_estimator(file), Calibration(file), far, (far,))
    assert found.moves[0] == pytest.approx(6.0)


def test_a_calibrated_file_is_read_and_calibrated_again(tmp_path: Path, pool: SongPool) -> None:
    songs = Songs(pool, pool, pool, {}, None)
    bias = NEUTRAL.copy()
    bias[:5], bias[5:10] = 6.0, -6.0  # far too much of what nobody asked for
    path = linear_file(tmp_path / "a.safetensors", bias=bias)
    rules, trials = replace(RULES, variation_db=0.0), Trials(examples=8, tried=8, protect=True)
    found = calibrate(path, songs, rules, trials, seed=3)
    assert found.distance_db <= found.unchanged_db
    assert found.arrays["calibration.shrink"][0] < 0.5
    assert found.arrays["calibration.shrink"][-1] == 1.0
    file = read_model_file(path)
    assert {k for k in file.arrays if k.startswith("calibration")} == {*found.arrays}
    # three songs bound no error at all
    assert (file.arrays["calibration.interval_scale"] >= 1e30).all()
    load_model(path)
    again = calibrate(path, songs, rules, trials, seed=3)
    assert again.distance_db == found.distance_db
    for name, values in found.arrays.items():
        np.testing.assert_array_equal(values, again.arrays[name])


def test_factors_that_are_given_are_taken(tmp_path: Path, pool: SongPool) -> None:
    songs = Songs(pool, pool, pool, {}, None)
    path = linear_file(tmp_path / "a.safetensors")
    trials = Trials(examples=6, tried=4, shrink=(0.9, 0.5, 0.0, 1.0))
    found = calibrate(path, songs, RULES, trials, seed=3)
    assert found.arrays["calibration.shrink"].tolist() == [0.9, 0.5, 0.0, 1.0]
    assert "calibration.finished" not in found.arrays


def test_an_old_calibration_leaves_nothing_behind(tmp_path: Path) -> None:
    path = linear_file(tmp_path / "a.safetensors")
    add_arrays(path, {"calibration.finished": np.array([1.0, 2.0, 0.0])})
    add_arrays(path, {"calibration.shrink": np.ones(4)})
    arrays = read_model_file(path).arrays
    assert "calibration.finished" not in arrays
    assert "weights" in arrays


def test_blocks_left_out_do_nothing_before_anything_is_chosen() -> None:
    moves = NEUTRAL.copy()
    moves[0], moves[1] = 4.0, -4.0
    moves[WIDTH] = -3.0
    found = decided_moves(Estimate(moves, np.zeros(Q), np.ones(Q), np.array([2.0, -1.0, -1.0])))
    np.testing.assert_array_equal(found[: WIDTH.start], 0.0)
    np.testing.assert_array_equal(found[WIDTH], -3.0)
