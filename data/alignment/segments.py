"""From passages and the line of their offsets to segments that are exact to the sample."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from .alignment import Segment
from .consensus import Line
from .passages import Passage
from .sketch import HOP_S, Sketch

Mask: TypeAlias = npt.NDArray[np.bool_]

WORD_S = 12 * HOP_S
"""A word of a fingerprint tells of the half second that begins with its frame; this is its
middle."""

GUARD_S = 0.35
"""So much is left out on either side of a cut, whose place fingerprints do not tell better."""

ENDS_S = 6.0
"""Where a file ends sooner than this behind a passage, the passage reaches to the end: silence and
what is faded away have no fingerprint."""

SILENT_DB = 60.0
"""Frames so far below the loudest are silence."""


def make_segments(
    passages: Sequence[Passage], kept: Sequence[int], line: Line, mix: Sketch, master: Sketch
) -> tuple[Segment, ...]:
    """Return the segments of passages that were kept, joined where nothing was cut.

    Args:
        passages: In the order of the mix.
        kept: Their numbers.
        line: Offsets in s.
        mix: Of the mix.
        master: Of the master.

    """
    rate = mix.sample_rate
    segments: list[Segment] = []
    for number in kept:
        passage = passages[number]
        begin_s, end_s = (each * HOP_S + WORD_S for each in (passage.start, passage.end))
        segment = _placed(begin_s + GUARD_S, end_s - GUARD_S, line, number, rate)
        if segments and _continues(segments[-1], segment, line.slope):
            segments[-1] = replace(segments[-1], end=segment.end)
        elif segment.frames > 0:
            segments.append(segment)
    if segments:
        segments[0] = _from_start(segments[0], line.slope, rate)
        segments[-1] = _to_end(segments[-1], line.slope, mix, master)
    return tuple(segments)


def shares(segments: Sequence[Segment], mix: Sketch, master: Sketch) -> tuple[float, float]:
    """Return which share of what sounds in the mix, and in the master, is in segments."""
    rate = mix.sample_rate
    in_mix = [(each.start / rate, each.end / rate) for each in segments]
    in_master = [
        ((each.start + each.offset) / rate, (each.end + each.offset) / rate) for each in segments
    ]
    return _share(in_mix, mix), _share(in_master, master)


def _placed(begin_s: float, end_s: float, line: Line, number: int, rate: int) -> Segment:
    start = round(begin_s * rate)
    offset = rate * line.at(number, start / rate)
    whole = round(offset)
    return Segment(start, max(start, round(end_s * rate)), whole, offset - whole)


def _continues(before: Segment, after: Segment, slope: float) -> bool:
    """Tell whether a segment goes on where the one before ended, with nothing cut."""
    expected = before.offset + slope * (after.start - before.start)
    return after.frames > 0 and abs(after.offset - expected) < 1.5


def _moved(segment: Segment, start: int, slope: float) -> Segment:
    offset = segment.offset + slope * (start - segment.start)
    whole = round(offset)
    return Segment(start, segment.end, whole, offset - whole)


def _from_start(segment: Segment, slope: float, rate: int) -> Segment:
    first = max(0, -segment.offset_samples)
    return _moved(segment, first, slope) if segment.start - first <= ENDS_S * rate else segment


def _to_end(segment: Segment, slope: float, mix: Sketch, master: Sketch) -> Segment:
    rate = mix.sample_rate
    master_end = master.frames * rate / master.sample_rate
    reach = int((master_end - segment.offset + slope * segment.start) / (1.0 + slope))
    last = min(mix.frames, reach)
    near = last - segment.end <= ENDS_S * rate
    return replace(segment, end=last) if near and last > segment.start else segment


def _share(spans_s: Sequence[tuple[float, float]], of: Sketch) -> float:
    levels_db = of.levels_db
    sounding = levels_db > levels_db.max(initial=-np.inf) - SILENT_DB
    if not sounding.any():
        return 0.0
    times_s = np.arange(len(levels_db)) * HOP_S
    inside: Mask = np.zeros(len(levels_db), np.bool_)
    for start_s, end_s in spans_s:
        inside |= (times_s >= start_s - HOP_S) & (times_s <= end_s + HOP_S)
    return float((sounding & inside).sum() / sounding.sum())
