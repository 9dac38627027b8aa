from __future__ import annotations

import numpy as np
import pytest

from glassmaster.training.linear.ridge import PENALTIES, best_penalty, left_out, ridge


def drawn(rows: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    inputs = 3.0 + generator.standard_normal((rows, 5)) * [1.0, 2.0, 0.5, 1.0, 4.0]
    true = generator.standard_normal((2, 5))
    outputs = inputs @ true.T + [1.0, -2.0]
    return inputs, outputs, true


def test_without_penalty_it_is_least_squares() -> None:
    inputs, outputs, true = drawn(200)
    line = ridge(inputs, outputs, 0.0)
    np.testing.assert_allclose(line.weights, true, atol=1e-9)
    np.testing.assert_allclose(line.at(inputs), outputs, atol=1e-9)


def test_a_large_penalty_leaves_the_mean() -> None:
    inputs, outputs, _ = drawn(200)
    line = ridge(inputs, outputs, 1e9)
    np.testing.assert_allclose(line.at(inputs[:3]), np.tile(outputs.mean(0), (3, 1)), atol=1e-6)


def test_units_of_inputs_do_not_matter() -> None:
    inputs, outputs, _ = drawn(200)
    scale = np.array([1.0, 10.0, 0.1, 100.0, 3.0])
    plain, scaled = ridge(inputs, outputs, 0.3), ridge(inputs * scale, outputs, 0.3)
    np.testing.assert_allclose(plain.at(inputs), scaled.at(inputs * scale), atol=1e-9)


def test_a_row_is_never_estimated_from_its_own_package() -> None:
    inputs, outputs, _ = drawn(60)
    packages = np.repeat(np.arange(6), 10)
    before = left_out(inputs, outputs, packages, 0.1, folds=6)
    changed = outputs.copy()
    changed[packages == 2] += 100.0
    after = left_out(inputs, changed, packages, 0.1, folds=6)
    np.testing.assert_array_equal(before[packages == 2], after[packages == 2])
    assert not np.allclose(before[packages != 2], after[packages != 2])


@pytest.mark.parametrize(("noise", "at_least", "at_most"), [(0.01, 0.0, 0.01), (200.0, 1.0, 10.0)])
def test_noise_asks_for_a_penalty(noise: float, at_least: float, at_most: float) -> None:
    inputs, outputs, _ = drawn(60)
    outputs = outputs + noise * np.random.default_rng(1).standard_normal(outputs.shape)
    penalty = best_penalty(inputs, outputs, np.repeat(np.arange(12), 5))
    assert penalty in PENALTIES
    assert at_least <= penalty <= at_most
