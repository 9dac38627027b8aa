from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from glassmaster.data.features.statistics import StatisticsMeter
from glassmaster.data.synthetic import compose
from glassmaster.models.differentiable.frames import SpectralFrames, spectral_frames
from glassmaster.models.errors import ParameterError
from glassmaster.models.mel_statistics import GROUP_SIZES, STATISTICS
from glassmaster.models.network.statistics import frame_statistics

Samples = npt.NDArray[np.float32]
Array = npt.NDArray[np.float64]


def measured(samples: Samples, sample_rate: int = 44_100) -> Array:
    meter = StatisticsMeter(sample_rate, len(samples))
    meter.feed(samples)
    return meter.result()


def of_torch(samples: Samples, sample_rate: int) -> Array:
    audio = torch.from_numpy(np.repeat(samples, 3 - len(samples), axis=0))[None]
    found: Array = frame_statistics(spectral_frames(audio, sample_rate), sample_rate)[0].numpy()
    return found


def entry(vector: Array, name: str) -> float:
    return float(vector[STATISTICS.index(name)])


@cache
def programme(sample_rate: int = 44_100, duration_s: float = 9.0, seed: int = 1) -> Samples:
    samples: Samples = compose(seed, duration_s=duration_s, sample_rate=sample_rate).mix.samples
    return samples


def tone(frequency_hz: float, duration_s: float = 6.0) -> Samples:
    time_s = np.arange(round(44_100 * duration_s)) / 44_100
    wave = (0.5 * np.sin(2.0 * np.pi * frequency_hz * time_s)).astype(np.float32)
    return np.stack((wave, wave))


def with_gaps(samples: Samples) -> Samples:
    holed = samples.copy()
    holed[:, 44_100 : 3 * 44_100] = 0.0
    holed[:, 200_000:230_000] *= 1e-4
    return holed


@pytest.mark.parametrize("sample_rate", [44_100, 48_000, 96_000])
@pytest.mark.parametrize("seed", [1, 2])
def test_stream_and_torch_agree(sample_rate: int, seed: int) -> None:
    samples = programme(sample_rate, 6.0, seed)
    np.testing.assert_allclose(
        measured(samples, sample_rate), of_torch(samples, sample_rate), rtol=1e-4, atol=1e-4
    )


@pytest.mark.parametrize("duration_s", [1.5, 9.0])
def test_they_agree_on_mono_on_gaps_and_without_a_slow_level(duration_s: float) -> None:
    samples = programme(duration_s=duration_s)
    for variant in (samples[:1], with_gaps(samples), tone(1000.0), 1e-3 * samples):
        np.testing.assert_allclose(
            measured(variant), of_torch(variant, 44_100), rtol=1e-4, atol=1e-4
        )


@settings(max_examples=8, deadline=None)
@given(st.lists(st.integers(0, 300_000), max_size=5))
def test_statistics_do_not_depend_on_blocks(cuts: list[int]) -> None:
    samples = programme(duration_s=7.0)
    meter = StatisticsMeter(44_100, 2)
    for block in np.split(samples, sorted(cuts), axis=1):
        meter.feed(block)
    np.testing.assert_array_equal(meter.result(), measured(samples))


@pytest.mark.parametrize("gain", [0.1, 1.3])
def test_the_level_does_not_tell(gain: float) -> None:
    samples = programme()
    assert np.abs(measured(gain * samples) - measured(samples)).max() < 0.25


@pytest.mark.parametrize(
    "samples", [np.zeros((2, 300_000)), np.zeros((2, 0)), 0.1 * np.ones((2, 9))]
)
def test_silence_and_next_to_nothing_have_none(samples: Array) -> None:
    assert not measured(samples.astype(np.float32)).any()


def test_half_a_second_has_none_and_two_have_some() -> None:
    assert not measured(programme()[:, :22_050]).any()
    assert measured(programme()[:, :88_200]).any()


def test_a_tone_is_described() -> None:
    found = measured(tone(950.0))
    spectrum = dict(zip(STATISTICS, found, strict=True))
    loudest = max((v, n) for n, v in spectrum.items() if n.startswith("spectrum_db"))
    assert loudest[1] == "spectrum_db@950"
    assert spectrum["spectrum_db@13465"] == pytest.approx(loudest[0] - 70.0, abs=0.1)
    assert spectrum["side_db"] == pytest.approx(-40.0, abs=0.1)
    assert spectrum["width_db@72"] == pytest.approx(-40.0, abs=0.1)
    assert spectrum["crest_p50_db"] == pytest.approx(0.0, abs=0.1)
    assert spectrum["p50_db@all"] == pytest.approx(0.0, abs=0.1)
    assert spectrum["rise_db@all"] < 0.1
    assert spectrum["p10_db@11069"] == 0.0  # nothing is there


