"""What a catalogue holds, as data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from ..alignment.alignment import Alignment
from .measuring import Facts


class Status(StrEnum):
    """What a pair is worth."""

    SURE = "sure"
    UNSURE = "unsure"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"


USABLE = (Status.SURE, Status.CONFIRMED)
"""Pairs that may be learned from."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file as it was when it was scanned.

    Attributes:
        path: Absolute.
        root: The folder that was scanned.
        size: In bytes.
        mtime_ns: When it was changed, in ns.
        sha256: Of its content, empty where it could not be opened.

    """

    path: Path
    root: Path
    size: int
    mtime_ns: int
    sha256: str


@dataclass(frozen=True, slots=True, eq=False)
class Content:
    """What is known of a content, wherever it lies.

    Attributes:
        sha256: In hexadecimal.
        facts: None where it cannot be read.
        problem: Why not, or empty.

    """

    sha256: str
    facts: Facts | None
    problem: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of aligning two contents.

    Attributes:
        alignment: None where they are not the same performance.
        reason: Why not, or empty.
        lasts: Whether it would come out the same again: not where a file could not be read.

    """

    alignment: Alignment | None
    reason: str
    lasts: bool = True


@dataclass(frozen=True, slots=True)
class CataloguePair:
    """A mix and the master that was made of it.

    Attributes:
        mix_path: Where the mix lies.
        master_path: Where the master lies.
        mix_sha256: Of the mix's file.
        master_sha256: Of the master's file.
        album: From tags or folders, empty where neither says.
        artist: From tags, folders or names, empty where none says.
        title: From tags or names, empty where neither says.
        confidence: From 0 to 1.
        status: What it is worth.
        reasons: What speaks for and against it, one sentence each.
        alignment: Where the master lies in the mix; None of a rejected pair that was not aligned.

    """

    mix_path: Path
    master_path: Path
    mix_sha256: str
    master_sha256: str
    album: str
    artist: str
    title: str
    confidence: float
    status: Status
    reasons: tuple[str, ...]
    alignment: Alignment | None
