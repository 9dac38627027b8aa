"""The network, from a file of weights, without torch or a runtime: numpy is enough for one song.

The covariance of the quantities is ``diag(sigma²) + F Fᵀ``; of it, the diagonal is used.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ...models.mel_statistics import STATISTICS
from ...models.moves import BYPASSES, INTENTS, MOVES, QUANTITIES, WIDTH, bounded
from ...models.network_shape import FARTHEST, REDUCTION_START, STUDIO_LENGTH, WIDEST_LOG_SIGMA
from ..predictor import Company
from .estimate import Estimate
from .layers import Affine, Attention, Block, Norm, gelu
from .model_file import ModelFile

Array: TypeAlias = npt.NDArray[np.float64]

NO_STUDIO = 0


class NetworkEstimator:
    """Estimates by the weights of a network; see `MoveNetwork`, which it equals.

    Args:
        file: Of the kind ``network``; its metadata name the number of ``heads``.

    Raises:
        ModelError: An array is missing, of another shape, or not finite.

    """

    def __init__(self, file: ModelFile) -> None:
        heads, width, seen, condition, rank, studios = _sizes(file)
        self._mean = file.array("mean", len(STATISTICS))
        self._scale = file.array("scale", len(STATISTICS))
        if not np.all(self._scale > 0.0):
            raise file.error("has a scale that is not positive")
        self._reduction = file.array("reduction", seen, len(STATISTICS))
        self._linear_weight = file.array("linear_weight", len(MOVES), len(STATISTICS))
        self._linear_bias = file.array("linear_bias", len(MOVES))
        self._referred_weight = file.array("referred_weight", len(MOVES), 2 * len(STATISTICS))
        self._referred_bias = file.array("referred_bias", len(MOVES))
        self._move_scale = file.array("move_scale", len(MOVES))
        self._studio = file.array("studio.weight", studios, STUDIO_LENGTH)
        self._condition = Affine(file, "condition.0", condition, len(INTENTS) + STUDIO_LENGTH)
        self._embed = Affine(file, "embed", width, seen)
        self._references = Attention(file, seen, width, heads)
        blocks = range(sum(name.endswith(".film.weight") for name in file.arrays))
        self._blocks = [Block(file, f"blocks.{i}", width, condition) for i in blocks]
        self._norm = Norm(file, "norm", width)
        self._moves = Affine(file, "moves", len(MOVES), width)
        self._intended = file.array("intended.weight", len(MOVES), len(INTENTS))
        self._reductions = Affine(file, "reductions", len(QUANTITIES) - WIDTH.stop, width)
        self._log_sigma = Affine(file, "log_sigma", len(QUANTITIES), width)
        self._factor = Affine(file, "factor", len(QUANTITIES) * rank, width)
        self._bypass = Affine(file, "bypass", len(BYPASSES), width)

    def estimate(
        self,
        statistics: Array,
        company: Company,
        intent: Array | None = None,
        studio: int = NO_STUDIO,
    ) -> Estimate:
        """Estimate what a master would do; see `Estimator`.

        Args:
            statistics: Of the mix, shape ``(statistics,)``.
            company: Songs it is to be like; there may be none.
            intent: As `INTENTS`, -1 to 1, shape ``(8,)``; None asks for nothing.
            studio: Token of a studio.

        """
        asked = np.zeros(len(INTENTS)) if intent is None else intent
        z = (statistics - self._mean) / self._scale
        others = (company.statistics - self._mean) / self._scale
        seen, known = self._seen(z), self._seen(others)
        condition = gelu(self._condition(np.concatenate((asked, self._studio[studio]))))
        hidden = gelu(self._embed(seen))
        hidden = hidden + self._references(seen, hidden, known, company.weights)
        for block in self._blocks:
            hidden = block(hidden, condition)
        hidden = self._norm(hidden)
        free = self._move_scale * (self._moves(hidden) + self._intended @ asked)
        moves = bounded(self._linear(z, others, company.weights) + free)
        reductions = np.logaddexp(0.0, self._reductions(hidden) + REDUCTION_START)
        log_sigma = np.clip(self._log_sigma(hidden), -WIDEST_LOG_SIGMA, WIDEST_LOG_SIGMA)
        shared = self._factor(hidden).reshape(len(QUANTITIES), -1)
        variance = np.exp(2.0 * log_sigma) + np.sum(shared**2, axis=1)
        means = np.concatenate((moves[: WIDTH.stop], reductions))
        return Estimate(moves, means, np.sqrt(variance), self._bypass(hidden))

    def _linear(self, z: Array, references: Array, weights: Array) -> Array:
        moves: Array = self._linear_weight @ z + self._linear_bias
        if len(references):
            both = np.concatenate((z, np.average(references, axis=0, weights=weights)))
            moves = self._referred_weight @ both + self._referred_bias
        return moves

    def _seen(self, z: Array) -> Array:
        seen: Array = np.clip(z @ self._reduction.T, -FARTHEST, FARTHEST)
        return seen


def _sizes(file: ModelFile) -> tuple[int, int, int, int, int, int]:
    """Return heads, width, inputs, length of the condition, rank and studios of a network.

    Raises:
        ModelError: They do not go together.

    """
    try:
        heads = int(file.metadata["heads"])
        width, seen = file.arrays["embed.weight"].shape
        condition = file.arrays["condition.0.bias"].shape[0]
        rank = file.arrays["factor.bias"].shape[0] // len(QUANTITIES)
        studios = file.arrays["studio.weight"].shape[0]
        if heads < 1 or width % heads or studios < 1:
            raise ValueError(f"{heads} heads do not divide a width of {width}")
    except (KeyError, ValueError, IndexError) as error:
        raise file.error(f"does not tell its sizes ({error})") from error
    return heads, width, seen, condition, rank, studios
