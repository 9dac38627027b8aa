"""The whole chain on frames."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from ...decibel import decibel_to_amplitude
from ...errors import ParameterError
from ...mel import LOW_BANDS
from ...processors.limiter import ResolvedLimiter
from ..frames import SpectralFrames, SubframeDetail
from ..resolving import ResolvedBatch, SpectrumBatch
from .compression import compressor_gain_db, frame_amplitudes
from .dispersion import delayed, delayed_frames
from .limiting import chain_peaks, limiter_gain
from .loudness import drive_for_loudness, gated_loudness
from .tone import Tone, measure_tone

_LEAST = 1e-20  # where interpolation falls below, between steps


@dataclass(frozen=True, slots=True, eq=False)
class TwinResult:
    """What the twin makes of a song.

    Attributes:
        frames: After the chain.
        compressor_gain_db: Gain reduction of each band and cell, 0 or negative, make-up not
            included, shape ``(batch, 4, cell)``.
        limiter_gain_db: Mean gain of the limiter in each cell, shape ``(batch, cell)``.
        gain_db: Gain before the limiter, shape ``(batch,)``.

    """

    frames: SpectralFrames
    compressor_gain_db: Tensor
    limiter_gain_db: Tensor
    gain_db: Tensor


@dataclass(frozen=True, slots=True, eq=False)
class _BandTracks:
    """The compressor's bands on cells, without its gain, shape ``(batch, band, cell)``.

    Attributes:
        heard: Mean square that detectors hear.
        weighted: Power after the chain as the loudness meter weights it, summed over channels.
        shared: The same where a band meets the next one, one band less.

    """

    heard: Tensor
    weighted: Tensor
    shared: Tensor


def render_frames(
    frames: SpectralFrames,
    detail: SubframeDetail,
    resolved: ResolvedBatch,
    spectra: SpectrumBatch,
    *,
    sample_rate: int,
    loudness_lufs: Tensor | None = None,
) -> TwinResult:
    """Apply chains to frames of mixes; saturator and de-esser are bypassed.

    Gradients flow to every setting, through anchors too if `resolve_batch` had them, and to the
    frames. Computed in the frames' type, inside `torch.autocast` too.

    Args:
        frames: Of the mixes, or of excerpts.
        detail: Of the same audio.
        resolved: The chains.
        spectra: Of each example's whole song at -18 LUFS.
        sample_rate: In Hz.
        loudness_lufs: Loudness of the result, shape ``(batch,)``; without it the chains' own
            ``gain_db`` is applied. Where the limiter would need more than 4 dB beyond the gain that
            does without it, the result stays too quiet.

    Raises:
        ParameterError: Frames and detail are not of the same audio, or the chains of another batch.

    """
    if detail.power.shape[::2] != frames.peak.shape:
        raise ParameterError(
            f"details are of {detail.power.shape[::2]} examples and cells, and frames of "
            f"{tuple(frames.peak.shape)}",
            code="bad_shape",
        )
    if len(resolved.chain.gain_db) != len(frames.mid):
        raise ParameterError(
            f"there are {len(frames.mid)} examples of frames and {len(resolved.chain.gain_db)} "
            "chains",
            code="bad_shape",
        )
    with torch.autocast(frames.mid.device.type, enabled=False):
        return _rendered(frames, detail, resolved, spectra, sample_rate, loudness_lufs)


def _rendered(
    frames: SpectralFrames,
    detail: SubframeDetail,
    resolved: ResolvedBatch,
    spectra: SpectrumBatch,
    sample_rate: int,
    loudness_lufs: Tensor | None,
) -> TwinResult:
    chain, active = resolved.chain, resolved.active
    normalization = decibel_to_amplitude(chain.normalization_db).to(frames.mid)
    tone = measure_tone(resolved, spectra, sample_rate).to(frames.mid)
    bands = _band_tracks(detail.power, tone, normalization)
    reduction_db, gain = _compression(bands.heard, detail, resolved, sample_rate)
    weighted = (bands.weighted * gain.square()).sum(1)
    weighted = weighted + (bands.shared * gain[:, :-1] * gain[:, 1:]).sum(1)
    dispersed = active["multiband_compressor"] | active["imager"]
    peak = torch.where(dispersed[:, None], detail.peak, frames.peak) * normalization[:, None]
    peaks = chain_peaks(peak, detail.crest, gain, tone.crest)

    gain_db = chain.gain_db
    if loudness_lufs is not None:
        gain_db = drive_for_loudness(
            loudness_lufs,
            gated_loudness(weighted, sample_rate),
            lambda tried_db: _limited_loudness(tried_db, weighted, peaks, resolved, sample_rate),
        )
    drive = decibel_to_amplitude(gain_db).to(frames.mid)[:, None]
    peaks = peaks * drive
    limited, released = _limited(peaks, resolved, sample_rate)
    gain = gain * (drive * limited)[:, None]
    amplitude = frame_amplitudes(gain, bands.heard, frames.mid.shape[-1], sample_rate)
    amplitude = amplitude * normalization[:, None, None]
    low = delayed_frames(detail.low, tone.low_delay)
    result = SpectralFrames(
        _shaped(low[:, 0], frames.mid, tone.mid @ amplitude),
        _shaped(low[:, 1], frames.side, tone.side @ amplitude),
        peaks * released,
    )
    limiter_db = (20.0 / math.log(10.0)) * limited.log()
    return TwinResult(result, reduction_db, limiter_db, gain_db)


def _band_tracks(power: Tensor, tone: Tone, normalization: Tensor) -> _BandTracks:
    """Sum nodes to bands, delayed as they are at the end of the chain."""
    factor = normalization[:, None, None]
    of_power = (tone.heard, 2.0 * tone.weighted, 2.0 * tone.shared)
    powers = torch.cat(of_power, 1) @ (power * factor.square())
    delay = tone.band_delay
    delays = torch.cat((delay, delay, 0.5 * (delay[:, :-1] + delay[:, 1:])), 1)
    tracks = delayed(powers, delays).clamp(min=_LEAST)
    return _BandTracks(*torch.split(tracks, [part.shape[1] for part in of_power], 1))


def _compression(
    powers: Tensor, detail: SubframeDetail, resolved: ResolvedBatch, sample_rate: int
) -> tuple[Tensor, Tensor]:
    """Return gain reduction in dB, and amplitude with make-up in each band and cell."""
    compressor = resolved.chain.multiband_compressor
    if compressor is None:
        return powers.new_zeros(len(powers), 4, powers.shape[-1]), torch.ones_like(powers)
    reduction_db, makeup_db = compressor_gain_db(
        powers, detail, compressor, resolved.active["multiband_compressor"], sample_rate
    )
    return reduction_db, torch.exp((math.log(10.0) / 20.0) * (reduction_db + makeup_db))


def _limited(
    peaks: Tensor, resolved: ResolvedBatch, sample_rate: int, trials: int = 1
) -> tuple[Tensor, Tensor]:
    """Return the limiter's mean gain in each cell and that at its peak, for each trial."""
    limiter, active = resolved.chain.limiter, resolved.active["limiter"]
    if limiter is None:
        return torch.ones_like(peaks), torch.ones_like(peaks)
    if trials > 1:
        repeated = {key: value.repeat(trials) for key, value in limiter.values.items()}
        limiter, active = ResolvedLimiter(repeated), active.repeat(trials)
    return limiter_gain(peaks, limiter, active, sample_rate)


