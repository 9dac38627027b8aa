from __future__ import annotations

import math

import numpy as np
import pytest

from glassmaster.training.conformal import (
    NO_BOUND,
    conformal_scale,
    grouped_scales,
    prior_widths,
    storable,
)


@pytest.mark.parametrize("songs", [12, 60, 200])
def test_new_songs_are_covered_whatever_the_errors_look_like(songs: int) -> None:
    generator = np.random.default_rng(songs)
    held = []
    for _ in range(300):
        ratios = np.abs(generator.standard_t(3.0, size=songs + 50))
        scale = conformal_scale(ratios[:songs], np.arange(songs))
        held.append(np.mean(ratios[songs:] <= scale))
    assert 0.89 < np.mean(held) < 0.9 + 1.5 / songs + 0.01


def test_each_song_counts_once() -> None:
    # one song of ten has all the large errors, in a hundred of its rows
    ratios = np.concatenate((np.linspace(0.1, 1.0, 19), np.full(100, 50.0)))
    songs = np.concatenate((np.arange(19), np.full(100, 19)))
    assert conformal_scale(ratios, songs) == pytest.approx(1.0)


def test_few_songs_promise_nothing() -> None:
    assert conformal_scale(np.ones(8), np.arange(8)) == math.inf
    assert conformal_scale(np.ones(9), np.arange(9)) == 1.0
    assert conformal_scale(np.ones(900), np.zeros(900, np.int64)) == math.inf
    assert conformal_scale(np.full(900, np.nan), np.arange(900)) == math.inf


def test_a_scale_is_as_large_as_it_must_be() -> None:
    assert conformal_scale(np.full(100, 75.0), np.arange(100)) == 75.0


def test_active_and_idle_blocks_have_their_own_factors() -> None:
    songs = np.arange(100)
    ratios = np.where(songs < 50, 1.0, 4.0)[:, None]
    active, idle = grouped_scales(ratios, songs, songs[:, None] >= 50)
    assert (active[0], idle[0]) == (4.0, 1.0)
    active, idle = grouped_scales(ratios, songs, songs[:, None] >= 97)
    assert (active[0], idle[0]) == (4.0, 4.0)  # three songs are not enough for a group


def test_prior_widths_are_in_units_of_their_own_and_0_where_nothing_is_known() -> None:
    values = np.stack((np.linspace(0.0, 10.0, 101), np.full(101, 3.0), np.full(101, np.nan)), 1)
    np.testing.assert_allclose(prior_widths(values, np.array([0.2, 0.02, 0.2])), [9.0, 0.02, 0.0])


def test_what_is_stored_is_finite() -> None:
    np.testing.assert_array_equal(storable(np.array([1.5, math.inf])), [1.5, NO_BOUND])
