from __future__ import annotations

import csv
from pathlib import Path

from glassmaster.data.corpus.attribution import (
    ATTRIBUTED_SPLITS,
    PROSE,
    UNCLEAR,
    UNREAD,
    ReadLicence,
    attributions,
    is_unclear,
    licence_table,
    read_licences,
    write_attributions,
)
from glassmaster.data.corpus.listing import ListedTrack, debian_listing
from glassmaster.data.corpus.splits import SplitTrack, shipped_splits


def track(package: str, file: str) -> SplitTrack:
    return SplitTrack(f"{package}/{file}", package, file, package, 'Ann, "A"', True)


def listed(package: str, file: str, licence: str) -> ListedTrack:
    return ListedTrack("train", package, licence, file, True, True, (), "", "Title", "")


SPLITS = {
    "fit": (track("p", "b.ogg"), track("p", "a.ogg"), track("q", "c.ogg")),
    "calibration": (track("r", "d.ogg"),),
    "validation": (track("x", "e.ogg"),),
    "test": (track("t", "f.ogg"),),
}
LISTING = (
    *(listed("p", "a.ogg", PROSE), listed("p", "b.ogg", PROSE), listed("q", "c.ogg", PROSE)),
    *(listed("r", "d.ogg", "GPL-2"), listed("t", "f.ogg", "CC0")),
)
READ = (ReadLicence("p", "", "GPL-3", "whole"), ReadLicence("p", "b.ogg", "CC0", "by file"))


def test_prose_is_replaced_by_what_was_read() -> None:
    rows = attributions(SPLITS, LISTING, READ)
    assert [(row.identity, row.licence, row.split) for row in rows] == [
        ("p/a.ogg", "GPL-3", "fit"),
        ("p/b.ogg", "CC0", "fit"),
        ("q/c.ogg", UNREAD, "fit"),
        ("r/d.ogg", "GPL-2", "calibration"),
        ("x/e.ogg", "", "validation"),
    ]


def test_music_whose_licence_is_unclear_is_not_attributed() -> None:
    read = (*READ, ReadLicence("q", "", UNCLEAR, "nothing is said"))
    rows = attributions(SPLITS, LISTING, read)
    assert "q/c.ogg" not in {row.identity for row in rows}
    assert len(rows) == 4


def test_licences_are_counted_by_split() -> None:
    lines = licence_table(attributions(SPLITS, LISTING, READ)).splitlines()
    assert "| GPL-2 | 0 | 1 | 0 |" in lines
    assert "| not stated | 0 | 0 | 1 |" in lines
    assert lines[-1] == "| all | 3 | 1 | 1 |"


def test_the_table_is_read_back(tmp_path: Path) -> None:
    write_attributions(tmp_path / "a.csv", attributions(SPLITS, LISTING, READ))
    with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert (rows[0]["artist"], rows[0]["title"]) == ('Ann, "A"', "Title")
    assert len(rows) == 5


def test_every_licence_of_music_that_is_used_was_read() -> None:
    splits = shipped_splits()
    rows = attributions(splits, debian_listing(), read_licences())
    tracks = [track for name in ATTRIBUTED_SPLITS for track in splits[name]]
    unclear = {track.identity for track in tracks if is_unclear(track.package, track.file)}
    assert {identity.split("/")[0] for identity in unclear} == {"krank", "mazeofgalious-data"}
    assert {row.identity for row in rows} == {track.identity for track in tracks} - unclear
    assert not {row.identity for row in rows if row.licence in ("", PROSE, UNREAD)}
