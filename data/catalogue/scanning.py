"""Scanning folders into a catalogue: found, measured, compared and paired, each step kept.

Whatever kills a scan, the next one goes on where it stopped, and ends with the same pairs: what is
measured and compared depends on contents alone.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ...models.errors import CatalogueError
from ..corpus.sources import AUDIO_ENDINGS
from ..execution.engine import Engine, ThisProcess
from ..files.names import display_name
from .matching import Progress, pair
from .measuring import measure
from .records import StoredFile
from .store import Catalogue

_BATCH = 64  # files that are handed to the engine at a time, so that little is lost


@dataclass(frozen=True, slots=True)
class Scanned:
    """What a scan did.

    Attributes:
        files: How many files there are in the folders.
        measured: How many of them were measured now.
        compared: How many pairs were aligned now.
        gone: How many files were there before and are no more.

    """

    files: int
    measured: int
    compared: int
    gone: int


def scan(
    catalogue: Catalogue,
    folders: Sequence[Path],
    progress: Progress,
    engine: Engine | None = None,
) -> Scanned:
    """Bring a catalogue up to date with folders.

    Args:
        catalogue: Opened alone.
        folders: Of audio files; others in the catalogue are left as they are.
        progress: Told how far it is.
        engine: What measures and compares, this process by default.

    Raises:
        CatalogueError: ``folder`` where there is no such folder.
        OutputError: The catalogue cannot be written.

    """
    engine = engine or ThisProcess()
    found = list(_walk(folders))
    catalogue.begin()
    known = {file.path: file for file in catalogue.files()}
    changed = _changed(found, known, catalogue)
    done = 0
    for start in range(0, len(changed), _BATCH):
        batch = changed[start : start + _BATCH]
        by_size = catalogue.known_by_size()
        items = [(os.fspath(file.path), by_size.get(file.size, frozenset())) for file in batch]
        for place, measured in engine.run(measure, items):
            file = replace(batch[place], sha256=measured.sha256)
            catalogue.put_measured(file, measured)
            done += 1
            progress("measuring", done / len(changed))
    gone = _gone(found, known, folders)
    catalogue.drop_files(gone)
    compared = pair(catalogue, progress, engine)
    return Scanned(len(found), len(changed), compared, len(gone))


def check_folders(folders: Sequence[Path]) -> None:
    """Refuse what is no folder.

    Raises:
        CatalogueError: ``folder``.

    """
    for folder in folders:
        if not folder.is_dir():
            message = f"{display_name(folder)}: is no folder; give one that holds audio files"
            raise CatalogueError(message, code="folder", path=folder)


def _walk(folders: Sequence[Path]) -> Iterator[StoredFile]:
    """Yield the audio files in folders, each once, as they are now."""
    check_folders(folders)
    seen: set[Path] = set()
    for folder in folders:
        root = Path(os.path.abspath(folder))
        for path in _audio_files(root):
            if path not in seen:
                seen.add(path)
                try:
                    status = path.stat()
                except FileNotFoundError:  # gone since it was listed
                    continue
                yield StoredFile(path, root, status.st_size, status.st_mtime_ns, "")


def _audio_files(root: Path) -> Iterator[Path]:
    for folder, names, file_names in os.walk(root, onerror=_refuse):
        names[:] = sorted(name for name in names if not name.startswith("."))
        for name in sorted(file_names):
            path = Path(folder, name)
            is_audio = path.suffix.lower() in AUDIO_ENDINGS and not name.startswith(".")
            if is_audio and path.is_file():
                yield path


def _refuse(error: OSError) -> None:
    """Stop where a folder cannot be read: its files would seem to be gone."""
    message = f"{display_name(error.filename)}: cannot be read ({error.strerror}); check the folder"
    raise CatalogueError(message, code="folder", path=error.filename) from error


def _changed(
    found: Sequence[StoredFile], known: Mapping[Path, StoredFile], catalogue: Catalogue
) -> list[StoredFile]:
    """Return files that are new, or are no longer what they were, or were measured otherwise."""
    by_size = catalogue.known_by_size()

    def is_known(file: StoredFile) -> bool:
        before = known.get(file.path)
        return (
            before is not None
            and (before.size, before.mtime_ns) == (file.size, file.mtime_ns)
            and before.sha256 in by_size.get(file.size, frozenset())
        )

    return [file for file in found if not is_known(file)]


def _gone(
    found: Sequence[StoredFile], known: Mapping[Path, StoredFile], folders: Sequence[Path]
) -> list[Path]:
    """Return files under the folders that were there before and are no more."""
    roots = [Path(os.path.abspath(folder)) for folder in folders]
    there = {file.path for file in found}
    return [
        path
        for path in known
        if path not in there and any(path.is_relative_to(root) for root in roots)
    ]
