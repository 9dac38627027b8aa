"""One definition for floats, arrays and tensors.

The mathematics of the processors is written once, with the operators and functions that numpy and
torch have in common. The engine calls it with floats; learning calls it with tensors that hold a
value for each example of a batch, and gets gradients. Torch is never imported here: a tensor proves
that its caller has it.
"""

from __future__ import annotations

import sys
from typing import Any, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

Quantity: TypeAlias = Any
"""A float, an array or a tensor: one value, or one for each example of a batch."""

Value = TypeVar("Value")
"""A `Quantity` that comes out as it went in."""


def namespace(*values: Quantity) -> Any:
    """Return ``torch`` if one of the values is a tensor, else ``numpy``."""
    torch = sys.modules.get("torch")
    if torch is not None and any(isinstance(value, torch.Tensor) for value in values):
        return torch
    return np


def constant(value: npt.ArrayLike, like: Quantity) -> Quantity:
    """Return a fixed value as ``like`` is: a tensor of its type on its device, or an array."""
    if namespace(like) is np:
        return np.asarray(value, np.float64)
    return like.new_tensor(value)


def stack(*values: Quantity) -> Quantity:
    """Put values side by side along a new last axis, each spread to the shape of all."""
    xp = namespace(*values)
    if xp is np:
        return np.stack(np.broadcast_arrays(*values), axis=-1)
    like = next(value for value in values if isinstance(value, xp.Tensor))
    tensors = [v if isinstance(v, xp.Tensor) else like.new_tensor(v) for v in values]
    return xp.stack(xp.broadcast_tensors(*tensors), -1)


def column(value: Quantity) -> Quantity:
    """Add a last axis of one, to be spread over frequencies."""
    return np.asarray(value)[..., None] if namespace(value) is np else value[..., None]


def at_least(value: Quantity, low: float) -> Quantity:
    """Return the larger of a value and a limit; at the limit the gradient is the value's."""
    return np.maximum(value, low) if namespace(value) is np else value.clamp(min=low)


def at_most(value: Quantity, high: Quantity) -> Quantity:
    """Return the smaller of a value and a limit; at the limit the gradient is the value's."""
    xp = namespace(value, high)
    if xp is np:
        return np.minimum(value, high)
    if isinstance(high, float | int):
        return value.clamp(max=high)
    return xp.where(value <= high, value, high)
