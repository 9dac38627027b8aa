"""Places of songs: near each other lie songs that are alike, or that were produced alike.

By *content*: what a song is like, apart from how it is mixed, times a matrix that was learned to
tell the long-term spectrum of finished songs from it (`glassmaster.training.retrieval`). By
*production*: how it was produced, along the directions in which finished songs differ. Numbers are
standardized and held within what is usual first.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from ...models.errors import ModelError
from ...models.weights import FOLDER
from ..features.content import CONTENT, CONTENT_SHA256
from ..files.names import display_name
from .production import FIGURES, Production

Array: TypeAlias = npt.NDArray[np.float64]

EMBEDDING = FOLDER / "embedding.safetensors"
"""The embedding that ships."""

MOST_DEVIATIONS = 4.0
"""What is odder is held there, so that one odd number does not decide."""

_JUDGED = slice(2, 29)  # third octaves
_THIRDS, _OCTAVES = 27, 9
PRODUCTION_FIGURES = ("range_lu", "plr_db", "crest_p50_db", "side_db")
"""Figures that tell productions apart."""

_FIGURES = [FIGURES.index(name) for name in PRODUCTION_FIGURES]

KINDS = {"content": len(CONTENT), "production": _THIRDS + _OCTAVES + len(PRODUCTION_FIGURES)}
"""Maps, and how many numbers each takes."""


@dataclass(frozen=True, slots=True, eq=False)
class Projection:
    """A map of standardized numbers to a place.

    Attributes:
        mean: Of numbers over songs, shape ``(number,)``.
        scale: Standard deviations, same shape.
        matrix: Shape ``(dimension, number)``.

    """

    mean: Array
    scale: Array
    matrix: Array

    def of(self, numbers: Array) -> Array:
        """Return the places of songs, shape ``(…, dimension)``, of ``(…, number)``.

        An undefined number, NaN, counts as the mean.
        """
        apart = np.nan_to_num((numbers - self.mean) / self.scale, nan=0.0)
        places: Array = np.clip(apart, -MOST_DEVIATIONS, MOST_DEVIATIONS) @ self.matrix.T
        return places


@dataclass(frozen=True, slots=True, eq=False)
class Embedding:
    """Both maps.

    Attributes:
        content: Of numbers of `features.content`.
        production: Of `production_numbers`.

    """

    content: Projection
    production: Projection

    def of(self, content: Array) -> Array:
        """Return the places of songs by content, shape ``(…, dimension)``, of ``(…, content)``."""
        return self.content.of(content)

    def of_production(self, production: Production) -> Array:
        """Return the places of songs by production, shape ``(…, dimension)``."""
        return self.production.of(production_numbers(production))


def production_numbers(production: Production) -> Array:
    """Return what tells productions apart, shape ``(…, number)``: the level itself is left out.

    Tone and width from 31.5 Hz to 12.5 kHz, width in octaves, and `PRODUCTION_FIGURES`.
    """
    tone_db = production.tone_db[..., _JUDGED]
    octaves = production.width_db[..., _JUDGED].reshape(*tone_db.shape[:-1], -1, 3).mean(axis=-1)
    return np.concatenate((tone_db, octaves, production.figures[..., _FIGURES]), axis=-1)


@cache
def shipped_embedding(path: Path = EMBEDDING) -> Embedding:
    """Return the embedding that ships.

    Raises:
        ModelError: It is missing, damaged, or was learned for other content.

    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            metadata = dict(file.metadata() or {})
            maps = {kind: _projection(file, kind) for kind in KINDS}
    except (OSError, SafetensorError, TypeError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise _error(path, f"cannot be read ({reason}); install the package again") from error
    if metadata.get("content_sha256") != CONTENT_SHA256:
        raise _error(path, "was learned for other content; learn it again")
    for kind, count in KINDS.items():
        shapes = {maps[kind].mean.shape, maps[kind].scale.shape, maps[kind].matrix.shape[1:]}
        if shapes != {(count,)} or np.any(maps[kind].scale <= 0.0):
            raise _error(path, "is damaged; install the package again")
    return Embedding(maps["content"], maps["production"])


def _projection(file: Any, kind: str) -> Projection:
    names = (f"{kind}_{part}" for part in ("mean", "scale", "matrix"))
    return Projection(*(file.get_tensor(name).astype(np.float64) for name in names))


def _error(path: Path, what: str) -> ModelError:
    return ModelError(f"{display_name(path)}: {what}", code="damaged_model", path=path)
