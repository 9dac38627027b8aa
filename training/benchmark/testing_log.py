"""The log of every evaluation of the split ``test``: a line for each, never removed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ...data.files.partial import output_error
from ...models.weights import FOLDER
from .document import Run

LOG_NAME = "test_log.jsonl"


def log_test(run: Run, folder: Path = FOLDER) -> Path:
    """Append a run to the log, before it begins.

    Args:
        run: With date, commit, hashes of weights and the command.
        folder: Of the log.

    Raises:
        OutputError: The log cannot be written.

    """
    line: dict[str, Any] = {
        "date": run.date,
        "commit": run.commit,
        "weights": dict(sorted(run.weights.items())),
        "subset": run.subset,
        "command": run.command,
    }
    path = folder / LOG_NAME
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
    except OSError as error:
        raise output_error(path, error) from error
    return path
