"""What commands that take several files share: every file is tried, and one status comes out."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Hashable, Iterable, Sequence
from contextlib import AbstractContextManager, closing, nullcontext, redirect_stdout
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Generic, Protocol, TypeAlias, TypeVar, runtime_checkable

from ...data.files.names import display_name
from ...models.errors import GlassmasterError, WorkerError
from .answer import Answer, Entry
from .progress import Progress, silence

if TYPE_CHECKING:
    from ...data.analysis import Analysis
    from ...data.execution.engine import Engine
    from ...data.files.info import FileInfo
    from ...data.findings import Finding

WORST_FIRST = (1, 74, 65, 3, 2)


File = TypeVar("File", bound="os.PathLike[str]")
"""What is worked on: a path, or what else leads to a file, as a pair does to its mix."""

Work: TypeAlias = Callable[[File], tuple[Entry, str]]
"""Returns a file's object for the document and its text for a person."""


@runtime_checkable
class Repeatable(Protocol):
    """Work on a file that may have been done already by a worker that died."""

    def repeat(self, path: Path) -> tuple[Entry, str]:
        """Work on a file once more."""
        ...


@dataclass(frozen=True, slots=True)
class _Handed(Generic[File]):
    """Files that are worked on one after the other.

    Attributes:
        places: Of the files among the arguments.
        files: The files.
        is_again: Whether a worker has died of them.

    """

    places: tuple[int, ...]
    files: tuple[File, ...]
    is_again: bool = False

    def __str__(self) -> str:
        return ", ".join(map(str, self.files))


def run_files(
    files: Iterable[File],
    work: Work[File],
    answer: Answer,
    *,
    debug: bool,
    engine: Engine | None = None,
    together: Callable[[File], Hashable] | None = None,
    naming: Callable[[File], Entry] | None = None,
) -> int:
    """Run ``work`` on every file and print what came of it, in the order of the files.

    Args:
        files: The files.
        work: See `Work`; where another process does it, it is sent there, and one that is
            `Repeatable` is asked to repeat what a worker died of.
        answer: Takes the objects, and is given at the end; people read stderr either way.
        debug: Whether a fault of ours is raised with its traceback instead of reported.
        engine: Where files are worked on; by default in this process.
        together: Files for which it returns the same are worked on one after the other.
        naming: What the object of a file that failed holds beside its path.

    Returns:
        The exit status: the first that occurs of 1, 74, 65, 3, 2, any other of a file, or 0.

    """
    from ...data.execution.engine import ThisProcess

    engine = engine or ThisProcess()
    handed = _hand_out(list(files), together)
    tried = partial(_try_all, work, debug, engine.is_here, naming)
    held: dict[int, tuple[Entry, str]] = {}
    with Progress(f"{len(handed)} files") as progress, _stdout_kept(engine):
        running = engine.run(
            tried, handed, lost=partial(_lost, naming), again=partial(replace, is_again=True)
        )
        try:
            with closing(running):
                for done, (place, results) in enumerate(running, 1):
                    held.update(zip(handed[place].places, results, strict=True))
                    while (following := len(answer.entries)) in held:
                        progress.wipe()
                        _report(answer, *held.pop(following))
                    if not engine.is_here:
                        progress("done", done / len(handed))
        finally:  # what was finished before an interruption
            for place in sorted(held):
                _report(answer, *held[place])
    answer.give()
    statuses = {entry["exit_code"] for entry in answer.entries}
    return next((status for status in WORST_FIRST if status in statuses), max(statuses))


def _hand_out(
    files: Sequence[File], together: Callable[[File], Hashable] | None
) -> list[_Handed[File]]:
    groups: dict[Hashable, list[int]] = {}
    for place, file in enumerate(files):
        groups.setdefault(place if together is None else together(file), []).append(place)
    return [_Handed(tuple(each), tuple(files[place] for place in each)) for each in groups.values()]


def _try_all(
    work: Work[File],
    debug: bool,
    is_here: bool,
    naming: Callable[[File], Entry] | None,
    handed: _Handed[File],
) -> list[tuple[Entry, str]]:
    if not is_here:
        silence()
    do = work.repeat if handed.is_again and isinstance(work, Repeatable) else work
    return [_try(do, debug, naming, file) for file in handed.files]


def _try(
    work: Work[File], debug: bool, naming: Callable[[File], Entry] | None, file: File
) -> tuple[Entry, str]:
    try:
        return work(file)
    except GlassmasterError as error:
        return _failed(file, error, naming)
    except Exception as cause:
        if debug:
            raise
        path = Path(file)
        return _failed(file, internal_error(cause).located(display_name(path), path), naming)


def _lost(
    naming: Callable[[File], Entry] | None, handed: _Handed[File], error: WorkerError
) -> list[tuple[Entry, str]]:
    return [_failed(file, error, naming) for file in handed.files]


def _failed(
    file: File, error: GlassmasterError, naming: Callable[[File], Entry] | None
) -> tuple[Entry, str]:
    from ..report.document import error_entry
    from ..report.text import error_text

    named = {} if naming is None else naming(file)
    return {**error_entry(Path(file), error), **named}, error_text(error)


def _report(answer: Answer, entry: Entry, text: str) -> None:
    answer.entries.append(entry)
    say(text)


def _stdout_kept(engine: Engine) -> AbstractContextManager[object]:
    """Lead what libraries tell of workers to stderr: stdout is the document's."""
    return nullcontext() if engine.is_here else redirect_stdout(sys.stderr)


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
