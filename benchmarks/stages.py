"""The stages of the differentiable chain, the whole of it, and its twin, as steps to be timed.

Each starts where a network ends: at one normalized tensor of settings. Resolving them to what the
stage needs, with the gradient of that, is part of its time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any, TypeVar

import torch
from steps import Step, Workload
from torch import Tensor

from glassmaster.models.chain import REFERENCE_LUFS
from glassmaster.models.differentiable.chain import render_chain
from glassmaster.models.differentiable.deesser import DeesserProcessor
from glassmaster.models.differentiable.equalizer import EqualizerProcessor
from glassmaster.models.differentiable.frames import (
    SpectralFrames,
    SubframeDetail,
    spectral_frames,
    subframe_detail,
)
from glassmaster.models.differentiable.host import process
from glassmaster.models.differentiable.imager import ImagerProcessor
from glassmaster.models.differentiable.limiter import LimiterProcessor
from glassmaster.models.differentiable.multiband_compressor import MultibandCompressorProcessor
from glassmaster.models.differentiable.multiresolution import MultiResolutionDistance
from glassmaster.models.differentiable.resolving import ResolvedBatch, batch_spectra, resolve_batch
from glassmaster.models.differentiable.saturator import SaturatorProcessor
from glassmaster.models.differentiable.settings import settings_from_normalized
from glassmaster.models.differentiable.twin.rendering import render_frames
from glassmaster.models.settings import BLOCKS, PARAMETERS

Frames = TypeVar("Frames", SpectralFrames, SubframeDetail)

WHOLE = "chain with MR-STFT"

DRIVE_DB = 8.0
"""Into the limiter, beyond -18 LUFS."""


def _equalizer(chain: Any, x: Tensor, rate: int) -> Tensor:
    return process(EqualizerProcessor(), x, chain.equalizer.sections(rate))


def _deesser(chain: Any, x: Tensor, rate: int) -> Tensor:
    deesser = chain.deesser
    return process(DeesserProcessor(rate), x, deesser.sections(rate), deesser.control(rate))


def _multiband_compressor(chain: Any, x: Tensor, rate: int) -> Tensor:
    compressor = chain.multiband_compressor
    corners, control = compressor.corners(rate), compressor.control(rate)
    return process(MultibandCompressorProcessor(rate), x, corners, control)


def _saturator(chain: Any, x: Tensor, rate: int) -> Tensor:
    curve = torch.stack((chain.saturator.ceiling, chain.saturator.values["mix"]), 1)
    return process(SaturatorProcessor(rate), x, curve)


def _imager(chain: Any, x: Tensor, rate: int) -> Tensor:
    return process(ImagerProcessor(), x, chain.imager.corners(rate), chain.imager.widths(rate))


def _limiter(chain: Any, x: Tensor, rate: int) -> Tensor:
    limiter = chain.limiter
    control = torch.cat((limiter.ceiling[:, None], limiter.release(rate)), 1)
    return process(LimiterProcessor(rate), x, control)


def _block(name: str, run: Callable[[Any, Tensor, int], Tensor]) -> Callable[[Workload], Step]:
    def build(work: Workload) -> Step:
        x = work.leaf(DRIVE_DB if name == "limiter" else 0.0)
        settings = _settings(work)

        def forward() -> Tensor:
            chain = _resolved(settings, work, (name,), 0.0, 0.0).chain
            return run(chain, x, work.sample_rate)

        return Step((x, settings), forward)

    return build


def _gains(work: Workload) -> Step:
    return _chain(work, (), lambda y: y)


def _distance(work: Workload) -> Step:
    x, distance = work.leaf(), MultiResolutionDistance()
    prepared = distance.prepare(work.target)
    return Step((x,), lambda: distance(x, prepared))


def _whole(work: Workload) -> Step:
    distance = MultiResolutionDistance()
    prepared = distance.prepare(work.target)
    return _chain(work, tuple(BLOCKS), lambda y: distance(y, prepared))


def _chain(work: Workload, blocks: tuple[str, ...], last: Callable[[Tensor], Tensor]) -> Step:
    x, settings = work.leaf(), _settings(work)
    normalization_db = torch.zeros(work.batch, requires_grad=True)
    gain_db = torch.full((work.batch,), DRIVE_DB, requires_grad=True)

    def forward() -> Tensor:
        resolved = _resolved(settings, work, blocks, normalization_db, gain_db)
        return last(render_chain(x, resolved, sample_rate=work.sample_rate))

    return Step((x, settings, normalization_db, gain_db), forward)


def twin_step(work: Workload) -> Step:
    """Return the step of the twin: from settings to frames of a given loudness."""
    rate = work.sample_rate
    # one by one: a batch at a time would take gigabytes
    excerpts = [work.audio[i : i + 1] for i in range(work.batch)]
    frames = _joined([spectral_frames(excerpt, rate) for excerpt in excerpts])
    detail = _joined([subframe_detail(excerpt, rate) for excerpt in excerpts])
    settings, spectra = _settings(work), batch_spectra([work.spectrum] * work.batch)
    loudness_lufs = torch.full((work.batch,), REFERENCE_LUFS + DRIVE_DB)

    def forward() -> Tensor:
        result = render_frames(
            frames,
            detail,
            _resolved(settings, work, tuple(BLOCKS), 0.0, 0.0),
            spectra,
            sample_rate=rate,
            loudness_lufs=loudness_lufs,
        )
        return torch.stack((result.frames.mid, result.frames.side))

    return Step((settings,), forward)


def _joined(examples: Sequence[Frames]) -> Frames:
    names = [field.name for field in fields(examples[0])]
    return replace(
        examples[0], **{name: torch.cat([getattr(e, name) for e in examples]) for name in names}
    )


def _settings(work: Workload) -> Tensor:
    return torch.rand(work.batch, len(PARAMETERS), dtype=torch.float64).requires_grad_()


def _resolved(
    settings: Tensor,
    work: Workload,
    blocks: tuple[str, ...],
    normalization_db: Tensor | float,
    gain_db: Tensor | float,
) -> ResolvedBatch:
    active = {block: torch.full((work.batch,), block in blocks) for block in BLOCKS}
    return resolve_batch(
        settings_from_normalized(settings, active),
        batch_spectra([work.spectrum] * work.batch),
        sample_rate=work.sample_rate,
        normalization_db=normalization_db,
        gain_db=gain_db,
    )


STAGES: Mapping[str, Callable[[Workload], Step]] = {
    "equalizer": _block("equalizer", _equalizer),
    "deesser": _block("deesser", _deesser),
    "multiband_compressor": _block("multiband_compressor", _multiband_compressor),
    "saturator": _block("saturator", _saturator),
    "imager": _block("imager", _imager),
    "both gains": _gains,
    "limiter": _block("limiter", _limiter),
    "MR-STFT": _distance,
    WHOLE: _whole,
}
"""How to make the step of each stage, in the order of the chain, and of the whole with a loss."""
