"""Groups of songs that are alike by content, and what they are like."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.cluster.hierarchy import fcluster, linkage

from .rows import Song

Array: TypeAlias = npt.NDArray[np.float64]

FEWEST_SONGS = 12
"""Fewer songs are not divided."""

FEWEST_IN_CLUSTER = 4
SONGS_A_CLUSTER = 10
MOST_CLUSTERS = 5

_NAMED = 3


@dataclass(frozen=True, slots=True)
class Cluster:
    """Songs that are alike.

    Attributes:
        songs: Places among all songs, in order.
        neighbors: The commonest tracks of corpora that they are like.
        genre: The commonest that files name, and of how many of how many files; None where none
            does.

    """

    songs: tuple[int, ...]
    neighbors: tuple[str, ...]
    genre: tuple[str, int, int] | None


def clusters_of(songs: Sequence[Song]) -> tuple[Cluster, ...]:
    """Divide songs by content, the largest group first; empty where there are too few.

    Ward's method (J. H. Ward, "Hierarchical grouping to optimize an objective function", 1963): the
    same for the same songs. As many groups as there may be by the number of songs, but none with
    fewer than `FEWEST_IN_CLUSTER`. Songs of which too little can be heard are in none.
    """
    placed = [number for number, song in enumerate(songs) if song.place is not None]
    places = [place for song in songs if (place := song.place) is not None]
    if len(placed) < FEWEST_SONGS:
        return ()
    tree = linkage(np.stack(places), "ward")
    most = min(max(len(placed) // SONGS_A_CLUSTER, 2), MOST_CLUSTERS)
    for count in range(most, 1, -1):
        labels = fcluster(tree, count, "maxclust")
        groups = [
            tuple(number for number, own in zip(placed, labels, strict=True) if own == label)
            for label in sorted(set(labels.tolist()))
        ]
        if len(groups) > 1 and min(map(len, groups)) >= FEWEST_IN_CLUSTER:
            groups.sort(key=lambda group: (-len(group), group))
            return tuple(_described(group, songs) for group in groups)
    return ()


def _described(group: tuple[int, ...], songs: Sequence[Song]) -> Cluster:
    near = Counter(label for number in group for label in dict.fromkeys(songs[number].neighbors))
    genres = Counter(songs[number].genre for number in group if songs[number].genre)
    genre = None
    if genres:
        name, count = min(genres.items(), key=lambda item: (-item[1], item[0]))
        genre = (name, count, genres.total())
    commonest = sorted(near.items(), key=lambda item: (-item[1], item[0]))
    return Cluster(group, tuple(label for label, _ in commonest[:_NAMED]), genre)
