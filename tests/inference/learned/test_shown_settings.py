"""A finished song that is to go through the settings of others."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from glassmaster.data.analysis import Analysis
from glassmaster.inference.learned.loading import load_model
from glassmaster.inference.predictor import Company, Prediction, Predictor
from glassmaster.models.mel_statistics import STATISTICS
from glassmaster.models.moves import MOVES, NEUTRAL, RESPONSE, RESPONSE_HZ, level_free
from glassmaster.models.processors.equalizer import ResolvedEqualizer

F, D = len(STATISTICS), len(MOVES)
TILT_DB = level_free(np.linspace(-3.0, 3.0, len(RESPONSE_HZ)))


def told(write_weights: Any) -> Predictor:
    """Return a predictor that undoes bass in mixes, and reads one tilt from one statistic."""
    undone = NEUTRAL.copy()
    undone[RESPONSE] = level_free(np.linspace(-4.0, 4.0, len(RESPONSE_HZ)))
    axes = np.zeros((1, F))
    axes[0, 3] = 1.0
    weights = np.zeros((D, 1))
    weights[RESPONSE, 0] = TILT_DB
    arrays = {
        "weights": np.zeros((D, F)),
        "bias": undone,
        "shown.mean": np.full(F, 2.0),
        "shown.spread": np.array([1.0]),
        "shown.axes": axes,
        "shown.weights": weights,
        "shown.bias": NEUTRAL,
    }
    return load_model(write_weights(arrays=arrays, mean=np.zeros(F), scale=np.full(F, 50.0)))


def songs(*levels: float) -> Company:
    rows = np.full((len(levels), F), 2.0)
    rows[:, 3] += levels
    return Company(rows, np.ones(len(levels)), settings_alone=True)


def tilt_db(prediction: Prediction) -> float:
    """Return the response at 10 kHz less that at 100 Hz."""
    block = prediction.settings["equalizer"]
    if block.bypass:
        return 0.0
    response = ResolvedEqualizer(block.values).response_db(np.array([100.0, 10e3]), 44_100)
    return float(response[1] - response[0])


@pytest.mark.parametrize("sign", [-1.0, 1.0])
def test_what_songs_show_is_brought_to_it(
    write_weights: Any, measured: Analysis, sign: float
) -> None:
    predictor = told(write_weights)
    one = tilt_db(predictor.predict(measured, songs(sign)))
    many = tilt_db(predictor.predict(measured, songs(*[sign] * 9)))
    # of one song half is told, of nine 90 %
    span = float(np.interp(np.log([100.0, 10e3]), np.log(RESPONSE_HZ), TILT_DB) @ [-1.0, 1.0])
    assert one == pytest.approx(0.5 * sign * span, abs=0.3)
    assert many == pytest.approx(0.9 * sign * span, abs=0.3)


def test_a_file_without_it_does_not_read_settings(write_weights: Any) -> None:
    assert not load_model(write_weights()).reads_settings
