"""The listing of music in Debian's archive: which files of which packages, and what they are."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from ...models.errors import CatalogueError

LISTING_SPLITS = ("train", "validation", "stems", "exclude")
"""What a row of the listing may be for; nothing is learned from the last two."""

_COLUMNS = (
    *("split", "package", "licence", "file", "good_quality", "looks_mastered"),
    *("duplicate_of", "artist", "title", "genre"),
)


@dataclass(frozen=True, slots=True)
class ListedTrack:
    """A row of the listing.

    Attributes:
        split: One of `LISTING_SPLITS`.
        package: Name of the Debian package.
        licence: As the package states it; ``non-DEP5`` where its statement is plain prose.
        file: Path within the package; ``unz/`` at its head leads into an archive of the package.
        good_quality: Stereo, 44.1 kHz or more, 15 kHz bandwidth or more, 96 kb/s or more; None
            where that is left to measuring.
        looks_mastered: Loud, dense and peaking high enough for a finished master; or None.
        duplicates: Identities of tracks with the same audio, listed or not.
        artist: Empty where nothing is known.
        title: Empty where nothing is known.
        genre: Empty where nothing is known.

    """

    split: str
    package: str
    licence: str
    file: str
    good_quality: bool | None
    looks_mastered: bool | None
    duplicates: tuple[str, ...]
    artist: str
    title: str
    genre: str

    @property
    def identity(self) -> str:
        """Package and file: what a track is called everywhere."""
        return f"{self.package}/{self.file}"


@cache
def debian_listing() -> tuple[ListedTrack, ...]:
    """Return the listing that ships with the package."""
    resource = files("glassmaster.configs") / "corpus" / "debian.csv"
    return _parse(resource.read_text(encoding="utf-8").splitlines(), "debian.csv")


def _parse(lines: Iterable[str], name: str) -> tuple[ListedTrack, ...]:
    reader = csv.DictReader(lines)
    missing = [column for column in _COLUMNS if column not in (reader.fieldnames or ())]
    if missing:
        message = f"{name}: lacks the columns {', '.join(missing)}; take debian.csv as a pattern"
        raise CatalogueError(message, code="listing", path=name)
    return tuple(_track(row, name) for row in reader)


def _track(row: dict[str, str], name: str) -> ListedTrack:
    if row["split"] not in LISTING_SPLITS:
        message = f"{name}: split {row['split']!r} is none of {', '.join(LISTING_SPLITS)}"
        raise CatalogueError(message, code="listing", path=name)
    return ListedTrack(
        split=row["split"],
        package=row["package"],
        licence=row["licence"],
        file=row["file"],
        good_quality=row["good_quality"] == "yes",
        looks_mastered=row["looks_mastered"] == "yes",
        duplicates=tuple(each for each in row["duplicate_of"].split(";") if each),
        artist=row["artist"],
        title=row["title"],
        genre=row["genre"],
    )
