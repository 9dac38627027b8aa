from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import soxr

from glassmaster.data.alignment.warping import aligned_pair

RATE = 44_100


def write(path: Path, x: np.ndarray[Any, Any], rate: int = RATE) -> Path:
    soundfile.write(path, x.T, rate, subtype="FLOAT")
    return path


def error_db(one: np.ndarray[Any, Any], two: np.ndarray[Any, Any]) -> float:
    edge = RATE // 4
    difference = (one - two)[:, edge:-edge]
    return float(10.0 * np.log10(np.mean(difference**2) / np.mean(one[:, edge:-edge] ** 2)))


def test_one_clock_moves_samples_and_nothing_else(workshop: Any, tmp_path: Path) -> None:
    mix = write(tmp_path / "mix.wav", workshop.mix)
    master = write(tmp_path / "master.wav", np.pad(-workshop.master, ((0, 0), (4321, 0))))
    pair = aligned_pair(mix, master)
    assert pair.start_s == 0.0
    assert pair.sample_rate == RATE
    np.testing.assert_array_equal(pair.mix, workshop.mix.astype(np.float32))
    np.testing.assert_array_equal(pair.master, workshop.master.astype(np.float32))


@pytest.mark.parametrize(("rate", "ppm"), [(48_000, 0.0), (96_000, 0.0), (RATE, 120.0)])
def test_another_clock_is_undone(workshop: Any, tmp_path: Path, rate: int, ppm: float) -> None:
    mix = write(tmp_path / "mix.wav", workshop.mix)
    late = np.pad(workshop.mix, ((0, 0), (1000, 0)))
    made = soxr.resample(late.T, RATE, rate * (1.0 + 1e-6 * ppm), quality="VHQ").T
    pair = aligned_pair(mix, write(tmp_path / "master.wav", made, rate))
    assert pair.master.shape == pair.mix.shape
    assert error_db(pair.mix, pair.master) < (-50.0 if ppm == 0.0 else -35.0)


def test_known_alignment_is_used(workshop: Any, tmp_path: Path) -> None:
    mix = write(tmp_path / "mix.wav", workshop.mix)
    master = write(tmp_path / "master.wav", workshop.master[:, 500:])
    first = aligned_pair(mix, master)
    again = aligned_pair(mix, master, first.alignment)
    np.testing.assert_array_equal(first.master, again.master)
    assert first.start_s == pytest.approx(500 / RATE)
