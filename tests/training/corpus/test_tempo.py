from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from glassmaster.data.features.frames import mel_frames
from glassmaster.training.corpus.tempo import MOST_SECTIONS, find_structure

RATE = 44_100
HOP_S = 1024 / RATE


def power_of(samples: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    frames = mel_frames(samples, RATE)
    return frames.mid + frames.side


def clicks(tempo_bpm: float, duration_s: float) -> npt.NDArray[np.float32]:
    samples = np.zeros((2, int(duration_s * RATE)), np.float32)
    burst = np.exp(-np.arange(2000) / 300.0) * np.sin(np.arange(2000) * 0.2)
    for beat in np.arange(0.1, duration_s - 0.1, 60.0 / tempo_bpm):
        start = int(beat * RATE)
        samples[:, start : start + 2000] += 0.5 * burst
    return samples


@pytest.mark.parametrize("tempo_bpm", [90.0, 120.0, 143.0])
def test_a_steady_beat_has_its_tempo(tempo_bpm: float) -> None:
    found = find_structure(power_of(clicks(tempo_bpm, 20.0)), HOP_S).tempo_bpm
    assert found == pytest.approx(tempo_bpm, rel=0.05)


def test_sections_begin_where_the_sound_changes() -> None:
    time = np.arange(25 * RATE) / RATE
    parts = [np.sin(2 * np.pi * pitch * time) for pitch in (200.0, 900.0, 3000.0)]
    samples = np.tile(0.2 * np.concatenate(parts), (2, 1)).astype(np.float32)
    sections = find_structure(power_of(samples), HOP_S).sections_s
    assert sections == pytest.approx((0.0, 25.0, 50.0), abs=1.1)


def test_silence_and_short_tracks_have_one_section_and_no_tempo() -> None:
    for frames in (10, 3000):
        found = find_structure(np.zeros((80, frames), np.float32), HOP_S)
        assert found.tempo_bpm is None
        assert found.sections_s[0] == 0.0
    assert find_structure(np.zeros((80, 10), np.float32), HOP_S).sections_s == (0.0,)


def test_a_long_track_has_few_sections() -> None:
    power = np.random.Generator(np.random.Philox(1)).random((80, 40_000)).astype(np.float32)
    assert 1 < len(find_structure(power, HOP_S).sections_s) <= MOST_SECTIONS
