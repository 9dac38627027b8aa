"""Where the tracks of a corpus come from: packages that are unpacked in turn, and folders."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from ...models.errors import CatalogueError, GlassmasterError
from ..files.names import display_name
from .listing import ListedTrack
from .packages import fetch_package

AUDIO_ENDINGS = frozenset(
    (".aif", ".aiff", ".caf", ".flac", ".mp3", ".ogg", ".opus", ".rf64", ".w64", ".wav")
)
"""Files of folders that end otherwise are passed over."""

_EFFECTS = frozenset(("ambient", "ambience", "effects", "fx", "sfx", "sound", "soundfx", "sounds"))
_MUSIC = frozenset(("music", "songs", "soundtrack"))


@dataclass(frozen=True, slots=True)
class SourceTrack:
    """A track that may be measured.

    Attributes:
        track: What is known of it.
        path: Where it lies.
        version: Changes when the track may have changed.
        source: The ``.deb`` it came in, or the folder.

    """

    track: ListedTrack
    path: Path
    version: str
    source: str


def folder_tracks(folder: Path) -> tuple[SourceTrack, ...]:
    """Return the audio files in a folder and its subfolders.

    The first subfolder stands for an album, as a package does elsewhere. Files under a folder that
    is called after sound effects count as excluded, unless a folder within it is of music.

    Raises:
        CatalogueError: ``folder`` when there is none of that name.

    """
    if not folder.is_dir():
        message = f"{display_name(folder)}: is no folder; give one that holds audio files"
        raise CatalogueError(message, code="folder", path=folder)
    found = []
    for root, names, file_names in os.walk(folder):
        names.sort()
        for name in sorted(file_names):
            path = Path(root, name)
            if path.suffix.lower() in AUDIO_ENDINGS and not name.startswith("."):
                found.append(_file_track(folder, path))
    return tuple(found)


def _file_track(folder: Path, path: Path) -> SourceTrack:
    parts = path.relative_to(folder).parts
    album = [folder.resolve().name, *parts[:-1]][:2]
    words = {part.lower() for part in parts[:-1]}
    track = ListedTrack(
        split="exclude" if words & _EFFECTS and not words & _MUSIC else "train",
        package="/".join(album),
        licence="",
        file="/".join(parts[len(album) - 1 :]),
        good_quality=None,
        looks_mastered=None,
        duplicates=(),
        artist="",
        title="",
        genre="",
    )
    status = path.stat()
    version = f"{status.st_size}:{status.st_mtime_ns}"
    return SourceTrack(track, path, version, str(folder))


def packages(names: Sequence[str], cache: Path) -> Iterator[tuple[str, Path | GlassmasterError]]:
    """Fetch packages, the next while one is worked on.

    Args:
        names: In the order in which they are wanted.
        cache: Folder of ``.deb`` files; what is downloaded stays there.

    Yields:
        Each name, with the package's file or why there is none.

    """
    with ThreadPoolExecutor(1) as ahead:
        futures: dict[str, Future[Path]] = {}
        for number, name in enumerate(names):
            for near in names[number : number + 2]:
                if near not in futures:
                    futures[near] = ahead.submit(fetch_package, near, cache)
            try:
                yield name, futures[name].result()
            except GlassmasterError as error:
                yield name, error
