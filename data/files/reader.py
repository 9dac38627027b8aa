"""Audio files, checked before they are decoded and read block by block."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType
from typing import Self

import numpy as np

from ...models.errors import UnsupportedAudioError
from ..audio import Samples
from ..findings import Finding
from . import flac, iff, mpeg, ogg, riff
from .decoder import Decoder, PcmDecoder
from .header import Header
from .info import FileInfo, bit_depth, is_lossy, source_findings
from .limits import LONGEST_S, check_channels, check_length, check_rate
from .sniff import extension_mismatch, sniff
from .source import Source, open_source


def open_audio(path: str | Path, *, longest_s: float = LONGEST_S) -> FileReader:
    """Open an audio file, having checked everything that can be known before decoding.

    Args:
        path: A WAV (RIFF, RIFX, RF64, BW64), Wave64, AIFF, CAF, FLAC, MP3 or Ogg file; what it is
            is decided by its content.
        longest_s: Longer files are refused, by their header or, where that lies, their last frame.

    Raises:
        AudioFileError: ``not_found``, ``permission``, ``not_a_file``, ``empty_file``,
            ``unreadable``, ``no_audio``, ``bad_channels``, ``bad_sample_rate``,
            ``unsupported_codec`` or ``corrupt``.
        UnsupportedAudioError: ``channels``, ``unsupported_sample_rate``, ``too_short``,
            ``too_long``, or ``chained`` for a chain of unlike recordings.

    """
    source = open_source(path)
    try:
        container, start = sniff(source)
        header = _INSPECTORS[container](source, start)
        if header.channels is not None:
            check_channels(source.path, header.channels)
        if header.sample_rate is not None:
            check_rate(source.path, header.sample_rate)
        return FileReader(source, container, header, longest_s)
    except BaseException:
        source.close()
        raise


_INSPECTORS: dict[str, Callable[[Source, int], Header]] = {
    "WAV": riff.inspect,
    "W64": riff.inspect_w64,
    "AIFF": iff.inspect_aiff,
    "CAF": iff.inspect_caf,
    "FLAC": flac.inspect,
    "OGG": ogg.inspect,
    "MP3": mpeg.inspect,
}


class FileReader:
    """Reads an audio file block by block, in constant memory; see `open_audio`.

    Integer audio of up to 24 bits arrives exactly. Values beyond float32 (in 64-bit files) become
    infinite. The delays of MP3 (where LAME's fields give them), Vorbis and Opus encoders are
    compensated.

    Args:
        source: The file; closed with the reader.
        container: What it is.
        header: What it says about itself.
        longest_s: See `open_audio`.

    """

    def __init__(self, source: Source, container: str, header: Header, longest_s: float) -> None:
        self._source = source
        self._header = header
        self._longest_s = longest_s
        self._later = list(header.views[1:])
        if header.pcm is not None and not header.views:
            self._decoder: Decoder = PcmDecoder(source, header, header.pcm)
        else:
            self._decoder = Decoder(source, header, header.views[0] if header.views else None)
        self._announced = self._length()
        self.info = self._describe(container)
        self._chunk = np.empty((0, self.info.channels), np.float32)
        self._decoded = 0
        self._has_ended = False
        mismatch = extension_mismatch(source.path, container)
        self._findings = [*header.findings, *([mismatch] if mismatch else [])]
        self._findings += source_findings(self.info)

    @property
    def sample_rate(self) -> int:
        """Frames a second, in Hz."""
        return self.info.sample_rate

    @property
    def channels(self) -> int:
        """1 or 2."""
        return self.info.channels

    @property
    def frames(self) -> int:
        """What is expected to be read; see `FileInfo`."""
        return self.info.frames

    def findings(self) -> tuple[Finding, ...]:
        """Return what is odd about the file; complete once `read` has returned nothing."""
        return tuple(self._findings)

    def read(self, frames: int) -> Samples:
        """Return the next ``frames`` frames, fewer at the end, none after it.

        Returns:
            Shape ``(channel, time)``, float32, C-contiguous, full scale ±1.

        Raises:
            AudioFileError: ``corrupt`` when the audio is damaged in its midst, ``no_audio``.
            UnsupportedAudioError: ``too_short`` when a single sample was left of it.

        """
        pieces = []
        wanted = frames
        while wanted > 0 and (len(self._chunk) > 0 or self._advance()):
            pieces.append(self._chunk[:wanted].T)
            self._chunk = self._chunk[wanted:]
            wanted -= pieces[-1].shape[1]
        if not pieces:
            return np.empty((self.channels, 0), np.float32)
        return np.ascontiguousarray(np.concatenate(pieces, axis=1))

    def close(self) -> None:
        """Release the file; harmless when repeated."""
        self._has_ended = True
        self._chunk = self._chunk[:0]
        self._decoder.close()
        self._source.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _advance(self) -> bool:
        """Decode the next piece; tell whether there was one."""
        while not self._has_ended:
            self._chunk = self._decoder.next_chunk()
            self._decoded += len(self._chunk)
            if len(self._chunk) > 0:
                return True
            if self._later:
                self._decoder.close()
                self._decoder = Decoder(self._source, self._header, self._later.pop(0))
            else:
                self._finish()
        return False

    def _finish(self) -> None:
        """Compare what was read with what was announced."""
        self._has_ended = True
        check_length(self.info.path, self._decoded, self.sample_rate, self._longest_s)
        announced = self._announced or 0
        is_known = any(finding.code == "truncated" for finding in self._findings)
        if self._decoded < announced and not is_known:
            rate = self.sample_rate
            message = (
                f"The file ends at {self._decoded / rate:.3f} s, and its header announces "
                f"{announced / rate:.3f} s; it is cut or damaged, copy it again."
            )
            self._findings.append(Finding("truncated", message))

    def _length(self) -> int | None:
        """Return the announced length of all parts, which must be alike in form."""
        first = self._decoder
        check_channels(self._source.path, first.channels)
        check_rate(self._source.path, first.samplerate)
        lengths = [first.announced_frames or self._header.frames]
        for view in self._later:
            with Decoder(self._source, self._header, view) as later:
                lengths.append(later.announced_frames)
                if (later.samplerate, later.channels) != (first.samplerate, first.channels):
                    message = (
                        f"{self._source.name}: is a chain of recordings of different sample rates "
                        "or channels; split it"
                    )
                    raise UnsupportedAudioError(message, code="chained", path=self._source.path)
        return None if None in lengths else sum(length or 0 for length in lengths)

    def _describe(self, container: str) -> FileInfo:
        decoder, present = self._decoder, self._header.present_frames
        announced = self._announced if self._announced is not None else present or 0
        frames = announced if present is None else min(announced, present)
        check_length(self._source.path, frames, decoder.samplerate, self._longest_s)
        return FileInfo(
            path=self._source.path,
            container=container,
            codec=decoder.subtype,
            sample_rate=decoder.samplerate,
            channels=decoder.channels,
            frames=frames,
            bit_depth=bit_depth(decoder.subtype),
            lossy=is_lossy(decoder.subtype),
            tags=MappingProxyType(decoder.copy_metadata()),
            unread=self._header.unread,
        )
