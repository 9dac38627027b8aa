"""What is kept of every task: the errors of each method, in one small file, whole or not at all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ...data.files.names import display_name
from ...data.files.partial import output_error
from ...data.files.replacing import replace_file
from ...models.errors import CatalogueError

FORMAT = 1


@dataclass(frozen=True, slots=True)
class MethodOutcome:
    """What one method came to on one task.

    Attributes:
        fingerprint: Of everything about the method that its figures depend on.
        metrics: Error by metric, None where it is undefined for this task; empty for a method that
            could not be used.
        cpu_s: Processor time of prediction and rendering, without the metrics.
        note: Why it could not be used, or what was odd; empty for nothing.

    """

    fingerprint: str
    metrics: Mapping[str, float | None]
    cpu_s: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class TaskOutcome:
    """What is known of one task.

    Attributes:
        suite: The suite it belongs to.
        identity: The song.
        package: The song's package, a unit of the bootstrap.
        weight: Of the song in the weighted set.
        fingerprint: Of everything that the task itself depends on.
        methods: By name.
        note: Why the task could not be made; empty where it could.

    """

    suite: str
    identity: str
    package: str
    weight: float
    fingerprint: str
    methods: Mapping[str, MethodOutcome] = field(default_factory=dict)
    note: str = ""

    def with_method(self, name: str, outcome: MethodOutcome) -> TaskOutcome:
        """Return the outcome with one method added or replaced."""
        return replace(self, methods={**self.methods, name: outcome})

    def holds(self, name: str, fingerprint: str) -> bool:
        """Return whether a method is known and nothing it depends on has changed."""
        return name in self.methods and self.methods[name].fingerprint == fingerprint


def outcome_path(folder: Path, suite: str, identity: str) -> Path:
    """Return where the outcome of a task lies; names of songs need not be names of files."""
    digest = hashlib.sha256(identity.encode()).hexdigest()[:16]
    return folder / suite / f"{digest}.json"


def save_outcome(outcome: TaskOutcome, folder: Path) -> None:
    """Write an outcome, replacing an older one in one step.

    Raises:
        OutputError: The folder cannot be written.

    """
    path = outcome_path(folder, outcome.suite, outcome.identity)
    document = {
        "format": FORMAT,
        "suite": outcome.suite,
        "identity": outcome.identity,
        "package": outcome.package,
        "weight": outcome.weight,
        "fingerprint": outcome.fingerprint,
        "note": outcome.note,
        "methods": {
            name: {
                "fingerprint": each.fingerprint,
                "metrics": dict(sorted(each.metrics.items())),
                "cpu_s": round(each.cpu_s, 3),
                "note": each.note,
            }
            for name, each in sorted(outcome.methods.items())
        },
    }
    write_document(document, path)


def write_document(document: Mapping[str, Any], path: Path) -> None:
    """Write JSON in one step: a file of this name is always whole.

    Raises:
        OutputError: The folder cannot be made or written.

    """
    text = json.dumps(document, indent=1, allow_nan=False) + "\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise output_error(path, error) from error
    replace_file(path, text.encode())


def load_outcome(folder: Path, suite: str, identity: str) -> TaskOutcome | None:
    """Read an outcome; None where there is none yet, or one of another format.

    Raises:
        CatalogueError: It is damaged.

    """
    path = outcome_path(folder, suite, identity)
    try:
        document = json.loads(path.read_text("utf-8"))
        if document["format"] != FORMAT:
            return None
        methods = {
            name: MethodOutcome(
                str(each["fingerprint"]), each["metrics"], float(each["cpu_s"]), str(each["note"])
            )
            for name, each in document["methods"].items()
        }
        return TaskOutcome(
            suite=document["suite"],
            identity=document["identity"],
            package=document["package"],
            weight=float(document["weight"]),
            fingerprint=document["fingerprint"],
            methods=methods,
            note=str(document["note"]),
        )
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CatalogueError(
            f"{display_name(path)}: is no result of this program; remove it and run again",
            code="damaged_result",
            path=path,
        ) from error
