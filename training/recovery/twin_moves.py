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
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Self, TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ...models.mel import mel_edges_hz
from ...models.moves import MOVES, NEUTRAL, RESPONSE, RESPONSE_HZ, WIDTH
from ...models.network.loudness import aligned_frames
from ...models.network.moves import held_moves, interpolation
from ..losses.gaps import BandGaps, band_gaps, imager_bands
from .explaining import Explanation, MasteredFrames, uncertainty
from .usual import usual_moves

Array: TypeAlias = npt.NDArray[np.float64]

STEPS = 40
"""Steps of the descent: with three times as many, 0.003 dB less is left."""

ERROR_DB = 0.02
"""A distance smaller by this is worth a unit of surprise in moves."""

_BATCH = 64  # pairs that descend side by side
_RATES = (0.12, 0.004)
_START_DB = 1.0  # error of a band's mean level, for the closed start
_MEL_HZ = tuple(mel_edges_hz()[1:-1])


@dataclass(frozen=True, slots=True, eq=False)
class RecoveredMoves:
    """What was found of masters.

    Attributes:
        moves: Within the chain's ranges, shape ``(pair, moves)``.
        sigma: Standard deviation of each, shape ``(pair, moves)``. Of known settings, 1.645 of them
            hold 95 % of responses and 97 % of widths, but 54 % of slopes: where a threshold is not
            determined, a slope looks better known than it is.
        residual_db: Mel distance that is left at equal loudness, shape ``(pair,)``.
        unchanged_db: The same of doing nothing, shape ``(pair,)``.

    """

    moves: Array
    sigma: Array
    residual_db: Array
    unchanged_db: Array

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """Put batches together."""
        names = [field.name for field in fields(cls)]
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def recover_moves(pairs: MasteredFrames, *, steps: int = STEPS) -> RecoveredMoves:
    """Find moves that turn mixes into their masters.

    Equal arguments give equal results; which pairs come together makes a difference of less than
    1e-4 of a move's unit.

    Args:
        pairs: Mixes and masters.
        steps: Of the descent.

    """
    starts = range(0, len(pairs), _BATCH)
    return RecoveredMoves.joined(
        [_recovered(pairs.rows(slice(start, start + _BATCH)), steps) for start in starts]
    )


def _recovered(pairs: MasteredFrames, steps: int) -> RecoveredMoves:
    explanation = Explanation(pairs)
    usual = pairs.mix.mid.new_tensor(usual_moves())
    neutral = pairs.mix.mid.new_tensor(NEUTRAL)
    u = _start(band_gaps(pairs.mix, aligned_frames(pairs.master, pairs.mix))).to(neutral)
    u.requires_grad_()
    optimizer = torch.optim.Adam([u], betas=(0.8, 0.95))
    best, lowest = u.detach().clone(), torch.full_like(u[:, 0], math.inf)
    for step in range(steps):
        fall = 0.5 * (1.0 + math.cos(math.pi * step / steps))
        optimizer.param_groups[0]["lr"] = _RATES[1] + (_RATES[0] - _RATES[1]) * fall
        moves = held_moves(neutral + u @ usual.T)
        losses = explanation.soft_distance(moves) / ERROR_DB + 0.5 * u.square().sum(1)
        better = losses.detach() < lowest
        lowest = torch.where(better, losses.detach(), lowest)
        best = torch.where(better[:, None], u.detach(), best)
        optimizer.zero_grad()
        losses.sum().backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    with torch.no_grad():
        moves = held_moves(neutral + best @ usual.T)
        idle = neutral.expand_as(moves)
        residual_db, unchanged_db = pairs.distances(moves), pairs.distances(idle)
        # an explanation is never worse than none
        moves = torch.where((residual_db > unchanged_db)[:, None], idle, moves)
        residual_db = torch.minimum(residual_db, unchanged_db)
        found = (moves, uncertainty(pairs, moves), residual_db, unchanged_db)
    return RecoveredMoves(*(each.double().numpy() for each in found))


def _start(gaps: BandGaps) -> Tensor:
    """Return the closed start, in units of what is usual, shape ``(pair, moves)``."""
    usual = usual_moves()
    shape = interpolation(tuple(RESPONSE_HZ), _MEL_HZ).T @ usual[RESPONSE, RESPONSE]
    units = np.zeros((len(gaps.mid_db), len(MOVES)))
    bands = imager_bands()
    tracks = (gaps.mid_db, gaps.mid_share, gaps.side_db, gaps.side_share)
    rows = zip(*(track.double().numpy() for track in tracks), strict=True)
    for row, (mid_db, mid, side_db, side) in enumerate(rows):
        level = np.average(mid_db, weights=mid + 1e-6)
        weighted = shape.T * mid / _START_DB**2
        square = weighted @ shape + np.eye(shape.shape[1])
        units[row, RESPONSE] = np.linalg.solve(square, weighted @ (mid_db - level))
        heard = bands * side
        wider_db = heard @ (side_db - mid_db) / (heard.sum(axis=1) + 1.0)
        units[row, WIDTH] = wider_db / usual[WIDTH, WIDTH].diagonal()
    return torch.from_numpy(units)
