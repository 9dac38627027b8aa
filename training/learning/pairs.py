"""From plans to what a network learns from: mixes, references, targets, and what is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ...models.chain import REFERENCE_LUFS
from ...models.decibel import decibel_to_power
from ...models.differentiable.frames import SpectralFrames
from ...models.differentiable.resolving import SpectrumBatch
from ...models.differentiable.twin.rendering import TwinResult
from ...models.distances.gate import audible_frames
from ...models.moves import (
    ACTIVE_RESPONSE_DB,
    ACTIVE_SLOPE,
    ACTIVE_WIDTH_DB,
    NEUTRAL,
    QUANTITIES,
    RESPONSE,
    SLOPE,
    WIDTH,
)
from ...models.network.loudness import frames_lufs, normalized_frames, scaled_frames
from ...models.network.moves import apply_moves, followed_peaks, mel_to_spectrum
from ...models.network.statistics import frame_statistics
from ..degradation.applying import DegradationBatch, batch_degradations, degrade_frames
from ..degradation.drawing import undoing_moves
from ..losses.objective import Known
from .plans import Plan, stacked_references
from .pool import Array, SongPool

_ACTIVE_REDUCTION_DB = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """A batch of examples.

    Attributes:
        statistics: Of the mixes, shape ``(batch, statistics)``.
        references: Of references, shape ``(batch, reference, statistics)``.
        present: Which references there are, 1 or 0, shape ``(batch, reference)``.
        intent: Shape ``(batch, 8)``.
        studio: Shape ``(batch,)``; 0, since releases tell of no studio.
        mix: Frames of the part that is compared, of mixes at -18 LUFS.
        spectra: Of the mixes.
        target: Frames of the same part, at their loudness.
        loudness_lufs: Of the targets, shape ``(batch,)``.
        known: What is known of the right answer.

    """

    statistics: Tensor
    references: Tensor
    present: Tensor
    intent: Tensor
    studio: Tensor
    mix: SpectralFrames
    spectra: SpectrumBatch
    target: SpectralFrames
    loudness_lufs: Tensor
    known: Known


@torch.no_grad()
def assemble(pool: SongPool, plans: Sequence[Plan]) -> Pairs:
    """Make the examples that plans describe, on the pool's device."""
    device, rate = pool.statistics.device, pool.sample_rate
    songs = torch.as_tensor([plan.song for plan in plans], device=device)
    spectra = SpectrumBatch(pool.spectra.mid[songs], pool.spectra.side[songs])
    frames = pool.frames(np.stack([plan.segments for plan in plans]))
    variation_db = _tensor([plan.variation_db for plan in plans], frames.mid)
    source, spectra = normalized_frames(*_varied(frames, spectra, variation_db))
    forward = torch.tensor([plan.forward for plan in plans], device=device)
    moves = _tensor([plan.moves for plan in plans], source.mid)
    mix, mix_spectra = _mixes(plans, source, spectra, forward)
    changed = forward | ((moves - moves.new_tensor(NEUTRAL)).abs().amax(1) > 0.0)
    part = _first(source, plans[0].heard / len(plans[0].segments))
    # a quiet part of a song stays as quiet as it is
    loudness = _tensor([plan.loudness_lufs for plan in plans], source.mid)
    loudness = loudness + frames_lufs(part) - REFERENCE_LUFS
    target, rendered = _targets(part, spectra, moves, loudness, changed, rate)
    references, present = _references(pool, plans)
    return Pairs(
        statistics=frame_statistics(mix, rate),
        references=references,
        present=present,
        intent=_tensor([plan.intent for plan in plans], source.mid),
        studio=torch.zeros_like(songs),
        mix=_first(mix, plans[0].heard / len(plans[0].segments)),
        spectra=mix_spectra,
        target=target,
        loudness_lufs=torch.where(changed, loudness, frames_lufs(target)),
        known=_known(plans, part, rendered, forward, changed),
    )


def _varied(
    frames: SpectralFrames, spectra: SpectrumBatch, variation_db: Tensor
) -> tuple[SpectralFrames, SpectrumBatch]:
    """Return songs with another balance, given in each mel band, shape ``(batch, 80)``."""
    gain = decibel_to_power(variation_db)[:, :, None]
    mid, side = frames.mid * gain, frames.side * gain
    varied = SpectralFrames(mid, side, followed_peaks(frames, mid, side))
    spectral = decibel_to_power(mel_to_spectrum(variation_db)).to(spectra.mid)
    return varied, SpectrumBatch(spectra.mid * spectral, spectra.side * spectral)


