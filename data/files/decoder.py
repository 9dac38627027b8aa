"""libsndfile, asked in a way that neither invents nor silently drops audio.

Plain 16- and 24-bit WAV, the usual mix and every master read back, is read without it in a third of
the time; libsndfile still says how long the file is and what its tags are.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import soundfile

from ...models.errors import AudioFileError
from ...models.kernels.pcm import unpack
from .header import Header, PcmLayout
from .overlay import Overlay, View
from .source import Source

# The decoder always gets the same requests, so that a damaged file reads alike for every block
# size of the caller.
_REQUEST_FRAMES = 65_536

# libsndfile answers with about 2⁶³ where the header leaves the length open.
_UNKNOWN_FRAMES = 1 << 62


class Decoder(soundfile.SoundFile):  # type: ignore[misc]
    """Decodes one view of a file from its first to its last frame.

    Args:
        source: The file; stays open.
        header: What it says about itself.
        view: What of it is decoded; None means the file as it is.

    Raises:
        AudioFileError: ``unreadable`` when libsndfile refuses the header.

    """

    def __init__(self, source: Source, header: Header, view: View | None = None) -> None:
        self._source = source
        self._header = header
        self._decoded = 0
        file = source.descriptor if view is None else Overlay(source, view)
        try:
            super().__init__(file, closefd=False)
        except soundfile.LibsndfileError as error:
            problem = "is damaged, or of a variety that is not read; export it again as WAV or FLAC"
            raise source.error("unreadable", problem) from error

    @property
    def announced_frames(self) -> int | None:
        """Length in the header, or None where it is left open."""
        return None if self.frames >= _UNKNOWN_FRAMES else int(self.frames)

    def seekable(self) -> bool:
        """Deny it, so that soundfile does not seek after each block.

        The seek decodes FLAC frames twice, and in a damaged file puts its own error before the
        decoder's.
        """
        return False

    def next_chunk(self) -> npt.NDArray[np.float32]:
        """Decode the next piece.

        Returns:
            Shape ``(time, channel)``; nothing at the end, also where the file breaks off.

        Raises:
            AudioFileError: ``corrupt`` when the audio is damaged and more follows.

        """
        # Going beyond the announced end would take tags behind the audio for damage.
        request = min(_REQUEST_FRAMES, self.frames - self._decoded)
        # What the decoder delivered before an error is recognized by what it has overwritten.
        chunk = np.full((max(0, request), self.channels), np.nan, np.float32)
        try:
            chunk = self.read(out=chunk)
        except soundfile.SoundFileError as error:
            missing = np.isnan(chunk[:, -1])
            chunk = chunk[: int(np.argmax(missing)) if missing.any() else len(chunk)]
            position = self._decoded + len(chunk)
            if self._header.least_frames is None or position < self._header.least_frames:
                raise self._corrupt(position) from error
        self._decoded += len(chunk)
        if len(chunk) == 0 and self._decoded < (self._header.least_frames or 0):
            raise self._corrupt(self._decoded)
        return chunk

    def _corrupt(self, position: int) -> AudioFileError:
        problem = f"is damaged at {position / self.samplerate:.3f} s; copy it again"
        return self._source.error("corrupt", problem)


class PcmDecoder(Decoder):
    """Reads plain integer samples straight from the file.

    Args:
        source: The file; stays open.
        header: What it says about itself.
        layout: Where the samples lie.

    """

    def __init__(self, source: Source, header: Header, layout: PcmLayout) -> None:
        super().__init__(source, header)
        self._layout = layout

    def next_chunk(self) -> npt.NDArray[np.float32]:
        """Read the next piece; see `Decoder.next_chunk`."""
        width = self._layout.width * self.channels
        request = min(_REQUEST_FRAMES, self.frames - self._decoded)
        raw = self._source.read_at(self._layout.offset + self._decoded * width, request * width)
        samples = np.empty((self.channels, len(raw) // width), np.float32)
        unpack(np.frombuffer(raw, np.uint8), self._layout.width, samples)
        self._decoded += samples.shape[1]
        return samples.T
