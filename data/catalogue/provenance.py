"""Artist, album and title of a pair, from tags, folders and names."""

from __future__ import annotations

from pathlib import Path

from ..corpus.origins import artist_of_file
from .names import Role, parse, plain_words
from .roles import Song

_NOT_ALBUMS = frozenset(("audio", "wav", "wavs", "files", "music", "old", "archive", "export"))


def provenance(mix: Song, master: Song, roots: dict[Path, Path]) -> tuple[str, str, str]:
    """Return artist, album and title; empty where nothing says.

    Tags count first, the master's before the mix's. Then folders: the nearest that does not say
    what its files are stands for the album, and the one above it for the artist.

    Args:
        mix: The mix.
        master: The master.
        roots: The scanned folder of each path.

    """
    tags = {**mix.facts.tags, **master.facts.tags}
    folders = _folders(master.path, roots) or _folders(mix.path, roots)
    album = tags.get("album", "") or (folders[0] if folders else "")
    artist = tags.get("artist", "") or artist_of_file(master.path.name)
    artist = artist or artist_of_file(mix.path.name)
    if not artist and len(folders) > 1:
        artist = folders[1]
    title = tags.get("title", "") or master.name.title or mix.name.title
    return artist, album, title


def _folders(path: Path, roots: dict[Path, Path]) -> list[str]:
    root = roots.get(path)
    if root is None:
        return []
    named = []
    for folder in reversed(path.relative_to(root).parts[:-1]):
        said = parse(folder)
        is_plain = said.role is Role.UNSAID and said.title and not said.variants
        if is_plain and plain_words(folder) not in _NOT_ALBUMS:
            named.append(folder)
    return named
