from __future__ import annotations

import numpy as np
import pytest

from glassmaster.models.errors import ParameterError
from glassmaster.training.benchmark.bootstrap import (
    estimate,
    paired_estimate,
    ratio_interval,
    resampled_counts,
    resampled_means,
    weighted_median,
)

PACKAGES = ("a", "a", "a", "a", "b", "b", "c")


def plain_counts(packages: tuple[str, ...], resamples: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    names = sorted(set(packages))
    counts = np.zeros((resamples, len(packages)))
    for row in counts:
        for name in rng.choice(names, len(names)):
            songs = [i for i, package in enumerate(packages) if package == name]
            for song in rng.choice(songs, len(songs)):
                row[song] += 1
    return counts


def test_counts_agree_with_drawing_packages_and_then_songs() -> None:
    fast, plain = resampled_counts(PACKAGES), plain_counts(PACKAGES, 4000, 1)
    assert fast.shape == (10_000, len(PACKAGES))
    np.testing.assert_allclose(fast.mean(axis=0), plain.mean(axis=0), atol=0.06)
    np.testing.assert_allclose(np.cov(fast.T), np.cov(plain.T), atol=0.25)


def test_equal_songs_give_equal_draws() -> None:
    np.testing.assert_array_equal(resampled_counts(PACKAGES), resampled_counts(PACKAGES))
    assert np.any(resampled_counts(PACKAGES) != resampled_counts(PACKAGES, seed=1))


def test_packages_widen_the_interval() -> None:
    values = np.array([1.0] * 10 + [3.0] * 10)
    weights = np.ones(20)
    apart = estimate(values, weights, resampled_counts([str(i) for i in range(20)]))
    together = estimate(values, weights, resampled_counts(["a"] * 10 + ["b"] * 10))
    assert together.high - together.low > 1.5 * (apart.high - apart.low)
    assert apart.mean == together.mean == 2.0


def test_interval_of_the_mean_covers_as_promised() -> None:
    rng, hits = np.random.default_rng(3), 0
    packages = [str(i // 4) for i in range(80)]
    counts, weights = resampled_counts(packages, resamples=1000), np.ones(80)
    for _ in range(200):
        values = np.repeat(rng.standard_normal(20), 4) + rng.standard_normal(80)
        found = estimate(values, weights, counts)
        hits += found.low <= 0.0 <= found.high
    assert 0.88 <= hits / 200 <= 1.0


def test_weights_count() -> None:
    values, weights = np.array([1.0, 2.0, 6.0]), np.array([1.0, 1.0, 2.0])
    found = estimate(values, weights, resampled_counts(["a", "b", "c"]))
    assert found.mean == pytest.approx(3.75)
    assert found.median == pytest.approx(4.0)


def test_median_of_equal_weights_is_the_usual_one() -> None:
    rng = np.random.default_rng(4)
    for count in (1, 2, 5, 8):
        values = rng.standard_normal(count)
        assert weighted_median(values, np.ones(count)) == pytest.approx(np.median(values))


def test_paired_difference() -> None:
    method, baseline = np.array([1.0, 2.0, 3.0, 5.0]), np.array([2.0, 3.0, 4.0, 4.0])
    counts = resampled_counts(["a", "b", "c", "d"])
    found = paired_estimate(method, baseline, np.ones(4), counts)
    assert (found.mean, found.wins, found.n) == (-0.5, 0.75, 4)
    assert found.low == -1.0
    same = paired_estimate(method, method, np.ones(4), counts)
    assert (same.mean, same.low, same.high, same.wins) == (0.0, 0.0, 0.0, 0.0)


def test_ratio_of_means_and_not_the_mean_of_ratios() -> None:
    top, bottom = np.array([1.0, 1.0]), np.array([1.0, 3.0])
    found = ratio_interval(top, bottom, np.ones(2), resampled_counts(["a", "b"]))
    assert found is not None
    assert found.mean == pytest.approx(0.5)
    assert ratio_interval(top, -bottom, np.ones(2), resampled_counts(["a", "b"])) is None


def test_resampled_means_stay_within_the_values() -> None:
    values = np.array([1.0, 4.0, 2.0, 8.0, 3.0, 3.0, 9.0])
    means = resampled_means(values, np.ones(7), resampled_counts(PACKAGES))
    assert means.min() >= 1.0
    assert means.max() <= 9.0


def test_no_songs_are_refused() -> None:
    with pytest.raises(ParameterError, match="no song"):
        resampled_counts([])
