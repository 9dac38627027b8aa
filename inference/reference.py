"""What finished music like a mix sounds like, and where the mix lies in it.

Of every reference corpus the tracks that are nearest by content are taken, as many as its weight
says; how they were produced is a distribution, not a number. Which tracks they are, from where and
under which licence is told with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ..data.analysis import Analysis
from ..data.reference.corpus import ReferenceCorpus, Track, read_corpus
from ..data.reference.embedding import shipped_embedding
from ..data.reference.growing import marked
from ..data.reference.indexing import Places, open_index, places_of
from ..data.reference.production import Production, production_of
from ..data.reference.search import TrackIndex, nearest
from ..data.reference.shipped import SHIPPED
from ..models.errors import CatalogueError, UsageError

Array: TypeAlias = npt.NDArray[np.float64]

NEIGHBORS = 16
"""So many tracks are looked at together."""


class Likeness(StrEnum):
    """In what tracks can be like a mix."""

    CONTENT = "content"
    PRODUCTION = "production"


NO_CORPUS = "none"

LOW, MIDDLE, HIGH = 10.0, 50.0, 90.0
"""Percentiles of the neighbors that are shown."""


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


@dataclass(frozen=True, slots=True)
class Neighbor:
    """A track that the mix is like.

    Attributes:
        track: Who it is.
        corpus: Name of the corpus it is in.
        distance: In the embedding. In the corpus that ships, half of the tracks have another within
            5 and 16 of them within 9; of all pairs, half are 22 apart.

    """

    track: Track
    corpus: str
    distance: float


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """Where the mix lies among its neighbors, quantity by quantity.

    Attributes:
        mix: Of the mix; NaN where undefined; shape ``(quantity,)``.
        low: 10th percentile of the neighbors, same shape; NaN where undefined for all of them.
        middle: Median.
        high: 90th percentile.
        percentile: Share of the neighbors below the mix, in percent; NaN where undefined.

    """

    mix: Array
    low: Array
    middle: Array
    high: Array
    percentile: Array


@dataclass(frozen=True, slots=True, eq=False)
class ReferenceMatch:
    """The neighbors of a mix.

    Attributes:
        neighbors: The nearest first.
        statistics: Of each neighbor, shape ``(neighbor, statistics)``.
        figures: In the order of `FIGURES`.
        tone_db: Level-free spectrum in third octaves.
        width_db: Side over mid in third octaves.
        correlation: Of left and right in third octaves.

    """

    neighbors: tuple[Neighbor, ...]
    statistics: Array
    figures: Place
    tone_db: Place
    width_db: Place
    correlation: Place


def match(
    analysis: Analysis,
    corpora: Sequence[Weighted],
    *,
    excluded: Sequence[str] = (),
    count: int = NEIGHBORS,
    by: Likeness = Likeness.CONTENT,
) -> ReferenceMatch | None:
    """Find the tracks that a mix is like; None where too little of the mix can be heard.

    Args:
        analysis: Of the mix.
        corpora: Where to look.
        excluded: Names of tracks, albums or artists that are passed over.
        count: How many neighbors.
        by: In what they are to be like it.

    Raises:
        CatalogueError: No track is left in any corpus.

    """
    if not analysis.content.any():
        return None
    embedding, own = shipped_embedding(), mix_production(analysis)
    content = by == Likeness.CONTENT
    place = embedding.of(analysis.content) if content else embedding.of_production(own)
    found: list[tuple[float, int, int]] = []
    allowed = [~left_out(each.corpus, excluded) for each in corpora]
    if not any(mask.any() for mask in allowed):
        names = ", ".join(each.corpus.name for each in corpora)
        raise CatalogueError(
            f"no track is left in {names or 'no corpus'}; add some, or exclude fewer",
            code="empty_corpus",
        )
    for number, (each, share) in enumerate(zip(corpora, _shares(corpora, count), strict=True)):
        places = (
            _places(each.corpus) if content else embedding.of_production(each.corpus.production)
        )
        index = each.index if content else None
        near = nearest(places, place, share, allowed[number], index)
        found += [
            (float(distance), number, int(index))
            for index, distance in zip(near.indices, near.distances, strict=True)
        ]
    found.sort()
    picked = [corpora[number].corpus.rows([index]) for _, number, index in found]
    neighbors = tuple(
        Neighbor(row.tracks[0], row.name, distance)
        for row, (distance, _, _) in zip(picked, found, strict=True)
    )
    near_by = [row.production for row in picked]
    return ReferenceMatch(
        neighbors,
        np.concatenate([row.statistics for row in picked]),
        *(
            _place(_of(own, name), np.concatenate([_of(each, name) for each in near_by]))
            for name in ("figures", "tone_db", "width_db", "correlation")
        ),
    )


def nearer_share(mix: Analysis, other: Analysis, corpora: Sequence[Weighted]) -> float:
    """Return the share of the corpora's tracks that are nearer to a mix than another song is.

    Args:
        mix: Analysis of the mix.
        other: Of the other song.
        corpora: What is usual; not all of them empty.

    """
    places = np.concatenate([_places(each.corpus) for each in corpora])
    place, apart = (shipped_embedding().of(each.content) for each in (mix, other))
    squares = np.square(places - place).sum(axis=1)
    return float(np.mean(squares < np.square(apart - place).sum()))


def mix_production(analysis: Analysis) -> Production:
    """Return the figures of a mix in which masters differ."""
    loudness = analysis.loudness
    levels = (loudness.dual_mono_lufs, loudness.range_lu, loudness.plr_db, loudness.psr_db)
    return production_of(levels, analysis.spectrum, analysis.statistics)


def left_out(corpus: ReferenceCorpus, names: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Return which tracks are passed over: by identity, album or artist, shape ``(track,)``."""
    wanted = {name.casefold() for name in names if name}
    by_artist = [track.artist.casefold() in wanted for track in corpus.tracks]
    passed: npt.NDArray[np.bool_] = marked(corpus, names) | np.array(by_artist, np.bool_)
    return passed


@cache
def shipped_corpus() -> ReferenceCorpus:
    """Return the corpus that ships.

    Raises:
        CatalogueError: It is missing or damaged.

    """
    return read_corpus(SHIPPED)


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


@cache
def _places(corpus: ReferenceCorpus) -> Places:
    return places_of(corpus, shipped_embedding())


def _shares(corpora: Sequence[Weighted], count: int) -> list[int]:
    """Return how many neighbors each corpus gives: by weight, and at least one of each."""
    total = sum(each.weight for each in corpora)
    return [max(1, round(count * each.weight / total)) for each in corpora]


def _of(production: Production, name: str) -> Array:
    value: Array = np.atleast_2d(getattr(production, name))
    return value


def _place(mix: Array, others: Array) -> Place:
    known = np.isfinite(others)
    told = known.any(axis=0)
    held = np.where(told, others, 0.0)
    spread = np.nanpercentile(held, (LOW, MIDDLE, HIGH), axis=0)
    low, middle, high = np.where(told, spread, np.nan)
    below = np.where(known, (others < mix) + 0.5 * (others == mix), 0.0).sum(axis=0)
    percentile = 100.0 * below / np.maximum(known.sum(axis=0), 1)
    undefined = np.isnan(mix[0]) | ~told
    return Place(mix[0], low, middle, high, np.where(undefined, np.nan, percentile))
