from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from glassmaster.models.errors import CatalogueError
from glassmaster.models.moves import NEUTRAL, RESPONSE, SLOPE, WIDTH
from glassmaster.training.studio.adapting import FOLDS, adapt, album_folds, mean_settings
from glassmaster.training.studio.pairs import MOST_RESIDUAL_DB, explained_pairs
from glassmaster.training.studio.validating import (
    BASE,
    MEAN_SETTINGS,
    STUDIO,
    UNCHANGED,
    cross_validated,
)


def error_db(found: np.ndarray, wanted: np.ndarray) -> float:
    return float(np.abs(found - wanted)[:, RESPONSE].mean())


def test_a_taste_is_found_and_holds_for_songs_that_were_not_seen(
    known_pairs: Any, taste_of: Any, center: Any
) -> None:
    pairs, others = known_pairs(24), known_pairs(40, seed=9)
    model = adapt(pairs, center)
    found = model.moves(others.base, others.statistics)
    wanted = taste_of(others.base, others.statistics)
    assert model.choices["response"].tier >= 2
    assert error_db(others.base, wanted) > 1.0
    assert error_db(found, wanted) < 0.25 * error_db(others.base, wanted)
    usual = np.tile(mean_settings(pairs), (40, 1))
    assert error_db(found, wanted) < 0.3 * error_db(usual, wanted)
    assert np.abs(found - wanted)[:, WIDTH].mean() < 0.3


def test_more_pairs_tell_more_and_few_do_no_harm(
    known_pairs: Any, taste_of: Any, center: Any
) -> None:
    others = known_pairs(40, seed=9)
    wanted = taste_of(others.base, others.statistics)
    errors = []
    for count in (4, 8, 64):
        runs = [
            error_db(
                adapt(known_pairs(count, seed=seed, noise_db=1.0), center).moves(
                    others.base, others.statistics
                ),
                wanted,
            )
            for seed in range(6)
        ]
        errors.append(float(np.mean(runs)))
    assert errors[2] < errors[1] < errors[0] < error_db(others.base, wanted)


def test_where_there_is_no_taste_hardly_anything_is_learned(known_pairs: Any, center: Any) -> None:
    others = known_pairs(40, seed=9)
    changes = []
    for seed in range(8):
        pairs = known_pairs(20, seed=seed, noise_db=0.5, has_taste=False)
        found = adapt(pairs, center).moves(others.base, others.statistics)
        changes.append(error_db(found, others.base))
    # twenty masters with an error of 0.5 dB tell a constant within 0.09 dB
    assert np.mean(changes) < 0.1


def test_songs_of_the_left_out_album_choose_nothing_and_teach_nothing(
    known_pairs: Any, center: Any
) -> None:
    pairs = known_pairs(24)
    out = np.array([album == "album 3" for album in pairs.albums])
    spoiled = pairs.moves.copy()
    spoiled[out] = NEUTRAL

    class Judge:
        def distances(self, moves: np.ndarray) -> np.ndarray:
            return np.abs(moves - pairs.moves).mean(axis=1)

    first = cross_validated(pairs, Judge(), center)
    second = cross_validated(replace(pairs, moves=spoiled), Judge(), center)
    for name in (STUDIO, MEAN_SETTINGS):
        assert np.array_equal(first.moves[name][out], second.moves[name][out])
        assert not np.array_equal(first.moves[name][~out], second.moves[name][~out])
    assert np.array_equal(first.moves[BASE], pairs.base)
    assert np.array_equal(first.moves[UNCHANGED], np.tile(NEUTRAL, (24, 1)))
    assert first.errors_db[STUDIO].mean() < first.errors_db[BASE].mean()
    assert (first.by_song, first.units) == (False, pairs.albums)


def test_with_few_albums_songs_are_the_units(known_pairs: Any, center: Any) -> None:
    pairs = known_pairs(8, albums=4)

    class Judge:
        def distances(self, moves: np.ndarray) -> np.ndarray:
            return np.zeros(len(moves))

    found = cross_validated(pairs, Judge(), center)
    assert (found.by_song, found.units) == (True, pairs.names)
    with pytest.raises(CatalogueError, match="without song 0 there are 2 pairs left") as caught:
        cross_validated(known_pairs(3), Judge(), center)
    assert caught.value.code == "few_pairs"


def test_too_few_pairs_are_refused(known_pairs: Any, center: Any) -> None:
    with pytest.raises(CatalogueError, match="2 pairs are too few") as caught:
        adapt(known_pairs(2), center)
    assert caught.value.code == "few_pairs"


def test_masters_of_other_songs_are_left_out(known_pairs: Any) -> None:
    pairs = known_pairs(6)
    residual_db = np.full(6, MOST_RESIDUAL_DB)
    residual_db[[1, 4]] += 0.01
    kept = explained_pairs(replace(pairs, residual_db=residual_db))
    assert kept.names == ("song 0", "song 2", "song 3", "song 5")
    assert np.array_equal(kept.moves, pairs.moves[[0, 2, 3, 5]])
    with pytest.raises(CatalogueError, match="of 6 pairs none belongs together") as caught:
        explained_pairs(replace(pairs, residual_db=residual_db + 1.0))
    assert caught.value.code == "unexplained"


def test_albums_are_dealt_whole_to_parts_of_like_size() -> None:
    albums = [f"{i}" for i in range(25) for _ in range(1 + i % 4)]
    parts = album_folds(albums)
    assert {len(set(parts[np.array(albums) == each])) for each in set(albums)} == {1}
    sizes = np.bincount(parts)
    assert len(sizes) == FOLDS
    assert sizes.max() - sizes.min() <= 4
    assert sorted(album_folds(["one"] * 4)) == [0, 1, 2, 3]


def test_a_slope_that_is_not_determined_is_not_learned(known_pairs: Any, center: Any) -> None:
    pairs = known_pairs(20)
    rng = np.random.default_rng(2)
    moves, sigma = pairs.moves.copy(), pairs.sigma.copy()
    moves[:, SLOPE] = rng.uniform(0.0, 0.5, (20, 4))
    sigma[:, SLOPE] = 50.0
    found = adapt(replace(pairs, moves=moves, sigma=sigma), center)
    assert np.abs(found.mapping[SLOPE]).max() < 0.01
