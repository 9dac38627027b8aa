"""Which passages of two files correspond, to a few hundredths of a second, by their fingerprints.

At the true offset the bits of two fingerprints agree, so their correlation over all lags, summed
over the 32 bits, has a peak there; each further edit is one more peak. Along a lag, passages are
where the local share of unlike bits is below `LARGEST_ERROR_RATE`. Lags are taken in the order of
what they explain, and each explains what those before it left: where music repeats itself, the lag
of the whole wins over that of one bar more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ..corpus.fingerprint import Words

Array: TypeAlias = npt.NDArray[np.float64]
Mask: TypeAlias = npt.NDArray[np.bool_]

LARGEST_ERROR_RATE = 0.36
"""Share of unlike bits over 3 s up to which a passage may correspond; by chance it is 0.5."""

SHORTEST_FRAMES = 172
"""Passages shorter than 4 s prove nothing."""

_SMOOTHING = 129
_MOST_LAGS = 12
_NEAR = 4  # lags this near are one: the fingerprint is smoothed over 16 frames
_LEAST_AGREEMENT = 0.2 * SHORTEST_FRAMES  # of the shortest passage that has the largest error
_BITS = np.uint32(1) << np.arange(32, dtype=np.uint32)


@dataclass(frozen=True, slots=True)
class Passage:
    """Frames of one file that correspond to frames of another.

    Attributes:
        start: First frame in the first file.
        end: Frame after the last.
        lag: Frame ``n`` of the first file is about frame ``n + lag`` of the second.
        error_rate: Share of unlike bits.

    """

    start: int
    end: int
    lag: int
    error_rate: float


def find_passages(first: Words, second: Words) -> tuple[Passage, ...]:
    """Return passages that correspond, in the order of the first file; none where none do."""
    if min(len(first), len(second)) < SHORTEST_FRAMES:
        return ()
    free_first = np.ones(len(first), np.bool_)
    free_second = np.ones(len(second), np.bool_)
    found: list[Passage] = []
    for lag in _likely_lags(first, second):
        found += _along(first, second, lag, free_first, free_second)
    return tuple(sorted(found, key=lambda each: each.start))


def _likely_lags(first: Words, second: Words) -> list[int]:
    """Return lags by how many bits agree beyond chance, most first."""
    length = len(first) + len(second)
    size = 1 << (length - 1).bit_length()
    product = np.zeros(size // 2 + 1, np.complex64)
    for bit in _BITS:
        one, two = (
            np.where(words & bit, 1.0, -1.0).astype(np.float32) for words in (first, second)
        )
        product += np.fft.rfft(two, size) * np.conj(np.fft.rfft(one, size))
    agreement = np.fft.irfft(product, size) / 32.0
    lags = []
    for _ in range(_MOST_LAGS):
        place = int(np.argmax(agreement))
        if agreement[place] < _LEAST_AGREEMENT:
            break
        lags.append(place if place < len(second) else place - size)
        agreement[np.arange(place - _NEAR, place + _NEAR + 1) % size] = 0.0
    return lags


def _along(
    first: Words, second: Words, lag: int, free_first: Mask, free_second: Mask
) -> list[Passage]:
    """Return the passages at a lag that are still free, and mark them as taken."""
    start, end = max(0, -lag), min(len(first), len(second) - lag)
    if end - start < SHORTEST_FRAMES:
        return []
    unlike = np.bitwise_count(first[start:end] ^ second[start + lag : end + lag]) / 32.0
    like = _smooth(unlike) < LARGEST_ERROR_RATE
    like &= free_first[start:end] & free_second[start + lag : end + lag]
    found = []
    for run in _runs(like):
        low, high = _trimmed(unlike, *run)
        if high - low >= SHORTEST_FRAMES:
            rate = float(unlike[low:high].mean())
            found.append(Passage(start + low, start + high, lag, rate))
            free_first[start + low : start + high] = False
            free_second[start + lag + low : start + lag + high] = False
    return found


def _trimmed(unlike: Array, low: int, high: int) -> tuple[int, int]:
    """Return a run without what is unlike at its ends, which means over 3 s have blurred."""
    gain = LARGEST_ERROR_RATE - unlike
    half = (high - low) // 2
    first, last = gain[low : low + half][::-1], gain[low + half : high]
    before = int(np.argmax(np.cumsum(first))) + 1 if len(first) else 0
    after = int(np.argmax(np.cumsum(last))) + 1 if len(last) else 0
    return low + half - before, low + half + after


def _smooth(values: Array) -> Array:
    """Return means over `_SMOOTHING` values, of fewer at the ends."""
    half = _SMOOTHING // 2
    sums = np.concatenate(([0.0], np.cumsum(values)))
    low = np.maximum(np.arange(len(values)) - half, 0)
    high = np.minimum(np.arange(len(values)) + half + 1, len(values))
    means: Array = (sums[high] - sums[low]) / (high - low)
    return means


def _runs(mask: Mask) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate(([False], mask, [False])).astype(np.int8)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))
