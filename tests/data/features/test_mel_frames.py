from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from glassmaster.data.features.frames import FrameMeter, MelFrames, mel_frames
from glassmaster.models.differentiable.frames import spectral_frames
from glassmaster.models.errors import ParameterError
from glassmaster.models.mel import cell_count, cell_samples, frame_count, frame_hop_samples

Samples = npt.NDArray[np.float32]


def noise(frames: int, channels: int = 2, seed: int = 0) -> Samples:
    rng = np.random.default_rng(seed)
    samples: Samples = (0.1 * rng.standard_normal((channels, frames))).astype(np.float32)
    samples[-1] += 0.5 * samples[0]
    return samples


def joined(parts: list[MelFrames]) -> MelFrames:
    return MelFrames(
        np.concatenate([part.mid for part in parts], axis=1),
        np.concatenate([part.side for part in parts], axis=1),
        np.concatenate([part.peak for part in parts]),
    )


@pytest.mark.parametrize("sample_rate", [8000, 32_000, 44_100, 48_000, 96_000, 192_000])
@pytest.mark.parametrize("frames", [1, 777, 100_003, 1024 * 90])
def test_frames_are_those_of_torch(sample_rate: int, frames: int) -> None:
    samples = noise(frames)
    found = mel_frames(samples, sample_rate)
    expected = spectral_frames(torch.from_numpy(samples)[None], sample_rate)
    for name in ("mid", "side", "peak"):
        np.testing.assert_allclose(
            getattr(found, name), getattr(expected, name)[0].numpy(), rtol=1e-4, atol=1e-14
        )


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 300_000), max_size=6), st.integers(1, 300_000))
def test_frames_do_not_depend_on_blocks(cuts: list[int], frames: int) -> None:
    samples = noise(300_000)[:, :frames]
    meter = FrameMeter(44_100)
    parts = []
    for block in np.split(samples, sorted(cuts), axis=1):
        parts += list(meter.feed(block))
    found = joined([*parts, *meter.finish()])
    expected = mel_frames(samples, 44_100)
    np.testing.assert_array_equal(found.mid, expected.mid)
    np.testing.assert_array_equal(found.side, expected.side)
    np.testing.assert_array_equal(found.peak, expected.peak)
    assert found.mid.shape[1] == frame_count(frames, 44_100)
    assert len(found.peak) == cell_count(frames, 44_100)


def test_a_stream_is_measured_while_it_runs() -> None:
    meter = FrameMeter(44_100)
    early = sum(part.mid.shape[1] for part in meter.feed(noise(400_000)))
    late = sum(part.mid.shape[1] for part in meter.finish())
    assert early + late == frame_count(400_000, 44_100)
    assert 0 < late <= 128


def test_mono_has_no_side_and_counts_as_two_equal_channels() -> None:
    samples = noise(50_000, 1)
    mono = mel_frames(samples, 44_100)
    stereo = mel_frames(np.repeat(samples, 2, axis=0), 44_100)
    assert mono.side.max() == 0.0
    assert stereo.side.max() == 0.0
    np.testing.assert_array_equal(mono.mid, stereo.mid)


def test_a_peak_stands_in_the_cell_behind_its_frame() -> None:
    hop, cell = frame_hop_samples(44_100), cell_samples(44_100)
    samples = np.zeros((2, 20 * hop), np.float32)
    samples[1, 5 * hop + 2 * cell + 3] = -0.7
    peak = mel_frames(samples, 44_100).peak
    assert peak[4 * 5 + 2] == pytest.approx(0.7)
    assert np.count_nonzero(peak) == 1


def test_a_part_has_its_own_cells() -> None:
    whole = mel_frames(noise(60_000), 44_100)
    part = whole.part(7, 12)
    np.testing.assert_array_equal(part.mid, whole.mid[:, 7:19])
    np.testing.assert_array_equal(part.peak, whole.peak[28:76])


@pytest.mark.parametrize("shape", [(3, 100), (2, 0), (100,)])
def test_other_shapes_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ParameterError, match="frames need samples"):
        mel_frames(np.zeros(shape), 44_100)


def test_no_samples_have_no_frames() -> None:
    assert list(FrameMeter(44_100).finish()) == []
