"""What commands that take several files share: every file is tried, and one status comes out."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from ...models.errors import GlassmasterError, OutputError, UsageError

WORST_FIRST = (1, 74, 65, 3, 2)

CONTAINER_OF_SUFFIX = {".wav": "wav", ".flac": "flac", ".aiff": "aiff", ".aif": "aiff"}

Entry = dict[str, Any]
"""A file's object in the JSON document."""


def run_files(
    command: str,
    paths: Iterable[Path],
    work: Callable[[Path], tuple[Entry, str]],
    *,
    json: bool,
    debug: bool,
) -> int:
    """Run ``work`` on every file and print what came of it.

    Args:
        command: Its name, for the document.
        paths: The files.
        work: Returns a file's object for the document and its text for a person.
        json: Whether the document is printed on stdout; people read stderr either way.
        debug: Whether a fault of ours is raised with its traceback instead of reported.

    Returns:
        The exit status: the first that occurs of 1, 74, 65, 3, 2, any other of a file, or 0.

    """
    from ...data.files.names import display_name
    from ..report.document import document, error_entry
    from ..report.text import error_text

    entries: list[Entry] = []
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
        entries.append(entry)
        say(text)
    if json:
        print_document(document(command, entries))
    statuses = {entry["exit_code"] for entry in entries}
    return next((status for status in WORST_FIRST if status in statuses), max(statuses))


def say(text: str) -> None:
    """Tell a person; where nobody can be told, the work goes on."""
    with contextlib.suppress(OSError):
        print(text, file=sys.stderr, flush=True)


def print_document(content: dict[str, Any]) -> None:
    """Print a document on stdout.

    Raises:
        OutputError: Stdout leads to a full disk or the like.
        BrokenPipeError: Whoever read it has gone.

    """
    from ..documents import dump_json

    try:
        print(dump_json(content, ascii_only=True), flush=True)
    except BrokenPipeError:
        raise
    except OSError as error:
        reason = error.strerror or str(error)
        message = f"the JSON document cannot be written to stdout: {reason}; lead it elsewhere"
        raise OutputError(message, code="write_failed") from error


def check_apart(recipe: Path | None, output: Path | None, option: str) -> None:
    """Refuse a recipe under the name of the master."""
    if recipe is not None and output is not None and recipe.absolute() == output.absolute():
        raise UsageError(f"{option} and -o name the same file: {recipe}", code="usage")


def check_name(output: Path, container: str) -> None:
    """Refuse an output whose name says that it is something else."""
    named = CONTAINER_OF_SUFFIX.get(output.suffix.lower())
    if named is not None and named != container:
        raise UsageError(
            f"{output}: its name says {named}, but {container} is to be written", code="usage"
        )


def prepare_reports(directory: Path | None) -> None:
    """Make the folder of the reports, before any work is done for them.

    Raises:
        OutputError: It cannot be made or written.

    """
    from ...data.files.partial import check_output, output_error

    if directory is None:
        return
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise output_error(directory, error) from error
    check_output(directory / "report.html", (), force=True)


def internal_error(cause: Exception) -> GlassmasterError:
    """Return the error for a fault of ours, in one line."""
    reason = " ".join(str(cause).split()) or "no details"
    message = f"internal error: {type(cause).__name__}: {reason}; add --debug for details"
    return GlassmasterError(message, code="internal")
