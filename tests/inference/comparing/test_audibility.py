from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glassmaster.inference.comparing.audibility import BAND_HZ, Heard, heard_difference
from glassmaster.inference.comparing.patches import FRAMES_PER_PATCH, Patches, PatchMeter
from glassmaster.models.mel import frame_count

RATE = 48_000


def noise(seed: int = 1, *, side: float = 0.3, seconds: float = 4.0) -> np.ndarray:
    generator = np.random.default_rng(seed)
    mid, apart = generator.standard_normal((2, int(seconds * RATE))) * 0.1
    return np.stack((mid + side * apart, mid - side * apart)).astype(np.float32)


def patches(samples: np.ndarray) -> Patches:
    meter = PatchMeter(RATE)
    meter.feed(samples)
    return meter.finish()


def heard(one: np.ndarray, other: np.ndarray, gain_db: float = 0.0) -> Heard:
    return heard_difference(patches(one), patches(other), gain_db)


def test_a_plain_gain_that_is_taken_out_again_is_not_heard() -> None:
    track = noise()
    found = heard(track, track * np.float32(0.5), 20.0 * np.log10(2.0))
    assert found.mean_db == pytest.approx(0.0, abs=1e-3)
    assert found.share == 0.0
    assert not found.is_noticeable
    assert np.abs(found.bands_db).max() < 1e-3


@settings(max_examples=8, deadline=None)
@given(st.floats(-12.0, 12.0))
def test_a_gain_that_stays_is_heard_as_what_it_is(gain_db: float) -> None:
    track = noise()
    found = heard(track, track * np.float32(10.0 ** (gain_db / 20.0)))
    assert found.mean_db == pytest.approx(abs(gain_db), abs=0.01)
    assert found.most_db == pytest.approx(abs(gain_db), abs=0.01)
    assert found.is_noticeable == (abs(gain_db) >= 1.0) or abs(abs(gain_db) - 1.0) < 0.01
    assert np.allclose(found.bands_db, gain_db, atol=0.01)


def test_a_change_in_one_band_is_found_there() -> None:
    power = np.full((2, 80, 40), 1e-4, np.float32)
    changed = power.copy()
    changed[0, 50] *= 10.0**0.6  # 6 dB
    found = heard_difference(Patches(power), Patches(changed), 0.0)
    assert found.most_hz == pytest.approx(BAND_HZ[50])
    assert found.most_db == pytest.approx(6.0, abs=1e-3)
    assert not found.in_side
    assert found.bands_db[50] == pytest.approx(6.0, abs=1e-3)
    assert np.delete(found.bands_db, 50) == pytest.approx(0.0)
    # one of 160 equal bands, at most one and a half times as loud by its 6 dB
    assert 6.0 / 160.0 < found.mean_db < 9.0 / 160.0


def test_a_change_of_side_is_told_as_one() -> None:
    track, wider = noise(side=0.3), noise(side=0.6)
    found = heard(track, wider)
    assert found.in_side
    assert found.most_db == pytest.approx(6.02, abs=0.1)
    assert found.side_db == pytest.approx(6.02, abs=0.1)
    assert np.abs(found.bands_db).max() < 0.1


def test_what_lies_far_below_is_not_heard() -> None:
    power = np.full((2, 80, 40), 1e-3, np.float32)
    power[0, 10] = 1e-13  # 100 dB below the rest
    changed = power.copy()
    changed[0, 10] *= 1e1
    found = heard_difference(Patches(power), Patches(changed), 0.0)
    assert found.mean_db == 0.0
    assert not found.is_noticeable


def test_moments_say_when_it_differs() -> None:
    power = np.full((2, 80, 40), 1e-4, np.float32)
    changed = power.copy()
    changed[:, :, 30:] *= 4.0
    found = heard_difference(Patches(power), Patches(changed), 0.0)
    assert found.moments[:30].max() == 0.0
    assert found.moments[30:].sum() == pytest.approx(found.mean_db)


def test_silence_differs_by_nothing() -> None:
    nothing = Patches(np.zeros((2, 80, 10), np.float32))
    found = heard_difference(nothing, nothing, 0.0)
    assert (found.mean_db, found.share, found.is_noticeable) == (0.0, 0.0, False)


@pytest.mark.parametrize("block", [777, 65_536])
def test_patches_do_not_depend_on_blocks(block: int) -> None:
    track = noise(seconds=3.0)
    meter = PatchMeter(RATE)
    for start in range(0, track.shape[1], block):
        meter.feed(track[:, start : start + block])
    found = meter.finish().power
    frames = frame_count(track.shape[1], RATE)
    assert found.shape[2] == -(-frames // FRAMES_PER_PATCH)
    assert np.array_equal(found, patches(track).power)
