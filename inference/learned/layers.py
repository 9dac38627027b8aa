"""The network's layers for one mix, in float64: a torch-free twin of `glassmaster.models.network`.

Both are held against each other whenever a network is exported. A vector of a mix has the shape
``(length,)``, those of references ``(reference, length)``.
"""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from .model_file import ModelFile

Array: TypeAlias = npt.NDArray[np.float64]

_NORM_EPSILON = 1e-5  # as torch.nn.LayerNorm
_ERF = np.frompyfunc(math.erf, 1, 1)


class Affine:
    """A matrix and a bias.

    Args:
        file: Holds ``NAME.weight``, shape ``(out, in)``, and ``NAME.bias``, shape ``(out,)``.
        name: Of both.
        out: Length of what comes out.
        inside: Length of what comes in.

    Raises:
        ModelError: An array is missing, of another shape, or not finite.

    """

    def __init__(self, file: ModelFile, name: str, out: int, inside: int) -> None:
        self._weight = file.array(f"{name}.weight", out, inside)
        self._bias = file.array(f"{name}.bias", out)

    def __call__(self, x: Array) -> Array:
        """Apply it to the last axis."""
        result: Array = x @ self._weight.T + self._bias
        return result


class Norm:
    """A vector less its mean, over its standard deviation, scaled and shifted.

    J. L. Ba et al., "Layer normalization", 2016.

    Args:
        file: Holds ``NAME.weight`` and ``NAME.bias``, shape ``(length,)``.
        name: Of both.
        length: Of a vector.

    Raises:
        ModelError: An array is missing, of another shape, or not finite.

    """

    def __init__(self, file: ModelFile, name: str, length: int) -> None:
        self._weight = file.array(f"{name}.weight", length)
        self._bias = file.array(f"{name}.bias", length)

    def __call__(self, x: Array) -> Array:
        """Apply it to one vector."""
        result: Array = (x - x.mean()) / np.sqrt(x.var() + _NORM_EPSILON)
        return result * self._weight + self._bias


class Attention:
    """Sums up any number of references; see `ReferenceAttention` of the network.

    Args:
        file: Holds the arrays ``references.…``.
        seen: Length of the vector of a mix or of a reference.
        width: Length of what comes out.
        heads: How many sums are made side by side.

    Raises:
        ModelError: An array is missing, of another shape, or not finite.

    """

    def __init__(self, file: ModelFile, seen: int, width: int, heads: int) -> None:
        self._heads = heads
        self._embed = Affine(file, "references.embed.0", width, 2 * seen)
        self._query, self._key, self._value, self._out = (
            Affine(file, f"references.{name}", width, width)
            for name in ("query", "key", "value", "out")
        )
        self._null = file.array("references.null", 1, 1, width)[0]

    def __call__(self, mix: Array, hidden: Array, references: Array, counted: Array) -> Array:
        """Return what the references say about the mix.

        Args:
            mix: As the network sees it, shape ``(seen,)``.
            hidden: Shape ``(width,)``.
            references: As the network sees them, shape ``(reference, seen)``; there may be none.
            counted: What each counts, above 0, shape ``(reference,)``.

        """
        given = np.concatenate((references, references - mix), axis=1)
        tokens = np.concatenate((gelu(self._embed(given)), self._null))
        keys, values = self._split(self._key(tokens)), self._split(self._value(tokens))
        query = self._split(self._query(hidden))
        scores = (keys * query).sum(axis=-1) / math.sqrt(query.shape[-1])
        scores = scores + np.log(np.append(counted, 1.0))[:, None]
        weights = np.exp(scores - scores.max(axis=0))
        weights /= weights.sum(axis=0)
        return self._out((weights[..., None] * values).sum(axis=0).ravel())

    def _split(self, x: Array) -> Array:
        return x.reshape(*x.shape[:-1], self._heads, -1)


class Block:
    """A residual block whose inside a condition scales and shifts; see `ConditionedBlock`.

    Args:
        file: Holds the arrays ``NAME.…``.
        name: Of the block.
        width: Length of what comes in and out.
        condition: Length of the condition.

    Raises:
        ModelError: An array is missing, of another shape, or not finite.

    """

    def __init__(self, file: ModelFile, name: str, width: int, condition: int) -> None:
        self._norm = Norm(file, f"{name}.norm", width)
        self._inside = Affine(file, f"{name}.inside", width, width)
        self._film = Affine(file, f"{name}.film", 2 * width, condition)
        self._out = Affine(file, f"{name}.out", width, width)

    def __call__(self, x: Array, condition: Array) -> Array:
        """Return the block's output, shape ``(width,)``, as that of ``x``."""
        scale, shift = np.split(self._film(condition), 2)
        return x + self._out(gelu(self._inside(self._norm(x)) * (1.0 + scale) + shift))


def gelu(x: Array) -> Array:
    """Return x times the normal distribution function of x.

    D. Hendrycks and K. Gimpel, "Gaussian error linear units", 2016, in its exact form.
    """
    result: Array = 0.5 * x * (1.0 + np.asarray(_ERF(x / math.sqrt(2.0)), np.float64))
    return result
