"""Reference corpora by name: the one that ships, and a person's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ..data.reference.corpus import ReferenceCorpus, read_corpus
from ..data.reference.embedding import shipped_embedding
from ..data.reference.indexing import open_index
from ..data.reference.search import TrackIndex
from ..data.reference.shipped import SHIPPED
from ..models.errors import UsageError

Array: TypeAlias = npt.NDArray[np.float64]

NO_CORPUS = "none"


@dataclass(frozen=True, slots=True, eq=False)
class Weighted:
    """A corpus and what it counts.

    Attributes:
        corpus: What is known of its tracks.
        weight: Its share of the neighbors, relative to that of others.
        index: Of its tracks, where there are so many that they need one.

    """

    corpus: ReferenceCorpus
    weight: float = 1.0
    index: TrackIndex | None = None


@cache
def shipped_corpus() -> ReferenceCorpus:
    """Return the corpus that ships.

    Raises:
        CatalogueError: It is missing or damaged.

    """
    return read_corpus(SHIPPED)


@cache
def songs_at_large() -> Array:
    """Return the mean statistics of the finished songs that ship, shape ``(statistics,)``.

    Raises:
        CatalogueError: As `shipped_corpus`.

    """
    mean: Array = shipped_corpus().statistics.mean(axis=0)
    mean.flags.writeable = False
    return mean


def named_corpora(names: Sequence[str]) -> tuple[Weighted, ...]:
    """Return corpora by ``PATH[:WEIGHT]`` or ``shipped[:WEIGHT]``; the shipped one without names.

    ``none`` stands for no corpus.

    Raises:
        UsageError: A weight is none.
        CatalogueError: A corpus is missing, damaged or of another version.

    """
    if not names:
        return (Weighted(shipped_corpus()),)
    if list(names) == [NO_CORPUS]:
        return ()
    found = []
    for name in names:
        path, weight = split_weight(name, default=1.0)
        if path == SHIPPED.stem:
            found.append(Weighted(shipped_corpus(), weight))
            continue
        corpus = read_corpus(Path(path))
        index = open_index(Path(path), corpus, shipped_embedding())
        found.append(Weighted(corpus, weight, index))
    return tuple(found)


def one_corpus(name: str) -> ReferenceCorpus:
    """Return a corpus by its path, or the one that ships; errors as of `named_corpora`."""
    if name == NO_CORPUS:
        raise UsageError(f"{name} stands for no corpus; name one", code="usage")
    return shipped_corpus() if name == SHIPPED.stem else read_corpus(Path(name))


def check_own(path: Path) -> None:
    """Refuse to change a corpus that `named_corpora` would not find by its name.

    Raises:
        UsageError: The name stands for something else.

    """
    if str(path) in (NO_CORPUS, SHIPPED.stem):
        raise UsageError(
            f"{path} stands for something else; give a corpus of your own another name, as in "
            "mine.corpus",
            code="usage",
        )


def split_weight(text: str, *, default: float) -> tuple[str, float]:
    """Split ``NAME:WEIGHT``; a name that ends in a colon and no number is a name.

    Raises:
        UsageError: The weight is negative or no number that is finite.

    """
    name, colon, last = text.rpartition(":")
    if not colon or Path(text).exists():
        return text, default
    try:
        weight = float(last)
    except ValueError:
        return text, default
    if not (np.isfinite(weight) and weight > 0.0):
        raise UsageError(f"{text}: a weight is a number above 0, as in {name}:0.5", code="usage")
    return name, weight
