"""What belongs together, so that nothing is tested on what it was learned from: albums and songs.

Pairs that hold the same recording, by content or by fingerprint, are one song however they are
called, and the albums that they are on are one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from ....data.catalogue.records import CataloguePair
from ....data.corpus.components import Union
from ....data.corpus.fingerprint import Words
from ....data.corpus.matches import find_matches
from ....models.errors import CatalogueError


@dataclass(frozen=True, slots=True)
class Link:
    """Two pairs that hold the same recording.

    Attributes:
        first: Index of a pair.
        second: Index of a later one.
        reason: What says so.

    """

    first: int
    second: int
    reason: str


@dataclass(frozen=True, slots=True)
class Units:
    """What is left out together.

    Attributes:
        songs: Of each pair; those of one recording share it.
        albums: Of each pair; where it has none, its artist, and where it has none either, itself.
        by_artist: How many pairs count by their artist.
        by_song: How many count for themselves.

    """

    songs: tuple[str, ...]
    albums: tuple[str, ...]
    by_artist: int
    by_song: int


def same_recordings(
    pairs: Sequence[CataloguePair], prints: Mapping[str, Words]
) -> tuple[Link, ...]:
    """Return which pairs hold the same recording.

    Args:
        pairs: Of a catalogue.
        prints: Fingerprints by content.

    """
    places: dict[str, set[int]] = defaultdict(set)
    for place, pair in enumerate(pairs):
        for sha256 in (pair.mix_sha256, pair.master_sha256):
            places[sha256].add(place)
    found: dict[tuple[int, int], str] = {}
    for own in places.values():
        for both in combinations(sorted(own), 2):
            found[both] = "the same file"
    for match in find_matches({name: prints[name] for name in places if name in prints}):
        for one in places[match.first]:
            for two in places[match.second]:
                if one != two:
                    key = (min(one, two), max(one, two))
                    found.setdefault(key, "the same fingerprint")
    return tuple(Link(*both, reason) for both, reason in sorted(found.items()))


def units_of(names: Sequence[str], pairs: Sequence[CataloguePair], links: Sequence[Link]) -> Units:
    """Return what each pair belongs to.

    Args:
        names: Of the pairs, all different.
        pairs: In the same order.
        links: See `same_recordings`.

    """
    songs = Union()
    for link in links:
        songs.join(names[link.first], names[link.second])
    own = [_plain(pair.album) or _plain(pair.artist) or None for pair in pairs]
    albums = Union()
    for name, unit in zip(names, own, strict=True):
        albums.join(("song", songs.find(name)), ("song", name) if unit is None else ("unit", unit))
    shown = {_plain(title): title for pair in pairs for title in (pair.artist, pair.album)}
    return Units(
        songs=_labels([songs.find(name) for name in names], names),
        albums=_labels(
            [albums.find(("song", songs.find(name))) for name in names],
            [name if unit is None else shown[unit] for name, unit in zip(names, own, strict=True)],
        ),
        by_artist=sum(not pair.album and bool(pair.artist) for pair in pairs),
        by_song=sum(not pair.album and not pair.artist for pair in pairs),
    )


def check_apart(names: Sequence[str], units: Sequence[str], links: Sequence[Link]) -> None:
    """Refuse units of which one would be tested on what another one was learned from.

    Args:
        names: Of the pairs.
        units: What of each is left out together.
        links: See `same_recordings`.

    Raises:
        CatalogueError: ``leak``.

    """
    for link in links:
        if units[link.first] != units[link.second]:
            raise CatalogueError(
                f"{names[link.first]} and {names[link.second]} are {link.reason}, and one would "
                "be learned from where the other is tested; reject one of the pairs",
                code="leak",
            )


def _labels(found: Sequence[object], names: Sequence[str]) -> tuple[str, ...]:
    """Return a text for each set: the names of what is in it."""
    members: dict[object, dict[str, None]] = defaultdict(dict)
    for unit, name in zip(found, names, strict=True):
        members[unit][name] = None
    return tuple(" + ".join(sorted(members[unit])) for unit in found)


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
