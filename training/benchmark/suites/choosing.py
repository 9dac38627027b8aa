"""Which songs take part, and which others serve as their references: the same ones every time."""

from __future__ import annotations

from collections.abc import Sequence

from ..seeds import stream
from ..tasks import Song


def subset(songs: Sequence[Song], limit: int, seed: int) -> tuple[Song, ...]:
    """Return up to ``limit`` songs, one of each package in turn.

    A smaller subset is the beginning of a larger one.

    Args:
        songs: Of a split, in any order.
        limit: 0 for all of them.
        seed: Of the benchmark.

    """
    packages: dict[str, list[Song]] = {}
    for song in _shuffled(songs, seed, "subset"):
        packages.setdefault(song.package, []).append(song)
    rounds = max(map(len, packages.values()), default=0)
    turns = [part[turn] for turn in range(rounds) for part in packages.values() if turn < len(part)]
    return tuple(turns[:limit] if limit > 0 else turns)


def album_reference(song: Song, songs: Sequence[Song], seed: int) -> tuple[str, ...]:
    """Return another song of the same package, by the same artist where there is one.

    Returns:
        One identity; none where the package holds no other song.

    """
    others = [other for other in songs if other.package == song.package and other != song]
    same = [other for other in others if other.artist and other.artist == song.artist]
    shuffled = _shuffled(same or others, seed, "album", song.identity)
    return tuple(other.identity for other in shuffled[:1])


def foreign_references(song: Song, songs: Sequence[Song], seed: int, count: int) -> tuple[str, ...]:
    """Return songs of other components, each of another package as far as there are enough.

    Fewer are the beginning of more.

    Returns:
        Identities; none where there are fewer than ``count``.

    """
    others = [other for other in songs if other.component != song.component]
    shuffled = _shuffled(others, seed, "foreign", song.identity)
    first = {other.package: other for other in reversed(shuffled)}
    fresh = [other for other in shuffled if first[other.package] is other]
    rest = [other for other in shuffled if first[other.package] is not other]
    chosen = (*fresh, *rest)[:count]
    return tuple(other.identity for other in chosen) if len(chosen) == count else ()


def _shuffled(songs: Sequence[Song], seed: int, *names: str) -> list[Song]:
    """Return songs in an order that each of them has whatever others there are."""
    keys = {song.identity: stream(seed, *names, song.identity).random() for song in songs}
    return sorted(songs, key=lambda song: (keys[song.identity], song.identity))
