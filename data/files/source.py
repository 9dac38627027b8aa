"""The bytes of an input file, opened so that nothing but a regular file is ever read."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import Self

from ...models.errors import AudioFileError
from .names import display_name


class Source:
    """A regular file, open for reading; its header is looked at through `read_at`.

    Args:
        path: The file.
        descriptor: Its open descriptor, owned by this object.
        size: Its length in bytes.

    """

    def __init__(self, path: Path, descriptor: int, size: int) -> None:
        self.path = path
        self.descriptor = descriptor
        self.size = size

    @property
    def name(self) -> str:
        """The path as messages show it."""
        return display_name(self.path)

    def read_at(self, offset: int, count: int) -> bytes:
        """Return ``count`` bytes from ``offset`` on, fewer at the end of the file.

        Raises:
            AudioFileError: ``unreadable`` when the disk fails.

        """
        if not 0 <= offset < self.size or count <= 0:
            return b""
        try:
            return os.pread(self.descriptor, count, offset)
        except OSError as error:
            reason = error.strerror or "the disk fails"
            raise self.error("unreadable", f"{reason}; copy it to another disk") from error

    def error(self, code: str, problem: str) -> AudioFileError:
        """Return an error about this file, for the caller to raise."""
        return AudioFileError(f"{self.name}: {problem}", code=code, path=self.path)

    def close(self) -> None:
        """Release the descriptor; harmless when repeated."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_source(path: str | Path) -> Source:
    """Open ``path`` for reading.

    Raises:
        AudioFileError: ``not_found``, ``permission``, ``not_a_file`` (directory, pipe, device),
            ``empty_file`` or, for other refusals of the system, ``unreadable``.

    """
    path = Path(path)
    try:
        # A pipe without a writer would block for ever; opened like this it does not, and what was
        # opened is then asked what it is, so that nothing can be exchanged in between.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    except (OSError, ValueError) as error:
        raise _refusal(path, error) from error
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        raise _not_a_file(path)
    source = Source(path, descriptor, status.st_size)
    if status.st_size == 0:
        source.close()
        raise source.error("empty_file", "is empty (0 bytes); export or copy it again")
    return source


def _refusal(path: Path, error: OSError | ValueError) -> AudioFileError:
    number = error.errno if isinstance(error, OSError) else None
    if number in (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.ELOOP) or number is None:
        code, problem = "not_found", "does not exist; check the path"
    elif number in (errno.EACCES, errno.EPERM):
        code, problem = "permission", "may not be read; change its permissions"
    elif number in (errno.ENXIO, errno.EISDIR, errno.ENODEV):
        return _not_a_file(path)
    else:
        code, problem = "unreadable", f"cannot be opened ({error}); copy it to another disk"
    return AudioFileError(f"{display_name(path)}: {problem}", code=code, path=path)


def _not_a_file(path: Path) -> AudioFileError:
    message = f"{display_name(path)}: is a directory, pipe or device; give an audio file"
    return AudioFileError(message, code="not_a_file", path=path)
