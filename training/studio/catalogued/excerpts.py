"""The parts of a pair that are looked at: where its mix is loudest, a few seconds at a time."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ....data.alignment.alignment import Alignment, Segment, part_of
from ....data.alignment.observing import resampled
from ....data.alignment.track import Span, file_opener, read_spans
from ....data.alignment.warping import AlignedPair, aligned_pair
from ....data.audio import Samples
from ....data.features.frames import MelFrames, mel_frames
from ....models.errors import CatalogueError
from ...recovery.places import loud_places

RATE_HZ = 44_100
"""Frames of all pairs are made at this rate, so that they can be compared."""


@dataclass(frozen=True, slots=True)
class ExcerptRules:
    """How much of a song is looked at.

    Attributes:
        count: Of excerpts; a song that is too short for so many has some of them repeatedly.
        length_s: Of each.

    """

    count: int
    length_s: float


def unfaded(alignment: Alignment) -> Segment:
    """Return the longest segment without what only the master fades in or out."""
    longest, rate = alignment.longest, alignment.mix_rate
    start, end = longest.start, longest.end
    if alignment.fade_in_end_s is not None:
        start = max(start, round(alignment.fade_in_end_s * rate))
    if alignment.fade_out_start_s is not None:
        end = min(end, round(alignment.fade_out_start_s * rate))
    if end <= start:
        return longest
    return part_of(longest, alignment, start, end - start)


def excerpt_segments(mix: Path, alignment: Alignment, rules: ExcerptRules) -> list[Segment]:
    """Return where the mix is loudest in each of equal parts of what it shares with its master.

    Args:
        mix: The mix.
        alignment: Where the master lies in it.
        rules: How many excerpts there are; fewer are returned where they would overlap.

    Raises:
        CatalogueError: ``short`` where not even one excerpt is shared.
        AudioFileError: The mix cannot be read.

    """
    shared, rate = unfaded(alignment), alignment.mix_rate
    frames = round(rules.length_s * rate)
    if shared.frames < frames:
        raise CatalogueError(
            f"mix and master share {shared.frames / rate:.1f} s without fades; an excerpt takes "
            f"{rules.length_s:g} s",
            code="short",
        )
    (heard,) = read_spans(file_opener(mix), [Span(shared.start, shared.frames)])
    places = loud_places(heard, rate, rules.count, rules.length_s)
    last = shared.end - frames
    return [
        part_of(shared, alignment, min(shared.start + round(place_s * rate), last), frames)
        for place_s in places
    ]


def read_excerpts(
    mix: Path, master: Path, alignment: Alignment, segments: list[Segment]
) -> list[AlignedPair]:
    """Read mix and master in step, each excerpt for itself."""
    return [aligned_pair(mix, master, alignment, segment) for segment in segments]


def joined_frames(excerpts: list[Samples], sample_rate: int, count: int) -> MelFrames:
    """Return the frames of excerpts one after the other, equally many for every song.

    Args:
        excerpts: Of equal length, each of shape ``(2, time)``.
        sample_rate: Of them, in Hz.
        count: How many are joined; excerpts are repeated where there are fewer.

    """
    parts = [_whole_frames(each, sample_rate) for each in excerpts]
    chosen = [parts[place] for place in np.resize(np.arange(len(parts)), count)]
    return MelFrames(
        np.concatenate([part.mid for part in chosen], axis=1),
        np.concatenate([part.side for part in chosen], axis=1),
        np.concatenate([part.peak for part in chosen]),
    )


def at_frame_rate(samples: Samples, sample_rate: int) -> Samples:
    """Bring audio to `RATE_HZ`, shape ``(2, time)``."""
    if sample_rate == RATE_HZ:
        return samples
    return resampled(samples, sample_rate, RATE_HZ, 0.0).astype(np.float32)


def _whole_frames(samples: Samples, sample_rate: int) -> MelFrames:
    """Return the frames that have all their cells."""
    frames = mel_frames(at_frame_rate(samples, sample_rate), RATE_HZ)
    return frames.part(0, frames.mid.shape[1] - 1)
