"""Songs of a studio that lie in a reference corpus: what they are tested with would know them.

Corpora keep no fingerprints, but the SHA-256 of each file, its length, and what the music is like.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ....data.reference.corpus import ReferenceCorpus
from ....data.reference.embedding import shipped_embedding
from ....data.reference.indexing import places_of
from .studying import Studied

Array: TypeAlias = npt.NDArray[np.float64]

NEAR = 3.0
"""Nearer by content, and equally long, is the same recording.

Measured on four songs: coded anew, a master lies within 0.1 to 1.5 of itself, and a mix within 1.4
to 2.8 of its master; different tracks of the shipped corpus that are equally long are at least 4.2
apart.
"""

LENGTH_SHARE = 0.01
"""Lengths that differ by less are equal."""


def leaks_of(
    names: Sequence[str],
    hashes: Sequence[tuple[str, str]],
    studied: Sequence[Studied],
    corpora: Sequence[ReferenceCorpus],
) -> Mapping[str, str]:
    """Return which songs lie in a corpus, and as what.

    Args:
        names: Of the pairs.
        hashes: SHA-256 of each pair's mix and master.
        studied: What is known of each pair.
        corpora: Those in use.

    """
    found: dict[str, str] = {}
    for corpus in corpora:
        if len(corpus) == 0:
            continue
        own = {track.sha256: track.identity for track in corpus.tracks if track.sha256}
        places = np.asarray(places_of(corpus, shipped_embedding()), np.float64)
        lengths_s = np.array([track.duration_s for track in corpus.tracks])
        for name, both, each in zip(names, hashes, studied, strict=True):
            same = next((own[sha256] for sha256 in both if sha256 in own), None)
            if same is None:
                like = _like(each, places, lengths_s)
                same = None if like is None else corpus.tracks[like].identity
            if same is not None:
                found.setdefault(name, f"{same} of the corpus {corpus.name}")
    return found


def _like(studied: Studied, places: Array, lengths_s: Array) -> int | None:
    """Return the track that is the mix or the master, or None."""
    embedding = shipped_embedding()
    for content, duration_s in zip(studied.content, studied.durations_s, strict=True):
        if not content.any():
            continue
        apart = np.linalg.norm(places - embedding.of(content), axis=1)
        apart[np.abs(lengths_s / duration_s - 1.0) >= LENGTH_SHARE] = np.inf
        nearest = int(np.argmin(apart))
        if apart[nearest] < NEAR:
            return nearest
    return None
