"""What belongs together: tracks joined by package, game, artist or the same audio."""

from __future__ import annotations

from collections.abc import Container, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from .origins import artist_keys, upstream_game


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a track comes from.

    Attributes:
        identity: See `ListedTrack.identity`.
        package: Debian package, or folder.
        artist: Line of credits; may be empty.

    """

    identity: str
    package: str
    artist: str


class Union:
    """A partition that grows coarser: sets that are joined stay joined."""

    def __init__(self) -> None:
        self._parents: dict[Hashable, Hashable] = {}

    def find(self, item: Hashable) -> Hashable:
        """Return the representative of the set that holds ``item``."""
        parent = self._parents.setdefault(item, item)
        while parent != self._parents[parent]:
            self._parents[parent] = self._parents[self._parents[parent]]
            parent = self._parents[parent]
        self._parents[item] = parent
        return parent

    def join(self, first: Hashable, second: Hashable) -> None:
        """Put two items, and all that is with them, into one set."""
        self._parents[self.find(first)] = self.find(second)


def components(
    tracks: Sequence[Origin], matches: Iterable[tuple[str, str]] = ()
) -> Mapping[str, str]:
    """Return the connected component of every track.

    Two tracks are connected where package, upstream game or an artist is the same, or where they
    are a pair of ``matches``.

    Args:
        tracks: Their order does not matter.
        matches: Pairs of identities with the same audio; one that is not among ``tracks`` stands
            for its package.

    Returns:
        Component by identity; a component is called after its first package.

    """
    union = Union()
    known = {track.identity for track in tracks}
    for track in tracks:
        union.join(("track", track.identity), ("package", track.package))
        union.join(("track", track.identity), ("game", upstream_game(track.package)))
        for artist in artist_keys(track.artist):
            union.join(("track", track.identity), ("artist", artist))
    for first, second in matches:
        union.join(*(_node(identity, known) for identity in (first, second)))
    names: dict[Hashable, str] = {}
    for track in tracks:
        root = union.find(("track", track.identity))
        names[root] = min(track.package, names.get(root, track.package))
    return {track.identity: names[union.find(("track", track.identity))] for track in tracks}


def _node(identity: str, known: Container[str]) -> tuple[str, str]:
    if identity in known:
        return ("track", identity)
    return ("package", identity.split("/")[0].split("@")[0])
