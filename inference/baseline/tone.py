"""Tonal balance: what of a mix's spectrum is its song, and what mastering would change.

In third octaves and dB, level apart, a spectrum is ``m = μ + s + d``: the mean ``μ`` of finished
masters, the song's own deviation ``s``, and the departure ``d`` of the mix from its master. Both
are Gaussian with covariances ``S`` and ``D``, smooth over octaves except for the song's detail, and
the mean ``b`` of ``d`` depends on the kind of input:

- finished: ``d = 0``,
- unbiased: ``b = 0``,
- biased: ``b`` is the mean difference between unmastered sets and masters.

The posterior is a mixture of three linear estimates ``E[d | m] = b + D (S + D)⁻¹ (m - μ - b)``
(S. Kay, "Fundamentals of Statistical Signal Processing: Estimation Theory", 1993, chapter 12),
weighted by how well each kind explains the spectrum and the peak-to-loudness ratio. The unknown
level is a common deviation of all bands with a very large variance.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ...models.processors.equalizer import LEVEL_CENTERS_HZ
from ...models.rates import NYQUIST_MARGIN
from ...models.spectrum import (
    LOWEST_POWER,
    THIRD_CENTERS_HZ,
    levels_db,
    third_octaves,
)
from .prior import Prior

Array: TypeAlias = npt.NDArray[np.float64]
Mask: TypeAlias = npt.NDArray[np.bool_]

CENTERS_HZ: Array = THIRD_CENTERS_HZ[(THIRD_CENTERS_HZ > 30.0) & (THIRD_CENTERS_HZ < 13_000.0)]
"""The 27 third octaves that are judged, 31.5 Hz … 12.5 kHz."""

IN_MEAN: Mask = np.isin(CENTERS_HZ, LEVEL_CENTERS_HZ)
"""Which of them make the level that is taken out: those of the equalizer's."""

_FIRST = int(np.searchsorted(THIRD_CENTERS_HZ, CENTERS_HZ[0]))
_HALF_BAND = 2.0 ** (1.0 / 6.0)
_LEVEL_VARIANCE = 1e5
_FEWEST_BANDS = 6
_TWO_SIDED_Z = 1.2816  # of an interval that holds 80 %


@dataclass(frozen=True, slots=True, eq=False)
class Balance:
    """A measured spectrum.

    Attributes:
        level_db: Third octaves `CENTERS_HZ`, shape ``(27,)``; the mean over heard bands is 0.
        heard: Which bands hold music, shape ``(27,)``.

    """

    level_db: Array
    heard: Mask


@dataclass(frozen=True, slots=True, eq=False)
class Departure:
    """What is known of the departure of a mix from its master.

    Attributes:
        mean_db: Posterior mean, level taken out, shape ``(27,)``.
        sd_db: Posterior standard deviation, shape ``(27,)``.
        deviation_db: The mix minus the mean of finished masters, shape ``(27,)``.
        distance: Squared Mahalanobis distance of the mix from finished songs.
        normal_distance: The distance that 80 % of finished songs stay below.

    """

    mean_db: Array
    sd_db: Array
    deviation_db: Array
    distance: float
    normal_distance: float

    @property
    def is_inside(self) -> bool:
        """Whether the mix lies among the 80 % most usual finished songs."""
        return self.distance <= self.normal_distance


def measure_balance(power: Array, prior: Prior, sample_rate: int) -> Balance | None:
    """Return the balance of a spectrum, or None where too little of it is heard.

    Bands are left out above 14 kHz or the rate's limit, far below the loudest one, and beyond a
    cliff, where a low-pass, a codec or the arrangement ends the music.

    Args:
        power: Twelfth octaves, mid and side together, shape ``(124,)``.
        prior: See `Prior`.
        sample_rate: Of the mix, in Hz.

    """
    tone = prior.tone
    powers = third_octaves(power)[_FIRST : _FIRST + len(CENTERS_HZ)]
    level_db = levels_db(powers)
    end_hz = min(tone.statistics_end_hz, NYQUIST_MARGIN * sample_rate)
    heard = (end_hz > _HALF_BAND * CENTERS_HZ) & (powers > LOWEST_POWER)
    heard &= level_db > level_db.max() - tone.floor_db
    step_db = np.diff(level_db)
    middle = len(step_db) // 2
    for band in range(middle, len(step_db)):
        if step_db[band] < -tone.edge_drop_db:
            heard[band + 1 :] = False
    for band in range(middle):
        if step_db[band] > tone.edge_drop_db:
            heard[: band + 1] = False
    if np.count_nonzero(heard & IN_MEAN) < _FEWEST_BANDS:
        return None
    return Balance(level_db - np.mean(level_db[heard & IN_MEAN]), heard)


