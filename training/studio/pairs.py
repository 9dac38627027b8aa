"""What is known of a studio: its pairs, each as a few numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Self, TypeAlias

import numpy as np
import numpy.typing as npt

from ...models.errors import CatalogueError

Array: TypeAlias = npt.NDArray[np.float64]
Indices: TypeAlias = npt.NDArray[np.int64]

MOST_RESIDUAL_DB = 5.0
"""A master of which the best moves leave more than this is no master of this mix."""


@dataclass(frozen=True, slots=True, eq=False)
class StudioPairs:
    """Pairs of mix and master.

    Attributes:
        names: Of each pair, all different.
        songs: What recording each is of: pairs that share it are never apart.
        albums: What each belongs to: what is left out together, and counted as one.
        statistics: Of mixes, as the base model sees them (`BaseModel.held`), shape ``(pair,
            statistics)``.
        base: Moves of the base model for the same mixes, shape ``(pair, moves)``.
        moves: What best explains the masters, shape ``(pair, moves)``.
        sigma: Standard deviations of these, shape ``(pair, moves)``.
        residual_db: Mel distance that they leave, shape ``(pair,)``.
        loudness_lufs: Of the masters, shape ``(pair,)``.

    """

    names: tuple[str, ...]
    songs: tuple[str, ...]
    albums: tuple[str, ...]
    statistics: Array
    base: Array
    moves: Array
    sigma: Array
    residual_db: Array
    loudness_lufs: Array

    def __len__(self) -> int:
        return len(self.names)

    def rows(self, chosen: Sequence[int] | Indices) -> Self:
        """Return some of the pairs."""
        rows = np.asarray(chosen, np.int64)
        kept: dict[str, Any] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            is_text = isinstance(value, tuple)
            kept[field.name] = tuple(value[i] for i in rows) if is_text else value[rows]
        return type(self)(**kept)


def explained_pairs(pairs: StudioPairs) -> StudioPairs:
    """Return the pairs whose master can be one of their mix.

    Raises:
        CatalogueError: There is none.

    """
    kept = np.flatnonzero(pairs.residual_db <= MOST_RESIDUAL_DB)
    if len(kept) == 0:
        raise CatalogueError(
            f"of {len(pairs)} pairs none belongs together: the best explanation of "
            f"{pairs.names[0]} leaves {pairs.residual_db[0]:.1f} dB; look through the catalogue",
            code="unexplained",
        )
    return pairs.rows(kept)
