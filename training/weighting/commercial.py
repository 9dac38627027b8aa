"""Commercial masters as a Gaussian over balance, peaks and width."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ...models.spectrum import EDGES_HZ, PowerSpectrum
from ..frozen import load_configuration

Array: TypeAlias = npt.NDArray[np.float64]

_NOTHING = 1e-20
_LEFT_OUT = 5  # of two bands whose mean is 0 by definition, one says it all


@dataclass(frozen=True, slots=True)
class Commercial:
    """All of ``commercial_v1.yaml``; what each entry means stands there."""

    version: int
    edges_hz: tuple[float, ...]
    mean_db: tuple[float, ...]
    spread_db: float
    length_octaves: float
    plr_db: float
    plr_sd_db: float
    side_db: float
    side_sd_db: float
    side_edges_hz: tuple[float, ...]
    side_bands_db: tuple[float, ...]
    least_side_db: float


@dataclass(frozen=True, slots=True, eq=False)
class Gaussian:
    """A normal distribution.

    Attributes:
        mean: Shape ``(feature,)``.
        covariance: Shape ``(feature, feature)``.

    """

    mean: Array
    covariance: Array

    def distance(self, features: Array) -> Array:
        """Return the Mahalanobis distance, shape ``(…,)`` for features of ``(…, feature)``."""
        apart = features - self.mean
        solved = np.linalg.solve(self.covariance, apart[..., None])[..., 0]
        distance: Array = np.sqrt((apart * solved).sum(axis=-1))
        return distance

    def log_density(self, features: Array) -> Array:
        """Return the logarithm of the density, shape ``(…,)``."""
        constant = np.linalg.slogdet(2.0 * np.pi * self.covariance)[1]
        density: Array = -0.5 * (self.distance(features) ** 2 + constant)
        return density


@cache
def commercial_v1() -> Commercial:
    """Return the committed figures."""
    return load_configuration("commercial_v1", Commercial)


def song_features(spectrum: PowerSpectrum, plr_db: float) -> Array:
    """Return what a song is weighted by: balance of 8 bands, PLR, side over mid, all in dB.

    Args:
        spectrum: Gated long-term spectrum, at any level.
        plr_db: Peak to loudness ratio.

    Returns:
        Shape ``(10,)``.

    """
    side_db = _side_db(float(spectrum.side.sum()), float(spectrum.mid.sum()))
    return np.array([*_balance_db(spectrum), plr_db, side_db])


def master_features(spectrum: PowerSpectrum, plr_db: float) -> Array:
    """Return what a master is judged by: as `song_features`, with side over mid in three bands.

    Returns:
        Shape ``(12,)``.

    """
    edges_hz = commercial_v1().side_edges_hz
    bands = (in_bands(power, edges_hz) for power in (spectrum.side, spectrum.mid))
    sides_db = [_side_db(float(side), float(mid)) for side, mid in zip(*bands, strict=True)]
    return np.array([*_balance_db(spectrum), plr_db, *sides_db])


@cache
def commercial_songs() -> Gaussian:
    """Return the distribution of `song_features` of commercial masters."""
    return _joined((commercial_v1().side_db,))


@cache
def commercial_masters() -> Gaussian:
    """Return the distribution of `master_features` of commercial masters."""
    return _joined(commercial_v1().side_bands_db)


def in_bands(power: Array, edges_hz: tuple[float, ...]) -> Array:
    """Sum the powers of twelfth octaves in other bands, shape ``(band,)``.

    A twelfth octave that an edge cuts is shared out by the logarithm of frequency.

    Args:
        power: Shape ``(124,)``.
        edges_hz: One more than there are bands.

    """
    edges = np.concatenate(([0.0], np.cumsum(power)))
    summed = np.interp(np.log(edges_hz), np.log(EDGES_HZ), edges)
    bands: Array = np.diff(summed)
    return bands


def _balance_db(spectrum: PowerSpectrum) -> Array:
    figures = commercial_v1()
    density = in_bands(spectrum.total, figures.edges_hz) / np.diff(figures.edges_hz)
    levels_db = 10.0 * np.log10(np.maximum(density, _NOTHING))
    levels_db -= levels_db[_middle(figures)].mean()
    return np.delete(levels_db, _LEFT_OUT)


def _side_db(side: float, mid: float) -> float:
    ratio_db = 10.0 * np.log10(max(side, _NOTHING) / max(mid, _NOTHING))
    return float(np.clip(ratio_db, commercial_v1().least_side_db, -commercial_v1().least_side_db))


def _middle(figures: Commercial) -> npt.NDArray[np.bool_]:
    """Return which bands levels are relative to: those between 500 and 2000 Hz."""
    edges_hz = np.array(figures.edges_hz)
    return (edges_hz[:-1] >= 500.0) & (edges_hz[1:] <= 2000.0)


def _joined(sides_db: tuple[float, ...]) -> Gaussian:
    figures = commercial_v1()
    balance = np.delete(figures.mean_db, _LEFT_OUT)
    mean = np.array([*balance, figures.plr_db, *sides_db])
    variances = [figures.plr_sd_db**2] + [figures.side_sd_db**2] * len(sides_db)
    covariance = np.diag(np.array([0.0] * len(balance) + variances))
    covariance[: len(balance), : len(balance)] = _balance_covariance(figures)
    return Gaussian(mean, covariance)


def _balance_covariance(figures: Commercial) -> Array:
    """Return the covariance of a smooth process whose mean over the middle bands is taken off."""
    centers = 0.5 * (np.log2(figures.edges_hz[1:]) + np.log2(figures.edges_hz[:-1]))
    apart = np.abs(centers[:, None] - centers) / figures.length_octaves
    taken = np.eye(len(centers)) - np.where(_middle(figures), 0.5, 0.0)
    covariance = taken @ np.exp(-apart) @ taken.T
    covariance *= figures.spread_db**2 / np.diag(covariance).mean()
    return np.delete(np.delete(covariance, _LEFT_OUT, 0), _LEFT_OUT, 1)
