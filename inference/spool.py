"""What the first pass leaves for the second: audio, the peaks of its cells, its power over time.

All lie in files without a name beside the output, so that memory does not grow with length and
nothing is left behind when the program is killed.
"""

from __future__ import annotations

import contextlib
import errno
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Self

import numpy as np
import numpy.typing as npt

from ..data.files.names import display_name
from ..data.files.partial import output_error
from ..models.errors import OutputError

CHUNK_FRAMES = 65_536
"""Frames of a chunk, a multiple of every limiter cell."""

CHUNK_CELLS = 32_768
"""Cells read at a time."""


class Spool:
    """Audio of two channels, its peak grid and its K-weighted power, on disk.

    Args:
        directory: Where the files are made.
        cell: Samples a cell of the peak grid.
        frames: How many frames are expected, to check the space.
        beside_bytes: What else must find room there later.

    Raises:
        OutputError: ``disk_full``, ``no_directory``, ``read_only`` and others of the operating
            system; reading ends with ``read_failed``.

    """

    def __init__(self, directory: Path, cell: int, frames: int, *, beside_bytes: int = 0) -> None:
        self._directory = directory
        self._check_space(frames * 8 + frames // cell * 4 + frames // 50 + beside_bytes)
        try:
            self._audio: IO[bytes] = tempfile.TemporaryFile(dir=directory, buffering=0)  # noqa: SIM115
            self._peaks: IO[bytes] = tempfile.TemporaryFile(dir=directory)  # noqa: SIM115
            self._powers: IO[bytes] = tempfile.TemporaryFile(dir=directory)  # noqa: SIM115
        except OSError as error:
            raise self._unwritable(error) from error
        self._partial = np.zeros((2, CHUNK_FRAMES), np.float32)
        self._filled = 0
        self.frames = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for file in (self._audio, self._peaks, self._powers):
            with contextlib.suppress(OSError):  # a full disk: what is left unwritten is of no use
                file.close()

    def add_audio(self, block: npt.NDArray[np.floating]) -> None:
        """Append audio, shape ``(2, time)``."""
        taken = 0
        while taken < block.shape[1]:
            count = min(block.shape[1] - taken, CHUNK_FRAMES - self._filled)
            self._partial[:, self._filled : self._filled + count] = block[:, taken : taken + count]
            self._filled += count
            taken += count
            if self._filled == CHUNK_FRAMES:
                self._flush()
        self.frames += block.shape[1]

    def add_peaks(self, peaks: npt.NDArray[np.float32]) -> None:
        """Append the peaks of finished cells."""
        self._write(self._peaks, peaks)

    def add_powers(self, powers: npt.NDArray[np.float64]) -> None:
        """Append K-weighted mean squares, both channels added, one for every 10 ms."""
        self._write(self._powers, powers)

    def finish(self) -> None:
        """Write what is left, padded with silence to a whole chunk."""
        if self._filled > 0:
            self._partial[:, self._filled :] = 0.0
            self._flush()
        try:
            self._peaks.flush()
            self._powers.flush()
        except OSError as error:
            raise self._unwritable(error) from error

    def audio(self) -> Iterator[npt.NDArray[np.float32]]:
        """Yield the audio in chunks, shape ``(2, CHUNK_FRAMES)``; the last ends in silence."""
        with self._reading():
            self._audio.seek(0)
        for _ in range(-(-self.frames // CHUNK_FRAMES)):
            chunk = np.empty((2, CHUNK_FRAMES), np.float32)
            with self._reading():
                _fill(self._audio, chunk)
            yield chunk

    def peaks(self) -> Iterator[npt.NDArray[np.float32]]:
        """Yield the peaks in chunks."""
        with self._reading():
            self._peaks.seek(0)
        while data := self._read(self._peaks, 4 * CHUNK_CELLS):
            yield np.frombuffer(data, np.float32)

    def read_powers(self, count: int, *, rewind: bool = False) -> npt.NDArray[np.float64]:
        """Return the next ``count`` powers, fewer at the end; ``rewind`` starts over."""
        if rewind:
            with self._reading():
                self._powers.seek(0)
        return np.frombuffer(self._read(self._powers, 8 * count), np.float64)

    def _flush(self) -> None:
        self._write(self._audio, self._partial)
        self._filled = 0

    def _write(self, file: IO[bytes], values: npt.NDArray[np.floating]) -> None:
        view = _bytes(values)
        try:
            while view:
                view = view[file.write(view) :]
        except OSError as error:
            raise self._unwritable(error) from error

    def _read(self, file: IO[bytes], count: int) -> bytes:
        with self._reading():
            return file.read(count)

    @contextlib.contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            problem = "intermediate audio (see --temp-dir) cannot be read"
            raise output_error(self._directory, error, problem, "read_failed") from error

    def _check_space(self, needed: int) -> None:
        try:
            free = shutil.disk_usage(self._directory).free
        except OSError as error:
            raise self._unwritable(error) from error
        if free < needed:
            raise OutputError(
                f"{display_name(self._directory)}: {needed / 1e6:.0f} MB are needed for the "
                f"master and intermediate audio, and {free / 1e6:.0f} MB are free; "
                "make room or choose another folder with --temp-dir",
                code="disk_full",
                path=self._directory,
            )

    def _unwritable(self, error: OSError) -> OutputError:
        problem = "intermediate audio (see --temp-dir) cannot be written"
        return output_error(self._directory, error, problem)


def _fill(file: IO[bytes], chunk: npt.NDArray[np.float32]) -> None:
    view = _bytes(chunk)
    while view:
        count = file.readinto(view)  # type: ignore[attr-defined]
        if not count:
            raise OSError(errno.EIO, "it has become shorter")
        view = view[count:]


def _bytes(values: npt.NDArray[np.floating]) -> memoryview:
    """Return the memory of a contiguous array, without a copy."""
    return memoryview(values.reshape(-1).view(np.uint8).data)
