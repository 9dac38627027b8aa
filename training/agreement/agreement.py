"""How a model and an engineer agree over all pairs of a catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from .calibration import Coverage, coverages
from .clusters import Cluster, clusters_of
from .consistency import TraitAgreement, mean_interval, trait_agreements
from .rows import Song
from .traits import response_differences, trait_values

Array: TypeAlias = npt.NDArray[np.float64]

SHOWN = 10
"""So many songs of the largest disagreement are told."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A pair that is not counted.

    Attributes:
        name: Of the song.
        reason: Why not.

    """

    name: str
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class ClusterAgreement:
    """Agreement on songs that are alike.

    Attributes:
        cluster: Which songs, and what they are like.
        traits: Over them.

    """

    cluster: Cluster
    traits: tuple[TraitAgreement, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Agreement:
    """Agreement over a catalogue.

    Attributes:
        songs: In the order of their names.
        values: What the engineer has more, shape ``(song, trait)``; see `trait_values`.
        units: How many units the songs belong to.
        traits: Over all songs.
        response_db: Mean difference of responses, and the ends of its interval, shape ``(3, 27)``.
        clusters: The largest first; empty where there are too few songs.
        calibration: Of the model's intervals.
        left_out: Pairs that could not be compared.

    """

    songs: tuple[Song, ...]
    values: Array
    units: int
    traits: tuple[TraitAgreement, ...]
    response_db: Array
    clusters: tuple[ClusterAgreement, ...]
    calibration: tuple[Coverage, ...]
    left_out: tuple[LeftOut, ...]

    @property
    def largest(self) -> tuple[int, ...]:
        """Places of the songs of largest disagreement, as it is heard, the largest first."""
        order = sorted(
            range(len(self.songs)),
            key=lambda place: (-self.songs[place].overall.mean_db, self.songs[place].name),
        )
        return tuple(order[:SHOWN])


def agreement_of(songs: Sequence[Song], left_out: Sequence[LeftOut] = ()) -> Agreement:
    """Tell how model and engineer agree.

    Args:
        songs: At least one, in any order.
        left_out: Pairs that could not be compared.

    """
    ordered = tuple(sorted(songs, key=lambda song: song.name))
    units = [song.unit for song in ordered]
    values = trait_values(ordered)
    responses = response_differences(ordered)
    clusters = clusters_of(ordered)
    return Agreement(
        songs=ordered,
        values=values,
        units=len(set(units)),
        traits=trait_agreements(values, units),
        response_db=np.array([mean_interval(column, units) for column in responses.T]).T,
        clusters=tuple(
            ClusterAgreement(
                each,
                trait_agreements(
                    values[list(each.songs)],
                    [units[place] for place in each.songs],
                    families=len(clusters),
                ),
            )
            for each in clusters
        ),
        calibration=coverages(ordered),
        left_out=tuple(left_out),
    )
