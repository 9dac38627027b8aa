from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from glassmaster.data.corpus.shard import ShardSong
from glassmaster.data.features.content import CONTENT
from glassmaster.data.reference.embedding import Embedding, Projection
from glassmaster.models.mel_statistics import STATISTICS
from glassmaster.training.learning.library import NEAREST, song_library
from glassmaster.training.learning.smoke import generated_songs

PLAIN = Projection(np.zeros(len(CONTENT)), np.ones(len(CONTENT)), np.eye(len(CONTENT))[:2])
EMBEDDING = Embedding(PLAIN, PLAIN)


@pytest.fixture(scope="module")
def song() -> ShardSong:
    [made] = generated_songs(1, 6.0, split="fit", first=0)
    finished = {"integrated_lufs": -10.0, "true_peak_dbtp": -0.5, "plr_db": 9.5}
    return replace(made, **finished)


def placed(song: ShardSong, x: float, package: str, artist: str = "") -> ShardSong:
    content = np.zeros(len(CONTENT))
    content[0] = x
    return replace(song, content=content, package=package, artist=artist)


def test_the_nearest_finished_songs_of_others_are_offered(song: ShardSong) -> None:
    songs = [placed(song, 0.1 * index, f"p{index}") for index in range(8)]
    songs[3] = replace(songs[3], integrated_lufs=-25.0)  # not finished
    library = song_library(songs, EMBEDDING)
    assert library.statistics.shape == (7, len(STATISTICS))
    found = library.nearest(placed(song, 0.21, "own"))
    assert library.packages[found].tolist() == ["p2", "p1", "p4", "p0", "p5", "p6", "p7"]


def test_neither_the_package_nor_the_artist_of_a_song_is_offered(song: ShardSong) -> None:
    songs = [
        *(placed(song, 0.1 * index, "own") for index in range(3)),
        *(placed(song, 0.1 * index, "other", "me") for index in range(3)),
        *(placed(song, 0.1 * index, "third", "") for index in range(NEAREST + 5)),
    ]
    library = song_library(songs, EMBEDDING)
    found = library.nearest(placed(song, 0.0, "own", "me"))
    assert set(library.packages[found]) == {"third"}
    assert len(found) == NEAREST
    helped = library.nearest(placed(song, 0.0, "own", "somebody & me"))
    assert set(library.packages[helped]) == {"third"}
    assert {"other", "third"} == set(library.packages[library.nearest(placed(song, 0.0, "own"))])


def test_a_library_may_be_empty(song: ShardSong) -> None:
    library = song_library([replace(song, integrated_lufs=-30.0)], EMBEDDING)
    assert library.statistics.shape == (0, len(STATISTICS))
    assert len(library.nearest(song)) == 0
