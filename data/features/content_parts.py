"""What a few seconds of music are like, by figures that mastering hardly moves.

A steady filter adds a constant to the level of a band in dB, so everything here looks at how levels
move, each band against its own mean, and in parts over its own spread, which a compressor scales.
One chunk of frames is measured at a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ...models.mel_statistics import GROUP_SIZES, GROUPS

Array: TypeAlias = npt.NDArray[np.float64]

MODULATION_HZ = (0.3, 0.7, 1.4, 2.8, 5.6, 11.2, 21.6)
"""Edges of the modulation bands."""

REGIONS = ("bass", "low_mid", "mid", "high_mid", "treble")
"""Parts of the spectrum whose modulation is told apart, each of four groups of mel bands."""

THIRDS = ("low", "middle", "high")
"""Parts of the spectrum whose onsets, coherence and tonality are told apart."""

LAGS_S = (0.18, 0.25, 0.34, 0.46, 0.62, 0.85, 1.15, 1.56, 2.1)
"""Edges of the ranges of lags at which onsets may repeat."""

NEAR, FAR = 1, 3
"""Distances of groups whose levels are compared."""

_REGION_GROUPS = GROUPS // len(REGIONS)
_THIRD_GROUPS = ((0, 7), (7, 14), (14, 20))
_ONSET_GROUPS = ((0, 6), (6, 13), (13, 20))
_TONAL_BANDS = ((10, 30), (30, 50), (50, 75))
_FIRST_BAND = np.concatenate(([0], np.cumsum(GROUP_SIZES)[:-1]))
_LEAST_SPREAD_DB = 1.0
_LEAST_CHANGE_DB = 0.5
_MOST_CHANGE_DB = 15.0
_MOST_ONSET_DB = 20.0
_FLOOR = 1e-7  # below the loudest frame of a band, levels count as one: 70 dB
_STEADY_S = 0.28
_TINY = 1e-14


@dataclass(frozen=True, slots=True, eq=False)
class Chunk:
    """Levels of the frames of a chunk that sound.

    Attributes:
        bands_db: Of mel bands, shape ``(80, frame)``.
        groups_db: Of groups of neighboring bands, shape ``(20, frame)``.
        hop_s: Distance of frames.

    """

    bands_db: Array
    groups_db: Array
    hop_s: float


def chunk_of(power: Array, hop_s: float) -> Chunk:
    """Return the levels of frames that sound.

    Args:
        power: Of mid and side together, shape ``(80, frame)``; not all of it is zero.
        hop_s: Distance of frames.

    """
    grouped = np.add.reduceat(power, _FIRST_BAND, axis=0) / np.array(GROUP_SIZES)[:, None]
    least = _TINY * power.sum(axis=0).max()
    return Chunk(_levels_db(power, least), _levels_db(grouped, least), hop_s)


def modulation(chunk: Chunk) -> Array:
    """Return the log shares of modulation bands, region by region, shape ``(30,)``.

    Levels over their spread, under a Hann window; after the modulation spectrum of S. Greenberg and
    B. Kingsbury, "The modulation spectrogram", ICASSP 1997.
    """
    normal = _normalized(chunk.groups_db, _LEAST_SPREAD_DB)
    count = normal.shape[1]
    power = np.abs(np.fft.rfft(normal * np.hanning(count), axis=1)) ** 2
    frequency_hz = np.fft.rfftfreq(count, chunk.hop_s)
    place = np.digitize(frequency_hz, MODULATION_HZ) - 1
    shares = np.stack(
        [power[:, place == band].sum(axis=1) for band in range(len(MODULATION_HZ) - 1)], axis=1
    )
    shares /= shares.sum(axis=1, keepdims=True) + 1e-9
    regions = shares.reshape(len(REGIONS), _REGION_GROUPS, -1).mean(axis=1)
    logarithms: Array = np.log(regions + 1e-3).ravel()
    return logarithms


def onsets(chunk: Chunk) -> Array:
    """Return how onsets repeat at each range of lags, and how they stand out, shape ``(27,)``.

    Autocorrelation of the mean rise of levels; after D. Ellis, "Beat tracking by dynamic
    programming", 2007.
    """
    rise_db = np.clip(np.diff(chunk.groups_db, axis=1), 0.0, _MOST_ONSET_DB)
    found = []
    for first, end in _ONSET_GROUPS:
        strength = rise_db[first:end].mean(axis=0)
        strength = strength - strength.mean()
        square = float(np.mean(strength**2)) + 1e-9
        pattern = _autocorrelation(strength) / square
        lag_s = chunk.hop_s * np.arange(len(pattern))
        place = np.digitize(lag_s, LAGS_S) - 1
        for lag in range(len(LAGS_S) - 1):
            found.append(pattern[place == lag].max(initial=-1.0))
        found.append(np.clip(np.mean(strength**3) / square**1.5, -2.0, 8.0))
    return np.array(found)


def coherence(chunk: Chunk) -> Array:
    """Return how levels of the groups move together, slowly and from frame to frame, ``(18,)``."""
    change_db = np.diff(chunk.groups_db, axis=1)
    slow = _normalized(chunk.groups_db, _LEAST_SPREAD_DB)
    fast = np.clip(change_db, -_MOST_CHANGE_DB, _MOST_CHANGE_DB)
    fast = fast / np.maximum(fast.std(axis=1, keepdims=True), _LEAST_CHANGE_DB)
    return np.concatenate([_alike(each @ each.T / each.shape[1]) for each in (slow, fast)])


def tonality(chunk: Chunk) -> Array:
    """Return what tells tones from noise and from strokes, part by part, shape ``(12,)``.

    Logarithms of: how far levels held for a quarter of a second stand out from their neighbors, how
    they move from one quarter to the next, how they move from frame to frame, and how much of that
    comes in strokes.
    """
    steady = max(1, round(_STEADY_S / chunk.hop_s))
    count = chunk.bands_db.shape[1] // steady
    held_db = chunk.bands_db[:, : count * steady].reshape(-1, count, steady).mean(axis=2)
    found = []
    for first, end in _TONAL_BANDS:
        part = held_db[first:end]
        outstanding = np.abs(part[1:-1] - 0.5 * (part[:-2] + part[2:])).mean()
        moving = np.abs(np.diff(part, axis=1)).mean()
        change = np.diff(chunk.bands_db[first:end], axis=1)
        rise = np.maximum(change, 0.0)
        strokes = np.mean(rise**3) ** (1.0 / 3.0) / (rise.mean() + 0.1)
        found += [outstanding, moving, np.abs(change).mean(), strokes]
    return np.log(np.array(found) + 0.1)


def _levels_db(power: Array, least: float) -> Array:
    loudest = power.max(axis=1, keepdims=True)
    levels: Array = 10.0 * np.log10(power + _FLOOR * loudest + least)
    return levels


def _normalized(levels_db: Array, least_db: float) -> Array:
    apart = levels_db - levels_db.mean(axis=1, keepdims=True)
    normal: Array = apart / np.maximum(apart.std(axis=1, keepdims=True), least_db)
    return normal


def _autocorrelation(values: Array) -> Array:
    """Return the mean product of values and themselves later, for lags below half of them."""
    count = len(values)
    spectrum = np.abs(np.fft.rfft(values, 2 * count)) ** 2
    lags = np.arange(count // 2)
    mean: Array = np.fft.irfft(spectrum)[: count // 2] / (count - lags)
    return mean


def _alike(products: Array) -> Array:
    """Sum up correlations of groups: near and far within each third, and between thirds."""
    distance = np.abs(np.subtract.outer(np.arange(GROUPS), np.arange(GROUPS)))
    found = []
    for first, end in _THIRD_GROUPS:
        inside, apart = products[first:end, first:end], distance[first:end, first:end]
        found += [inside[apart == NEAR].mean(), inside[apart == FAR].mean()]
    low, middle, high = (slice(*third) for third in _THIRD_GROUPS)
    found += [products[low, middle].mean(), products[middle, high].mean()]
    found.append(products[low, high].mean())
    return np.array(found)
