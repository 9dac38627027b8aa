from __future__ import annotations

import numpy as np
import pytest

from glassmaster.training.studio.shrinkage import Block, Regression

ROWS, OUTPUTS = 7, 3


def problem() -> tuple[list[Block], np.ndarray, np.ndarray]:
    rng = np.random.default_rng(5)
    roots = rng.normal(size=(2, 4, 4))
    blocks = [
        Block(rng.normal(size=(ROWS, OUTPUTS, 4)), root @ root.T + 0.1 * np.eye(4))
        for root in roots
    ]
    noise = rng.normal(size=(ROWS, OUTPUTS, OUTPUTS))
    noise = noise @ noise.transpose(0, 2, 1) + 0.2 * np.eye(OUTPUTS)
    return blocks, rng.normal(size=(ROWS, OUTPUTS)), noise


def by_outputs(
    blocks: list[Block], outputs: np.ndarray, noise: np.ndarray, amount: float, kept: np.ndarray
) -> np.ndarray:
    """The same posterior mean of all outputs, from their covariance (the other way round)."""
    covariance = np.zeros((ROWS, OUTPUTS, ROWS, OUTPUTS))
    for block in blocks:
        prior = amount**2 * block.covariance
        covariance += np.einsum("aip,pq,bjq->aibj", block.design, prior, block.design)
    known = covariance[kept][:, :, kept].reshape(kept.sum() * OUTPUTS, -1).copy()
    for place, row in enumerate(np.flatnonzero(kept)):
        part = slice(place * OUTPUTS, (place + 1) * OUTPUTS)
        known[part, part] += noise[row]
    across = covariance[:, :, kept].reshape(ROWS * OUTPUTS, -1)
    found = across @ np.linalg.solve(known, outputs[kept].ravel())
    return found.reshape(ROWS, OUTPUTS)


@pytest.mark.parametrize("amount", [0.3, 1.0, 4.0])
def test_it_is_the_conditional_mean_of_the_outputs(amount: float) -> None:
    blocks, outputs, noise = problem()
    regression = Regression.of(blocks, outputs, noise)
    kept = np.array([True, True, False, True, True, False, True])
    found = regression.estimates(regression.solve(kept, amount))
    assert np.allclose(found, by_outputs(blocks, outputs, noise, amount, kept), atol=1e-9)


def test_a_group_that_is_left_out_tells_nothing_of_itself() -> None:
    blocks, outputs, noise = problem()
    groups = np.array([0, 1, 0, 2, 1, 2, 2])
    left = Regression.of(blocks, outputs, noise).left_out(groups)
    for group in range(3):
        wanted = by_outputs(blocks, outputs, noise, 1.0, groups != group)
        assert np.allclose(left[groups == group], wanted[groups == group], atol=1e-9)
    spoiled = outputs.copy()
    spoiled[groups == 1] = 1e3
    again = Regression.of(blocks, spoiled, noise).left_out(groups)
    assert np.array_equal(again[groups == 1], left[groups == 1])
    assert not np.allclose(again[groups == 0], left[groups == 0])


def test_less_of_the_prior_is_less_of_everything() -> None:
    blocks, outputs, noise = problem()
    sizes = [
        np.abs(Regression.of(blocks, outputs, noise).solve(np.ones(ROWS, bool), a)).sum()
        for a in (1e-4, 0.1, 1.0)
    ]
    assert sizes[0] < 1e-5 < sizes[1] < sizes[2]
