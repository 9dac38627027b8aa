"""Drawing a degradation, and the moves that would undo it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ...models.mel import HIGHEST_HZ, LOWEST_HZ, MEL_BANDS, mel_edges_hz
from ...models.moves import (
    LEAST_WIDTH_DB,
    MOVES,
    NEUTRAL,
    RESPONSE,
    RESPONSE_HZ,
    SLOPE,
    WIDTH,
    bounded,
    level_free,
)
from ...models.processors import imager, multiband_compressor
from .prior import DegradationPrior

Array: TypeAlias = npt.NDArray[np.float64]

MOST_BANDS = 4
"""A degradation has room for so many bands of expansion; those it does not use hear nothing."""

MEL_HZ: Array = mel_edges_hz()[1:-1]
"""Centers of the mel bands, shape ``(80,)``."""

_WAVES = 32  # a Gaussian process as a sum of so many
_EDGE_OCTAVES = 0.25  # from one band of expansion to the next


@dataclass(frozen=True, slots=True, eq=False)
class Degradation:
    """What is done to one master.

    Attributes:
        response_db: In each mel band, shape ``(80,)``.
        response_thirds_db: The same at `RESPONSE_HZ`, shape ``(27,)``.
        width_db: Gain of side in each mel band, shape ``(80,)``.
        shares: Share of each mel band in each band of expansion, shape ``(4, 80)``.
        exponents: Of each band of expansion, shape ``(4,)``.
        slowness: How much of the level that expansion follows is averaged over time, 0 to 1.
        reach_db: Expansion moves no level by more than this.
        peak_db: Rise of the highest peak over the level.
        floor_db: Level of the added floor relative to the whole.

    """

    response_db: Array
    response_thirds_db: Array
    width_db: Array
    shares: Array
    exponents: Array
    slowness: float
    reach_db: float
    peak_db: float
    floor_db: float


def draw_degradation(generator: np.random.Generator, prior: DegradationPrior) -> Degradation:
    """Draw a degradation; equal generators give equal ones.

    Args:
        generator: Where numbers come from.
        prior: Their distribution.

    """
    kind = generator.random()
    degraded = kind >= prior.none_share
    biased = degraded and kind < prior.none_share + prior.biased_share
    hz = np.concatenate((MEL_HZ, RESPONSE_HZ))
    response = prior.response_db * smooth_process(hz, generator, prior.response_octaves)
    response += prior.tilt_db * generator.standard_normal() * _tilt(hz)
    factor = generator.uniform(*prior.bias_factors)
    if biased:
        response += factor * _bias(hz, prior)
    width = prior.width_db * generator.standard_normal()
    count = int(generator.integers(prior.bands[0], prior.bands[1] + 1))
    corners_hz = np.exp(np.sort(generator.uniform(math.log(80.0), math.log(9000.0), count - 1)))
    exponents = prior.exponent * generator.random(MOST_BANDS)
    exponents[count:] = 0.0
    if generator.random() >= prior.expanded_share:
        exponents[:] = 0.0
    slowness = generator.random()
    # few mixes have peaks far above those of masters: low peaks alone do not tell a master
    peak_db = prior.peak_db * generator.random() ** 2
    scale = 1.0 if degraded else 0.0
    return Degradation(
        response_db=scale * response[:MEL_BANDS],
        response_thirds_db=scale * response[MEL_BANDS:],
        width_db=np.full(MEL_BANDS, scale * width),
        shares=_shares(corners_hz),
        exponents=scale * exponents,
        slowness=slowness,
        reach_db=prior.reach_db,
        peak_db=scale * peak_db,
        floor_db=generator.uniform(*prior.floor_db),
    )


def undoing_moves(degradation: Degradation) -> Array:
    """Return the moves that come closest to undoing it, shape ``(moves,)``.

    NaN where a degradation says nothing of a move: thresholds and times. An expansion by the
    exponent ``e`` turns a level ``L`` into ``(1 + e) L``, which a slope of ``e / (1 + e)`` undoes.
    """
    moves = np.full(len(MOVES), np.nan)
    moves[RESPONSE] = -level_free(degradation.response_thirds_db)
    heard = _imager_shares()
    moves[WIDTH] = np.maximum(-(heard @ degradation.width_db), LEAST_WIDTH_DB)
    exponents = _compressor_shares() @ (degradation.exponents @ degradation.shares)
    moves[SLOPE] = exponents / (1.0 + exponents)
    return np.where(np.isnan(moves), np.nan, bounded(np.where(np.isnan(moves), NEUTRAL, moves)))


def smooth_process(
    frequency_hz: Array, generator: np.random.Generator, octaves: tuple[float, float]
) -> Array:
    """Draw a Gaussian process of unit variance over the logarithm of frequency.

    By random waves: A. Rahimi, B. Recht, "Random features for large-scale kernel machines", 2007;
    their spectrum is that of a squared exponential of the drawn length.

    Args:
        frequency_hz: Where it is wanted, shape ``(frequency,)``.
        generator: Where numbers come from.
        octaves: Shortest and longest length of its correlation.

    """
    length = math.exp(generator.uniform(math.log(octaves[0]), math.log(octaves[1])))
    turns = generator.standard_normal(_WAVES) / length
    phases = generator.uniform(0.0, 2.0 * math.pi, _WAVES)
    position = np.log2(frequency_hz / 1000.0)
    waves = np.cos(position[:, None] * turns + phases)
    process: Array = math.sqrt(2.0 / _WAVES) * waves @ generator.standard_normal(_WAVES)
    return process


def _tilt(frequency_hz: Array) -> Array:
    """Return a line over the logarithm of frequency, -1 at the lowest and 1 at the highest."""
    low, high = math.log(LOWEST_HZ), math.log(HIGHEST_HZ)
    tilt: Array = (2.0 * np.log(frequency_hz) - low - high) / (high - low)
    return tilt


def _bias(frequency_hz: Array, prior: DegradationPrior) -> Array:
    edges = np.log(prior.bias_edges_hz)
    centers = 0.5 * (edges[1:] + edges[:-1])
    bias: Array = np.interp(np.log(frequency_hz), centers, prior.bias_db)
    return bias


def _shares(corners_hz: Array) -> Array:
    """Return how much each band of expansion hears of each mel band, shape ``(4, 80)``."""
    octaves = np.log2(MEL_HZ[None] / corners_hz[:, None])
    above = 1.0 / (1.0 + np.exp(-octaves / _EDGE_OCTAVES))
    reached = np.vstack((np.ones(MEL_BANDS), np.minimum.accumulate(above, axis=0)))
    reached = np.vstack((reached, np.zeros((MOST_BANDS + 1 - len(reached), MEL_BANDS))))
    shares: Array = reached[:-1] - reached[1:]
    return shares


@cache
def _imager_shares() -> Array:
    """Return how the imager's bands average over mel bands, shape ``(3, 80)``."""
    corners = [s.default for s in imager.SPECS if s.key in imager.CORNERS]
    bands = np.digitize(MEL_HZ, corners)
    picked = (bands == np.arange(len(imager.BANDS))[:, None]).astype(np.float64)
    shares: Array = picked / picked.sum(axis=1, keepdims=True)
    return shares


@cache
def _compressor_shares() -> Array:
    """Return how the compressor's bands average over mel bands, shape ``(4, 80)``."""
    corners = {s.key: s.default for s in multiband_compressor.SPECS if s.key.endswith("corner_hz")}
    shares = np.asarray(multiband_compressor.band_magnitudes(corners, MEL_HZ), dtype=np.float64)
    averaged: Array = shares / shares.sum(axis=1, keepdims=True)
    return averaged
