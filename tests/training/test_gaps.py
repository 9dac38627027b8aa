from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from glassmaster.models.differentiable.frames import SpectralFrames
from glassmaster.models.distances.measures import mel_distance
from glassmaster.models.moves import NEUTRAL, RESPONSE, RESPONSE_HZ, WIDTH
from glassmaster.models.network.loudness import aligned_frames
from glassmaster.training.losses.gaps import band_gaps, gap_distance, joined_gaps

MOST_DB = 6.0
NONE = torch.tensor(NEUTRAL)[None].float()


def frames(seed: int = 0, batch: int = 1, tilt_db: float = 20.0) -> SpectralFrames:
    """Return music-like frames: bass far above treble, levels that come and go."""
    drawn = torch.Generator().manual_seed(seed)
    slope = torch.pow(10.0, -0.1 * torch.linspace(0.0, tilt_db, 80))[None, :, None]
    level = torch.pow(10.0, 0.5 * torch.rand(batch, 1, 60, generator=drawn))
    mid = 1e-2 * slope * level * (0.5 + torch.rand(batch, 80, 60, generator=drawn))
    return SpectralFrames(mid, 0.3 * mid, 0.1 + torch.rand(batch, 240, generator=drawn))


def changed(source: SpectralFrames, mid_db: Tensor, side_db: Tensor) -> SpectralFrames:
    gains = [torch.pow(10.0, 0.1 * each)[:, :, None] for each in (mid_db, side_db)]
    return SpectralFrames(source.mid * gains[0], source.side * gains[1], source.peak)


def moves(response_db: np.ndarray | float = 0.0, width_db: float = 0.0) -> Tensor:
    found = NONE.clone()
    found[:, RESPONSE] = torch.as_tensor(response_db).float()
    found[:, WIDTH] = width_db
    return found


def bass_cut(depth_db: float) -> np.ndarray:
    return np.interp(np.log(RESPONSE_HZ), np.log((100.0, 200.0)), (-depth_db, 0.0))


def test_what_is_its_target_is_no_distance_from_it() -> None:
    gaps = band_gaps(frames(), frames())
    assert float(gap_distance(NONE, gaps, MOST_DB)) == pytest.approx(0.0, abs=1e-6)
    assert float(gaps.loudness_share.sum()) == pytest.approx(1.0)


def test_a_level_is_no_distance() -> None:
    target = changed(frames(), torch.full((1, 80), -7.0), torch.full((1, 80), -7.0))
    assert float(gap_distance(NONE, band_gaps(frames(), target), MOST_DB)) < 1e-4


def test_side_alone_counts_by_its_weight_and_widths_close_it() -> None:
    target = changed(frames(), torch.zeros(1, 80), torch.full((1, 80), 4.0))
    gaps = band_gaps(frames(), target)
    left_db = float(gap_distance(NONE, gaps, MOST_DB))
    assert left_db == pytest.approx(0.5 * (math.hypot(4.0, 0.3) - 0.3), abs=0.05)
    assert float(gap_distance(moves(width_db=4.0), gaps, MOST_DB)) < 0.1


@pytest.mark.parametrize("depth_db", [0.0, 3.0, 6.0])
def test_it_is_what_the_mel_distance_says_of_a_change_that_lasts(depth_db: float) -> None:
    source = frames()
    curve = torch.as_tensor(np.interp(np.arange(80), (0, 6, 12), (-6.0, -6.0, 0.0)))[None].float()
    target = changed(source, curve, curve)
    gaps = band_gaps(source, target)
    applied = bass_cut(depth_db)
    found = float(gap_distance(moves(applied), gaps, MOST_DB))
    gain_db = torch.as_tensor(_over_bands(applied))[None].float()
    result = aligned_frames(changed(source, gain_db, gain_db), target)
    wanted = mel_distance(result.mid, result.side, target.mid, target.side)
    assert found == pytest.approx(float(wanted), abs=0.35)


def test_too_little_of_a_bass_cut_costs_more_than_too_much() -> None:
    source = frames(tilt_db=60.0)  # bass makes the loudness
    wanted_db = torch.as_tensor(_over_bands(bass_cut(3.0)))[None].float()
    gaps = band_gaps(source, changed(source, wanted_db, wanted_db))
    little, right, much = (
        float(gap_distance(moves(bass_cut(depth_db)), gaps, MOST_DB)) for depth_db in (0.5, 3, 5.5)
    )
    assert right < 0.1
    assert little > 1.2 * much


def test_responses_beyond_what_users_get_gain_nothing_and_still_feel_the_way_back() -> None:
    source = frames()
    wanted_db = torch.as_tensor(_over_bands(bass_cut(12.0)))[None].float()
    gaps = band_gaps(source, changed(source, wanted_db, wanted_db))
    far = moves(bass_cut(9.0)).requires_grad_()
    found = gap_distance(far, gaps, MOST_DB)
    held = moves(np.maximum(bass_cut(9.0), -6.0))
    wanted = gap_distance(held, gaps, MOST_DB)
    assert float(found.detach()) == pytest.approx(float(wanted))
    found.sum().backward()
    assert far.grad is not None
    assert float(far.grad[0, 4]) != 0.0  # at 80 Hz


def test_batches_are_joined_and_picked_apart() -> None:
    pairs = [(frames(seed), frames(seed + 9)) for seed in (1, 2)]
    parts = [band_gaps(*pair) for pair in pairs]
    both = joined_gaps(parts)
    found = gap_distance(NONE.expand(2, -1), both, MOST_DB)
    second = gap_distance(NONE, both.rows(torch.tensor([1])), MOST_DB)
    assert float(second) == pytest.approx(float(found[1]))
    assert float(second) == pytest.approx(float(gap_distance(NONE, parts[1], MOST_DB)))


def test_silence_is_no_number_to_fear() -> None:
    quiet = SpectralFrames(torch.zeros(1, 80, 9), torch.zeros(1, 80, 9), torch.zeros(1, 36))
    assert bool(gap_distance(NONE, band_gaps(quiet, quiet), MOST_DB).isfinite().all())


def _over_bands(response_db: np.ndarray) -> np.ndarray:
    from glassmaster.models.mel import mel_edges_hz

    found: np.ndarray = np.interp(np.log(mel_edges_hz()[1:-1]), np.log(RESPONSE_HZ), response_db)
    return found
