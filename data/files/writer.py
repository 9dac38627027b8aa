"""Delivered files: written beside their place, exact to the last bit, and whole or not at all."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import soundfile

from ...models.errors import DeliveryError, OutputError, ParameterError
from ...models.kernels.pcm import pack
from .formats import LARGEST_CHUNKED_BYTES, DeliveryFormat
from .names import display_name
from .partial import PartialFile, output_error
from .riff import chunks
from .source import Source

_RESERVE_BYTES = 1 << 20


class _Encoder(soundfile.SoundFile):  # type: ignore[misc]
    """soundfile without the seeks it makes after each block, which libsndfile refuses for FLAC."""

    def seekable(self) -> bool:
        return False

    def write_raw(self, raw: npt.NDArray[np.uint8]) -> bool:
        """Append samples in the file's own form; tell whether all were taken."""
        taken = soundfile._snd.sf_write_raw(self._file, soundfile._ffi.from_buffer(raw), raw.nbytes)
        return bool(taken == raw.nbytes)


def create_audio(
    path: str | Path,
    delivery: DeliveryFormat,
    *,
    frames: int,
    tags: Mapping[str, str] | None = None,
    force: bool = False,
) -> FileWriter:
    """Begin a delivered file; nothing appears under its name before `FileWriter.commit`.

    Args:
        path: The final name.
        delivery: Its form.
        frames: How many frames will be written; decides between WAV and RF64, and whether the disk
            has room.
        tags: Text by field, as `carry` returns it.
        force: Whether an existing file may be replaced.

    Raises:
        OutputError: ``exists``, ``not_a_file``, ``disk_full``, ``read_only``, ``no_directory``,
            ``name_too_long`` or ``too_large_for_aiff``.

    """
    path = Path(path)
    major = delivery.major_format(frames)
    check_space(path, delivery.estimated_bytes(frames))
    return FileWriter(PartialFile(path, force=force), delivery, major, tags or {})


def check_space(path: str | Path, wanted_bytes: int) -> None:
    """Check that the disk of ``path`` has room.

    Raises:
        OutputError: ``disk_full``, ``no_directory`` and others of the operating system.

    """
    path = Path(path)
    try:
        free = shutil.disk_usage(path.parent).free
    except OSError as error:
        raise output_error(path, error) from error
    if wanted_bytes + _RESERVE_BYTES > free:
        message = (
            f"{display_name(path)}: needs {wanted_bytes / 1e6:.0f} MB and the disk has "
            f"{free / 1e6:.0f} MB free; free some space or choose another folder"
        )
        raise OutputError(message, code="disk_full", path=path)


