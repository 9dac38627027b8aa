"""What is kept of a file so that it can be compared with any other: fingerprint and levels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ...models.errors import UnsupportedAudioError
from ...models.mel import frame_hop_samples
from ..audio import AudioReader, Samples, blocks
from ..corpus.fingerprint import Words, fingerprint
from ..features.frames import FrameMeter
from ..resampling import StreamResampler

Array: TypeAlias = npt.NDArray[np.float64]

SKETCH_RATE_HZ = 44_100
"""Frames are made at this rate, so that those of all files are alike."""

HOP_S = frame_hop_samples(SKETCH_RATE_HZ) / SKETCH_RATE_HZ
"""Distance of frames."""

_FLOOR_DBFS = -127.5
_STEPS_PER_DB = 2.0


@dataclass(frozen=True, slots=True, eq=False)
class Sketch:
    """A file in little: 5 bytes a frame of 23 ms.

    Attributes:
        sample_rate: Of the file, in Hz.
        channels: Of the file, 1 or 2.
        frames: Length of the file in samples a channel.
        words: Fingerprint, see `corpus.fingerprint`.
        levels: Level of each frame in steps of 0.5 dB above -127.5 dB, shape ``(frame,)``.

    """

    sample_rate: int
    channels: int
    frames: int
    words: Words
    levels: npt.NDArray[np.uint8]

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.frames / self.sample_rate

    @property
    def levels_db(self) -> Array:
        """Level of each frame in dB; a full-scale sine has 0."""
        return self.levels / _STEPS_PER_DB + _FLOOR_DBFS


class SketchMeter:
    """Sketches a stream.

    Args:
        sample_rate: In Hz.
        channels: 1 or 2.

    """

    def __init__(self, sample_rate: int, channels: int) -> None:
        self._sample_rate = sample_rate
        self._channels = channels
        self._samples = 0
        self._meter = FrameMeter(SKETCH_RATE_HZ)
        self._resampler: StreamResampler | None = None
        if sample_rate != SKETCH_RATE_HZ:
            self._resampler = StreamResampler(sample_rate, SKETCH_RATE_HZ, channels)
        self._parts: list[npt.NDArray[np.float32]] = []

    def feed(self, block: Samples) -> None:
        """Take the next ``block``, shape ``(channel, time)``, of any length.

        Raises:
            UnsupportedAudioError: ``non_finite``.

        """
        if not np.isfinite(block).all():
            message = "The audio holds samples that are infinite or no numbers."
            raise UnsupportedAudioError(message, code="non_finite")
        self._samples += block.shape[1]
        if self._resampler is None:
            self._take(block)
        else:
            self._take(self._resampler.process(block).astype(np.float32))

    def finish(self) -> tuple[Sketch, npt.NDArray[np.float32]]:
        """End the stream.

        Returns:
            The sketch, and the power of mid and side together a mel band, shape ``(80, frame)``.

        """
        if self._resampler is not None:
            rest = self._resampler.process(np.empty((self._channels, 0)), last=True)
            self._take(rest.astype(np.float32))
        self._parts.extend(part.mid + part.side for part in self._meter.finish())
        power = np.concatenate(self._parts or [np.empty((80, 0), np.float32)], axis=1)
        levels_db = 10.0 * np.log10(power.sum(axis=0, dtype=np.float64) + 1e-30)
        steps = np.clip(np.rint(_STEPS_PER_DB * (levels_db - _FLOOR_DBFS)), 0, 255)
        sketch = Sketch(
            self._sample_rate,
            self._channels,
            self._samples,
            fingerprint(power),
            steps.astype(np.uint8),
        )
        return sketch, power

    def _take(self, block: Samples) -> None:
        self._parts.extend(part.mid + part.side for part in self._meter.feed(block))


def sketch(reader: AudioReader) -> Sketch:
    """Sketch all that is left of ``reader``.

    Raises:
        UnsupportedAudioError: ``non_finite``.

    """
    meter = SketchMeter(reader.sample_rate, reader.channels)
    for block in blocks(reader):
        meter.feed(block)
    return meter.finish()[0]
