"""The SQLite file behind a catalogue: its form, and its failures as errors of ours.

Every change is a transaction: whatever kills a scan, what was committed before is there and whole.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...models.errors import CatalogueError, GlassmasterError, OutputError
from ..files.names import display_name
from ..files.partial import check_output

FORMAT = 1
"""Version of the file's form; a catalogue of another is refused."""

_APPLICATION = 0x476C4361  # "GlCa"
_WAIT_S = 2.0
_MAGIC = b"SQLite format 3\0"
_TABLES = """
CREATE TABLE files (
    path BLOB PRIMARY KEY,      -- absolute, as the system has it
    root BLOB NOT NULL,         -- folder that was scanned
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    sha256 TEXT NOT NULL        -- empty where the file cannot be opened
) WITHOUT ROWID;
CREATE INDEX files_by_content ON files (sha256);
CREATE TABLE contents (
    sha256 TEXT PRIMARY KEY,
    version INTEGER NOT NULL,   -- of what measured it
    size INTEGER NOT NULL,
    facts TEXT,                 -- JSON; NULL where it cannot be read
    problem TEXT NOT NULL,
    words BLOB,
    levels BLOB
) WITHOUT ROWID;
CREATE TABLE comparisons (
    mix TEXT NOT NULL,
    master TEXT NOT NULL,
    version INTEGER NOT NULL,   -- of what compared them
    alignment TEXT,             -- JSON; NULL where they are not the same performance
    reason TEXT NOT NULL,
    PRIMARY KEY (mix, master)
) WITHOUT ROWID;
CREATE TABLE pairs (
    mix TEXT NOT NULL,
    master TEXT NOT NULL,
    mix_path BLOB NOT NULL,
    master_path BLOB NOT NULL,
    artist TEXT NOT NULL,
    album TEXT NOT NULL,
    title TEXT NOT NULL,
    confidence REAL NOT NULL,
    status TEXT NOT NULL,
    reasons TEXT NOT NULL,      -- JSON, a list of sentences
    PRIMARY KEY (mix, master)
) WITHOUT ROWID;
CREATE TABLE remarks (
    sha256 TEXT PRIMARY KEY,
    remark TEXT NOT NULL        -- why a file is in no pair
) WITHOUT ROWID;
CREATE TABLE decisions (
    mix TEXT NOT NULL,
    master TEXT NOT NULL,
    verdict TEXT NOT NULL,      -- confirmed or rejected, by a person
    PRIMARY KEY (mix, master)
) WITHOUT ROWID;
CREATE TABLE state (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;
"""


def connect(path: Path, *, create: bool, alone: bool) -> sqlite3.Connection:
    """Open a catalogue's file.

    Args:
        path: The file.
        create: Whether it is made if it is not there.
        alone: Whether nobody else may read or write it meanwhile.

    Raises:
        CatalogueError: ``not_found``, ``not_a_catalogue``, ``damaged``, ``other_version`` or
            ``busy``.
        OutputError: It cannot be made.

    """
    exists = path.exists()
    if not exists and not create:
        message = f"{display_name(path)}: does not exist; make it with `glassmaster catalogue scan`"
        raise CatalogueError(message, code="not_found", path=path)
    if not exists or create:
        check_output(path, (), force=True)
    with reporting(path):
        if exists and path.stat().st_size > 0:
            _check_is_database(path)
        connection = sqlite3.connect(path, timeout=_WAIT_S, isolation_level=None)
        try:
            _prepare(connection, path, alone=alone, create=create)
        except BaseException:
            connection.close()
            raise
    return connection


@contextmanager
def reporting(path: Path) -> Iterator[None]:
    """Turn what SQLite and the system say into errors about a catalogue."""
    name = display_name(path)
    try:
        yield
    except GlassmasterError:
        raise
    except sqlite3.OperationalError as error:
        raise _refusal(path, name, error) from error
    except sqlite3.DatabaseError as error:
        raise _damaged(path, str(error)) from error
    except OSError as error:
        message = f"{name}: cannot be read ({error.strerror}); check the path"
        raise CatalogueError(message, code="unreadable", path=path) from error


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Do everything within, or nothing of it."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _check_is_database(path: Path) -> None:
    with path.open("rb") as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            message = f"{display_name(path)}: is no catalogue; choose another file"
            raise CatalogueError(message, code="not_a_catalogue", path=path)


def _prepare(connection: sqlite3.Connection, path: Path, *, alone: bool, create: bool) -> None:
    if alone:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    application = _number(connection, "application_id")
    version = _number(connection, "user_version")
    is_empty = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
    if application == 0 and version == 0 and is_empty and create:
        with transaction(connection):
            for statement in _TABLES.split(";\n"):
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {_APPLICATION}")
            connection.execute(f"PRAGMA user_version = {FORMAT}")
        return
    if application != _APPLICATION:
        message = f"{display_name(path)}: is no catalogue; choose another file"
        raise CatalogueError(message, code="not_a_catalogue", path=path)
    if version != FORMAT:
        message = (
            f"{display_name(path)}: is of form {version}, and this program reads {FORMAT}; scan "
            "the folders into a new catalogue"
        )
        raise CatalogueError(message, code="other_version", path=path)
    state = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if state != "ok":
        raise _damaged(path, str(state))
    if alone:  # an exclusive lock is taken by the first that is written
        with transaction(connection):
            connection.execute(f"PRAGMA user_version = {FORMAT}")


def _number(connection: sqlite3.Connection, pragma: str) -> int:
    return int(connection.execute(f"PRAGMA {pragma}").fetchone()[0])


def _damaged(path: Path, reason: str) -> CatalogueError:
    reason = " ".join(reason.split())
    message = f"{display_name(path)}: is damaged ({reason}); scan the folders into a new catalogue"
    return CatalogueError(message, code="damaged", path=path)


def _refusal(path: Path, name: str, error: sqlite3.OperationalError) -> GlassmasterError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        message = f"{name}: another run works on it; wait for its end"
        return CatalogueError(message, code="busy", path=path)
    if code == sqlite3.SQLITE_FULL:
        message = f"{name}: cannot be written: the disk is full; free some space"
        return OutputError(message, code="disk_full", path=path)
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN):
        message = f"{name}: cannot be written ({error}); choose another folder"
        return OutputError(message, code="write_failed", path=path)
    return _damaged(path, str(error))
