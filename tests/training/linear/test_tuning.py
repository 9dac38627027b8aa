from __future__ import annotations

import numpy as np
import pytest

from glassmaster.inference.learned.calibration import PEAK
from glassmaster.models.mel_statistics import STATISTICS
from glassmaster.training.linear.tuning import AMOUNTS, choose_finished

F = len(STATISTICS)


def songs(peaks_db: np.ndarray, curve: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    statistics = np.zeros((len(peaks_db), F))
    statistics[:, PEAK] = peaks_db
    return statistics, np.tile(curve, (len(peaks_db), 1))


def test_finished_masters_are_left_alone_where_peaks_tell_them() -> None:
    mixes = songs(np.linspace(15.0, 20.0, 50), 4.0 - 2.0 * AMOUNTS)
    releases = songs(np.linspace(8.0, 12.0, 50), 0.4 + AMOUNTS)
    finished, moved_db = choose_finished(mixes, releases)
    assert finished is not None
    assert finished[2] == 0.0
    assert finished[1] <= 15.0
    assert moved_db < 0.8


def test_nothing_is_given_up_where_peaks_do_not_tell_them() -> None:
    peaks_db = np.linspace(8.0, 12.0, 50)
    mixes = songs(peaks_db, 4.0 - 2.0 * AMOUNTS)
    finished, moved_db = choose_finished(mixes, songs(peaks_db, 0.4 + AMOUNTS))
    assert finished is None or moved_db > 1.3


def test_a_model_that_moves_no_release_needs_no_protection() -> None:
    mixes = songs(np.linspace(15.0, 20.0, 50), 4.0 - 2.0 * AMOUNTS)
    releases = songs(np.linspace(8.0, 12.0, 50), 0.4 + 0.0 * AMOUNTS)
    finished, moved_db = choose_finished(mixes, releases)
    assert finished is None
    assert moved_db == pytest.approx(0.4)
