"""What happens between frames, where only the frames are known: in place of `subframe_detail`.

Stored songs have frames and peaks, and so have mixes that were made from them. The power of nodes
is read off the mel bands between two frames, so that the frames have as much of it as before; how
levels spread within a cell is what is typical. A cell's peak is shared among the nodes as the
largest sample of a sum of independent signals is: by their powers, all of one sign. The peak behind
the crossovers is that before them: on the average over songs it is.

The constants are medians over 12 s of 27 songs.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
from torch import Tensor

from ..errors import ParameterError
from ..mel import LOW_BANDS, NODES_HZ, Array, filter_bank, frame_samples, hann, node_shares
from .frames import SpectralFrames, SubframeDetail

_CELLS = 4  # between the centers of two frames
_SILENCE = 1e-20
_LEAST_POWER = 1e-14

_SPREAD_DB = (
    (-3.87, 1.47, 3.11),
    (-3.14, 0.98, 3.46),
    (-1.79, 0.74, 2.40),
    (-1.18, 0.55, 1.78),
)
"""Typical level of each part of a cell in each of the compressor's bands; see `SubframeDetail`."""

_OFFSETS_DB: Array = np.zeros(len(NODES_HZ))
_OFFSETS_DB[:4] = 0.85, 0.37, 0.0, -0.3
_OFFSETS_DB[-1] = 4.0
"""How much more power nodes have than the bands that reach into them.

The bands fade below 66 Hz and end at 14 kHz, and the window blurs the lowest.
"""


def assumed_detail(frames: SpectralFrames, sample_rate: int) -> SubframeDetail:
    """Estimate what happens between frames.

    Gradients flow through powers and peaks.

    Args:
        frames: With up to four cells a frame.
        sample_rate: Of their audio, in Hz.

    Raises:
        ParameterError: There are more cells than four a frame.

    """
    cells, count = frames.peak.shape[-1], frames.mid.shape[-1]
    if cells > _CELLS * count:
        raise ParameterError(
            f"{count} frames have at most {_CELLS * count} cells, not {cells}", code="bad_shape"
        )
    mapping = frames.mid.new_tensor(_node_mapping(sample_rate))
    nodes = torch.stack((mapping @ frames.mid, mapping @ frames.side), 1)
    both = nodes.sum(1) + _LEAST_POWER
    shares = _between((nodes / both.sum(1)[:, None, None]), 0.5)
    crest = _cells(shares)[..., :cells] * frames.peak[:, None, None]
    spread_db = frames.mid.new_tensor(_SPREAD_DB)[..., None].expand(len(both), -1, -1, cells)
    low = torch.stack((frames.mid[:, :LOW_BANDS], frames.side[:, :LOW_BANDS]), 1)
    low = _between((low + _SILENCE).log(), 0.0)
    power = _powers(both, sample_rate)[..., :cells]
    return SubframeDetail(power, spread_db, low, frames.peak, crest)


def _powers(power: Tensor, sample_rate: int) -> Tensor:
    """Interpolate powers so that their means over the frames' windows are what they were.

    Args:
        power: Above 0, shape ``(batch, node, frame)``.
        sample_rate: In Hz.

    Returns:
        Shape ``(batch, node, 4 · frame)``.

    """
    cells = _cells(_between(power.log(), 0.5))
    correction = power.log() - _pooled(cells.exp(), sample_rate).log()
    return (cells + _cells(_between(correction, 0.5))).exp()


def _pooled(cells: Tensor, sample_rate: int) -> Tensor:
    """Return the mean under the window of each frame, shape ``(batch, node, frame)``."""
    squared = hann(frame_samples(sample_rate)) ** 2
    weight = cells.new_tensor(squared.reshape(2 * _CELLS, -1).mean(axis=1) / squared.mean())
    padded = torch.nn.functional.pad(cells, (_CELLS, 0), mode="replicate")
    flat = padded.flatten(0, 1)[:, None]
    weight = weight[None, None] / (2 * _CELLS)
    pooled = torch.nn.functional.conv1d(flat, weight, stride=_CELLS)
    return pooled.view(*cells.shape[:2], -1)


def _between(track: Tensor, offset: float) -> Tensor:
    """Read off a track between its frames, shape ``(…, 4, frame)``; behind the last, it stays.

    Args:
        track: Shape ``(…, frame)``.
        offset: How far behind the start of a cell, in cells.

    """
    rise = torch.nn.functional.pad(track.diff(dim=-1), (0, 1))
    return torch.stack([track + rise * ((k + offset) / _CELLS) for k in range(_CELLS)], -2)


def _cells(track: Tensor) -> Tensor:
    """Put cells one after the other, shape ``(…, 4 · frame)``."""
    return track.mT.flatten(-2)


@cache
def _node_mapping(sample_rate: int) -> Array:
    """Return the mean square that each node takes of each band's power, shape ``(16, 80)``."""
    bank = filter_bank(sample_rate)
    frequency_hz = np.linspace(0.0, 0.5 * sample_rate, bank.shape[1])
    shares = node_shares(frequency_hz) @ bank.T / np.maximum(bank.sum(axis=1), _SILENCE)
    # a full-scale sine has power 1 and mean square 0.5
    mapping: Array = 0.5 * shares * 10.0 ** (0.1 * _OFFSETS_DB[:, None])
    return mapping
