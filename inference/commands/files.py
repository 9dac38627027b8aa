"""What commands that take several files share: every file is tried, and one status comes out."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from ...models.errors import GlassmasterError

WORST_FIRST = (1, 74, 65, 3, 2)

Entry = dict[str, Any]
"""A file's object in the JSON document."""


def run_files(
    command: str, paths: Iterable[Path], work: Callable[[Path], tuple[Entry, str]], *, json: bool
) -> int:
    """Run ``work`` on every file and print what came of it.

    Args:
        command: Its name, for the document.
        paths: The files.
        work: Returns a file's object for the document and its text for a person.
        json: Whether the document is printed on stdout; people read stderr either way.

    Returns:
        The exit status: the first that occurs of 1, 74, 65, 3, 2, or 0.

    """
    from ..documents import dump_json
    from ..report.document import document, error_entry
    from ..report.text import error_text

    entries: list[Entry] = []
    for path in paths:
        try:
            entry, text = work(path)
        except GlassmasterError as error:
            entry, text = error_entry(path, error), error_text(error)
        entries.append(entry)
        print(text, file=sys.stderr)
    if json:
        print(dump_json(document(command, entries)))
    statuses = {entry["exit_code"] for entry in entries}
    return next((status for status in WORST_FIRST if status in statuses), 0)
