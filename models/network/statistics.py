"""The statistics of batches of frames, as `data.features.statistics` has them of a stream."""

from __future__ import annotations

import torch
from torch import Tensor

from ..differentiable.frames import SpectralFrames
from ..errors import ParameterError
from ..mel import frame_hop_samples
from ..mel_statistics import (
    LOUDNESS,
    SLOW_STRIDE,
    STEPS,
    GatedFrames,
    changes_db,
    frame_levels_db,
    frame_powers,
    gate_class,
    loudness_classes,
    power_levels_db,
    slow_window,
    statistics_vector,
    steps_of,
)

_CELLS = 4  # between the centers of two frames


def frame_statistics(frames: SpectralFrames, sample_rate: int) -> Tensor:
    """Compute the statistics of songs or excerpts.

    Gradients flow through all but the choice of the frames that count. Excerpts of one song may be
    laid one after the other; each should have four cells a frame.

    Args:
        frames: Of any length.
        sample_rate: Of their audio, in Hz.

    Returns:
        Shape ``(batch, statistics)``, in the frames' type; see `mel_statistics.STATISTICS`.

    Raises:
        ParameterError: There are more cells than four a frame, or by more than four too few.

    """
    count = frames.mid.shape[-1]
    missing = _CELLS * count - frames.peak.shape[-1]
    if not 0 <= missing <= _CELLS:
        raise ParameterError(
            f"{count} frames have {_CELLS * (count - 1)} to {_CELLS * count} cells, not "
            f"{frames.peak.shape[-1]}",
            code="bad_shape",
        )
    with torch.autocast(frames.mid.device.type, enabled=False):
        return statistics_vector(_gated(frames, sample_rate))  # type: ignore[no-any-return]


def _gated(frames: SpectralFrames, sample_rate: int) -> GatedFrames:
    mid, side = frames.mid, frames.side
    powers = frame_powers(mid, side)
    weighted = powers[:, LOUDNESS]
    classes = loudness_classes(weighted.detach())
    above = (classes >= 0.0).to(mid)
    mean = (weighted.detach() * above).sum(-1) / above.sum(-1).clamp(min=1.0)
    gate = gate_class(mean)[:, None]
    heard = (classes >= gate).to(mid)
    count = heard.sum(-1)
    share = heard / count.clamp(min=1.0)[:, None]
    levels_db = frame_levels_db(powers, _peaks(frames))
    both = heard[:, 1:] * heard[:, :-1]
    both = both / both.sum(-1).clamp(min=1.0)[:, None]
    change = changes_db(levels_db)
    return GatedFrames(
        count,
        _sum(mid, share),
        _sum(side, share),
        _histograms(levels_db, share[:, None].expand_as(levels_db)),
        _sum(change.clamp(min=0.0), both),
        _sum(change, both),
        _sum(change.square(), both),
        _slow(weighted, gate, sample_rate),
    )


def _sum(tracks: Tensor, share: Tensor) -> Tensor:
    """Add up tracks, shape ``(batch, track, frame)``, each frame by its share."""
    return torch.mul(tracks, share[:, None]).sum(-1)


def _peaks(frames: SpectralFrames) -> Tensor:
    """Return the largest sample of the four cells around each frame's center."""
    count = frames.mid.shape[-1]
    padded = torch.nn.functional.pad(frames.peak, (_CELLS // 2, _CELLS))
    return padded[:, : _CELLS * count].reshape(-1, count, _CELLS).amax(-1)


def _slow(weighted: Tensor, gate: Tensor, sample_rate: int) -> Tensor:
    """Return the histogram of the slow level, shape ``(batch, steps)``."""
    window = slow_window(sample_rate, frame_hop_samples(sample_rate))
    if weighted.shape[-1] < window:
        return weighted.new_zeros(len(weighted), STEPS)
    mean = torch.nn.functional.avg_pool1d(weighted[:, None], window, SLOW_STRIDE)
    heard = (loudness_classes(mean.detach()) >= gate[:, None]).to(mean)
    share = heard / heard.sum(-1, keepdim=True).clamp(min=1.0)
    return _histograms(power_levels_db(mean), share)[:, 0]


def _histograms(levels_db: Tensor, share: Tensor) -> Tensor:
    """Add up what each level counts at its two steps.

    Args:
        levels_db: Shape ``(batch, track, frame)``.
        share: What each of them counts, same shape.

    Returns:
        Shape ``(batch, track, steps)``.

    """
    step, above = steps_of(levels_db)
    rows = torch.arange(step.shape[0] * step.shape[1], device=step.device).view(*step.shape[:2], 1)
    index = (step.long() + STEPS * rows).flatten()
    flat = share.new_zeros(rows.numel() * STEPS)
    flat = flat.index_add(0, index, (share * (1.0 - above)).flatten())
    flat = flat.index_add(0, index + 1, (share * above).flatten())
    return flat.view(*step.shape[:2], STEPS)
