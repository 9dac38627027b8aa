"""Finished songs that mixes are compared with, as a reference corpus offers them to a user.

Those of the same package, game or artist are never offered: of a song that was just mixed there is
no finished one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ...data.corpus.origins import artist_keys, upstream_game
from ...data.corpus.selection import is_loud_enough
from ...data.corpus.shard import ShardSong
from ...data.features.content import CONTENT
from ...data.reference.embedding import Embedding
from ...data.reference.search import exact_nearest
from ...models.mel_statistics import STATISTICS

Array: TypeAlias = npt.NDArray[np.float64]
Indices: TypeAlias = npt.NDArray[np.int64]

NEAREST = 24
"""So many finished songs are known of each song, the nearest first."""


@dataclass(frozen=True, slots=True, eq=False)
class Library:
    """Finished songs.

    Attributes:
        statistics: Shape ``(track, statistics)``.
        places: In the embedding, shape ``(track, dimension)``.
        packages: Of each, shape ``(track,)``.
        makers: Game and artists behind each.
        embedding: What places are measured by.

    """

    statistics: Array
    places: Array
    packages: npt.NDArray[np.str_]
    makers: tuple[frozenset[str], ...]
    embedding: Embedding

    def nearest(self, song: ShardSong) -> Indices:
        """Return the finished songs that a song is most like, at most `NEAREST`."""
        own = _makers(song)
        others = np.array([own.isdisjoint(each) for each in self.makers], np.bool_)
        allowed = (self.packages != song.package) & others
        place = self.embedding.of(song.content)
        return exact_nearest(self.places, place, NEAREST, allowed).indices


def song_library(songs: Sequence[ShardSong], embedding: Embedding) -> Library:
    """Return the finished ones among songs.

    Args:
        songs: Of one split.
        embedding: What places are measured by.

    """
    kept = [
        song
        for song in songs
        if is_loud_enough(song.integrated_lufs, song.true_peak_dbtp, song.plr_db)
    ]
    content = np.array([song.content for song in kept]).reshape(-1, len(CONTENT))
    return Library(
        np.array([song.statistics for song in kept]).reshape(-1, len(STATISTICS)),
        embedding.of(content),
        np.array([song.package for song in kept], np.str_),
        tuple(_makers(song) for song in kept),
        embedding,
    )


def _makers(song: ShardSong) -> frozenset[str]:
    return artist_keys(song.artist) | {f"game {upstream_game(song.package)}"}
