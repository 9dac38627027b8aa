"""From audio to frames: what the spectral twin works on, and what mel distances compare."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ..mel import (
    LOW_BANDS,
    MEL_BANDS,
    Array,
    cell_count,
    cell_samples,
    filter_bank,
    frame_count,
    frame_hop_samples,
    frame_samples,
    node_shares,
)
from ..processors import imager
from ..processors.multiband_compressor import SPECS, band_magnitudes
from ..rates import hop_samples
from .audio import require_audio

SPREAD_PARTS = (4, 3, 1)
"""How many eighths of a cell's control hops, from the quietest to the loudest, make one part."""

_DEFAULT_CORNERS = {spec.key: spec.default for spec in SPECS}
_ALL_CORNERS_HZ = [spec.default for spec in (*SPECS, *imager.SPECS) if spec.name.endswith("corner")]
_LEAST_SPREAD = 1e-3
_SILENCE = 1e-20
_HEADROOM_CELLS = 16  # silence in which filters without delay may ring, before the end wraps round
_CELLS_STEP = 32  # lengths of transforms are multiples of this many cells, for their speed
_LEAST_RESPONSE = 2e-3
_CREST_POINTS = 8  # a period, at least: read between them, a sine is off by less than 8 %


@dataclass(frozen=True, slots=True, eq=False)
class SpectralFrames:
    """Power of mid and side a mel band and frame, and peaks a cell.

    Attributes:
        mid: Power of ``(l + r) / 2``, shape ``(batch, 80, frame)``; a full-scale sine has 1.
        side: Power of ``(l - r) / 2``, same shape.
        peak: Largest absolute sample of both channels in each cell, shape ``(batch, cell)``.

    """

    mid: Tensor
    side: Tensor
    peak: Tensor


@dataclass(frozen=True, slots=True, eq=False)
class SubframeDetail:
    """What happens between frames, on the grid of cells: what the twin needs beside them.

    The levels of a cell's control hops are sorted and averaged in three parts: the gain of a
    compressor that is faster than a cell depends on how uneven they are. The lowest mel bands are
    those that crossovers delay by more than a trifle.

    Attributes:
        power: Mean square over both channels in each node, shape ``(batch, 16, cell)``.
        spread_db: Level of each part above the mean of the cell, in the compressor's four bands at
            their default corners, shape ``(batch, 4, 3, cell)``.
        low: Natural logarithm of the power of mid and side in the lowest mel bands, of frames at
            every cell, shape ``(batch, 2, 32, 4, frame)``: the last axes are the cell within a
            frame's distance, and the frame.
        peak: Largest absolute sample of both channels in each cell after the crossovers of
            compressor and imager at their default corners, shape ``(batch, cell)``: their
            all-passes undo what an earlier limiter had aligned.
        crest: What each node of mid and of side, behind the same crossovers, has in that sample,
            with its sign, shape ``(batch, 2, 16, cell)``; all together they are the peak, or its
            negative.

    """

    power: Tensor
    spread_db: Tensor
    low: Tensor
    peak: Tensor
    crest: Tensor


def spectral_frames(x: Tensor, sample_rate: int) -> SpectralFrames:
    """Compute the frames of audio; gradients flow through all of it.

    Frame ``n`` is centered at ``n`` hops; outside the signal is silence.

    Args:
        x: Shape ``(batch, 2, time)``, float32 or float64.
        sample_rate: In Hz.

    Raises:
        ParameterError: ``x`` has another shape or type, or is empty.

    """
    require_audio(x, channels=(2,), filled=(0, 2))
    power = _mel_power(x, sample_rate, frame_hop_samples(sample_rate), MEL_BANDS)
    peak = _cells(x.abs().amax(1), sample_rate).amax(-1)
    return SpectralFrames(power[:, 0], power[:, 1], peak)


