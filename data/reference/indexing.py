"""The index beside a large corpus: made when tracks are added, used while it fits them."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from .corpus import ReferenceCorpus
from .embedding import Embedding
from .search import EXACT_TRACKS, TrackIndex

Places: TypeAlias = npt.NDArray[np.float32]

SUFFIX = ".index"


def update_index(path: Path, corpus: ReferenceCorpus, embedding: Embedding) -> None:
    """Make the index of a corpus that is large enough to need one, and remove older ones.

    Args:
        path: Of the corpus.
        corpus: As it is now.
        embedding: By which tracks are looked for.

    Raises:
        CatalogueError: ``no_usearch`` where the library for it is missing.
        OutputError: It cannot be written.

    """
    current = None
    if len(corpus) > EXACT_TRACKS:
        places = places_of(corpus, embedding)
        current = _path(path, places)
        if not current.exists():
            TrackIndex.build(places).save(current)
    for old in path.parent.glob(f"{path.name}.*{SUFFIX}"):
        if old != current:
            old.unlink(missing_ok=True)


def open_index(path: Path, corpus: ReferenceCorpus, embedding: Embedding) -> TrackIndex | None:
    """Open the index of a corpus; None where it is small enough, or has no index that fits it.

    Raises:
        CatalogueError: The index is damaged, or the library for it is missing.

    """
    if len(corpus) <= EXACT_TRACKS:
        return None
    places = places_of(corpus, embedding)
    found = _path(path, places)
    return TrackIndex.load(found, *places.shape) if found.exists() else None


@lru_cache(maxsize=8)  # corpora that are used together; each is looked at more than once
def places_of(corpus: ReferenceCorpus, embedding: Embedding) -> Places:
    """Return where tracks lie in the embedding, shape ``(track, dimension)``."""
    return embedding.of(corpus.content).astype(np.float32)


def _path(path: Path, places: Places) -> Path:
    digest = hashlib.sha256(places.tobytes()).hexdigest()[:16]
    return path.with_name(f"{path.name}.{digest}{SUFFIX}")
