"""What other libraries offer for the stages of a differentiable chain, as steps to be timed.

None of them has all of a stage. Each row does as much of it as its library has, and never more:
dasp-pytorch and torchcomp have no crossover, so their compressors run on copies of the whole
signal. The distortion of dasp-pytorch is not oversampled, its width knows no bands, and its release
time has no effect. The gains of torchcomp follow sample peaks, and its limiter does not look ahead.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from steps import Step, Workload
from torch import Tensor

BANDS = 4


@dataclass(frozen=True, slots=True)
class Peer:
    """One stage of another library.

    Attributes:
        name: For the table.
        stage: The stage of ours that it stands beside.
        module: What must be importable.
        build: Makes the step from the module and a workload.
        whole: Whether it belongs to the sum that stands beside the whole chain.

    """

    name: str
    stage: str
    module: str
    build: Callable[[Any, Workload], Step]
    whole: bool = False

    @property
    def installed(self) -> bool:
        """Whether the library is there."""
        try:
            importlib.import_module(self.module)
        except ImportError:
            return False
        return True

    def step(self, work: Workload) -> Step:
        """Return the step; the library must be installed."""
        return self.build(importlib.import_module(self.module), work)


def _uniform(low: float, high: float, *shape: int) -> Tensor:
    return torch.empty(shape).uniform_(low, high).requires_grad_()


def _dasp_equalizer(dasp: Any, work: Workload) -> Step:
    x = work.leaf()
    corners_hz = ((60, 200), (100, 400), (400, 1500), (1500, 5000), (3000, 9000), (6000, 12_000))
    parameters = []
    for low_hz, high_hz in corners_hz:
        parameters.append(_uniform(-4.0, 4.0, work.batch))
        parameters.append(_uniform(low_hz, high_hz, work.batch))
        parameters.append(_uniform(0.5, 2.0, work.batch))
    return Step((x, *parameters), lambda: dasp.parametric_eq(x, work.sample_rate, *parameters))


def _dasp_compressor(dasp: Any, work: Workload) -> Step:
    x = work.leaf()
    ranges = ((-35.0, -20.0), (1.5, 4.0), (5.0, 30.0), (50.0, 200.0), (3.0, 9.0), (0.0, 3.0))
    bands = [[_uniform(*both, work.batch) for both in ranges] for _ in range(BANDS)]

    def forward() -> Tensor:
        total: Tensor = dasp.compressor(x, work.sample_rate, *bands[0])
        for parameters in bands[1:]:
            total = total + dasp.compressor(x, work.sample_rate, *parameters)
        return total

    return Step((x, *(parameter for band in bands for parameter in band)), forward)


def _dasp_distortion(dasp: Any, work: Workload) -> Step:
    x, drive_db = work.leaf(), _uniform(0.0, 6.0, work.batch, 2)
    return Step((x, drive_db), lambda: dasp.distortion(x, work.sample_rate, drive_db))


def _dasp_widener(dasp: Any, work: Workload) -> Step:
    x, width = work.leaf(), _uniform(0.3, 0.7, work.batch, 1)
    return Step((x, width), lambda: dasp.stereo_widener(x, work.sample_rate, width))


def _dasp_gain(dasp: Any, work: Workload) -> Step:
    x, gain_db = work.leaf(), _uniform(-6.0, 6.0, work.batch)
    return Step((x, gain_db), lambda: dasp.gain(x, work.sample_rate, gain_db))


def _torchcomp_compressor(torchcomp: Any, work: Workload) -> Step:
    x, rows = work.leaf(), BANDS * work.batch
    threshold_db, ratio = _uniform(-35.0, -20.0, rows), _uniform(1.5, 4.0, rows)
    attack_ms, release_ms = _uniform(5.0, 30.0, rows), _uniform(50.0, 200.0, rows)

    def forward() -> Tensor:
        level = x.abs().amax(1).clamp_min(1e-5).repeat(BANDS, 1)
        attack = torchcomp.ms2coef(attack_ms, work.sample_rate)
        release = torchcomp.ms2coef(release_ms, work.sample_rate)
        expander = (-120.0, 0.5)  # its threshold and ratio: out of reach
        gain: Tensor = torchcomp.compexp_gain(
            level, threshold_db, ratio, *expander, attack, release
        )
        return gain

    return Step((x, threshold_db, ratio, attack_ms, release_ms), forward)


def _torchcomp_limiter(torchcomp: Any, work: Workload) -> Step:
    x, threshold_db = work.leaf(), _uniform(-10.0, -6.0, work.batch)
    attack_ms, release_ms = _uniform(1.0, 2.0, work.batch), _uniform(50.0, 200.0, work.batch)

    def forward() -> Tensor:
        attack = torchcomp.ms2coef(attack_ms, work.sample_rate)
        release = torchcomp.ms2coef(release_ms, work.sample_rate)
        gain: Tensor = torchcomp.limiter_gain(x.abs().amax(1), threshold_db, attack, release)
        return x * gain[:, None]

    return Step((x, threshold_db, attack_ms, release_ms), forward)


def _auraloss_default(freq: Any, work: Workload) -> Step:
    x, loss = work.leaf(), freq.MultiResolutionSTFTLoss()
    return Step((x,), lambda: loss(x, work.target))


def _auraloss_half_overlap(freq: Any, work: Workload) -> Step:
    sizes = [512, 2048, 8192]
    hops = [size // 2 for size in sizes]
    x, loss = work.leaf(), freq.MultiResolutionSTFTLoss(sizes, hops, sizes)
    return Step((x,), lambda: loss(x, work.target))


_DASP, _AURALOSS = "dasp_pytorch.functional", "auraloss.freq"

PEERS = (
    Peer("dasp parametric_eq", "equalizer", _DASP, _dasp_equalizer, whole=True),
    Peer("dasp compressor x 4", "multiband_compressor", _DASP, _dasp_compressor, whole=True),
    Peer("torchcomp compexp_gain x 4", "multiband_compressor", "torchcomp", _torchcomp_compressor),
    Peer("dasp distortion", "saturator", _DASP, _dasp_distortion, whole=True),
    Peer("dasp stereo_widener", "imager", _DASP, _dasp_widener, whole=True),
    Peer("dasp gain", "both gains", _DASP, _dasp_gain, whole=True),
    Peer("torchcomp limiter_gain", "limiter", "torchcomp", _torchcomp_limiter),
    Peer("auraloss MR-STFT, default", "MR-STFT", _AURALOSS, _auraloss_default, whole=True),
    Peer("auraloss MR-STFT, 50 % overlap", "MR-STFT", _AURALOSS, _auraloss_half_overlap),
)
"""Every peer, in the order of the chain."""
