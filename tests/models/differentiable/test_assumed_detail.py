from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from glassmaster.data.synthetic import compose
from glassmaster.models.differentiable.detail import assumed_detail
from glassmaster.models.differentiable.frames import (
    SPREAD_PARTS,
    SpectralFrames,
    spectral_frames,
    subframe_detail,
)
from glassmaster.models.errors import ParameterError
from glassmaster.models.mel import NODES_HZ


def _song(sample_rate: int = 44_100) -> Tensor:
    samples = compose(5, duration_s=4.0, sample_rate=sample_rate).mix.samples
    return torch.from_numpy(np.ascontiguousarray(samples))[None]


def _decibel(power: Tensor) -> Tensor:
    return 10.0 * (power + 1e-12).log10()


@pytest.mark.parametrize("sample_rate", [44_100, 48_000, 96_000])
def test_shapes_and_means_are_those_of_the_true_detail(sample_rate: int) -> None:
    audio = _song(sample_rate)
    frames, true = spectral_frames(audio, sample_rate), subframe_detail(audio, sample_rate)
    found = assumed_detail(frames, sample_rate)
    for name in ("power", "spread_db", "low", "peak", "crest"):
        assert getattr(found, name).shape == getattr(true, name).shape
    inner = slice(1, -1)  # the outer nodes hold what frames do not
    off_db = _decibel(found.power.mean(-1)) - _decibel(true.power.mean(-1))
    assert float(off_db[:, inner].abs().max()) < 1.0
    assert float((_decibel(found.power) - _decibel(true.power))[:, 4:-1].abs().mean()) < 3.0


def test_a_tone_keeps_its_power_and_its_node() -> None:
    time_s = torch.arange(88_200, dtype=torch.float64) / 44_100
    tone = 0.5 * torch.sin(2.0 * math.pi * float(NODES_HZ[9]) * time_s)
    detail = assumed_detail(spectral_frames(torch.stack((tone, tone))[None], 44_100), 44_100)
    middle = detail.power[0, :, 100]
    assert int(middle.argmax()) == 9
    # mean square of mid and side together
    assert float(middle.sum()) == pytest.approx(0.125, rel=0.02)
    assert float(middle[9] / middle.sum()) > 0.9


def test_what_nodes_have_in_a_peak_adds_up_to_it() -> None:
    detail = assumed_detail(spectral_frames(_song(), 44_100), 44_100)
    loud = detail.peak > 1e-3
    ratio = detail.crest.sum((1, 2))[loud] / detail.peak[loud]
    torch.testing.assert_close(ratio, torch.ones_like(ratio), rtol=1e-3, atol=1e-3)


def test_low_bands_begin_with_the_frames() -> None:
    frames = spectral_frames(_song(), 44_100)
    low = assumed_detail(frames, 44_100).low
    torch.testing.assert_close(low[:, 0, :, 0].exp(), frames.mid[:, :32], rtol=1e-4, atol=1e-15)
    between = 0.5 * (low[:, 0, :, 0, :-1] + low[:, 0, :, 0, 1:])
    torch.testing.assert_close(low[:, 0, :, 2, :-1], between)


def test_parts_average_to_the_cell() -> None:
    frames = spectral_frames(_song(), 44_100)
    spread = 10.0 ** (0.1 * assumed_detail(frames, 44_100).spread_db[0, :, :, 0])
    shares = torch.tensor(SPREAD_PARTS) / sum(SPREAD_PARTS)
    # medians of three parts, each by itself
    assert float((10.0 * (spread @ shares).log10()).abs().max()) < 0.6


def test_silence_is_finite_and_gradients_flow() -> None:
    audio = _song()
    audio[:, :, 40_000:90_000] = 0.0
    frames = spectral_frames(audio, 44_100)
    mid, peak = (track.clone().requires_grad_() for track in (frames.mid, frames.peak))
    detail = assumed_detail(SpectralFrames(mid, frames.side, peak), 44_100)
    for track in (detail.power, detail.low, detail.crest):
        assert bool(torch.isfinite(track).all())
    (detail.power.sum() + detail.crest.square().sum()).backward()  # type: ignore[no-untyped-call]
    for leaf in (mid, peak):
        assert leaf.grad is not None
        assert bool(torch.isfinite(leaf.grad).all())
        assert float(leaf.grad.abs().sum()) > 0.0


def test_examples_do_not_meet() -> None:
    audio = _song()
    quiet = 0.1 * audio.flip(-1)
    both = assumed_detail(spectral_frames(torch.cat((audio, quiet)), 44_100), 44_100)
    alone = assumed_detail(spectral_frames(quiet, 44_100), 44_100)
    torch.testing.assert_close(both.power[1:], alone.power)
    torch.testing.assert_close(both.crest[1:], alone.crest)


def test_more_cells_than_frames_have_are_refused() -> None:
    power = torch.ones(1, 80, 10)
    with pytest.raises(ParameterError, match="at most 40 cells"):
        assumed_detail(SpectralFrames(power, power, torch.ones(1, 41)), 44_100)
