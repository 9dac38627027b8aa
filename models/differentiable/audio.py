"""What audio is, where tensors come in."""

from __future__ import annotations

import torch
from torch import Tensor

from ..errors import ParameterError


def require_audio(
    x: Tensor, channels: tuple[int, ...] | None = None, filled: tuple[int, ...] = ()
) -> None:
    """Refuse what is not audio of shape ``(batch, channel, time)``, float32 or float64.

    Args:
        x: Any tensor.
        channels: How many there may be; any number without it.
        filled: Axes that must not be empty.

    Raises:
        ParameterError: It has another shape or type.

    """
    fits = x.ndim == 3 and all(x.shape[axis] > 0 for axis in filled)
    if not fits or (channels is not None and x.shape[1] not in channels):
        wanted = "channel" if channels is None else " or ".join(str(count) for count in channels)
        raise ParameterError(
            f"audio has the shape {tuple(x.shape)}; it must be (batch, {wanted}, time)",
            code="bad_shape",
        )
    if x.dtype not in (torch.float32, torch.float64):
        raise ParameterError(f"audio is {x.dtype}; it must be float32 or float64", code="bad_type")