def _mixes(
    plans: Sequence[Plan], source: SpectralFrames, spectra: SpectrumBatch, forward: Tensor
) -> tuple[SpectralFrames, SpectrumBatch]:
    """Return mixes at -18 LUFS: the source itself where it goes through known settings."""
    batch = batch_degradations(
        [plan.degradation for plan in plans], device=source.mid.device, dtype=source.mid.dtype
    )
    degraded, heard = normalized_frames(
        degrade_frames(source, batch), _degraded_spectra(spectra, batch)
    )
    rows = forward[:, None, None]
    return (
        SpectralFrames(
            torch.where(rows, source.mid, degraded.mid),
            torch.where(rows, source.side, degraded.side),
            torch.where(rows[:, 0], source.peak, degraded.peak),
        ),
        SpectrumBatch(
            torch.where(rows[:, 0], spectra.mid, heard.mid),
            torch.where(rows[:, 0], spectra.side, heard.side),
        ),
    )


def _degraded_spectra(spectra: SpectrumBatch, batch: DegradationBatch) -> SpectrumBatch:
    """Return spectra under the static part of degradations."""
    gain = decibel_to_power(mel_to_spectrum(batch.response_db)).to(spectra.mid)
    width = decibel_to_power(mel_to_spectrum(batch.width_db)).to(spectra.mid)
    return SpectrumBatch(spectra.mid * gain, spectra.side * gain * width)


def _targets(
    source: SpectralFrames,
    spectra: SpectrumBatch,
    moves: Tensor,
    loudness_lufs: Tensor,
    changed: Tensor,
    sample_rate: int,
) -> tuple[SpectralFrames, TwinResult | None]:
    """Return sources at their loudness, those that are changed by moves through the twin."""
    gain = decibel_to_power(loudness_lufs - REFERENCE_LUFS)
    target = scaled_frames(source, gain)
    rows = changed.nonzero()[:, 0]
    if len(rows) == 0:
        return target, None
    rendered = apply_moves(
        _rows(source, rows),
        SpectrumBatch(spectra.mid[rows], spectra.side[rows]),
        moves[rows],
        sample_rate=sample_rate,
        loudness_lufs=loudness_lufs[rows],
    )
    for name in ("mid", "side", "peak"):
        getattr(target, name)[rows] = getattr(rendered.frames, name)
    return target, rendered


def _references(pool: SongPool, plans: Sequence[Plan]) -> tuple[Tensor, Tensor]:
    """Return statistics of references, and which there are.

    Those of a forward example are other songs through the same settings, without intents; the
    others are finished songs that the mix is like.
    """
    device = pool.statistics.device
    most = max((len(plan.references) for plan in plans), default=0)
    found = pool.statistics.new_zeros(len(plans), most, pool.statistics.shape[1])
    present = torch.zeros(len(plans), most, device=device)
    rows, places = stacked_references(plans)
    if len(rows) == 0:
        return found, present
    at = (torch.as_tensor(rows, device=device), torch.as_tensor(places, device=device))
    where = list(zip(rows, places, strict=True))
    songs = np.array([plans[row].references[place] for row, place in where])
    chosen = torch.as_tensor(songs, device=device)
    styled = np.array([plans[row].forward for row in rows])
    picked = torch.as_tensor(styled, device=device)
    present[at] = 1.0
    found[at[0][~picked], at[1][~picked]] = pool.library[chosen[~picked]]
    if not styled.any():
        return found, present
    through = [(plans[row], place) for row, place in where if plans[row].forward]
    segments = np.stack([plan.reference_segments[place] for plan, place in through])
    kept = chosen[picked]
    frames, spectra = normalized_frames(
        pool.frames(segments), SpectrumBatch(pool.spectra.mid[kept], pool.spectra.side[kept])
    )
    result = apply_moves(
        frames,
        spectra,
        _tensor([plan.style for plan, _ in through], frames.mid),
        sample_rate=pool.sample_rate,
        loudness_lufs=_tensor([plan.loudness_lufs for plan, _ in through], frames.mid),
    )
    statistics = frame_statistics(result.frames, pool.sample_rate)
    found[at[0][picked], at[1][picked]] = statistics.to(found)
    return found, present


