from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from glassmaster.models.differentiable.frames import (
    SPREAD_PARTS,
    spectral_frames,
    subframe_detail,
)
from glassmaster.models.mel import (
    LOW_BANDS,
    MEL_BANDS,
    NODES_HZ,
    cell_count,
    cell_samples,
    filter_bank,
    frame_count,
    frame_samples,
    mel_edges_hz,
    node_shares,
    sensitivity,
)
from glassmaster.models.rates import hop_samples
from glassmaster.models.spectrum import CENTERS_HZ

RATES = (44_100, 48_000, 96_000)


def _tone(frequency_hz: float, sample_rate: int, duration_s: float = 1.0) -> Tensor:
    time_s = torch.arange(round(duration_s * sample_rate), dtype=torch.float64) / sample_rate
    return torch.sin(2.0 * math.pi * frequency_hz * time_s)


def _noise(frames: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return 0.1 * torch.randn(1, 2, frames, generator=generator, dtype=torch.float64)


@pytest.mark.parametrize("sample_rate", [8000, 32_000, *RATES, 192_000])
def test_grids_hold_whole_hops(sample_rate: int) -> None:
    assert cell_samples(sample_rate) % (sum(SPREAD_PARTS) * hop_samples(sample_rate)) == 0
    assert frame_samples(sample_rate) / sample_rate == pytest.approx(0.0464, rel=0.42)
    assert filter_bank(sample_rate).shape == (MEL_BANDS, frame_samples(sample_rate) // 2 + 1)


@pytest.mark.parametrize("sample_rate", RATES)
@pytest.mark.parametrize("frequency_hz", [200.0, 997.0, 5003.0])
def test_a_full_scale_sine_has_0_db(sample_rate: int, frequency_hz: float) -> None:
    tone = _tone(frequency_hz, sample_rate)
    frames = spectral_frames(torch.stack((tone, tone))[None], sample_rate)
    middle = frames.mid.shape[-1] // 2
    assert frames.mid[0, :, middle].sum() == pytest.approx(1.0, abs=1e-3)
    assert frames.side.max() == 0.0
    nearest = int(np.argmin(np.abs(mel_edges_hz()[1:-1] - frequency_hz)))
    assert abs(int(frames.mid[0, :, middle].argmax()) - nearest) <= 1


def test_mid_is_the_mean_of_both_channels_and_side_half_their_difference() -> None:
    tone = _tone(1000.0, 44_100)
    frames = spectral_frames(torch.stack((tone, 0.0 * tone))[None], 44_100)
    assert frames.mid[0, :, 20].sum() == pytest.approx(0.25, abs=1e-3)
    torch.testing.assert_close(frames.side, frames.mid)


def test_sensitivity_predicts_what_a_sine_leaves_in_every_band() -> None:
    heard = sensitivity(44_100)
    for band in (20, 60, 100):
        tone = _tone(float(CENTERS_HZ[band]), 44_100)
        frames = spectral_frames(torch.stack((tone, tone))[None], 44_100)
        # the twelfth octave's mean against its center
        found = frames.mid[0, :, 20].numpy()
        np.testing.assert_allclose(found, heard[:, band], atol=0.3)
        assert float(found.sum()) == pytest.approx(heard[:, band].sum(), abs=0.05)
        assert float(found @ np.arange(80)) == pytest.approx(
            heard[:, band] @ np.arange(80), abs=0.3
        )


def test_triangles_and_nodes_count_power_once() -> None:
    inside = (CENTERS_HZ > 120.0) & (CENTERS_HZ < 12_000.0)
    np.testing.assert_allclose(sensitivity(44_100).sum(0)[inside], 1.0, atol=1e-3)
    np.testing.assert_allclose(node_shares(CENTERS_HZ).sum(0), 1.0, atol=1e-12)
    np.testing.assert_allclose(node_shares(NODES_HZ), np.eye(len(NODES_HZ)), atol=1e-12)


def test_peaks_stand_in_their_cells() -> None:
    x = torch.zeros(1, 2, 5000, dtype=torch.float64)
    x[0, 1, 1300] = -0.7
    peak = spectral_frames(x, 44_100).peak
    assert peak.shape == (1, cell_count(5000, 44_100))
    assert peak[0, 1300 // cell_samples(44_100)] == 0.7
    assert peak.sum() == 0.7


@pytest.mark.parametrize("sample_rate", [8000, 32_000, *RATES])
@pytest.mark.parametrize("duration_s", [0.7, 0.9007])
def test_shapes(sample_rate: int, duration_s: float) -> None:
    x = _noise(round(duration_s * sample_rate))
    frames, detail = spectral_frames(x, sample_rate), subframe_detail(x, sample_rate)
    count, cells = frame_count(x.shape[-1], sample_rate), cell_count(x.shape[-1], sample_rate)
    assert frames.mid.shape == frames.side.shape == (1, MEL_BANDS, count)
    assert frames.peak.shape == detail.peak.shape == (1, cells)
    assert detail.power.shape == (1, len(NODES_HZ), cells)
    assert detail.spread_db.shape == (1, 4, len(SPREAD_PARTS), cells)
    assert detail.low.shape == (1, 2, LOW_BANDS, 4, count)
    assert detail.crest.shape == (1, 2, len(NODES_HZ), cells)


def test_nodes_hold_the_power_of_the_signal() -> None:
    x = _noise(44_100)
    cells = x.square().mean(1)[0][: 172 * 256].reshape(172, 256).mean(-1)
    nodes = subframe_detail(x, 44_100).power[0].sum(0)[:172]
    assert float(nodes.mean() / cells.mean()) == pytest.approx(1.0, abs=0.02)


def test_low_bands_are_those_of_the_frames() -> None:
    x = _noise(30_000)
    frames, detail = spectral_frames(x, 44_100), subframe_detail(x, 44_100)
    torch.testing.assert_close(detail.low[:, 0, :, 0].exp(), frames.mid[:, :LOW_BANDS])
    torch.testing.assert_close(detail.low[:, 1, :, 0].exp(), frames.side[:, :LOW_BANDS])
    late = torch.nn.functional.pad(x, (256, 0))
    torch.testing.assert_close(
        subframe_detail(late, 44_100).low[:, 0, :, 2, 5:20], detail.low[:, 0, :, 1, 5:20]
    )


def test_parts_rise_and_average_to_the_cell() -> None:
    spread = 10.0 ** (0.1 * subframe_detail(_noise(44_100), 44_100).spread_db)
    assert bool((spread.diff(dim=2) >= 0.0).all())
    shares = torch.tensor(SPREAD_PARTS, dtype=torch.float64) / sum(SPREAD_PARTS)
    mean = (spread * shares[:, None]).sum(2)
    torch.testing.assert_close(mean, torch.ones_like(mean))


def test_the_all_passes_raise_the_peaks_of_a_square_wave() -> None:
    square = torch.sign(_tone(110.3, 44_100))
    x = 0.5 * torch.stack((square, square))[None]
    dispersed = subframe_detail(x, 44_100).peak[0, 20:150]
    assert bool((dispersed > 0.55).all())
    assert bool((dispersed < 1.5).all())


def test_what_nodes_have_in_a_peak_adds_up_to_it() -> None:
    detail = subframe_detail(_noise(44_100), 44_100)
    whole = detail.crest.sum((1, 2)).abs()
    off_db = 20.0 * (whole / detail.peak).log10()
    assert float(off_db.abs().mean()) < 0.2
    assert float(off_db.abs().max()) < 1.0


def test_silence_is_finite() -> None:
    detail = subframe_detail(torch.zeros(2, 2, 20_000), 44_100)
    for track in (detail.power, detail.spread_db, detail.low, detail.peak, detail.crest):
        assert bool(torch.isfinite(track).all())


def test_gradients_of_frames_agree_with_finite_differences() -> None:
    x, along = _noise(4096, 1).requires_grad_(), _noise(4096, 2)

    def total(audio: Tensor) -> Tensor:
        frames = spectral_frames(audio, 44_100)
        return (frames.mid.sqrt().sum() + 2.0 * frames.side.sum()) + frames.peak.sum()

    total(x).backward()  # type: ignore[no-untyped-call]
    assert x.grad is not None
    with torch.no_grad():
        step = 1e-6
        expected = float(total(x + step * along) - total(x - step * along)) / (2.0 * step)
    assert float((x.grad * along).sum()) == pytest.approx(expected, rel=1e-5)
