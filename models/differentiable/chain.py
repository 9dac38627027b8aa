"""The whole chain at the audio rate, with gradients: what the engine renders, for learning."""

from __future__ import annotations

import torch
from torch import Tensor

from ..decibel import decibel_to_amplitude
from ..errors import ParameterError
from ..kernels.interpolator import PAD
from ..processors.limiter import look_ahead_cells
from ..processors.saturator import latency_samples
from ..rates import hop_samples, limiter_cell_samples
from .audio import require_audio
from .deesser import DeesserProcessor
from .equalizer import EqualizerProcessor
from .host import process
from .imager import ImagerProcessor
from .limiter import LimiterProcessor
from .multiband_compressor import MultibandCompressorProcessor
from .resolving import ResolvedBatch
from .saturator import SaturatorProcessor


def render_chain(x: Tensor, batch: ResolvedBatch, *, sample_rate: int) -> Tensor:
    """Master a batch; gradients reach the audio and every parameter of the chain.

    The result is the engine's, from the first sample of each example to its last, as if silence
    surrounded it. Memory grows linearly with the audio: until the gradient is computed, one copy of
    it for each block that runs, and half a copy for the states of all.

    Args:
        x: Shape ``(batch, channel, time)``, one or two channels, float32 or float64, any device.
            Mono is rendered as two equal channels, without the imager.
        batch: A chain for each example.
        sample_rate: In Hz.

    Returns:
        Shape ``(batch, 2, time)``.

    Raises:
        ParameterError: ``x`` has another shape or type, or the chains are of another batch.

    """
    require_audio(x, channels=(1, 2))
    chain, active = batch.chain, batch.active
    if len(chain.gain_db) != len(x):
        raise ParameterError(
            f"there are {len(x)} examples of audio and {len(chain.gain_db)} chains",
            code="bad_shape",
        )
    y, start = _framed(x, batch, sample_rate)
    y = _amplified(y, chain.normalization_db)
    if (equalizer := chain.equalizer) is not None:
        sections = equalizer.sections(sample_rate)
        y = process(EqualizerProcessor(), y, sections, active=active["equalizer"])
    if (deesser := chain.deesser) is not None:
        sections, control = deesser.sections(sample_rate), deesser.control(sample_rate)
        processor = DeesserProcessor(sample_rate)
        y = process(processor, y, sections, control, active=active["deesser"])
    if (compressor := chain.multiband_compressor) is not None:
        corners, control = compressor.corners(sample_rate), compressor.control(sample_rate)
        y = process(
            MultibandCompressorProcessor(sample_rate),
            y,
            corners,
            control,
            active=active["multiband_compressor"],
        )
    if (saturator := chain.saturator) is not None:
        curve = torch.stack((saturator.ceiling, saturator.values["mix"]), 1)
        y = process(SaturatorProcessor(sample_rate), y, curve, active=active["saturator"])
    if (imager := chain.imager) is not None and x.shape[1] == 2:
        corners, widths = imager.corners(sample_rate), imager.widths(sample_rate)
        y = process(ImagerProcessor(), y, corners, widths, active=active["imager"])
    y = _amplified(y, chain.gain_db)
    if (limiter := chain.limiter) is not None:
        control = torch.cat((limiter.ceiling[:, None], limiter.release(sample_rate)), 1)
        y = process(LimiterProcessor(sample_rate), y, control, active=active["limiter"])
    return y[..., start : start + x.shape[2]]


def _framed(x: Tensor, batch: ResolvedBatch, sample_rate: int) -> tuple[Tensor, int]:
    """Put silence around the audio: what rings there is still heard by later blocks.

    Returns:
        Two channels of whole hops, and where the audio starts in them.

    """
    hop = hop_samples(sample_rate)
    before = 0 if batch.chain.saturator is None else latency_samples(sample_rate)
    after = before
    if batch.chain.limiter is not None:
        after += (look_ahead_cells(sample_rate) + 1) * limiter_cell_samples(sample_rate) + PAD
    whole = -(-(before + x.shape[2] + after) // hop) * hop
    stereo = x if x.shape[1] == 2 else x.expand(-1, 2, -1)
    return torch.nn.functional.pad(stereo, (before, whole - before - x.shape[2])), before


def _amplified(x: Tensor, gain_db: Tensor) -> Tensor:
    return x * decibel_to_amplitude(gain_db).to(x.dtype)[:, None, None]
