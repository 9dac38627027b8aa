"""A track that can be opened again, and windows of it that are read in one pass."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np

from ..audio import BLOCK_FRAMES, ArrayReader, Audio, AudioReader, Samples
from ..files.reader import open_audio
from .sketch import Sketch, sketch

OpenTrack: TypeAlias = Callable[[], AbstractContextManager[AudioReader]]


@dataclass(frozen=True, slots=True)
class Track:
    """A track and what is known of it.

    Attributes:
        name: For messages.
        open: Begins to read it, from its start.
        sketch: Of the whole of it.

    """

    name: str
    open: OpenTrack
    sketch: Sketch


@dataclass(frozen=True, slots=True)
class Span:
    """A window of a track.

    Attributes:
        start: First sample; may lie before the track.
        frames: How many; may reach beyond its end.

    """

    start: int
    frames: int


def file_opener(path: Path) -> OpenTrack:
    """Return what opens an audio file."""

    def opened() -> AbstractContextManager[AudioReader]:
        return open_audio(path)

    return opened


def file_track(path: Path, known: Sketch | None = None) -> Track:
    """Return an audio file as a track.

    Args:
        path: The file.
        known: Its sketch, where it was made before.

    Raises:
        AudioFileError: It cannot be read.
        UnsupportedAudioError: It holds nothing to align.

    """
    return _track(str(path), file_opener(path), known)


def audio_track(name: str, audio: Audio) -> Track:
    """Return a track that is in memory."""

    def opened() -> AbstractContextManager[AudioReader]:
        return nullcontext(ArrayReader(audio))

    return _track(name, opened, None)


def read_spans(opened: OpenTrack, spans: Sequence[Span]) -> list[Samples]:
    """Return windows of a track, silent where there is none of it, as two channels.

    They are read in one pass, of which nothing else is kept.

    Args:
        opened: Opens the track.
        spans: In any order; they may overlap.

    Returns:
        One of shape ``(2, frames)`` for each span.

    """
    windows = [np.zeros((2, span.frames), np.float32) for span in spans]
    last = max((span.start + span.frames for span in spans), default=0)
    with opened() as reader:
        position = 0
        while position < last and (block := reader.read(BLOCK_FRAMES)).shape[1] > 0:
            end = position + block.shape[1]
            for span, window in zip(spans, windows, strict=True):
                low, high = max(span.start, position), min(span.start + span.frames, end)
                if low < high:
                    window[:, low - span.start : high - span.start] = block[
                        :, low - position : high - position
                    ]
            position = end
    return windows


def _track(name: str, opened: OpenTrack, known: Sketch | None) -> Track:
    if known is None:
        with opened() as reader:
            known = sketch(reader)
    return Track(name, opened, known)
