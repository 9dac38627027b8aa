"""Moves held against masters in the spectral twin: what they leave, and how sure they are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Self, TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ...models.differentiable.frames import SpectralFrames
from ...models.differentiable.resolving import SpectrumBatch
from ...models.distances.gate import RELEVANT_RANGE, audible_frames, levels_db
from ...models.distances.measures import mel_distance, side_weight
from ...models.mel import mel_edges_hz
from ...models.moves import MOVES, NEUTRAL, RESPONSE, RESPONSE_HZ, level_free
from ...models.network.loudness import aligned_frames, frames_lufs
from ...models.network.moves import apply_moves, interpolation
from .usual import usual_moves

Array: TypeAlias = npt.NDArray[np.float64]

AT_ONCE = 16
"""Pairs of which all is held at once: some 10 MB each, for 24 s of audio."""

EFFECTIVE_CELLS = 60.0
"""So many independent levels an excerpt counts for: neighbors in time and frequency err alike."""

_SOFT_DB = 0.5  # below, differences count as squares
_LEAST_ERROR_DB = 0.2  # of a level: the twin itself is no better
_STEP = 0.1  # of what is usual, for differences
_TOGETHER = 10  # moves that are stepped aside at once
_PAIRS = 8  # of which all is held at once


@dataclass(frozen=True, slots=True, eq=False)
class MasteredFrames:
    """Mixes and what became of them.

    Attributes:
        mix: Frames of mixes at -18 LUFS.
        spectra: Of the same mixes, or of the songs that they are parts of, at -18 LUFS.
        master: Frames of the same parts of the masters, aligned, at any loudness.
        sample_rate: In Hz.

    """

    mix: SpectralFrames
    spectra: SpectrumBatch
    master: SpectralFrames
    sample_rate: int

    def __len__(self) -> int:
        return len(self.mix.mid)

    def rows(self, chosen: slice | list[int]) -> Self:
        """Return some of the pairs."""

        def of(frames: SpectralFrames) -> SpectralFrames:
            return SpectralFrames(frames.mid[chosen], frames.side[chosen], frames.peak[chosen])

        spectra = SpectrumBatch(self.spectra.mid[chosen], self.spectra.side[chosen])
        return type(self)(of(self.mix), spectra, of(self.master), self.sample_rate)

    def parts(self) -> Iterator[Self]:
        """Yield the pairs a few at a time, of which all is held at once."""
        for start in range(0, len(self), AT_ONCE):
            yield self.rows(slice(start, start + AT_ONCE))

    def rendered(self, moves: Tensor) -> SpectralFrames:
        """Return the mixes, mastered by moves at the loudness of their masters."""
        result = apply_moves(
            self.mix,
            self.spectra,
            moves,
            sample_rate=self.sample_rate,
            loudness_lufs=frames_lufs(self.master),
        )
        return result.frames

    def distances(self, moves: Tensor) -> Tensor:
        """Return the mel distance of such results from the masters in dB, shape ``(pair,)``."""
        return frame_distances(self.rendered(moves), self.master)


def frame_distances(frames: SpectralFrames, master: SpectralFrames) -> Tensor:
    """Return the mel distance of frames from masters at their loudness in dB, ``(pair,)``."""
    found = aligned_frames(frames, master)
    distance: Tensor = mel_distance(found.mid, found.side, master.mid, master.side)
    return distance


class Explanation:
    """What is left of masters when moves have been made, with gradients.

    Args:
        pairs: Mixes and masters.

    """

    def __init__(self, pairs: MasteredFrames) -> None:
        self._pairs = pairs
        master = pairs.master
        audible = audible_frames(master.mid, master.side)
        top = (master.mid * audible[:, None]).amax((1, 2))[:, None, None]
        self._target = torch.stack([levels_db(each) for each in (master.mid, master.side)], 1)
        cells = torch.stack([each > RELEVANT_RANGE * top for each in (master.mid, master.side)], 1)
        counted = (cells & audible[:, None, None]).to(master.mid)
        side = side_weight(master.mid, master.side, audible)
        shares = torch.stack((1.0 - side, side), 1) / counted.sum((2, 3)).clamp(min=1.0)
        self._weights = counted * shares[:, :, None, None]

    def soft_distance(self, moves: Tensor) -> Tensor:
        """Return a distance that has no slope where nothing is left, in dB, shape ``(pair,)``."""
        error = _levels(self._pairs, moves) - self._target
        soft = (error.square() + _SOFT_DB**2).sqrt() - _SOFT_DB
        distance: Tensor = (soft * self._weights).sum((1, 2, 3))
        return distance

    @torch.no_grad()
    def sigma(self, moves: Tensor) -> Tensor:
        """Return the standard deviation of each move, shape ``(pair, moves)``."""
        levels = _levels(self._pairs, moves)
        variance = ((levels - self._target).square() * self._weights).sum((1, 2, 3))
        root = self._weights.sqrt()
        changes = [(root * change).flatten(1) for change in moves.new_tensor(_response_changes())]
        for first in range(RESPONSE.stop, len(MOVES), _TOGETHER):
            stepped = range(first, min(first + _TOGETHER, len(MOVES)))
            for change in _changes(self._pairs, moves, levels, stepped):
                changes.append((root * change).flatten(1))
        jacobian = torch.stack(changes, 2)
        cells = EFFECTIVE_CELLS / (variance + _LEAST_ERROR_DB**2)
        known = jacobian.mT @ jacobian * cells[:, None, None]
        usual = torch.from_numpy(usual_moves())
        precision = known.double() + torch.linalg.inv(usual @ usual.T)
        free = torch.from_numpy(_level_out())
        spread = free @ torch.linalg.inv(precision) @ free.T
        sigma: Tensor = spread.diagonal(dim1=1, dim2=2).sqrt()
        return sigma


def uncertainty(pairs: MasteredFrames, moves: Tensor) -> Tensor:
    """Return the standard deviation of moves that explain masters, shape ``(pair, moves)``."""
    return torch.cat(
        [
            Explanation(pairs.rows(slice(start, start + _PAIRS))).sigma(
                moves[start : start + _PAIRS]
            )
            for start in range(0, len(pairs), _PAIRS)
        ]
    )


def _changes(pairs: MasteredFrames, moves: Tensor, levels: Tensor, stepped: range) -> list[Tensor]:
    """Return the change of all levels by a unit of each move, all of them rendered at once."""
    sizes = _STEP * np.sqrt((usual_moves() ** 2).sum(axis=1))
    aside, steps = moves.repeat(len(stepped), 1), []
    for place, move in enumerate(stepped):
        # toward where there is room
        sign = torch.where(moves[:, move] > NEUTRAL[move], -1.0, 1.0)
        steps.append(sign * sizes[move])
        aside[place * len(moves) : (place + 1) * len(moves), move] += steps[-1]
    found = _levels(pairs.rows(list(range(len(moves))) * len(stepped)), aside)
    return [
        (changed - levels) / step[:, None, None, None]
        for changed, step in zip(torch.split(found, len(moves)), steps, strict=True)
    ]


def _levels(pairs: MasteredFrames, moves: Tensor) -> Tensor:
    """Return the levels of mid and side, shape ``(pair, 2, 80, frame)``."""
    found = aligned_frames(pairs.rendered(moves), pairs.master)
    return torch.stack((levels_db(found.mid), levels_db(found.side)), 1)


@cache
def _response_changes() -> Array:
    """Return how levels follow the response, shape ``(27, 80, 1)``: compressors aside, as it is."""
    spread = interpolation(tuple(RESPONSE_HZ), tuple(mel_edges_hz()[1:-1]))
    changes: Array = spread[:, :, None] - spread.mean(axis=1)[:, None, None]
    return changes


@cache
def _level_out() -> Array:
    """Return the matrix that takes the level out of responses, shape ``(moves, moves)``."""
    matrix = np.eye(len(MOVES))
    matrix[RESPONSE, RESPONSE] = level_free(np.eye(len(RESPONSE_HZ))).T
    return matrix
