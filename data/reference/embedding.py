"""From what a song is like to a place near songs that were produced alike.

The content of a song, standardized and held within what is usual, times a matrix that was learned
to tell the long-term spectrum of finished songs from it (`glassmaster.training.retrieval`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ...models.errors import ModelError
from ...models.weights import FOLDER
from ..features.content import CONTENT, CONTENT_SHA256
from ..files.names import display_name

Array: TypeAlias = npt.NDArray[np.float64]

FILE = "embedding.safetensors"

MOST_DEVIATIONS = 4.0
"""Content that is odder is held there, so that one odd number does not decide."""


@dataclass(frozen=True, slots=True, eq=False)
class Embedding:
    """The map.

    Attributes:
        mean: Of content over songs, shape ``(content,)``.
        scale: Standard deviations, same shape.
        projection: Shape ``(dimension, content)``.

    """

    mean: Array
    scale: Array
    projection: Array

    def of(self, content: Array) -> Array:
        """Return the places of songs, shape ``(…, dimension)``, of ``(…, content)``."""
        standard = np.clip((content - self.mean) / self.scale, -MOST_DEVIATIONS, MOST_DEVIATIONS)
        places: Array = standard @ self.projection.T
        return places


@cache
def shipped_embedding(path: Path = FOLDER / FILE) -> Embedding:
    """Return the embedding that ships.

    Raises:
        ModelError: It is missing, damaged, or was learned for other content.

    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            metadata = dict(file.metadata() or {})
            mean, scale, projection = (
                file.get_tensor(name).astype(np.float64) for name in ("mean", "scale", "projection")
            )
    except (OSError, SafetensorError, TypeError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise _error(path, f"cannot be read ({reason}); install the package again") from error
    if metadata.get("content_sha256") != CONTENT_SHA256:
        raise _error(path, "was learned for other content; learn it again")
    if {mean.shape, scale.shape, projection.shape[1:]} != {(len(CONTENT),)} or np.any(scale <= 0.0):
        raise _error(path, "is damaged; install the package again")
    return Embedding(mean, scale, projection)


def _error(path: Path, what: str) -> ModelError:
    return ModelError(f"{display_name(path)}: {what}", code="damaged_model", path=path)