def _known(
    plans: Sequence[Plan],
    source: SpectralFrames,
    rendered: TwinResult | None,
    forward: Tensor,
    changed: Tensor,
) -> Known:
    """Collect what is known: all of known settings; of degradations what undoes them."""
    moves = np.stack([_known_moves(plan) for plan in plans])
    quantities = torch.full((len(plans), len(QUANTITIES)), torch.nan)
    quantities[:, : WIDTH.stop] = torch.from_numpy(moves[:, : WIDTH.stop]).float()
    quantities = quantities.to(source.mid)
    if rendered is not None:
        rows = changed.nonzero()[:, 0]
        measured = _reductions(rendered, _rows(source, rows))
        is_forward = forward[rows]
        quantities[rows[is_forward], WIDTH.stop :] = measured[is_forward]
    idle = np.stack([_idle_blocks(plan) for plan in plans])
    active = torch.zeros(quantities.shape, dtype=torch.bool, device=quantities.device)
    active[:, RESPONSE] = ~torch.as_tensor(idle[:, :1] == 1.0, device=active.device)
    active[:, WIDTH] = ~torch.as_tensor(idle[:, 2:] == 1.0, device=active.device)
    active[:, WIDTH.stop :] = quantities[:, WIDTH.stop :] > _ACTIVE_REDUCTION_DB
    return Known(
        quantities=quantities,
        active=active,
        moves=torch.as_tensor(moves, dtype=source.mid.dtype, device=source.mid.device),
        bypass=torch.as_tensor(idle, dtype=source.mid.dtype, device=source.mid.device),
    )


def _known_moves(plan: Plan) -> Array:
    """Return moves, NaN where nothing is known: thresholds and times of a band left alone too."""
    if plan.forward:
        known = plan.moves.copy()
        idle = np.tile(known[SLOPE] < ACTIVE_SLOPE, 3)
        known[SLOPE.stop : SLOPE.stop + len(idle)][idle] = np.nan
        return known
    return undoing_moves(plan.degradation) + (plan.moves - NEUTRAL)


def _idle_blocks(plan: Plan) -> Array:
    """Return 1 where a block of `BYPASSES` is not needed, 0 where it is."""
    moves = _known_moves(plan)
    response = float(np.sqrt(np.mean(moves[RESPONSE] ** 2)))
    idle = (
        response < ACTIVE_RESPONSE_DB,
        float(moves[SLOPE].max()) < ACTIVE_SLOPE,
        float(np.abs(moves[WIDTH]).max()) < ACTIVE_WIDTH_DB,
    )
    return np.array(idle, np.float64)


def _reductions(result: TwinResult, source: SpectralFrames) -> Tensor:
    """Return what compressor and limiter take in dB while the song plays, shape ``(batch, 9)``."""
    cells = source.peak.shape[1]
    playing = audible_frames(source.mid, source.side)
    playing = playing.repeat_interleave(-(-cells // playing.shape[1]), 1)[:, :cells]
    tracks = torch.cat((result.compressor_gain_db, result.limiter_gain_db[:, None]), 1)
    taken = torch.where(playing[:, None], -tracks, torch.nan)
    ranks = taken.new_tensor((0.5, 0.95))
    median, high = torch.nanquantile(taken, ranks, dim=2)
    return torch.nan_to_num(torch.cat((median[:, :4], high), 1))


def _first(frames: SpectralFrames, share: float) -> SpectralFrames:
    """Return the first part of frames joined from segments."""
    count = round(share * frames.mid.shape[2])
    cells = round(share * frames.peak.shape[1])
    return SpectralFrames(frames.mid[..., :count], frames.side[..., :count], frames.peak[:, :cells])


def _rows(frames: SpectralFrames, rows: Tensor) -> SpectralFrames:
    return SpectralFrames(frames.mid[rows], frames.side[rows], frames.peak[rows])


def _tensor(values: Sequence[object], like: Tensor) -> Tensor:
    return torch.as_tensor(np.array(values), dtype=like.dtype, device=like.device)
