"""A catalogue: what is known of a studio's files, and which of them are mix and master."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Self

import numpy as np

from ..alignment.alignment import Alignment, as_document, from_document
from ..alignment.sketch import Sketch
from .database import connect, reporting, transaction
from .measuring import MEASURING_VERSION, Measured, facts_from, facts_text
from .records import CataloguePair, Comparison, Content, Status, StoredFile

COMPARING_VERSION = 2
"""Raised when alignments change; older ones are then made anew."""


def open_catalogue(path: Path, *, create: bool = False, alone: bool = False) -> Catalogue:
    """Open a catalogue.

    Args:
        path: Its file.
        create: Whether it is made if it is not there.
        alone: Whether nobody else may use it meanwhile, as while it is scanned into.

    Raises:
        CatalogueError: ``not_found``, ``not_a_catalogue``, ``damaged``, ``other_version`` or
            ``busy``.
        OutputError: It cannot be made.

    """
    return Catalogue(path, connect(path, create=create, alone=alone))


class Catalogue:
    """An open catalogue; a context that closes it. See `open_catalogue`.

    Every method raises `CatalogueError` where the file is damaged or in use, and those that write
    raise `OutputError` where it cannot be written.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def files(self) -> tuple[StoredFile, ...]:
        """Return all files, by path."""
        rows = self._rows("SELECT path, root, size, mtime_ns, sha256 FROM files ORDER BY path")
        return tuple(
            StoredFile(_path(path), _path(root), size, mtime_ns, sha256)
            for path, root, size, mtime_ns, sha256 in rows
        )

    def contents(self) -> dict[str, Content]:
        """Return what is known of every content, by its SHA-256."""
        rows = self._rows("SELECT sha256, facts, problem FROM contents")
        return {
            sha256: Content(sha256, None if facts is None else facts_from(facts), problem)
            for sha256, facts, problem in rows
        }

    def known_by_size(self) -> dict[int, frozenset[str]]:
        """Return the SHA-256 of contents that need not be measured again, by size in bytes."""
        query = "SELECT size, sha256 FROM contents WHERE version = ?"
        known: dict[int, set[str]] = {}
        for size, sha256 in self._rows(query, MEASURING_VERSION):
            known.setdefault(size, set()).add(sha256)
        return {size: frozenset(each) for size, each in known.items()}

    def sketch(self, sha256: str) -> Sketch:
        """Return the sketch of a content that could be read.

        Raises:
            KeyError: There is none.

        """
        query = "SELECT facts, words, levels FROM contents WHERE sha256 = ? AND facts IS NOT NULL"
        for facts_json, words, levels in self._rows(query, sha256):
            facts = facts_from(facts_json)
            return Sketch(
                facts.sample_rate,
                facts.channels,
                facts.frames,
                np.frombuffer(words, "<u4"),
                np.frombuffer(levels, np.uint8),
            )
        raise KeyError(sha256)

    def put_measured(self, file: StoredFile, measured: Measured) -> None:
        """Keep a file and, where it was measured, its content."""
        with self._writing():
            self._put_file(file)
            if measured.facts is not None or (measured.problem and measured.sha256):
                sketch = measured.sketch
                self._connection.execute(
                    "INSERT OR REPLACE INTO contents VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (
                        measured.sha256,
                        MEASURING_VERSION,
                        file.size,
                        None if measured.facts is None else facts_text(measured.facts),
                        measured.problem,
                        None if sketch is None else sketch.words.astype("<u4").tobytes(),
                        None if sketch is None else sketch.levels.tobytes(),
                    ),
                )

    def drop_files(self, paths: Iterable[Path]) -> None:
        """Forget files that are gone."""
        with self._writing():
            self._connection.executemany(
                "DELETE FROM files WHERE path = ?", [(os.fsencode(path),) for path in paths]
            )

    def comparisons(self) -> dict[tuple[str, str], Comparison]:
        """Return every comparison that was made, by mix and master."""
        query = "SELECT mix, master, alignment, reason FROM comparisons WHERE version = ?"
        return {
            (mix, master): Comparison(_alignment(text), reason)
            for mix, master, text, reason in self._rows(query, COMPARING_VERSION)
        }

    def put_comparison(self, mix: str, master: str, found: Comparison) -> None:
        """Keep a comparison."""
        text = None if found.alignment is None else json.dumps(as_document(found.alignment))
        with self._writing():
            self._connection.execute(
                "INSERT OR REPLACE INTO comparisons VALUES (?, ?, ?, ?, ?)",
                (mix, master, COMPARING_VERSION, text, found.reason),
            )

    def decisions(self) -> dict[tuple[str, str], Status]:
        """Return what a person decided, by mix and master."""
        rows = self._rows("SELECT mix, master, verdict FROM decisions")
        return {(mix, master): Status(verdict) for mix, master, verdict in rows}

    def decide(self, mix: str, master: str, verdict: Status) -> None:
        """Keep what a person decided of a pair."""
        with self._writing():
            self._connection.execute(
                "INSERT OR REPLACE INTO decisions VALUES (?, ?, ?)", (mix, master, verdict.value)
            )

    def pairs(self) -> tuple[CataloguePair, ...]:
        """Return the pairs whose files are still what they were, by artist, album and title."""
        query = (
            "SELECT mix_path, master_path, p.mix, p.master, album, artist, title, confidence, "
            "status, reasons, alignment FROM pairs p LEFT JOIN comparisons c ON c.mix = p.mix AND "
            "c.master = p.master AND c.version = ? WHERE (mix_path, p.mix) IN (SELECT path, sha256 "
            "FROM files) AND (master_path, p.master) IN (SELECT path, sha256 FROM files) "
            "ORDER BY artist, album, title, master_path, mix_path"
        )
        return tuple(
            CataloguePair(
                _path(mix_path), _path(master_path), mix, master, album, artist, title, confidence,
                Status(status), tuple(json.loads(reasons)), _alignment(text),
            )
            for mix_path, master_path, mix, master, album, artist, title, confidence, status,
            reasons, text in self._rows(query, COMPARING_VERSION)
        )  # fmt: skip

    def remarks(self) -> Mapping[str, str]:
        """Return why contents are in no pair, by SHA-256."""
        return dict(self._rows("SELECT sha256, remark FROM remarks"))

    def replace_pairs(self, pairs: Iterable[CataloguePair], remarks: Mapping[str, str]) -> None:
        """Put the outcome of pairing in the place of the one before, and forget what is unused."""
        with self._writing():
            for table in ("pairs", "remarks"):
                self._connection.execute(f"DELETE FROM {table}")
            self._connection.executemany(
                "INSERT INTO pairs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", map(_row, pairs)
            )
            self._connection.executemany("INSERT INTO remarks VALUES (?, ?)", remarks.items())
            self._connection.execute(
                "DELETE FROM contents WHERE sha256 NOT IN (SELECT sha256 FROM files)"
            )
            self._connection.execute(
                "DELETE FROM comparisons WHERE mix NOT IN (SELECT sha256 FROM contents) OR master "
                "NOT IN (SELECT sha256 FROM contents)"
            )
            self._connection.execute("INSERT OR REPLACE INTO state VALUES ('paired', '1')")

    def begin(self) -> None:
        """Note that a scan is under way: pairs are older than files until `replace_pairs`."""
        with self._writing():
            self._connection.execute("INSERT OR REPLACE INTO state VALUES ('paired', '0')")

    @property
    def is_complete(self) -> bool:
        """Whether the last scan reached its end."""
        return self._rows("SELECT value FROM state WHERE name = 'paired'") == [("1",)]

    def _put_file(self, file: StoredFile) -> None:
        self._connection.execute(
            "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?)",
            (
                os.fsencode(file.path),
                os.fsencode(file.root),
                file.size,
                file.mtime_ns,
                file.sha256,
            ),
        )

    def _rows(self, query: str, *values: object) -> list[Any]:
        with reporting(self.path), closing(self._connection.execute(query, values)) as cursor:
            return cursor.fetchall()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with reporting(self.path), transaction(self._connection):
            yield


def _path(name: bytes) -> Path:
    return Path(os.fsdecode(name))


def _alignment(text: str | None) -> Alignment | None:
    return None if text is None else from_document(json.loads(text))


def _row(pair: CataloguePair) -> tuple[object, ...]:
    return (
        pair.mix_sha256,
        pair.master_sha256,
        os.fsencode(pair.mix_path),
        os.fsencode(pair.master_path),
        pair.artist,
        pair.album,
        pair.title,
        pair.confidence,
        pair.status.value,
        json.dumps(pair.reasons),
    )
