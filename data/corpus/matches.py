"""Which tracks hold the same recording.

Candidates share words of their fingerprints; they count if the bits of all that overlaps agree.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .fingerprint import Words, error_rate
from .shared_words import OFFSET_STEP, shared_words

LARGEST_ERROR_RATE = 0.25
"""Share of unlike bits up to which two passages are the same recording; by chance it is 0.5."""

LEAST_OVERLAP_FRAMES = 430
"""Passages shorter than this, 10 s at 44.1 kHz, prove nothing."""


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


def _verified(first: str, second: str, prints: Mapping[str, Words], near: int) -> Match | None:
    one, two = prints[first], prints[second]
    best: Match | None = None
    for offset in range(near - OFFSET_STEP, near + 2 * OFFSET_STEP):
        start, end = max(0, -offset), min(len(one), len(two) - offset)
        if end - start < LEAST_OVERLAP_FRAMES:
            continue
        rate = error_rate(one[start:end], two[start + offset : end + offset])
        if rate <= LARGEST_ERROR_RATE and (best is None or rate < best.error_rate):
            overlap = (end - start) / min(len(one), len(two))
            best = Match(first, second, offset, rate, overlap)
    return best
