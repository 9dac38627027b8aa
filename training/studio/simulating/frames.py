"""Frames of one song as arrays, in float64, and what turns them into tensors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import torch

from ....models.differentiable.frames import SpectralFrames

Array: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Frames:
    """Power of mid and side a mel band and frame, and peaks a cell; see `MelFrames`.

    Attributes:
        mid: Shape ``(80, frame)``.
        side: Same shape.
        peak: Shape ``(cell,)``.

    """

    mid: Array
    side: Array
    peak: Array


def scaled(frames: Frames, gain_db: float) -> Frames:
    """Return frames that are louder by so much."""
    amplitude = 10.0 ** (0.05 * gain_db)
    power = amplitude * amplitude
    return Frames(frames.mid * power, frames.side * power, frames.peak * amplitude)


def stacked(frames: Sequence[Frames]) -> SpectralFrames:
    """Return frames of several songs, equally long, as tensors in float32."""
    tracks = (np.stack([getattr(each, name) for each in frames]) for name in Frames.__slots__)
    return SpectralFrames(*(torch.from_numpy(track.astype(np.float32)) for track in tracks))


def unstacked(frames: SpectralFrames) -> list[Frames]:
    """Return each example of a batch."""
    mid, side, peak = (getattr(frames, name).double().numpy() for name in Frames.__slots__)
    return [Frames(*tracks) for tracks in zip(mid, side, peak, strict=True)]