def subframe_detail(x: Tensor, sample_rate: int) -> SubframeDetail:
    """Measure what happens between the frames of audio.

    Bands and nodes are cut out of one transform of the whole signal, each at the lowest rate that
    holds it.

    Args:
        x: Shape ``(batch, 2, time)``, float32 or float64.
        sample_rate: In Hz.

    Raises:
        ParameterError: ``x`` has another shape or type, or is empty.

    """
    require_audio(x, channels=(2,), filled=(0, 2))
    cells = cell_count(x.shape[-1], sample_rate)
    grid = -(-(cells + _HEADROOM_CELLS) // _CELLS_STEP) * _CELLS_STEP
    spectrum = torch.fft.rfft(_mid_side(x), grid * cell_samples(sample_rate))
    frequency_hz = torch.linspace(0.0, 0.5 * sample_rate, spectrum.shape[-1]).double().numpy()
    hops = cell_samples(sample_rate) // hop_samples(sample_rate)
    nodes = torch.stack(
        [
            _band_powers(spectrum, response, grid, hops).mean(-1)
            for response in x.new_tensor(node_shares(frequency_hz)).sqrt()
        ],
        1,
    )
    spread_db = torch.stack(
        [
            _spread(_band_powers(spectrum, response, grid, hops), hops)
            for response in x.new_tensor(band_magnitudes(_DEFAULT_CORNERS, frequency_hz))
        ],
        1,
    )
    frames = frame_count(x.shape[-1], sample_rate)
    per_frame = frame_hop_samples(sample_rate) // cell_samples(sample_rate)
    missing = (per_frame * frames - 1) * cell_samples(sample_rate) - x.shape[-1]
    padded = torch.nn.functional.pad(x, (0, max(missing, 0)))
    low = _mel_power(padded, sample_rate, cell_samples(sample_rate), LOW_BANDS)
    low = (low + _SILENCE).log().reshape(*low.shape[:-1], frames, per_frame).mT
    dispersed = spectrum * torch.as_tensor(_typical_turn(frequency_hz)).to(spectrum)
    peak, crest = _crests(dispersed, x.new_tensor(node_shares(frequency_hz)), grid)
    return SubframeDetail(
        nodes[..., :cells],
        spread_db[..., :cells],
        low.contiguous(),
        peak[:, :cells],
        crest[..., :cells],
    )


def _mel_power(x: Tensor, sample_rate: int, hop: int, bands: int) -> Tensor:
    """Return the power of mid and side in the lowest bands, shape ``(batch, 2, bands, frame)``."""
    length = frame_samples(sample_rate)
    spectrum = torch.stft(
        _mid_side(x).flatten(0, 1),
        length,
        hop,
        window=torch.hann_window(length, dtype=x.dtype, device=x.device),
        center=True,
        pad_mode="constant",
        return_complex=True,
    )
    bank = x.new_tensor(_filter_bank(sample_rate)[:bands])
    reached = int(bank.any(0).nonzero()[-1]) + 1
    spectrum = spectrum[:, :reached]
    squared = spectrum.real.square() + spectrum.imag.square()
    power = bank[:, :reached] @ squared
    return power.view(len(x), 2, *power.shape[1:])


def _mid_side(x: Tensor) -> Tensor:
    return 0.5 * torch.stack((x[:, 0] + x[:, 1], x[:, 0] - x[:, 1]), 1)


def _cells(x: Tensor, sample_rate: int) -> Tensor:
    """Cut the last axis into cells, the last one filled with silence."""
    cell, count = cell_samples(sample_rate), cell_count(x.shape[-1], sample_rate)
    padded = torch.nn.functional.pad(x, (0, count * cell - x.shape[-1]))
    return padded.reshape(*x.shape[:-1], count, cell)


def _band_powers(spectrum: Tensor, response: Tensor, cells: int, least: int) -> Tensor:
    """Filter by a response without phase; return mid² + side², shape ``(batch, cell, point)``."""
    bins = _bins(response)
    whole = 2 * (spectrum.shape[-1] - 1)
    points = least
    while cells * points < min(2 * bins, whole):
        points *= 2
    kept = min(bins, cells * points // 2 + 1)
    band = torch.fft.irfft(spectrum[..., :kept] * response[:kept], cells * points)
    scale = cells * points / whole
    powers: Tensor = (scale * band).square().sum(1)
    return powers.reshape(len(powers), cells, points)


def _typical_turn(frequency_hz: Array) -> npt.NDArray[np.complex128]:
    """Return the response of the all-passes at default corners, shape ``(frequency,)``."""
    ratio = frequency_hz / np.array(_ALL_CORNERS_HZ)[:, None]
    turn = np.arctan2(math.sqrt(2.0) * ratio, 1.0 - ratio * ratio).sum(0)
    response: npt.NDArray[np.complex128] = np.exp(-2j * turn)
    return response


def _crests(spectrum: Tensor, shares: Tensor, cells: int) -> tuple[Tensor, Tensor]:
    """Return the largest sample of each cell, and what each node has in it.

    Args:
        spectrum: Of mid and side, shape ``(batch, 2, frequency)``.
        shares: Of each node in amplitude, shape ``(16, frequency)``.
        cells: How many the signal is cut into.

    Returns:
        Shapes ``(batch, cell)`` and ``(batch, 2, 16, cell)``.

    """
    whole = 2 * (spectrum.shape[-1] - 1)
    mid, side = torch.fft.irfft(spectrum, whole).unbind(1)
    peak, place = (mid.abs() + side.abs()).view(len(mid), cells, -1).max(-1)
    place = place + torch.arange(0, whole, whole // cells, device=place.device)
    # the louder channel is the sum where both have one sign, and the difference elsewhere
    sign = torch.stack((mid, side), 1).gather(-1, place[:, None].expand(-1, 2, -1)).sign()
    found = []
    for share in shares:
        kept = _bins(share)
        points = cells
        while points < min(_CREST_POINTS * kept, whole):
            points *= 2
        node = torch.fft.irfft(spectrum[..., :kept] * share[:kept], points) * (points / whole)
        nearest = ((place * points + whole // 2) // whole).clamp(max=points - 1)
        found.append(node.gather(-1, nearest[:, None].expand(-1, 2, -1)) * sign)
    return peak, torch.stack(found, 2)


def _bins(response: Tensor) -> int:
    """Return how many bins hold a response."""
    heard = torch.nonzero(response > _LEAST_RESPONSE)
    return int(heard[-1]) + 1 if len(heard) > 0 else 1


def _spread(powers: Tensor, hops: int) -> Tensor:
    """Return each part's level above the cell's mean in dB, shape ``(batch, part, cell)``."""
    levels = powers.reshape(*powers.shape[:-1], hops, -1).mean(-1).sort(-1).values
    mean = levels.mean(-1)
    counts = [hops * part // sum(SPREAD_PARTS) for part in SPREAD_PARTS]
    parts = [part.mean(-1) for part in torch.split(levels, counts, -1)]
    floor = _LEAST_SPREAD * mean + _SILENCE
    return 10.0 * torch.stack([((part + floor) / (mean + floor)).log10() for part in parts], 1)


@cache
def _filter_bank(sample_rate: int) -> Array:
    return filter_bank(sample_rate)