class FileWriter:
    """Writes a delivered file; see `create_audio`.

    As a context manager it removes the unfinished file unless `commit` was called.

    Args:
        partial: The file under its hidden name.
        delivery: Its form.
        major: libsndfile's name of the container.
        tags: Text by field.

    """

    def __init__(
        self, partial: PartialFile, delivery: DeliveryFormat, major: str, tags: Mapping[str, str]
    ) -> None:
        self.delivery = delivery
        self._partial = partial
        self._is_chunked = major in ("WAV", "AIFF")
        # libsndfile's own conversion to 24 bits takes longer than limiter and dither together
        self._is_plain = major in ("WAV", "RF64") and not delivery.is_float
        self._frames = 0
        try:
            self._encoder = _Encoder(
                partial.descriptor,
                "w",
                samplerate=delivery.sample_rate,
                channels=delivery.channels,
                format=major,
                subtype=delivery.subtype,
                closefd=False,
            )
            for field, text in tags.items():
                setattr(self._encoder, field, text)
        except BaseException as error:
            failure = self._failure() if isinstance(error, soundfile.SoundFileError) else error
            partial.abort()
            raise failure from error

    @property
    def path(self) -> Path:
        """The final name."""
        return self._partial.path

    def write(self, samples: npt.NDArray[np.float32] | npt.NDArray[np.int32]) -> None:
        """Append a block.

        Args:
            samples: Shape ``(channel, time)``; int32 codes in units of the last bit for 16 and 24
                bits, float32 for ``32f``.

        Raises:
            ParameterError: ``block_form`` for another type or shape.
            DeliveryError: ``out_of_range`` for a code that does not fit, ``non_finite``.
            OutputError: ``disk_full``, ``too_large`` or another of the operating system's.

        """
        block = self._checked(samples)
        delivery = self.delivery
        frames = self._frames + block.shape[1]
        if self._is_chunked and delivery.audio_bytes(frames) > LARGEST_CHUNKED_BYTES:
            message = f"{self._name}: grew beyond 4 GiB, more than was announced at its beginning"
            raise OutputError(message, code="too_large", path=self.path)
        try:
            if self._is_plain:
                raw = np.empty(delivery.audio_bytes(block.shape[1]), np.uint8)
                if not pack(block, delivery.bits // 8, raw):
                    raise self._code_too_large()
                whole = self._encoder.write_raw(raw)
            else:
                self._encoder.write(np.ascontiguousarray(self._aligned(block).T))
                whole = self._encoder.frames == frames
        except (soundfile.SoundFileError, AssertionError) as error:
            raise self._failure() from error
        if not whole:
            raise self._failure()
        self._frames = frames

    def finish(self) -> Path:
        """Complete the file and bring it to the disk, for reading it back.

        Returns:
            The hidden name it still has.

        Raises:
            OutputError: ``disk_full`` or another of the operating system's.

        """
        try:
            self._encoder.close()
        except soundfile.SoundFileError as error:
            raise self._failure() from error
        size = os.fstat(self._partial.descriptor).st_size
        if self.delivery.container != "flac" and size < self.delivery.audio_bytes(self._frames):
            raise self._failure()
        self._clear_time(size)
        self._partial.sync()
        return self._partial.temporary

    def commit(self) -> Path:
        """Finish the file and give it its final name.

        Returns:
            The final name.

        Raises:
            OutputError: ``exists`` when a file of that name has appeared meanwhile, and see
                `finish`.

        """
        self.finish()
        self._partial.commit()
        return self.path

    def abort(self) -> None:
        """Remove the unfinished file; harmless after `commit` and when repeated."""
        with contextlib.suppress(soundfile.SoundFileError):
            self._encoder.close()
        self._partial.abort()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.abort()

    def _checked(self, samples: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return a block of the right form, or refuse it."""
        delivery = self.delivery
        kind = np.float32 if delivery.is_float else np.int32
        if samples.dtype != kind or samples.ndim != 2 or samples.shape[0] != delivery.channels:
            message = (
                f"block of {samples.dtype} {samples.shape}: a file of {delivery.bit_depth} bits "
                f"takes {kind.__name__} of shape ({delivery.channels}, time)"
            )
            raise ParameterError(message, code="block_form")
        if delivery.is_float and not np.isfinite(samples).all():
            raise self._defect("non_finite", "infinite or undefined samples")
        return samples

    def _aligned(self, samples: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return samples as libsndfile takes them: integers left-aligned in 32 bits."""
        delivery = self.delivery
        if delivery.is_float:
            return samples
        full = 1 << delivery.bits - 1
        if samples.min(initial=0) < -full or samples.max(initial=0) >= full:
            raise self._code_too_large()
        return samples << 32 - delivery.bits

    def _code_too_large(self) -> DeliveryError:
        return self._defect("out_of_range", f"codes beyond {self.delivery.bits} bits")

    @property
    def _name(self) -> str:
        return display_name(self.path)

    def _clear_time(self, size: int) -> None:
        """Blank the time of writing, so that the same audio gives the same bytes.

        libsndfile notes it in the PEAK chunk of float files: version, time, peaks.
        """
        order = ">" if self.delivery.container == "aiff" else "<"
        source = Source(self.path, self._partial.descriptor, size)
        for chunk in chunks(source, 12, order) if self.delivery.is_float else ():
            if chunk.name == b"PEAK":
                os.pwrite(self._partial.descriptor, bytes(4), chunk.offset + 4)
                return

    def _defect(self, code: str, problem: str) -> DeliveryError:
        message = f"{self._name}: was to be given {problem}; this is a fault in Glassmaster"
        return DeliveryError(message, code=code, path=self.path)

    def _failure(self) -> OutputError:
        """Return the error for a refused write.

        libsndfile keeps the reason to itself; the system gives it again when it is asked to write
        some more to the file, which is lost anyway.
        """
        descriptor = self._partial.descriptor
        try:
            os.pwrite(descriptor, bytes(1 << 16), os.fstat(descriptor).st_size)
            os.fsync(descriptor)
        except OSError as error:
            return output_error(self.path, error)
        message = f"{self._name}: could not be written; try another folder"
        return OutputError(message, code="write_failed", path=self.path)
