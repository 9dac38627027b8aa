"""The folder in which a build keeps its measurements: one build at a time."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...models.errors import OutputError
from ..files.names import display_name


def make_folder(path: Path) -> None:
    """Make a folder and those it lies in.

    Raises:
        OutputError: It cannot be made.

    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = f"{display_name(path)}: cannot be made ({error.strerror}); choose another folder"
        raise OutputError(message, code="no_directory", path=path) from error


@contextmanager
def locked(work: Path) -> Iterator[None]:
    """Hold a folder for this build, made if need be, and clear what a killed one has unpacked.

    Raises:
        OutputError: ``busy`` where another build holds it, or it cannot be made.

    """
    make_folder(work)
    descriptor = os.open(work / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            message = f"{display_name(work)}: another build works here; wait for its end"
            raise OutputError(message, code="busy", path=work) from error
        for leftover in work.glob("unpacked-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        yield
    finally:
        os.close(descriptor)
