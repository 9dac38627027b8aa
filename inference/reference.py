"""What finished music like a mix sounds like, and where the mix lies in it.

Of every reference corpus the tracks that are nearest by content are taken, as many as its weight
says; how they were produced is a distribution, not a number. Which tracks they are, from where and
under which licence is told with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ..data.analysis import Analysis
from ..data.corpus.origins import artist_keys
from ..data.reference.corpus import ReferenceCorpus, Track
from ..data.reference.embedding import shipped_embedding
from ..data.reference.indexing import places_of
from ..data.reference.production import Production, production_of, stacked
from ..data.reference.search import Floats, nearest
from ..models.errors import CatalogueError, UsageError
from .corpora import Weighted, shipped_corpus

Array: TypeAlias = npt.NDArray[np.float64]

FEWEST_TRACKS = 50
"""Fewer tracks do not tell which distance is usual."""

NEIGHBORS = 16
"""So many tracks are looked at together."""


class Likeness(StrEnum):
    """In what tracks can be like a mix."""

    CONTENT = "content"
    PRODUCTION = "production"


LOW, MIDDLE, HIGH = 10.0, 50.0, 90.0
"""Percentiles of the neighbors that are shown."""


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
        production: Of each neighbor.
        figures: In the order of `FIGURES`.
        tone_db: Level-free spectrum in third octaves.
        width_db: Side over mid in third octaves.
        correlation: Of left and right in third octaves.

    """

    neighbors: tuple[Neighbor, ...]
    statistics: Array
    production: Production
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
        CatalogueError: There is no corpus, or no track is left in one of them.

    """
    if not analysis.content.any():
        return None
    embedding, own = shipped_embedding(), mix_production(analysis)
    place = embedding.of(analysis.content)
    if by == Likeness.PRODUCTION:
        place = embedding.of_production(own)
    found = _neighbors(corpora, excluded, count, place, by)
    picked = [(corpora[number].corpus, index) for _, number, index in found]
    neighbors = tuple(
        Neighbor(corpus.tracks[index], corpus.name, distance)
        for (corpus, index), (distance, _, _) in zip(picked, found, strict=True)
    )
    near_by = stacked([corpus.production.at(index) for corpus, index in picked])
    return ReferenceMatch(
        neighbors,
        np.stack([corpus.statistics[index] for corpus, index in picked]),
        near_by,
        *(
            place_among(getattr(own, name), getattr(near_by, name))
            for name in ("figures", "tone_db", "width_db", "correlation")
        ),
    )


def nearer_share(
    mix: Analysis, other: Analysis, corpora: Sequence[Weighted], *, excluded: Sequence[str] = ()
) -> float:
    """Return the share of the corpora's tracks that are nearer to a mix than another song is.

    Args:
        mix: Analysis of the mix.
        other: Of the other song.
        corpora: What is usual; the corpus that ships, where they hold fewer than `FEWEST_TRACKS`.
        excluded: Names of tracks, albums or artists that are passed over.

    """
    embedding = shipped_embedding()
    rows = [places_of(each.corpus, embedding)[~left_out(each.corpus, excluded)] for each in corpora]
    if sum(map(len, rows)) < FEWEST_TRACKS:
        rows = [places_of(shipped_corpus(), embedding)]
    places = np.concatenate(rows)
    place, apart = (embedding.of(each.content) for each in (mix, other))
    squares = np.square(places - place).sum(axis=1)
    return float(np.mean(squares < np.square(apart - place).sum()))


def mix_production(analysis: Analysis) -> Production:
    """Return the figures of a mix in which masters differ."""
    loudness = analysis.loudness
    levels = (loudness.dual_mono_lufs, loudness.range_lu, loudness.plr_db, loudness.psr_db)
    return production_of(levels, analysis.spectrum, analysis.statistics)


def left_out(corpus: ReferenceCorpus, names: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Return which tracks are passed over: by identity, album or artist, shape ``(track,)``.

    Capital letters make no difference. An artist is passed over in company too.
    """
    wanted = {name.casefold() for name in names if name}
    if not wanted:  # whose music it is takes longer to tell than which of it is near
        return np.zeros(len(corpus), np.bool_)
    passed = [
        bool({track.identity.casefold(), track.album.casefold()} & wanted)
        or bool(_artists(track.artist) & wanted)
        for track in corpus.tracks
    ]
    return np.array(passed, np.bool_)


