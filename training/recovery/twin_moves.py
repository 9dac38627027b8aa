"""The moves that best explain masters, found in the spectral twin.

Starts are closed: what parts the long-term spectra of mix and master is the response, what parts
their sides the widths. From there gradients lead through `apply_moves` to the least of ``distance /
ERROR_DB + 0.5 |u|²`` with ``u`` the moves, counted from doing nothing, in units of what is usual:
among what explains a master equally well, the smallest explanation wins. Usual responses are smooth
over frequency. Standard deviations are those of a normal posterior (Laplace's approximation with
Gauss and Newton's curvature): the change of all levels by each move, against what is left
unexplained.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ...models.differentiable.frames import SpectralFrames
from ...models.differentiable.resolving import SpectrumBatch
from ...models.distances.gate import RELEVANT_RANGE, audible_frames, levels_db
from ...models.distances.measures import mel_distance, side_weight
from ...models.mel import mel_edges_hz
from ...models.moves import (
    LIMITER_RELEASE,
    MOVES,
    NEUTRAL,
    RESPONSE,
    RESPONSE_HZ,
    SLOPE,
    THRESHOLD,
    WIDTH,
    level_free,
)
from ...models.network.loudness import aligned_frames, frames_lufs
from ...models.network.moves import apply_moves, held_moves, interpolation
from ..losses.gaps import BandGaps, band_gaps, imager_bands

Array: TypeAlias = npt.NDArray[np.float64]

STEPS = 60
"""Steps of the descent."""

ERROR_DB = 0.02
"""A distance smaller by this is worth a unit of surprise in moves."""

EFFECTIVE_CELLS = 60.0
"""So many independent levels an excerpt counts for: neighbors in time and frequency err alike."""

_RATES = (0.12, 0.004)
_SOFT_DB = 0.5  # below, differences count as squares
_LEAST_ERROR_DB = 0.2  # of a level: the twin itself is no better
_RESPONSE_DB, _RESPONSE_OCTAVES, _ROUGH_DB = 3.5, 0.8, 0.6
_STEP = 0.1  # of what is usual, for differences
_START_DB = 1.0  # error of a band's mean level, for the closed start
_MEL_HZ = tuple(mel_edges_hz()[1:-1])


@dataclass(frozen=True, slots=True, eq=False)
class RecoveredMoves:
    """What was found of a batch of masters.

    Attributes:
        moves: Within the chain's ranges, shape ``(pair, moves)``.
        sigma: Standard deviation of each, shape ``(pair, moves)``.
        residual_db: Mel distance that is left at equal loudness, shape ``(pair,)``.
        unchanged_db: The same of doing nothing, shape ``(pair,)``.

    """

    moves: Array
    sigma: Array
    residual_db: Array
    unchanged_db: Array


def recover_moves(
    mix: SpectralFrames,
    spectra: SpectrumBatch,
    master: SpectralFrames,
    *,
    sample_rate: int,
    steps: int = STEPS,
) -> RecoveredMoves:
    """Find moves that turn mixes into their masters; equal arguments give equal results.

    Args:
        mix: Frames of mixes at -18 LUFS.
        spectra: Of the same mixes, or of the songs that they are parts of, at -18 LUFS.
        master: Frames of the same parts of the masters, aligned, at any loudness.
        sample_rate: In Hz.
        steps: Of the descent.

    """
    problem = _Problem(mix, spectra, master, sample_rate)
    usual = mix.mid.new_tensor(usual_moves())
    neutral = mix.mid.new_tensor(NEUTRAL)
    u = _start(band_gaps(mix, aligned_frames(master, mix))).to(mix.mid)
    u.requires_grad_()
    optimizer = torch.optim.Adam([u], betas=(0.8, 0.95))
    best, lowest = u.detach().clone(), torch.full_like(u[:, 0], math.inf)
    for step in range(steps):
        fall = 0.5 * (1.0 + math.cos(math.pi * step / steps))
        optimizer.param_groups[0]["lr"] = _RATES[1] + (_RATES[0] - _RATES[1]) * fall
        moves = held_moves(neutral + u @ usual.T)
        losses = problem.soft_distance(moves) / ERROR_DB + 0.5 * u.square().sum(1)
        better = losses.detach() < lowest
        lowest = torch.where(better, losses.detach(), lowest)
        best = torch.where(better[:, None], u.detach(), best)
        optimizer.zero_grad()
        losses.sum().backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    with torch.no_grad():
        moves = held_moves(neutral + best @ usual.T)
        idle = neutral.expand_as(moves)
        residual_db, unchanged_db = problem.distance(moves), problem.distance(idle)
        worse = residual_db > unchanged_db  # the prior never pays for harm
        moves = torch.where(worse[:, None], idle, moves)
        sigma = problem.sigma(moves, usual)
    found = (moves, sigma, torch.minimum(residual_db, unchanged_db), unchanged_db)
    return RecoveredMoves(*(each.double().numpy() for each in found))


@cache
def usual_moves() -> Array:
    """Return the root of the covariance of usual moves, shape ``(moves, moves)``."""
    sizes = np.full(len(MOVES), 0.7)  # of times, natural logarithms
    sizes[WIDTH], sizes[SLOPE], sizes[THRESHOLD], sizes[LIMITER_RELEASE] = 3.0, 0.15, 4.0, 0.5
    root = np.diag(sizes)
    root[RESPONSE, RESPONSE] = np.linalg.cholesky(response_covariance())
    return root


@cache
def _level_out() -> Array:
    """Return the matrix that takes the level out of responses, shape ``(moves, moves)``."""
    matrix = np.eye(len(MOVES))
    matrix[RESPONSE, RESPONSE] = level_free(np.eye(len(RESPONSE_HZ))).T
    return matrix


def response_covariance(
    smooth_db: float = _RESPONSE_DB,
    octaves: float = _RESPONSE_OCTAVES,
    rough_db: float = _ROUGH_DB,
) -> Array:
    """Return the covariance of a smooth response at `RESPONSE_HZ` and of roughness upon it.

    Args:
        smooth_db: Standard deviation of the smooth part.
        octaves: Length of its correlation, of a squared exponential.
        rough_db: Standard deviation of what each frequency has for itself.

    Returns:
        In dB², shape ``(27, 27)``.

    """
    apart = np.log2(RESPONSE_HZ[:, None] / RESPONSE_HZ) / octaves
    covariance: Array = smooth_db**2 * np.exp(-0.5 * apart**2)
    return covariance + rough_db**2 * np.eye(len(RESPONSE_HZ))


class _Problem:
    """What moves are held against."""

    def __init__(
        self,
        mix: SpectralFrames,
        spectra: SpectrumBatch,
        master: SpectralFrames,
        sample_rate: int,
    ) -> None:
        self._mix, self._spectra, self._rate = mix, spectra, sample_rate
        self._master, self._loudness = master, frames_lufs(master)
        audible = audible_frames(master.mid, master.side)
        top = (master.mid * audible[:, None]).amax((1, 2))[:, None, None]
        self._target = torch.stack([levels_db(each) for each in (master.mid, master.side)], 1)
        cells = torch.stack([each > RELEVANT_RANGE * top for each in (master.mid, master.side)], 1)
        counted = (cells & audible[:, None, None]).to(master.mid)
        side = side_weight(master.mid, master.side, audible)
        shares = torch.stack((1.0 - side, side), 1) / counted.sum((2, 3)).clamp(min=1.0)
        self._weights = counted * shares[:, :, None, None]

    def soft_distance(self, moves: Tensor) -> Tensor:
        """Return a distance with a slope of nothing where there is nothing left, ``(pair,)``."""
        error = self._levels(moves) - self._target
        soft = (error.square() + _SOFT_DB**2).sqrt() - _SOFT_DB
        distance: Tensor = (soft * self._weights).sum((1, 2, 3))
        return distance

    def distance(self, moves: Tensor) -> Tensor:
        """Return the mel distance at equal loudness, shape ``(pair,)``."""
        found, master = self._rendered(moves), self._master
        distance: Tensor = mel_distance(found.mid, found.side, master.mid, master.side)
        return distance

    def sigma(self, moves: Tensor, usual: Tensor) -> Tensor:
        """Return standard deviations of moves, shape ``(pair, moves)``."""
        levels = self._levels(moves)
        variance = ((levels - self._target).square() * self._weights).sum((1, 2, 3))
        variance = variance + _LEAST_ERROR_DB**2
        steps = _STEP * usual.square().sum(1).sqrt()
        changes = []
        for move, step in enumerate(steps):
            aside = moves.clone()
            # toward where there is room
            signed = torch.where(moves[:, move] > NEUTRAL[move], -step, step)
            aside[:, move] += signed
            change = (self._levels(aside) - levels) / signed[:, None, None, None]
            changes.append((change * self._weights.sqrt()).flatten(1))
        jacobian = torch.stack(changes, 2)
        known = jacobian.mT @ jacobian * (EFFECTIVE_CELLS / variance)[:, None, None]
        precision = known.double() + torch.linalg.inv((usual @ usual.T).double())
        free = torch.from_numpy(_level_out())
        spread = free @ torch.linalg.inv(precision) @ free.T
        sigma: Tensor = spread.diagonal(dim1=1, dim2=2).sqrt()
        return sigma

    def _levels(self, moves: Tensor) -> Tensor:
        found = self._rendered(moves)
        return torch.stack((levels_db(found.mid), levels_db(found.side)), 1)

    def _rendered(self, moves: Tensor) -> SpectralFrames:
        result = apply_moves(
            self._mix,
            self._spectra,
            moves,
            sample_rate=self._rate,
            loudness_lufs=self._loudness,
        )
        return aligned_frames(result.frames, self._master)


def _start(gaps: BandGaps) -> Tensor:
    """Return the closed start, in units of what is usual, shape ``(pair, moves)``."""
    spread = interpolation(tuple(RESPONSE_HZ), _MEL_HZ) @ np.eye(len(_MEL_HZ))
    shape = (usual_moves()[RESPONSE, RESPONSE].T @ spread).T  # of mel bands by units
    units = np.zeros((len(gaps.mid_db), len(MOVES)))
    bands = imager_bands()
    for row, (mid_db, mid, side_db, side) in enumerate(
        zip(*(each.double().numpy() for each in _tracks(gaps)), strict=True)
    ):
        level = np.average(mid_db, weights=mid + 1e-6)
        weighted = shape.T * mid / _START_DB**2
        square = weighted @ shape + np.eye(shape.shape[1])
        units[row, RESPONSE] = np.linalg.solve(square, weighted @ (mid_db - level))
        heard = bands * side
        wider_db = heard @ (side_db - mid_db) / (heard.sum(axis=1) + 1.0)
        units[row, WIDTH] = wider_db / usual_moves()[WIDTH, WIDTH].diagonal()
    return torch.from_numpy(units)


def _tracks(gaps: BandGaps) -> tuple[Tensor, ...]:
    return gaps.mid_db, gaps.mid_share, gaps.side_db, gaps.side_share
