"""The JSON document of a command: what ``--json`` prints, as plain data.

Its shape is that of the JSON Schemas in ``configs/schemas``. This module is light to import, so
that there is a document even of a run that is interrupted at its start.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import TypeAlias

from ...data.findings import Finding
from ...models.errors import GlassmasterError, TargetError

Json: TypeAlias = dict[str, object]

SCHEMA = 1


def document(
    command: str, files: Sequence[Mapping[str, object]], error: GlassmasterError | None = None
) -> Json:
    """Return the one document of a command.

    Args:
        command: Its name; empty where it was not understood.
        files: One entry a file.
        error: What belongs to no file.

    """
    return {
        "schema": SCHEMA,
        "command": command,
        "version": version("glassmaster"),
        "files": list(files),
        "error": None if error is None else _error(error),
    }


def file_entry(path: Path, findings: Iterable[Finding], exit_code: int = 0) -> Json:
    """Return what every file's entry begins with."""
    return {
        "path": plain(path),
        "status": "ok",
        "exit_code": exit_code,
        "warnings": [asdict(finding) for finding in findings],
        "error": None,
    }


def error_entry(path: Path, error: GlassmasterError) -> Json:
    """Return the entry of a file that could not be worked on."""
    entry = file_entry(path, (), error.exit_code)
    entry["status"], entry["error"] = "error", _error(error)
    if isinstance(error, TargetError):
        entry["nearest_lufs"] = error.nearest_lufs
    return entry


def plain(path: str | Path) -> str:
    """Return a path as text that can be encoded; bytes that are no text become escapes."""
    return str(path).encode("utf-8", "backslashreplace").decode("utf-8")


def _error(error: GlassmasterError) -> Json:
    path = None if error.path is None else plain(error.path)
    return {"code": error.code, "message": error.message, "path": path}
