from __future__ import annotations

import tracemalloc
from collections import Counter, defaultdict

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from glassmaster.data.corpus.fingerprint import Words
from glassmaster.data.corpus.shared_words import shared_words

COMMONEST = 100
TRACK_WORDS = 4000


def by_definition(prints: list[list[int]]) -> dict[tuple[int, int], int]:
    """Take every third frame of a track, and vote for the offset of each equal one of a later."""
    places = defaultdict(list)
    for track, words in enumerate(prints):
        for frame, word in enumerate(words):
            places[word].append((track, frame))
    votes: Counter[tuple[int, int, int]] = Counter()
    for one, words in enumerate(prints):
        for frame in range(0, len(words), 3):
            equal = places[words[frame]]
            if len(equal) <= COMMONEST:
                votes.update((one, two, (at - frame) // 2) for two, at in equal if two > one)
    best: dict[tuple[int, int], tuple[int, int]] = {}
    for (one, two, step), count in votes.items():
        if count >= 4:
            best[one, two] = max(best.get((one, two), (0, 0)), (count, 2 * step))
    return {pair: offset for pair, (_, offset) in best.items()}


def tracks() -> st.SearchStrategy[list[list[int]]]:
    """Tracks of few different words, some of them parts of one."""
    words = st.lists(st.integers(0, 40) | st.integers(0, 2**32 - 1), max_size=60)
    parts = st.tuples(words, st.integers(0, 30), words).map(lambda own: own[0][own[1] :] + own[2])
    long = st.integers(0, 10**6).map(
        lambda seed: np.random.default_rng(seed // 4).integers(0, 2**32, 90).tolist()[seed % 4 :]
    )
    return st.lists(parts | long, max_size=8)


@given(tracks(), st.integers(1, 300))
@example([[7] * 40, [7] * 61], 1000)  # a word that is too common by one
@example([[7] * 40, [7] * 60], 7)
@settings(max_examples=150, deadline=None)
def test_votes_are_those_of_the_definition(prints: list[list[int]], block_words: int) -> None:
    arrays = [np.array(words, np.uint32) for words in prints]
    assert shared_words(arrays, block_words) == by_definition(prints)


class Drawn:
    """Tracks that are drawn whenever they are asked for; each fifth is the one before, later on."""

    def __init__(self, count: int) -> None:
        self._count = count

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, place: int, /) -> Words:
        start = 10 if place % 5 == 4 else 0
        rng = np.random.default_rng(place - 1 if start else place)
        return rng.integers(0, 1 << 18, TRACK_WORDS, dtype=np.uint32)[start:]


def test_memory_does_not_grow_with_the_number_of_tracks() -> None:
    peaks = []
    for count in (30, 180):
        tracemalloc.start()
        found = shared_words(Drawn(count), 10 * TRACK_WORDS)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert found == {(place - 1, place): -10 for place in range(4, count, 5)}
    assert peaks[1] < 1.1 * peaks[0]
