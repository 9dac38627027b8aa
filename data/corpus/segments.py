"""Segments: short excerpts of a track, from different sections of it, as mel frames."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ..features.frames import CELLS_PER_FRAME, MelFrames
from .shard import Segment

Array: TypeAlias = npt.NDArray[np.float64]

SEGMENT_FRAMES = 259
"""Frames of a segment: at 44.1 kHz 6 s, with a frame at either end."""

LOWEST_DB = -15.0
"""A segment is not quieter than this, relative to the mean power of the track."""

_GRID_FRAMES = 43  # about a second
_NO_CELLS_BEHIND_LAST = SEGMENT_FRAMES - 1


def choose_segments(
    frames: MelFrames,
    sections_s: Sequence[float],
    hop_s: float,
    most: int,
    identity: str,
    *,
    gain_db: float,
) -> tuple[Segment, ...]:
    """Choose excerpts that do not overlap, one section after another, the longest first.

    Where in its section an excerpt lies is drawn, by a generator that is seeded with the name of
    the track alone.

    Args:
        frames: Of the whole track.
        sections_s: Where each section begins; the first at 0.
        hop_s: Distance of frames.
        most: The most excerpts.
        identity: Name of the track.
        gain_db: What brings the track to the level its segments shall have.

    Returns:
        Segments of `SEGMENT_FRAMES` frames, ordered by their beginnings; fewer than ``most`` where
        the track is short or mostly quiet.

    """
    starts = _loud_starts(frames)
    begins = np.asarray(sections_s) / hop_s
    sections = np.searchsorted(begins, starts + SEGMENT_FRAMES / 2, side="right") - 1
    generator = np.random.Generator(np.random.Philox(np.random.SeedSequence(_seed(identity))))
    lengths = np.diff([*begins, frames.mid.shape[1]])
    turn = [int(each) for each in np.argsort(-lengths, kind="stable")]
    chosen: list[int] = []
    while len(chosen) < most and len(starts) > 0:
        section = next(each for each in turn if (sections == each).any())
        turn.remove(section)
        turn.append(section)
        start = int(generator.choice(starts[sections == section]))
        chosen.append(start)
        apart = np.abs(starts - start) >= SEGMENT_FRAMES
        starts, sections = starts[apart], sections[apart]
    return tuple(_segment(frames, start, hop_s, gain_db) for start in sorted(chosen))


def _loud_starts(frames: MelFrames) -> npt.NDArray[np.int64]:
    power = (frames.mid + frames.side).sum(axis=0, dtype=np.float64)
    last = len(power) - SEGMENT_FRAMES
    if last < 0:
        return np.empty(0, np.int64)
    starts = np.arange(0, last + 1, _GRID_FRAMES)
    sums = np.concatenate(([0.0], np.cumsum(power)))
    level = (sums[starts + SEGMENT_FRAMES] - sums[starts]) / SEGMENT_FRAMES
    loud: npt.NDArray[np.int64] = starts[level > 10.0 ** (0.1 * LOWEST_DB) * power.mean()]
    return loud


def _segment(frames: MelFrames, start: int, hop_s: float, gain_db: float) -> Segment:
    part = frames.part(start, SEGMENT_FRAMES)
    gain = np.float32(10.0 ** (0.05 * gain_db))
    return Segment(
        start_s=start * hop_s,
        mid=part.mid * gain * gain,
        side=part.side * gain * gain,
        peak=part.peak[: CELLS_PER_FRAME * _NO_CELLS_BEHIND_LAST] * gain,
    )


def _seed(identity: str) -> list[int]:
    digest = hashlib.sha256(identity.encode()).digest()
    return [int.from_bytes(digest[start : start + 4], "big") for start in range(0, 16, 4)]
