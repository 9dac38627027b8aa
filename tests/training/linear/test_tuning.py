from __future__ import annotations

import numpy as np
import pytest

from glassmaster.inference.learned.calibration import PEAK
from glassmaster.models.mel_statistics import STATISTICS
from glassmaster.models.moves import ATTACK, NEUTRAL, RELEASE, RESPONSE, SLOPE, THRESHOLD
from glassmaster.training.linear.tuning import AMOUNTS, choose_finished, compressor_constants

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


def test_constants_of_the_compressor_lie_within_what_each_band_can_have() -> None:
    moves = compressor_constants(threshold_db=-8.5, attack_ms=5.0, release_ms=50.0)
    np.testing.assert_array_equal(moves[THRESHOLD], -8.5)
    np.testing.assert_allclose(np.exp(moves[ATTACK]), [10.0, 5.0, 5.0, 5.0], rtol=0.01)
    np.testing.assert_allclose(np.exp(moves[RELEASE]), [80.0, 50.0, 50.0, 50.0], rtol=0.01)
    for part in (RESPONSE, SLOPE):
        np.testing.assert_array_equal(moves[part], NEUTRAL[part])
