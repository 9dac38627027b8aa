"""Audio fingerprints: which tracks hold the same recording, and which track repeats itself.

Each frame becomes 32 bits: the signs of the differences, between neighbors in frequency and over
time, of its energy in 33 bands (J. Haitsma and T. Kalker, "A Highly Robust Audio Fingerprinting
System", ISMIR 2002). Levels and equalization by less than a band's difference cancel. Bands are
groups of mel bands, smoothed over about 0.4 s so that a shift by half a frame changes few bits.

Candidates come from an index of identical words; they count if the bits of all that overlaps agree.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Words: TypeAlias = npt.NDArray[np.uint32]
"""A fingerprint: 32 bits a frame, shape ``(frame,)``."""

SMOOTHING_FRAMES = 16
"""Length of the window over time."""

STRIDE_FRAMES = 8
"""Distance in time over which energy differences are compared."""

LARGEST_ERROR_RATE = 0.25
"""Share of unlike bits up to which two passages are the same recording; by chance it is 0.5."""

LEAST_OVERLAP_FRAMES = 430
"""Passages shorter than this, 10 s at 44.1 kHz, prove nothing."""

_FIRST_BAND, _LAST_BAND = 6, 72  # 0.2 to 10 kHz: two mel bands a group
_FLOOR = 1e-10
_QUERY_STEP = 3
_COMMONEST = 100
_LEAST_VOTES = 4
_OFFSET_STEP = 2


@dataclass(frozen=True, slots=True)
class Match:
    """Two tracks that hold the same recording.

    Attributes:
        first: Name of a track.
        second: Name of another, later in order.
        offset_frames: Frame ``n`` of ``first`` is frame ``n + offset_frames`` of ``second``.
        error_rate: Share of unlike bits where they overlap.
        overlap: Part of the shorter track that overlaps.

    """

    first: str
    second: str
    offset_frames: int
    error_rate: float
    overlap: float


def fingerprint(power: npt.NDArray[np.floating]) -> Words:
    """Return the fingerprint of a track.

    Args:
        power: Mel frames, power of mid and side together, shape ``(80, frame)``.

    """
    frames = power.shape[1] - SMOOTHING_FRAMES - STRIDE_FRAMES + 1
    if frames <= 0:
        return np.empty(0, np.uint32)
    bands = power[_FIRST_BAND:_LAST_BAND].reshape(33, 2, -1).sum(axis=1, dtype=np.float64)
    sums = np.pad(np.cumsum(bands, axis=1), ((0, 0), (1, 0)))
    smooth = sums[:, SMOOTHING_FRAMES:] - sums[:, :-SMOOTHING_FRAMES]
    levels = np.log(np.maximum(smooth, 0.0) + _FLOOR * max(float(smooth.max()), 1e-30))
    slope = np.diff(levels, axis=0)
    bits = slope[:, STRIDE_FRAMES:] > slope[:, :-STRIDE_FRAMES]
    words: Words = np.zeros(frames, np.uint32)
    for position, row in enumerate(bits):
        words |= row.astype(np.uint32) << np.uint32(position)
    return words


def error_rate(first: Words, second: Words) -> float:
    """Return the share of unlike bits of two fingerprints of the same length; 1 without any."""
    if len(first) == 0:
        return 1.0
    return float(np.bitwise_count(first ^ second).mean()) / 32.0


def repetition(words: Words, shortest_frames: int, longest_frames: int) -> tuple[int, float]:
    """Return the period at which a track repeats itself best, and the share of unlike bits there.

    Args:
        words: The fingerprint.
        shortest_frames: Least period.
        longest_frames: Largest period.

    Returns:
        Period in frames and error rate; a period of 0 where the track has not two of the shortest.

    """
    best = (0, 1.0)
    for lag in range(shortest_frames, min(longest_frames, len(words) // 2) + 1):
        rate = error_rate(words[:-lag], words[lag:])
        if rate < best[1]:
            best = (lag, rate)
    return best


def find_matches(prints: Mapping[str, Words]) -> tuple[Match, ...]:
    """Return every pair of tracks that hold the same recording, wholly or for 10 s and more.

    Args:
        prints: Fingerprint by name.

    """
    names = sorted(name for name, words in prints.items() if len(words) > 0)
    if len(names) < 2:
        return ()
    matches = []
    for (one, two), offset in shared_words([prints[name] for name in names]).items():
        match = _verified(names[one], names[two], prints, offset)
        if match is not None:
            matches.append(match)
    return tuple(sorted(matches, key=lambda match: (match.first, match.second)))


def shared_words(prints: Sequence[Words]) -> dict[tuple[int, int], int]:
    """Return pairs that share several words at one offset, with the offset of most votes.

    Args:
        prints: Fingerprints; pairs are places among them, the smaller first.

    """
    words = np.concatenate([*prints, np.empty(0, np.uint32)])
    lengths = np.array([len(each) for each in prints], np.int64)
    owner = np.repeat(np.arange(len(prints), dtype=np.int32), lengths)
    starts = np.repeat((np.cumsum(lengths) - lengths).astype(np.int32), lengths)
    order = np.argsort(words, kind="stable").astype(np.int32)
    listed = words[order]
    best: dict[tuple[int, int], tuple[int, int]] = {}
    for one, length in enumerate(lengths):  # by file: memory is that of the fingerprints
        first = int(starts[owner.searchsorted(one)]) if length else 0
        queries = np.arange(first, first + length, _QUERY_STEP)
        low = np.searchsorted(listed, words[queries], "left")
        count = np.searchsorted(listed, words[queries], "right") - low
        rare = (count > 1) & (count <= _COMMONEST)
        queries, low, count = queries[rare], low[rare], count[rare]
        query = np.repeat(queries, count)
        ranks = np.arange(len(query)) - np.repeat(np.cumsum(count) - count, count)
        found = order[np.repeat(low, count) + ranks]
        later = owner[found] > one
        query, found = query[later], found[later]
        offset = ((found - starts[found]) - (query - first)) // _OFFSET_STEP
        votes, counts = np.unique(np.stack((owner[found], offset)), axis=1, return_counts=True)
        for (two, step), number in zip(votes.T.tolist(), counts.tolist(), strict=True):
            if number >= _LEAST_VOTES:
                entry = (number, step * _OFFSET_STEP)
                best[one, two] = max(best.get((one, two), entry), entry)
    return {pair: offset for pair, (_, offset) in best.items()}


def _verified(first: str, second: str, prints: Mapping[str, Words], near: int) -> Match | None:
    one, two = prints[first], prints[second]
    best: Match | None = None
    for offset in range(near - _OFFSET_STEP, near + 2 * _OFFSET_STEP):
        start, end = max(0, -offset), min(len(one), len(two) - offset)
        if end - start < LEAST_OVERLAP_FRAMES:
            continue
        rate = error_rate(one[start:end], two[start + offset : end + offset])
        if rate <= LARGEST_ERROR_RATE and (best is None or rate < best.error_rate):
            overlap = (end - start) / min(len(one), len(two))
            best = Match(first, second, offset, rate, overlap)
    return best
