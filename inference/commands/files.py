"""What commands that take several files share: every file is tried, and one status comes out."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from ...data.files.names import display_name
from ...models.errors import GlassmasterError
from .answer import Answer, Entry
from .progress import Progress

if TYPE_CHECKING:
    from ...data.analysis import Analysis
    from ...data.files.info import FileInfo
    from ...data.findings import Finding

WORST_FIRST = (1, 74, 65, 3, 2)


def run_files(
    paths: Iterable[Path],
    work: Callable[[Path], tuple[Entry, str]],
    answer: Answer,
    *,
    debug: bool,
) -> int:
    """Run ``work`` on every file and print what came of it.

    Args:
        paths: The files.
        work: Returns a file's object for the document and its text for a person.
        answer: Takes the objects, and is given at the end; people read stderr either way.
        debug: Whether a fault of ours is raised with its traceback instead of reported.

    Returns:
        The exit status: the first that occurs of 1, 74, 65, 3, 2, any other of a file, or 0.

    """
    from ..report.document import error_entry
    from ..report.text import error_text

    for path in paths:
        try:
            entry, text = work(path)
        except GlassmasterError as error:
            entry, text = error_entry(path, error), error_text(error)
        except Exception as cause:
            if debug:
                raise
            fault = internal_error(cause).located(display_name(path), path)
            entry, text = error_entry(path, fault), error_text(fault)
        answer.entries.append(entry)
        say(text)
    answer.give()
    statuses = {entry["exit_code"] for entry in answer.entries}
    return next((status for status in WORST_FIRST if status in statuses), max(statuses))


def measure(path: Path) -> tuple[FileInfo, Analysis, tuple[Finding, ...]]:
    """Analyze a file, with progress on a terminal: what it is, its meters, and what is odd."""
    from ..reading import analyze_file

    with Progress(path) as progress:
        analysis, reader = analyze_file(path, progress)
    return reader.info, analysis, (*reader.findings(), *analysis.findings)


def say(text: str) -> None:
    """Tell a person; where nobody can be told, the work goes on."""
    with contextlib.suppress(OSError):
        print(text, file=sys.stderr, flush=True)


def internal_error(cause: Exception) -> GlassmasterError:
    """Return the error for a fault of ours, in one line."""
    reason = " ".join(str(cause).split()) or "no details"
    message = f"internal error: {type(cause).__name__}: {reason}; add --debug for details"
    return GlassmasterError(message, code="internal")
