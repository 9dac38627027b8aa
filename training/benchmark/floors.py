"""What no predictor can beat: how much of a degradation stays unknown, given what can be known.

A degradation ``θ`` of the family ``deg_v1`` shifts the statistics ``x`` of a finished song by
``B θ``, to first order. What is observed of the mix is ``y = x + B θ``; of ``x`` only the spread
over finished songs is known. Both floors are covariances of what is left of ``θ`` given ``y``.

- *LMMSE*: the linear estimate ``K (y - E y)`` with ``K = C Bᵀ (B C Bᵀ + S)⁻¹``, tried on packages
  that were left out of the spread ``S``. What is left has the covariance
  ``(I - K B) C (I - K B)ᵀ + K R Kᵀ``, with the second moment ``R`` of the songs left out.
- *Gaussian bound*: ``(C⁻¹ + Bᵀ S⁻¹ B)⁻¹`` (S. M. Kay, "Fundamentals of Statistical Signal
  Processing", vol. 1, 1993, theorem 10.3) with the spread ``S`` that remains when the song's
  content is known: what a ridge estimate from statistics that equalizers do not change leaves.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ...models.errors import CatalogueError
from ...models.mel import mel_edges_hz
from ...models.mel_statistics import STATISTICS
from ...models.moves import IN_LEVEL, RESPONSE_HZ
from .generators.degradation import DEGRADATION
from .generators.family import Family, deg_v1

Array: TypeAlias = npt.NDArray[np.float64]

FOLDS = 5
SHRINKAGES = (0.02, 0.05, 0.1, 0.2, 0.4, 0.7)
"""Shares of its own diagonal that a spread is moved toward."""

INFLATIONS = (1.0, 1.5, 2.5, 5.0, 20.0)
"""By how much a spread is taken for larger than it seems: with few songs it seems too small."""

RIDGES = (3.0, 10.0, 30.0, 100.0, 300.0, 1000.0)
LEAST_SONGS = 20

_SIDE = DEGRADATION.index("side_gain_db")
_PEAKS = DEGRADATION.index("restoration_db")
_EXPANSION = slice(DEGRADATION.index("expansion@low"), DEGRADATION.index("restoration_db"))
_RESPONSE = slice(0, DEGRADATION.index("expansion@low"))
_PEAK_SHARES = {"peak_p95_db": 0.5, "peak_p99_db": 1.0, "crest_p95_db": 0.5}
_SCALED = ("p10_db", "p50_db", "p95_db", "spread_db")
_CONTENT = ("width_db", "rise_db", "flux_db")


@dataclass(frozen=True, slots=True, eq=False)
class Floor:
    """What stays unknown of a degradation.

    Attributes:
        name: Of the floor.
        covariance: Of what is left, in the order of `DEGRADATION`, shape ``(17, 17)``.
        response_error_db: Mean absolute error of the response that goes with it.
        prior_error_db: The same without any estimate but the mean of the family.
        songs: How many the spread was taken from.

    """

    name: str
    covariance: Array
    response_error_db: float
    prior_error_db: float
    songs: int


def lmmse_floor(statistics: Array, packages: Sequence[str], family: Family | None = None) -> Floor:
    """Return what the best linear estimate from whole-song statistics leaves.

    Args:
        statistics: Of finished songs to learn from, shape ``(song, statistics)``.
        packages: Of each song; those of one package are left out together.
        family: Of the degradations; the committed one by default.

    Raises:
        CatalogueError: There are too few songs.

    """
    family = deg_v1() if family is None else family
    _check(statistics)
    prior = _prior(family)
    free = _level_free(statistics)
    scale = np.maximum(free.std(axis=0), 1e-3)
    effect = linear_effect(statistics.mean(axis=0), family) / scale[:, None]
    songs = free / scale
    found = [
        _left_by_lmmse(songs, packages, effect, prior, (share, inflation))
        for share in SHRINKAGES
        for inflation in INFLATIONS
    ]
    best = min(found, key=lambda each: response_error_db(each, family))
    return _floor("floor_lmmse", best, prior, family, len(statistics))


def gaussian_floor(
    statistics: Array, packages: Sequence[str], family: Family | None = None
) -> Floor:
    """Return what even the best estimate leaves if songs are Gaussian given their content.

    Args:
        statistics: As of `lmmse_floor`.
        packages: As of `lmmse_floor`.
        family: As of `lmmse_floor`.

    Raises:
        CatalogueError: There are too few songs.

    """
    family = deg_v1() if family is None else family
    _check(statistics)
    prior = _prior(family)
    free = _level_free(statistics)
    observed = np.abs(linear_effect(statistics.mean(axis=0), family)).sum(axis=1) > 0.0
    content = _columns(*_CONTENT) & ~_columns("side_db")
    observed &= ~content
    scale = np.maximum(free[:, observed].std(axis=0), 1e-3)
    effect = linear_effect(statistics.mean(axis=0), family)[observed] / scale[:, None]
    rest = _unexplained(_content(statistics, content), free[:, observed] / scale, packages)
    second = rest.T @ rest / len(rest)
    # the least shrinkage under which the spread is well conditioned for so few songs
    share = min(len(second) / (len(second) + len(rest)), SHRINKAGES[-1])
    spread = _shrunk(second, share)
    left = np.linalg.inv(np.linalg.inv(prior) + effect.T @ np.linalg.solve(spread, effect))
    return _floor("floor_gaussian", left, prior, family, len(statistics))


def linear_effect(mean_statistics: Array, family: Family) -> Array:
    """Return by how much each value of a degradation shifts each statistic.

    The response adds to the spectrum, whose mean is taken out; the gain of side to widths; an
    exponent ``e`` turns a level ``L`` relative to its mean into ``(1 + e) L``; restored peaks add
    to high percentiles of peaks.

    Args:
        mean_statistics: About which the effect is linear, shape ``(statistics,)``.
        family: Of the degradations.

    Returns:
        Shape ``(statistics, 17)``; the level has no effect.

    """
    effect = np.zeros((len(STATISTICS), len(DEGRADATION)))
    spectrum = _columns("spectrum_db")
    basis = family.response_basis(mel_edges_hz()[1:-1])
    effect[spectrum, _RESPONSE] = basis - basis.mean(axis=0)
    effect[_columns("width_db", "side_db"), _SIDE] = 1.0
    for name, share in _PEAK_SHARES.items():
        effect[STATISTICS.index(name), _PEAKS] = share
    for row, name in enumerate(STATISTICS):
        kind, _, place = name.partition("@")
        if kind in _SCALED and place.isdigit():
            band = int(np.searchsorted(family.expansion.corners_hz, float(place)))
            effect[row, _EXPANSION.start + band] = mean_statistics[row]
    return effect


def response_error_db(covariance: Array, family: Family) -> float:
    """Return the expected mean absolute error of a level-free response, in dB.

    Args:
        covariance: Of what is left of a degradation, shape ``(17, 17)``.
        family: Of the degradations.

    """
    basis = family.response_basis(RESPONSE_HZ)
    basis = basis - basis[IN_LEVEL].mean(axis=0)
    variance = np.einsum("fi,ij,fj->f", basis, covariance[_RESPONSE, _RESPONSE], basis)
    return math.sqrt(2.0 / math.pi) * float(np.sqrt(np.maximum(variance, 0.0)).mean())


def _left_by_lmmse(
    songs: Array,
    packages: Sequence[str],
    effect: Array,
    prior: Array,
    regularization: tuple[float, float],
) -> Array:
    share, inflation = regularization
    left = np.zeros_like(prior)
    for kept, out in _folds(packages):
        mean = songs[kept].mean(axis=0)
        spread = inflation * _shrunk(np.cov(songs[kept].T, bias=True), share)
        gain = np.linalg.solve(effect @ prior @ effect.T + spread, effect @ prior).T
        rest = songs[out] - mean
        kept_share = np.eye(len(prior)) - gain @ effect
        own = kept_share @ prior @ kept_share.T
        left += len(out) * own + gain @ (rest.T @ rest) @ gain.T
    found: Array = left / len(songs)
    return found


def _unexplained(content: Array, values: Array, packages: Sequence[str]) -> Array:
    """Return what a ridge estimate from content leaves of values in packages left out."""
    best: Array = values - values.mean(axis=0)
    least = math.inf
    for ridge in RIDGES:
        rest = np.empty_like(values)
        for kept, out in _folds(packages):
            center, mean = content[kept].mean(axis=0), values[kept].mean(axis=0)
            inside = content[kept] - center
            normal = inside @ inside.T + ridge * np.eye(len(kept))
            weights = np.linalg.solve(normal, values[kept] - mean)
            rest[out] = values[out] - mean - (content[out] - center) @ inside.T @ weights
        error = float(np.square(rest).mean())
        if error < least:
            best, least = rest, error
    return best


def _folds(packages: Sequence[str]) -> list[tuple[list[int], list[int]]]:
    """Return indices to learn from and to try on; a package is never in both."""
    names = sorted(set(packages))
    fold = {name: index % FOLDS for index, name in enumerate(names)}
    places = [fold[package] for package in packages]
    pairs = [
        ([i for i, p in enumerate(places) if p != k], [i for i, p in enumerate(places) if p == k])
        for k in range(FOLDS)
    ]
    return [(kept, out) for kept, out in pairs if kept and out]


def _floor(name: str, left: Array, prior: Array, family: Family, songs: int) -> Floor:
    held = left.copy()
    held[-1, :] = held[:, -1] = 0.0  # the level of a mix is known
    errors = (response_error_db(held, family), response_error_db(prior, family))
    return Floor(name, held, *errors, songs)


def _prior(family: Family) -> Array:
    prior: Array = np.diag(family.variance)
    return prior


def _shrunk(spread: Array, share: float) -> Array:
    shrunk: Array = (1.0 - share) * spread + share * np.diag(np.diag(spread))
    return shrunk + 1e-6 * np.eye(len(spread))


def _level_free(statistics: Array) -> Array:
    free = statistics.copy()
    spectrum = _columns("spectrum_db")
    free[:, spectrum] -= free[:, spectrum].mean(axis=1, keepdims=True)
    return free


def _content(statistics: Array, columns: npt.NDArray[np.bool_]) -> Array:
    """Return standardized statistics of content; widths relative to the whole width."""
    content = statistics.copy()
    content[:, _columns("width_db")] -= content[:, _columns("side_db")]
    content = content[:, columns]
    standard: Array = (content - content.mean(axis=0)) / np.maximum(content.std(axis=0), 1e-3)
    return standard


def _columns(*kinds: str) -> npt.NDArray[np.bool_]:
    return np.array([name.partition("@")[0] in kinds for name in STATISTICS])


def _check(statistics: Array) -> None:
    if len(statistics) < LEAST_SONGS:
        raise CatalogueError(
            f"floors need {LEAST_SONGS} finished songs, and there are {len(statistics)}; "
            "build a larger corpus",
            code="too_few",
        )
