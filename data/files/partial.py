"""Files that appear whole or not at all: written under a hidden name, then renamed."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import secrets
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from ...models.errors import OutputError
from .names import LONGEST_NAME_BYTES, display_name, shortened

PARTIAL_MARK = ".glassmaster-partial-"
"""Part of every unfinished file's name, which begins with a dot."""

_REFUSALS = {
    errno.ENOSPC: ("disk_full", "the disk is full; free some space"),
    errno.EDQUOT: ("disk_full", "the quota is used up; free some space"),
    errno.EFBIG: ("disk_full", "the file system takes no file so large; choose another"),
    errno.EROFS: ("read_only", "the disk is read-only; choose another folder"),
    errno.EACCES: ("read_only", "the folder may not be written; choose another"),
    errno.EPERM: ("read_only", "the folder may not be written; choose another"),
    errno.ENOENT: ("no_directory", "the folder does not exist; create it"),
    errno.ENOTDIR: ("no_directory", "the folder is a file; choose another"),
    errno.ENAMETOOLONG: ("name_too_long", "the name is too long; choose a shorter one"),
}

_ATTEMPTS = 8  # to make a file that others, who clean up, may remove before it is locked
_NO_LINKS = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK)


def output_error(
    path: Path, error: OSError, problem: str = "cannot be written", code: str = "write_failed"
) -> OutputError:
    """Return the error for a refusal of the operating system.

    Args:
        path: The file or folder that was worked on.
        error: The refusal.
        problem: What cannot be done.
        code: What a refusal without a code of its own is called.

    """
    reason = (error.strerror or str(error)) + "; choose another folder"
    code, remedy = _REFUSALS.get(error.errno or 0, (code, reason))
    return OutputError(f"{display_name(path)}: {problem}: {remedy}", code=code, path=path)


def check_output(path: str | Path, inputs: Iterable[str | Path], force: bool) -> None:
    """Check that a file may be created, before any work is done for it.

    Args:
        path: The file to create.
        inputs: Files that are read; none of them is ever overwritten, not even by ``force``.
        force: Whether an existing file may be replaced.

    Raises:
        OutputError: ``would_overwrite_input``, ``exists``, ``not_a_file`` (a folder or device is
            in the way), ``no_directory``, ``read_only`` or ``name_too_long``.

    """
    path = Path(path)
    with _reporting(path):
        folder = os.stat(path.parent)
        if not stat.S_ISDIR(folder.st_mode):
            raise NotADirectoryError(errno.ENOTDIR, "not a directory")
        if not os.access(path.parent, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, "not writable")
        with contextlib.suppress(FileNotFoundError):
            _check_existing(path, inputs, force)


def _check_existing(path: Path, inputs: Iterable[str | Path], force: bool) -> None:
    name = display_name(path)
    entry = os.lstat(path)
    if any(_is_same(path, each) for each in inputs):
        message = f"{name}: is the input itself; choose another name"
        raise OutputError(message, code="would_overwrite_input", path=path)
    if not (stat.S_ISREG(entry.st_mode) or stat.S_ISLNK(entry.st_mode)):
        message = f"{name}: is a directory or device, not a file; choose another name"
        raise OutputError(message, code="not_a_file", path=path)
    if not force:
        raise _exists(path)


_unfinished: set[Path] = set()
"""Hidden files of this process that are neither committed nor removed."""


class PartialFile:
    """A file under a hidden name beside its final place, locked while its process lives.

    Args:
        path: The final name.
        force: Whether `commit` may replace an existing file.

    Raises:
        OutputError: See `check_output`.

    """

    def __init__(self, path: str | Path, *, force: bool) -> None:
        self.path = Path(path)
        self._force = force
        check_output(self.path, (), force)
        with _reporting(self.path):
            remove_stale_partials(self.path.parent)
            for _ in range(_ATTEMPTS):
                if self._opened():
                    return
            raise OSError(errno.EAGAIN, "the unfinished file vanished")

    def _opened(self) -> bool:
        """Make the hidden file; False where another process took it for a leftover meanwhile."""
        ending = f"{PARTIAL_MARK}{os.getpid()}-{secrets.token_hex(4)}"
        stem = shortened(self.path.name, LONGEST_NAME_BYTES - len(ending) - 1)
        self.temporary = self.path.with_name(f".{stem}{ending}")
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        _unfinished.add(self.temporary)
        self.descriptor = os.open(self.temporary, flags, 0o666)
        _lock(self.descriptor)
        if os.fstat(self.descriptor).st_nlink > 0:
            return True
        os.close(self.descriptor)
        _unfinished.discard(self.temporary)
        return False

    def sync(self) -> None:
        """Bring what was written to the disk."""
        with _reporting(self.path):
            os.fsync(self.descriptor)

    def commit(self) -> None:
        """Give the file its final name, and bring the name to the disk.

        Raises:
            OutputError: ``exists`` when a file of that name has appeared meanwhile.

        """
        with _reporting(self.path):
            if self._force:
                os.replace(self.temporary, self.path)
            else:
                self._move_without_replacing()
            _sync_directory(self.path.parent)
        _unfinished.discard(self.temporary)
        os.close(self.descriptor)
        self.descriptor = -1

    def abort(self) -> None:
        """Remove the file; harmless after `commit` and when repeated."""
        if self.descriptor >= 0:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self.temporary)
            _unfinished.discard(self.temporary)
            os.close(self.descriptor)
            self.descriptor = -1

    def _move_without_replacing(self) -> None:
        try:
            os.link(self.temporary, self.path)
        except FileExistsError:
            raise _exists(self.path) from None
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            # Without hard links (FAT, some network disks) the name is reserved first.
            try:
                os.close(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
            except FileExistsError:
                raise _exists(self.path) from None
            os.replace(self.temporary, self.path)
        else:
            os.unlink(self.temporary)


def abandon_partials() -> None:
    """Remove every unfinished file of this process, which is about to end.

    A signal can arrive between the making of a file and the ``with`` that would clean it up.
    """
    for temporary in tuple(_unfinished):
        with contextlib.suppress(OSError):
            os.unlink(temporary)


def remove_stale_partials(directory: Path) -> None:
    """Remove what killed processes left in ``directory``.

    A living process holds a lock on its unfinished file. A process number alone would say nothing
    about a process in another container.
    """
    try:
        names = os.listdir(directory)
    except OSError:  # may be written but not listed
        return
    for name in names:
        if not name.startswith(".") or PARTIAL_MARK not in name:
            continue
        entry = directory / name
        with contextlib.suppress(OSError):
            descriptor = os.open(entry, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                os.unlink(entry)
            finally:
                os.close(descriptor)


def _is_same(path: Path, other: str | Path) -> bool:
    try:
        return os.path.samefile(path, other)
    except OSError:  # a dangling link, or an input that is reported elsewhere
        return False


def _lock(descriptor: int) -> None:
    """Hold the file as long as its descriptor is open."""
    with contextlib.suppress(OSError):  # a disk without locks: its leftovers stay
        fcntl.flock(descriptor, fcntl.LOCK_EX)


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _exists(path: Path) -> OutputError:
    message = f"{display_name(path)}: exists already; choose another name, or replace it by --force"
    return OutputError(message, code="exists", path=path)


@contextlib.contextmanager
def _reporting(path: Path) -> Iterator[None]:
    """Turn refusals of the operating system into errors about ``path``."""
    try:
        yield
    except OutputError:
        raise
    except OSError as error:
        raise output_error(path, error) from error
