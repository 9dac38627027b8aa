"""Pairs of a catalogue that may be worked on, and whether their files are still what they were."""

from __future__ import annotations

from pathlib import Path

from ...models.errors import CatalogueError
from ..files.names import display_name
from .measuring import file_sha256
from .records import USABLE, CataloguePair
from .store import Catalogue


def usable_pairs(catalogue: Catalogue) -> tuple[CataloguePair, ...]:
    """Return the pairs that may be learned from: sure ones, and those a person confirmed.

    Raises:
        CatalogueError: ``scan_interrupted``, ``outdated`` where another version of this program
            compared its files, or it cannot be read.

    """
    if not catalogue.is_complete:
        raise _stale(catalogue, "the last scan was interrupted", "scan_interrupted")
    usable = tuple(pair for pair in catalogue.pairs() if pair.status in USABLE)
    if any(pair.alignment is None for pair in usable):
        raise _stale(catalogue, "another version of this program compared its files", "outdated")
    return usable


def check_unchanged(path: Path, sha256: str) -> None:
    """Refuse a file that is not what was scanned.

    Raises:
        CatalogueError: ``changed``, or ``not_found`` where it cannot be read.

    """
    try:
        found = file_sha256(path)
    except OSError as error:
        message = f"{display_name(path)}: cannot be read ({error.strerror}); scan again"
        raise CatalogueError(message, code="not_found", path=path) from error
    if found != sha256:
        message = f"{display_name(path)}: has changed since it was scanned; scan again"
        raise CatalogueError(message, code="changed", path=path)


def _stale(catalogue: Catalogue, why: str, code: str) -> CatalogueError:
    message = f"{display_name(catalogue.path)}: {why}, so that its pairs may be wrong; scan again"
    return CatalogueError(message, code=code, path=catalogue.path)