class ToneModel:
    """The Gaussian model of songs and departures on `CENTERS_HZ`.

    Args:
        prior: See `Prior`.

    """

    def __init__(self, prior: Prior) -> None:
        self._prior = prior

    @cached_property
    def masters_db(self) -> Array:
        """Mean of finished masters in third octaves, shape ``(27,)``."""
        density_db = self._smooth(self._prior.spectra.masters_db)
        return density_db + 10.0 * np.log10(CENTERS_HZ / 1000.0)  # bands widen with frequency

    @cached_property
    def bias_db(self) -> Array:
        """Mean departure of biased mixes, shape ``(27,)``."""
        spectra = self._prior.spectra
        unmastered_db = np.mean(spectra.unmastered_db, axis=0)
        difference_db = unmastered_db - np.array(spectra.masters_db[: len(unmastered_db)])
        return spectra.unmastered_share * self._smooth(difference_db)

    @cached_property
    def song_covariance(self) -> Array:
        """Covariance of songs around the mean, shape ``(27, 27)``."""
        song = self._prior.song
        detail_db = _at_centers(song.nodes_hz, song.detail_db)
        smooth = _covariance(song.nodes_hz, song.smooth_db, song.length_octaves)
        return smooth + np.diag(detail_db**2)

    @cached_property
    def departure_covariance(self) -> Array:
        """Covariance of departures around their mean, shape ``(27, 27)``."""
        departure = self._prior.departure
        return _covariance(departure.nodes_hz, departure.smooth_db, departure.length_octaves)

    def _smooth(self, bands_db: Sequence[float] | Array) -> Array:
        """Interpolate a table of bands in log frequency and round its corners."""
        spectra = self._prior.spectra
        edges = np.log2(spectra.edges_hz[: len(bands_db) + 1])
        offsets = np.linspace(-3.0, 3.0, 49)
        weights = np.exp(-0.5 * offsets**2)
        at = np.log2(CENTERS_HZ)[:, None] + spectra.smoothing_octaves * offsets
        values: Array = np.interp(at, 0.5 * (edges[1:] + edges[:-1]), bands_db)
        smooth: Array = values @ weights / weights.sum()
        return smooth

    def estimate(self, balance: Balance, plr_db: float | None) -> Departure:
        """Estimate the departure of a mix from its master.

        Args:
            balance: See `measure_balance`.
            plr_db: Peak-to-loudness ratio; None where undefined.

        """
        heard = balance.heard
        count = int(np.count_nonzero(heard))
        observed = np.ix_(heard, heard)
        song = self.song_covariance[observed] + _LEVEL_VARIANCE
        spread, bias_db = self.departure_covariance, self.bias_db
        nothing_db, certain = np.zeros_like(bias_db), np.zeros_like(spread)
        kinds = ((nothing_db, certain), (nothing_db, spread), (bias_db, spread))
        center = _centering(heard)

        means, covariances, scores, distances = [], [], [], []
        deviation_db = balance.level_db - self.masters_db
        for score, (mean_db, covariance) in zip(self._kind_scores(plr_db), kinds, strict=True):
            total = song + covariance[observed]
            innovation = (deviation_db - mean_db)[heard]
            gain = np.linalg.solve(total, covariance[heard]).T
            distances.append(float(innovation @ np.linalg.solve(total, innovation)))
            means.append(center @ (mean_db + gain @ innovation))
            covariances.append(center @ (covariance - gain @ covariance[heard]) @ center.T)
            scores.append(score - 0.5 * (distances[-1] + float(np.linalg.slogdet(total)[1])))
        weights = np.exp(np.array(scores) - max(scores))
        weights /= weights.sum()

        mean_db = weights @ np.array(means)
        second = [np.diag(c) + (m - mean_db) ** 2 for c, m in zip(covariances, means, strict=True)]
        return Departure(
            mean_db=mean_db,
            sd_db=np.sqrt(np.maximum(weights @ np.array(second), 0.0)),
            deviation_db=center @ deviation_db,
            distance=distances[0],
            normal_distance=_chi_square_quantile(count - 1, self._prior.tone.normal_share_z),
        )

    def normal_deviation_db(self, balance: Balance, part: Mask) -> float:
        """Return how far four in five finished songs lie from the mean in a part of the spectrum.

        Args:
            balance: Of the mix; its heard bands make the level.
            part: Bands over which the mean is taken, shape ``(27,)``.

        """
        weights = (part / np.count_nonzero(part)) @ _centering(balance.heard)
        return _TWO_SIDED_Z * math.sqrt(float(weights @ self.song_covariance @ weights))

    def _kind_scores(self, plr_db: float | None) -> tuple[float, float, float]:
        """Return log probabilities of the kinds before the spectrum is seen, up to a constant."""
        kinds = self._prior.kinds
        finished_db, unfinished_db = kinds.finished_plr_db, kinds.unfinished_plr_db
        evidence = 0.0
        if plr_db is not None:
            # a ratio beyond the usual says no more, or a loud mix could never be put right
            held_db = min(max(plr_db, finished_db), unfinished_db)
            distance_db2 = (held_db - unfinished_db) ** 2 - (held_db - finished_db) ** 2
            evidence = 0.5 * distance_db2 / kinds.plr_sd_db**2
        return (
            math.log(kinds.finished_share) + evidence,
            math.log(kinds.unbiased_share),
            math.log(kinds.biased_share),
        )


def _at_centers(nodes_hz: Sequence[float], values: Sequence[float]) -> Array:
    return np.interp(np.log2(CENTERS_HZ), np.log2(nodes_hz), values)


def _covariance(nodes_hz: Sequence[float], sd_db: Sequence[float], length_octaves: float) -> Array:
    """Return a squared-exponential covariance over octaves with a standard deviation a band."""
    octaves = np.log2(CENTERS_HZ)
    distance = (octaves[:, None] - octaves) / length_octaves
    deviation_db = _at_centers(nodes_hz, sd_db)
    covariance: Array = np.outer(deviation_db, deviation_db) * np.exp(-0.5 * distance**2)
    return covariance


def _centering(heard: Mask) -> Array:
    """Return the matrix that takes the mean over heard bands of `IN_MEAN` out, ``(27, 27)``."""
    level = (heard & IN_MEAN) / np.count_nonzero(heard & IN_MEAN)
    centering: Array = np.eye(len(heard)) - level
    return centering


def _chi_square_quantile(degrees: int, z: float) -> float:
    """Return a quantile after E. Wilson and M. Hilferty (1931), ``z`` the normal one."""
    step = 2.0 / (9.0 * degrees)
    return float(degrees * (1.0 - step + z * math.sqrt(step)) ** 3)