def _limited_loudness(
    tried_db: Tensor, weighted: Tensor, peaks: Tensor, resolved: ResolvedBatch, sample_rate: int
) -> Tensor:
    """Return the loudness after the limiter for gains of shape ``(trial, batch)``."""
    trials = len(tried_db)
    drive = decibel_to_amplitude(tried_db).to(peaks).reshape(-1, 1)
    limited, _ = _limited(peaks.repeat(trials, 1) * drive, resolved, sample_rate, trials)
    power = weighted.repeat(trials, 1) * (drive * limited).square()
    return gated_loudness(power, sample_rate).view(trials, -1)


def _shaped(low: Tensor, power: Tensor, amplitude: Tensor) -> Tensor:
    shaped: Tensor = _Shaped.apply(low, power, amplitude)  # type: ignore[no-untyped-call]
    return shaped


class _Shaped(torch.autograd.Function):
    """Multiplies powers by a squared amplitude; the lowest bands are given apart."""

    @staticmethod
    def forward(ctx: Any, low: Tensor, power: Tensor, amplitude: Tensor) -> Tensor:
        high = power[:, LOW_BANDS:]
        ctx.save_for_backward(low, high, amplitude)
        shaped = amplitude.square()
        shaped[:, :LOW_BANDS].mul_(low)
        shaped[:, LOW_BANDS:].mul_(high)
        return shaped

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor | None, Tensor]:
        low, high, amplitude = ctx.saved_tensors
        scaled = gradient * amplitude
        g_low = scaled[:, :LOW_BANDS] * amplitude[:, :LOW_BANDS]
        g_power = None
        if ctx.needs_input_grad[1]:
            g_power = scaled * amplitude
            g_power[:, :LOW_BANDS] = 0.0
        scaled[:, :LOW_BANDS].mul_(low).mul_(2.0)
        scaled[:, LOW_BANDS:].mul_(high).mul_(2.0)
        return g_low, g_power, scaled
