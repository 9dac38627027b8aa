"""Whose music reached weights, and under which licences: the table that ships beside them."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from functools import cache
from importlib.resources import files
from pathlib import Path

from ..files.replacing import replace_file
from .listing import ListedTrack
from .splits import SplitTrack

PROSE = "non-DEP5"
"""In the place of a licence: the package states it in plain prose, which somebody has to read."""

UNREAD = "unread"
"""In the place of a licence that is stated in prose nobody has read yet."""

UNCLEAR = "unclear"
"""In the place of a licence that was looked for and not found: nothing is learned from it."""

ATTRIBUTED_SPLITS = ("fit", "calibration", "validation")
"""Splits that leave something in weights: what was learned, how wide intervals are, what was
chosen."""


@dataclass(frozen=True, slots=True)
class ReadLicence:
    """A licence that was read out of prose.

    Attributes:
        package: Name of the package.
        file: Path within it; empty for all that have no row of their own.
        licence: What the prose says of the music; `UNCLEAR` where it says too little.
        found: Where it says so, or what is missing.

    """

    package: str
    file: str
    licence: str
    found: str


@dataclass(frozen=True, slots=True)
class Attribution:
    """A row of the table; fields are its columns.

    Attributes:
        identity: Package and file.
        package: Name of the package.
        file: Path within it.
        artist: Empty where neither file nor package says.
        title: Empty where neither file nor package says.
        licence: As the package states it.
        split: What it was used for; see `ATTRIBUTED_SPLITS`.

    """

    identity: str
    package: str
    file: str
    artist: str
    title: str
    licence: str
    split: str


@cache
def read_licences() -> tuple[ReadLicence, ...]:
    """Return the licences that were read by hand, as they ship."""
    resource = files("glassmaster.configs") / "corpus" / "licences.csv"
    rows = csv.DictReader(io.StringIO(resource.read_text(encoding="utf-8"), newline=""))
    return tuple(
        ReadLicence(row["package"], row["file"], row["licence"], row["found"]) for row in rows
    )


def stated_licence(
    package: str, file: str, stated: str = PROSE, read: Iterable[ReadLicence] | None = None
) -> str:
    """Return the licence of a track, read by hand where its package states it in prose.

    Args:
        package: Name of the package.
        file: Path within it.
        stated: What the package states for machines; `PROSE` where it does not.
        read: What was read by hand; by default what ships.

    """
    if stated != PROSE:
        return stated
    rows = read_licences() if read is None else read
    found = {each.file: each.licence for each in rows if each.package == package}
    return found.get(file, found.get("", UNREAD))


def is_unclear(package: str, file: str) -> bool:
    """Tell whether it was looked for and not found under which licence a track is."""
    return stated_licence(package, file) == UNCLEAR


def attributions(
    splits: Mapping[str, Sequence[SplitTrack]],
    listing: Iterable[ListedTrack],
    read: Sequence[ReadLicence],
) -> tuple[Attribution, ...]:
    """Return a row for every track of `ATTRIBUTED_SPLITS` with a clear licence, by split.

    Args:
        splits: Tracks by split.
        listing: Where licences and titles are; a track that is not in it has neither.
        read: What stands for `PROSE`.

    """
    listed = {track.identity: track for track in listing}
    rows = []
    for split in ATTRIBUTED_SPLITS:
        for track in sorted(splits[split], key=lambda each: each.identity):
            known = listed.get(track.identity)
            stated = "" if known is None else known.licence
            licence = stated_licence(track.package, track.file, stated, read)
            if licence == UNCLEAR:  # it is in the split and nothing was learned from it
                continue
            title = "" if known is None else known.title
            rows.append(
                Attribution(
                    *(track.identity, track.package, track.file),
                    *(track.artist, title, licence, split),
                )
            )
    return tuple(rows)


def write_attributions(path: Path, rows: Iterable[Attribution]) -> None:
    """Write the table as a CSV file, replacing what is there.

    Raises:
        OutputError: The file cannot be written.

    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(field.name for field in fields(Attribution))
    writer.writerows(map(astuple, rows))
    replace_file(path, text.getvalue().encode())


def licence_table(rows: Sequence[Attribution]) -> str:
    """Return how many tracks have which licence, as a table in Markdown."""
    counts = {
        split: Counter(row.licence for row in rows if row.split == split)
        for split in ATTRIBUTED_SPLITS
    }
    names = sorted({row.licence for row in rows}, key=lambda name: (name.lower(), name))
    lines = [
        "| licence | " + " | ".join(ATTRIBUTED_SPLITS) + " |",
        "|---" * (1 + len(ATTRIBUTED_SPLITS)) + "|",
    ]
    for name in names:
        cells = " | ".join(str(counts[split][name]) for split in ATTRIBUTED_SPLITS)
        lines.append(f"| {name or 'not stated'} | {cells} |")
    totals = " | ".join(str(counts[split].total()) for split in ATTRIBUTED_SPLITS)
    return "\n".join((*lines, f"| all | {totals} |"))