def test_width_is_side_over_mid() -> None:
    rng = np.random.default_rng(3)
    mid, side = rng.standard_normal((2, 400_000)) * np.array([[0.1], [0.05]])
    found = measured(np.stack((mid + side, mid - side)).astype(np.float32))
    assert entry(found, "side_db") == pytest.approx(-6.02, abs=0.1)
    assert entry(found, "width_db@5012") == pytest.approx(-6.02, abs=0.2)


def test_moving_levels_are_described() -> None:
    rng = np.random.default_rng(4)
    steady = (0.1 * rng.standard_normal((2, 500_000))).astype(np.float32)
    loud = (np.arange(500_000) // 22_050) % 2 == 0
    pumped = (steady * np.where(loud, 1.0, 0.25)).astype(np.float32)
    still, moving = measured(steady), measured(pumped)
    for name in ("rise_db@all", "spread_db@all", "flux_db@1044", "spread_db@1044"):
        assert entry(moving, name) > 1.2 * entry(still, name)
    # half of the time 12 dB quieter: the mean lies 2.7 dB below the louder half
    assert entry(moving, "p95_db@all") == pytest.approx(2.7, abs=0.5)
    assert entry(moving, "p10_db@all") == pytest.approx(-9.3, abs=0.5)


def test_what_a_codec_leaves_70_db_down_does_not_tell() -> None:
    rng = np.random.default_rng(5)
    clean = tone(300.0) + tone(500.0)
    hiss = (1e-6 * rng.standard_normal(clean.shape)).astype(np.float32)
    assert np.abs(measured(clean + hiss) - measured(clean)).max() < 0.2


def test_parts_laid_one_after_the_other_describe_the_song() -> None:
    rng = np.random.default_rng(6)
    steady = (0.1 * rng.standard_normal((2, 44_100 * 30))).astype(np.float32)
    frames = spectral_frames(torch.from_numpy(steady)[None], 44_100)
    places = (10, 400, 900)
    parts = SpectralFrames(
        torch.cat([frames.mid[..., p : p + 258] for p in places], -1),
        torch.cat([frames.side[..., p : p + 258] for p in places], -1),
        torch.cat([frames.peak[..., 4 * p : 4 * (p + 258)] for p in places], -1),
    )
    found = frame_statistics(parts, 44_100)[0].numpy()
    assert np.abs(found - measured(steady)).max() < 1.0


def test_batches_are_made_of_songs() -> None:
    one, other = programme(), programme(seed=2)
    batch = torch.from_numpy(np.stack((one, other)))
    found = frame_statistics(spectral_frames(batch, 44_100), 44_100)
    np.testing.assert_allclose(found[1].numpy(), of_torch(other, 44_100), rtol=1e-5, atol=1e-5)


def test_gradients_flow_and_are_finite() -> None:
    samples = torch.from_numpy(with_gaps(programme()))[None]
    frames = spectral_frames(samples, 44_100)
    mid = frames.mid.clone().requires_grad_()
    changed = SpectralFrames(mid, frames.side, frames.peak)
    frame_statistics(changed, 44_100).sum().backward()  # type: ignore[no-untyped-call]
    assert mid.grad is not None
    assert bool(torch.isfinite(mid.grad).all())
    assert float(mid.grad.abs().sum()) > 0.0


@pytest.mark.parametrize("cells", [35, 41])
def test_frames_without_their_cells_are_refused(cells: int) -> None:
    power = torch.ones(1, 80, 10)
    with pytest.raises(ParameterError, match="10 frames have"):
        frame_statistics(SpectralFrames(power, power, torch.ones(1, cells)), 44_100)


def test_three_channels_are_refused() -> None:
    with pytest.raises(ParameterError, match="one or two channels"):
        StatisticsMeter(44_100, 3)


def test_names_are_distinct_and_groups_hold_every_band() -> None:
    assert len(set(STATISTICS)) == len(STATISTICS) <= 400
    assert sum(GROUP_SIZES) == 80
    assert measured(programme()).shape == (len(STATISTICS),)
