from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from glassmaster.data.catalogue.records import CataloguePair, Status
from glassmaster.models.errors import CatalogueError
from glassmaster.training.studio.catalogued.naming import pair_names
from glassmaster.training.studio.catalogued.units import (
    check_apart,
    same_recordings,
    units_of,
)

SECONDS = 1292  # frames of 30 s


def pair(
    number: int, album: str = "", artist: str = "", *, title: str = "", master: str = ""
) -> CataloguePair:
    return CataloguePair(
        Path(f"/{number}/mix.wav"),
        Path(f"/{number}/master.wav"),
        f"mix {number}",
        master or f"master {number}",
        album,
        artist,
        title or f"Song {number}",
        0.9,
        Status.SURE,
        ("It is so.",),
        None,
    )


def words(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 2**32, SECONDS, np.uint32)


def prints_of(pairs: list[CataloguePair]) -> dict[str, np.ndarray]:
    """Each song sounds like nothing else, and its master like its mix."""
    found = {}
    for number, each in enumerate(pairs):
        found[each.mix_sha256] = words(number)
        found[each.master_sha256] = words(number)
    return found


def test_albums_then_artists_then_songs_are_units() -> None:
    pairs = [
        pair(0, "Blue", "Ann"),
        pair(1, " blue ", "Ann"),
        pair(2, "", "Bob"),
        pair(3, "", "bob"),
        pair(4),
        pair(5),
    ]
    names = pair_names(pairs)
    units = units_of(names, pairs, same_recordings(pairs, prints_of(pairs)))
    albums = units.albums
    assert albums[0] == albums[1]
    assert albums[2] == albums[3]
    assert len(set(albums)) == 4
    assert units.songs == tuple(names)
    assert (units.by_artist, units.by_song) == (2, 2)


def test_one_recording_on_two_albums_makes_them_one() -> None:
    pairs = [pair(0, "Blue"), pair(1, "Blue"), pair(2, "Best Of"), pair(3, "Red")]
    names, prints = pair_names(pairs), prints_of(pairs)
    prints["master 2"] = prints["mix 0"][100:]  # the same song, cut, on another album
    links = same_recordings(pairs, prints)
    assert [(link.first, link.second, link.reason) for link in links] == [
        (0, 2, "the same fingerprint")
    ]
    units = units_of(names, pairs, links)
    assert units.songs[0] == units.songs[2]
    assert len(set(units.songs)) == 3
    assert units.albums[0] == units.albums[1] == units.albums[2] == "Best Of + Blue"
    assert units.albums[3] == "Red"


def test_one_file_in_two_pairs_is_one_song() -> None:
    pairs = [pair(0, "Blue"), pair(1, "Red", master="master 0")]
    links = same_recordings(pairs, {})
    assert [link.reason for link in links] == ["the same file"]
    assert len(set(units_of(pair_names(pairs), pairs, links).albums)) == 1


def test_what_would_be_tested_on_what_it_was_learned_from_is_refused() -> None:
    pairs = [pair(0, "Blue"), pair(1, "Red", master="master 0"), pair(2, "Green")]
    names = pair_names(pairs)
    links = same_recordings(pairs, {})
    with pytest.raises(CatalogueError, match="Song 0 and Song 1 are the same file") as caught:
        check_apart(names, ["Blue", "Red", "Green"], links)
    assert caught.value.code == "leak"
    check_apart(names, units_of(names, pairs, links).albums, links)


def test_names_are_all_different() -> None:
    pairs = [
        pair(0, "Blue", title="Sky"),
        pair(1, "Red", title="Sky"),
        pair(2, "Red", title="Sky"),
        pair(3, title="Sea"),
    ]
    names = pair_names(pairs)
    assert len(set(names)) == 4
    assert names[0] == "Sky (Blue)"
    assert names[3] == "Sea"
