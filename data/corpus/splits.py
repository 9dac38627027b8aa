"""Splits: which track is learned from, and which is kept for tests; one CSV file each."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from types import MappingProxyType

from ...models.errors import CatalogueError
from ..files.names import display_name
from ..files.replacing import replace_file

SPLITS = ("fit", "calibration", "test", "validation")
"""Every split: learned from, for intervals only, evaluated once, for choices."""

COLUMNS = ("identity", "package", "file", "component", "artist", "is_target")

_TARGET = MappingProxyType({"yes": True, "no": False})


@dataclass(frozen=True, slots=True)
class SplitTrack:
    """A row of a split file.

    Attributes:
        identity: Package and file.
        package: Debian package, or folder.
        file: Path within it.
        component: What it may not be parted from; see `components`.
        artist: Line of credits; may be empty.
        is_target: Whether it may serve as a master to aim at.

    """

    identity: str
    package: str
    file: str
    component: str
    artist: str
    is_target: bool


def write_splits(folder: Path, splits: Mapping[str, Iterable[SplitTrack]]) -> None:
    """Write one CSV file a split into ``folder``, replacing what is there.

    Raises:
        OutputError: A file cannot be written.

    """
    for split, tracks in splits.items():
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(COLUMNS)
        for track in tracks:
            target = "yes" if track.is_target else "no"
            row = (track.identity, track.package, track.file, track.component, track.artist)
            writer.writerow((*row, target))
        replace_file(folder / f"{split}.csv", text.getvalue().encode())


def read_splits(folder: Path) -> Mapping[str, tuple[SplitTrack, ...]]:
    """Read what `write_splits` wrote; every split must be there.

    Raises:
        CatalogueError: ``splits`` when a file is missing, damaged, or shares a track with another.

    """
    splits = {split: read_split(folder / f"{split}.csv") for split in SPLITS}
    seen: dict[str, str] = {}
    for split, tracks in splits.items():
        for track in tracks:
            if seen.setdefault(track.identity, split) != split:
                message = f"{track.identity} is in {seen[track.identity]} and in {split}"
                raise CatalogueError(message, code="splits", path=folder)
    return splits


def shipped_splits() -> Mapping[str, tuple[SplitTrack, ...]]:
    """Return the splits of the listing, as they were cut once and for all."""
    with as_file(files("glassmaster.configs") / "splits") as folder:
        return read_splits(folder)


def read_split(path: Path) -> tuple[SplitTrack, ...]:
    """Read one file of `write_splits`, in its order.

    Raises:
        CatalogueError: ``splits`` when it is missing or damaged.

    """
    name = display_name(path)
    try:
        rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"), newline="")))
    except (OSError, UnicodeDecodeError) as error:
        message = f"{name}: cannot be read ({error}); cut the splits anew or restore the file"
        raise CatalogueError(message, code="splits", path=path) from error
    if not rows or tuple(rows[0]) != COLUMNS or any(len(row) != len(COLUMNS) for row in rows):
        message = f"{name}: it needs the columns {', '.join(COLUMNS)}; restore the file"
        raise CatalogueError(message, code="splits", path=path)
    if unclear := [row[0] for row in rows[1:] if row[-1] not in _TARGET]:
        message = f"{name}: is_target of {unclear[0]} is neither yes nor no; restore the file"
        raise CatalogueError(message, code="splits", path=path)
    return tuple(_track(*row) for row in rows[1:])


def _track(
    identity: str, package: str, file: str, component: str, artist: str, is_target: str
) -> SplitTrack:
    return SplitTrack(identity, package, file, component, artist, _TARGET[is_target])