def check_excluded(corpora: Sequence[Weighted], names: Sequence[str]) -> None:
    """Refuse a name that excludes nothing.

    Raises:
        UsageError: No corpus has a track, an album or an artist of that name.

    """
    for name in names:
        if not any(left_out(each.corpus, (name,)).any() for each in corpora):
            raise UsageError(
                f"--exclude {name}: no corpus has a track, an album or an artist of that name",
                code="nothing_excluded",
            )


def _artists(credits: str) -> frozenset[str]:
    return frozenset((credits.casefold(), *artist_keys(credits)))


def _neighbors(
    corpora: Sequence[Weighted], excluded: Sequence[str], count: int, place: Array, by: Likeness
) -> list[tuple[float, int, int]]:
    """Return distance, corpus and track of neighbors, the nearest first; no recording twice.

    Each corpus gives its share; what one has too few tracks for, the others give.
    """
    embedding, content = shipped_embedding(), by == Likeness.CONTENT
    first: list[tuple[float, int, int]] = []
    spare: list[tuple[float, int, int]] = []
    for number, (each, share) in enumerate(zip(corpora, _shares(corpora, count), strict=True)):
        tracks, index = each.corpus, each.index if content else None
        allowed = ~left_out(tracks, excluded)
        if not allowed.any():
            raise CatalogueError(
                f"no track is left in the corpus {tracks.name}; add some, or exclude fewer",
                code="empty_corpus",
            )
        if content:
            places: Floats = places_of(tracks, embedding)
        else:
            places = embedding.of_production(tracks.production)
        near = nearest(places, place, count, allowed, index)
        rows = [
            (float(distance), number, int(track))
            for track, distance in zip(near.indices, near.distances, strict=True)
        ]
        first += rows[:share]
        spare += rows[share:]
    if not corpora:
        raise CatalogueError("no corpus was given; name one", code="empty_corpus")
    kept: dict[str, tuple[float, int, int]] = {}
    for row in (*sorted(first), *sorted(spare)):
        if len(kept) < count:
            kept.setdefault(corpora[row[1]].corpus.tracks[row[2]].sha256, row)
    return sorted(kept.values())


def _shares(corpora: Sequence[Weighted], count: int) -> list[int]:
    """Divide a number of neighbors by weight; what is left over goes to the largest remainders."""
    total = sum(each.weight for each in corpora)
    exact = [count * each.weight / total for each in corpora]
    shares = [int(value) for value in exact]
    by_remainder = sorted(range(len(exact)), key=lambda i: (shares[i] - exact[i], i))
    for index in by_remainder[: count - sum(shares)]:
        shares[index] += 1
    return shares


def place_among(mix: Array, others: Array) -> Place:
    """Return where a track lies among others, quantity by quantity.

    Args:
        mix: Of the track; NaN where undefined; shape ``(quantity,)``.
        others: Of the others, shape ``(track, quantity)``.

    """
    known = np.isfinite(others)
    told = known.any(axis=0)
    held = np.where(told, others, 0.0)
    spread = np.nanpercentile(held, (LOW, MIDDLE, HIGH), axis=0)
    low, middle, high = np.where(told, spread, np.nan)
    below = np.where(known, (others < mix) + 0.5 * (others == mix), 0.0).sum(axis=0)
    percentile = 100.0 * below / np.maximum(known.sum(axis=0), 1)
    undefined = np.isnan(mix) | ~told
    return Place(mix, low, middle, high, np.where(undefined, np.nan, percentile))
