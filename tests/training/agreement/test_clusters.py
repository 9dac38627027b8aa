from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glassmaster.training.agreement.agreement import agreement_of
from glassmaster.training.agreement.clusters import clusters_of
from glassmaster.training.agreement.consistency import Verdict
from glassmaster.training.agreement.rows import Song

MakeSong = Callable[..., Song]


def songs_around(song_of: MakeSong, counts: tuple[int, ...]) -> list[Song]:
    """Songs around as many centers, far apart, each with neighbors of its own."""
    rng = np.random.default_rng(5)
    songs = []
    for center, count in enumerate(counts):
        for _ in range(count):
            number = len(songs)
            place = 30.0 * np.eye(8)[center] + rng.normal(0.0, 1.0, 8)
            near = ("common", f"track {center}", f"other {number}")
            songs.append(song_of(number, place=place, neighbors=near, genre=f"genre {center}"))
    return songs


def test_groups_are_what_is_near(song_of: MakeSong) -> None:
    groups = clusters_of(songs_around(song_of, (6, 9)))
    assert [each.songs for each in groups] == [tuple(range(6, 15)), tuple(range(6))]
    assert groups[0].neighbors == ("common", "track 1", "other 10")
    assert groups[0].genre == ("genre 1", 9, 9)


def test_no_group_is_smaller_than_four(song_of: MakeSong) -> None:
    assert clusters_of(songs_around(song_of, (14, 1))) == ()
    (first, second, third) = clusters_of(songs_around(song_of, (12, 12, 12)))
    assert {len(each.songs) for each in (first, second, third)} == {12}


def test_few_songs_are_not_divided(song_of: MakeSong) -> None:
    assert clusters_of(songs_around(song_of, (5, 6))) == ()


def test_songs_without_a_place_are_in_no_group(song_of: MakeSong) -> None:
    songs = [*songs_around(song_of, (6, 6)), song_of(90)]
    assert {place for each in clusters_of(songs) for place in each.songs} == set(range(12))


@settings(max_examples=5, deadline=None)
@given(order=st.permutations(range(13)))
def test_the_order_of_songs_does_not_matter(song_of: MakeSong, order: list[int]) -> None:
    songs = [
        song_of(
            number,
            {"width_db@high": 1.0 + 0.01 * number},
            place=np.random.default_rng(number).normal(0.0, 5.0, 8),
        )
        for number in range(13)
    ]
    wanted, found = agreement_of(songs), agreement_of([songs[place] for place in order])
    assert found.traits == wanted.traits
    assert found.largest == wanted.largest
    assert [each.cluster for each in found.clusters] == [each.cluster for each in wanted.clusters]
    assert np.array_equal(found.values, wanted.values)


def test_a_difference_of_one_group_is_told_of_it_alone(song_of: MakeSong) -> None:
    rng = np.random.default_rng(8)
    songs = []
    for song in songs_around(song_of, (9, 9)):
        number = int(song.name.split()[1])
        db = 2.0 + rng.normal(0.0, 0.2) if number < 9 else rng.normal(0.0, 1.0)
        songs.append(song_of(number, {"width_db@high": db}, place=song.place))
    found = agreement_of(songs)
    verdicts = [
        next(each.verdict for each in group.traits if each.trait.key == "width@high")
        for group in found.clusters
    ]
    assert verdicts == [Verdict.CONSISTENT, Verdict.NONE]
    assert found.clusters[0].traits[0].songs == 9


def test_the_ten_that_differ_most_come_first(song_of: MakeSong) -> None:
    songs = [song_of(number, mean_db=abs(number - 5) / 10.0) for number in range(14)]
    found = agreement_of(songs)
    sizes = [found.songs[place].overall.mean_db for place in found.largest]
    assert sizes == sorted(sizes, reverse=True)
    assert len(sizes) == 10
    assert sizes[0] == pytest.approx(0.8)
