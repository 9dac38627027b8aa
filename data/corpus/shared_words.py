"""Which fingerprints share words at one offset: candidates for the same recording.

An index of all words would grow with the number of tracks, and so would what is found in it. Tracks
are taken in blocks instead: of two blocks at a time, one is looked up in an index of the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from .fingerprint import Words

BLOCK_WORDS: Final = 1 << 19
"""Words of a block, about 50 songs, unless one track has more; memory is some 60 bytes a word."""

OFFSET_STEP: Final = 2
"""Offsets that differ by less are one."""

_QUERY_STEP = 3
_COMMONEST = 100
_LEAST_VOTES = 4

Places: TypeAlias = npt.NDArray[np.int64]


class Prints(Protocol):
    """Fingerprints by place; a list of them, or what reads each when it is asked for."""

    def __len__(self) -> int: ...

    def __getitem__(self, place: int, /) -> Words: ...


def shared_words(prints: Prints, block_words: int = BLOCK_WORDS) -> dict[tuple[int, int], int]:
    """Return pairs that share several words at one offset, with the offset of most votes.

    Words that more than `_COMMONEST` frames of all tracks have say nothing.

    Args:
        prints: Each is taken several times; pairs are places among them, the smaller first.
        block_words: How many are looked at together; it decides on memory and time alone.

    """
    best: dict[tuple[int, int], tuple[int, int]] = {}
    for block in _blocks(prints, block_words):
        queries = block.queries()
        words = block.words[queries]
        count = np.zeros(len(queries), np.int64)
        for other in _blocks(prints, block_words):
            count += other.find(words)[1]
        queries = queries[(count > 1) & (count <= _COMMONEST)]
        for other in _blocks(prints, block_words, block.first):
            for one in range(block.first, block.first + block.tracks):
                _vote(block, other, one, queries, best)
    return {pair: offset for pair, (_, offset) in best.items()}


@dataclass(frozen=True, slots=True, eq=False)
class _Block:
    """Tracks one after the other, and an index of their words.

    Attributes:
        first: Place of the first track.
        starts: Where each track begins, and where the last ends, shape ``(tracks + 1,)``.
        words: Of all tracks.
        distinct: The same, each once, in order.
        counts: How often each of these occurs.
        lows: Where its occurrences begin in ``order``.
        order: Frames in the order of their words.

    """

    first: int
    starts: Places
    words: Words
    distinct: Words
    counts: Places
    lows: Places
    order: npt.NDArray[np.uint32]

    @property
    def tracks(self) -> int:
        return len(self.starts) - 1

    def queries(self) -> Places:
        """Return every third frame of each track."""
        within = np.arange(len(self.words)) - np.repeat(self.starts[:-1], np.diff(self.starts))
        return np.flatnonzero(within % _QUERY_STEP == 0)

    def find(self, words: Words) -> tuple[Places, Places]:
        """Return where occurrences of words begin in ``order``, and how many there are of each."""
        places = np.minimum(self.distinct.searchsorted(words), len(self.distinct) - 1)
        is_there = self.distinct[places] == words
        return self.lows[places], np.where(is_there, self.counts[places], 0)


def _blocks(prints: Prints, block_words: int, first: int = 0) -> Iterator[_Block]:
    """Yield all tracks from ``first`` on, which begins a block, as many at a time as fit."""
    held: list[Words] = []
    for place in range(first, len(prints)):
        words = prints[place]
        if held and sum(map(len, held)) + len(words) > block_words:
            yield from _indexed(place - len(held), held)
            held = []
        held.append(words)
    yield from _indexed(len(prints) - len(held), held)


def _indexed(first: int, tracks: list[Words]) -> Iterator[_Block]:
    words = np.concatenate([*tracks, np.empty(0, np.uint32)])
    if len(words) == 0:
        return
    # a word and its frame are one number, which sorts faster than words by an order
    keys = np.sort(
        (words.astype(np.uint64) << np.uint64(32)) | np.arange(len(words), dtype=np.uint64)
    )
    distinct, lows, counts = np.unique(
        (keys >> np.uint64(32)).astype(np.uint32), return_index=True, return_counts=True
    )
    starts = np.cumsum([0, *map(len, tracks)], dtype=np.int64)
    yield _Block(first, starts, words, distinct, counts, lows, keys.astype(np.uint32))


def _vote(
    block: _Block,
    other: _Block,
    one: int,
    queries: Places,
    best: dict[tuple[int, int], tuple[int, int]],
) -> None:
    """Count at which offsets a track of a block shares words with later tracks of another."""
    start, end = block.starts[one - block.first : one - block.first + 2]
    own = queries[queries.searchsorted(start) : queries.searchsorted(end)]
    low, count = other.find(block.words[own])
    query = np.repeat(own, count)
    ranks = np.arange(len(query)) - np.repeat(np.cumsum(count) - count, count)
    found = other.order[np.repeat(low, count) + ranks].astype(np.int64)
    track = other.starts.searchsorted(found, "right") - 1
    later = other.first + track > one
    query, found, track = query[later], found[later], track[later]
    offset = ((found - other.starts[track]) - (query - start)) // OFFSET_STEP
    votes, counts = np.unique(np.stack((track, offset)), axis=1, return_counts=True)
    enough = counts >= _LEAST_VOTES
    for (two, step), number in zip(votes.T[enough].tolist(), counts[enough].tolist(), strict=True):
        pair, entry = (one, other.first + two), (number, step * OFFSET_STEP)
        best[pair] = max(best.get(pair, entry), entry)
