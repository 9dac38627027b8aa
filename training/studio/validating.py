"""What a studio's model is worth on albums of the same studio that it has not seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ...models.errors import CatalogueError
from ...models.moves import NEUTRAL
from .adapting import FEWEST_PAIRS, adapt, mean_settings
from .judging import Judge
from .pairs import StudioPairs

Array: TypeAlias = npt.NDArray[np.float64]

STUDIO, BASE, UNCHANGED, MEAN_SETTINGS = "studio", "base", "unchanged", "mean settings"
"""Names of what is held against each other."""


@dataclass(frozen=True, slots=True, eq=False)
class HeldOut:
    """Errors of songs that nothing was learned from and nothing chosen by.

    Attributes:
        names: Of the songs.
        units: What each belongs to: albums, or the songs themselves.
        by_song: Whether units are songs, because there are too few albums.
        errors_db: By method, shape ``(song,)``.
        moves: By method, shape ``(song, moves)``.

    """

    names: tuple[str, ...]
    units: tuple[str, ...]
    by_song: bool
    errors_db: Mapping[str, Array]
    moves: Mapping[str, Array]


FEWEST_ALBUMS = 5
"""With fewer albums, songs are the units."""


def cross_validated(pairs: StudioPairs, judge: Judge, center: Array) -> HeldOut:
    """Leave each album out, learn from the others, and measure.

    Args:
        pairs: All of one studio.
        judge: Of the same songs in the same order.
        center: Statistics of a usual song, shape ``(statistics,)``.

    Raises:
        CatalogueError: Too little is left to learn from when an album is left out.

    """
    by_song = len(set(pairs.albums)) < FEWEST_ALBUMS
    units = np.array(pairs.songs if by_song else pairs.albums)
    moves = {
        STUDIO: np.empty_like(pairs.base),
        BASE: pairs.base,
        UNCHANGED: np.tile(NEUTRAL, (len(pairs), 1)),
        MEAN_SETTINGS: np.empty_like(pairs.base),
    }
    for unit in np.unique(units):
        out = np.flatnonzero(units == unit)
        kept = pairs.rows(np.flatnonzero(units != unit))
        if len(kept) < FEWEST_PAIRS:
            raise CatalogueError(
                f"without {unit} there are {len(kept)} pairs left; bring pairs of more albums",
                code="few_pairs",
            )
        model = adapt(kept, center)
        moves[STUDIO][out] = model.moves(pairs.base[out], pairs.statistics[out])
        moves[MEAN_SETTINGS][out] = mean_settings(kept)
    errors = {name: judge.distances(rows) for name, rows in moves.items()}
    return HeldOut(pairs.names, tuple(units.tolist()), by_song, errors, moves)
