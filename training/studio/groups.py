"""Groups of moves that are learned together, and the tiers of what may be learned of each.

What a studio adds to the base model's moves is linear in *inputs*: a one, the base's moves counted
from doing nothing, and the features of the mix. A *part* is a subspace of such maps with a normal
prior; a *tier* is a sum of parts, and tiers are nested: 0 is the base model itself. The priors say
how studios differ from a base model at large, and nothing of the studio at hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

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
)
from ...models.network.moves import interpolation
from ..recovery.usual import response_covariance
from .content import LEVELS, SIDE, waves
from .pairs import StudioPairs
from .shrinkage import Block, Regression

Array: TypeAlias = npt.NDArray[np.float64]

BASE_INPUTS = slice(1, 1 + len(MOVES))
"""Place of the base's moves among inputs."""

LEVEL_INPUTS = slice(BASE_INPUTS.stop + LEVELS.start, BASE_INPUTS.stop + LEVELS.stop)
SIDE_INPUT = BASE_INPUTS.stop + SIDE
INPUTS = SIDE_INPUT + 1

_BASE_FACTOR = 0.5  # standard deviation of what is added to the base's moves, as a share of them
_LEVEL_GAIN = 0.25  # of what is undone of a deviation in level, in all bands alike
_BAND_GAIN, _BAND_OCTAVES = 0.12, 1.5  # and in each band for itself
_WAVE_DB = 0.6  # of the response to a usual wave
_SIDE_GAIN = 0.2  # of what is undone of a deviation of side
_DYNAMICS = slice(SLOPE.start, len(MOVES))


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Maps from inputs to the moves of a group, and how large they usually are.

    Attributes:
        basis: Shape ``(parameter, move, input)``.
        covariance: Prior of the parameters, shape ``(parameter, parameter)``.

    """

    basis: Array
    covariance: Array


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Moves that are learned together.

    Attributes:
        name: For the record.
        moves: Which they are.
        tiers: Parts of each, smallest first.
        song: Covariance of one master around its studio's habit, shape ``(move, move)``.
        weights: What an error of each move counts, shape ``(move,)``.

    """

    name: str
    moves: slice
    tiers: tuple[tuple[Part, ...], ...]
    song: Array
    weights: Array

    def regression(self, tier: int, inputs: Array, pairs: StudioPairs) -> Regression:
        """Return the regression of what studios add to the base, given inputs of each pair.

        Args:
            tier: 1 or higher.
            inputs: Shape ``(pair, input)``.
            pairs: What is learned from.

        """
        blocks = [
            Block(np.einsum("pmi,ri->rmp", part.basis, inputs), part.covariance)
            for part in self.tiers[tier]
        ]
        noise = self.song + pairs.sigma[:, self.moves, None] ** 2 * np.eye(len(self.weights))
        return Regression.of(blocks, self.added(pairs), noise)

    def added(self, pairs: StudioPairs) -> Array:
        """Return what the studio added to the base's moves, shape ``(pair, move)``."""
        return pairs.moves[:, self.moves] - pairs.base[:, self.moves]

    def mapping(self, tier: int, parameters: Array) -> Array:
        """Return the map from inputs that parameters stand for, shape ``(move, input)``."""
        basis = np.concatenate([part.basis for part in self.tiers[tier]])
        found: Array = np.einsum("p,pmi->mi", parameters, basis)
        return found


def input_rows(base: Array, features: Array) -> Array:
    """Return the inputs of each mix, shape ``(mix, input)``.

    Args:
        base: Moves of the base model, shape ``(mix, moves)``.
        features: See `content.features`, shape ``(mix, 28)``.

    """
    return np.hstack((np.ones((len(base), 1)), base - NEUTRAL, features))


def _response() -> Group:
    count = len(RESPONSE_HZ)
    own = np.eye(count)
    constant = Part(_basis(own[:, :, None], 0), response_covariance(2.0, 1.0, 0.3))
    base = Part(_basis(own[None], RESPONSE.start + 1), np.full((1, 1), _BASE_FACTOR**2))
    level = Part(_basis(-own[None], LEVEL_INPUTS.start), np.full((1, 1), _LEVEL_GAIN**2))
    diagonal = -own[:, :, None] * own[:, None, :]
    bands = Part(
        _basis(diagonal, LEVEL_INPUTS.start),
        response_covariance(_BAND_GAIN, _BAND_OCTAVES, 0.1 * _BAND_GAIN),
    )
    to_waves = [
        Part(
            _basis(own[:, :, None] * wave, LEVEL_INPUTS.start),
            response_covariance(_WAVE_DB, 1.0, 0.1 * _WAVE_DB),
        )
        for wave in waves()
    ]
    few, all_waves = to_waves[:2], to_waves
    tiers = (
        (),
        (constant,),
        (constant, base, level),
        (constant, base, level, bands, *few),
        (constant, base, level, bands, *all_waves),
    )
    counted = interpolation(tuple(RESPONSE_HZ), tuple(mel_edges_hz()[1:-1])).mean(axis=1)
    song = response_covariance(0.8, 0.7, 0.4)
    return Group("response", RESPONSE, tiers, song, counted)


def _widths() -> Group:
    count = WIDTH.stop - WIDTH.start
    own = np.eye(count)
    together = 0.7 + 0.3 * own
    constant = Part(_basis(own[:, :, None], 0), 1.5**2 * together)
    base = Part(_basis(own[None], WIDTH.start + 1), np.full((1, 1), _BASE_FACTOR**2))
    side = Part(_basis(np.full((1, count, 1), -1.0), SIDE_INPUT), np.full((1, 1), _SIDE_GAIN**2))
    tiers = ((), (constant,), (constant, base, side))
    return Group("width", WIDTH, tiers, 0.7**2 * together, np.full(count, 1.0 / count))


def _dynamics() -> Group:
    sizes = np.full(len(MOVES), 0.4)  # of times, natural logarithms
    sizes[SLOPE], sizes[THRESHOLD], sizes[LIMITER_RELEASE] = 0.12, 2.0, 0.3
    sizes = sizes[_DYNAMICS]
    constant = Part(_basis(np.eye(len(sizes))[:, :, None], 0), np.diag(sizes**2))
    song = np.diag((0.7 * sizes) ** 2)
    return Group("dynamics", _DYNAMICS, ((), (constant,)), song, 1.0 / sizes / len(sizes))


def _basis(values: Array, first: int) -> Array:
    """Return maps of zeros but from some inputs on, given shape ``(parameter, move, some)``."""
    basis = np.zeros((*values.shape[:2], INPUTS))
    basis[:, :, first : first + values.shape[2]] = values
    return basis


GROUPS = (_response(), _widths(), _dynamics())
"""All that is learned."""
