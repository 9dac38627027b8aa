"""Rendering a timeline: one or more tracks in a row, without a seam between them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ...data.audio import BLOCK_FRAMES, AudioReader, blocks
from ...data.background import ahead
from ...models.chain import ResolvedChain
from ...models.errors import UnsupportedAudioError
from .chain import ChainRenderer
from .stage import Block


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a timeline.

    Attributes:
        reader: Its audio, read once.
        chain: Its settings.

    """

    reader: AudioReader
    chain: ResolvedChain


class Timeline:
    """Renders segments one after the other; filters and ballistics run on across their borders.

    A song is a timeline of one segment. Two segments with the same settings give exactly what the
    joined audio would.

    Args:
        segments: At least one; all of the same sample rate and number of channels.

    Raises:
        UnsupportedAudioError: The segments differ in rate or channels.

    """

    def __init__(self, segments: Sequence[Segment]) -> None:
        first = segments[0].reader
        for segment in segments[1:]:
            if (segment.reader.sample_rate, segment.reader.channels) != (
                first.sample_rate,
                first.channels,
            ):
                raise UnsupportedAudioError(
                    "the parts of a timeline differ in sample rate or channels; convert them first",
                    code="mixed_timeline",
                )
        self._segments = segments
        self.renderer = ChainRenderer(segments[0].chain, first.sample_rate, first.channels)

    def render(self, frames: int = BLOCK_FRAMES) -> Iterator[Block]:
        """Yield the rendered audio in blocks, shape ``(2, time)``, as long as the input in all.

        A helper thread reads and runs the first stages one block ahead.

        Args:
            frames: How much is read at a time; the result does not depend on it.

        """
        for block in ahead(self._front(frames)):
            yield self.renderer.run_back(block)

    def _front(self, frames: int) -> Iterator[Block]:
        for index, segment in enumerate(self._segments):
            if index > 0:
                self.renderer.switch(segment.chain)
            for block in blocks(segment.reader, frames):
                yield self.renderer.run_front(block)
        yield self.renderer.finish_front()
