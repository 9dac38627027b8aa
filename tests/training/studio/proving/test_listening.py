from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pyloudnorm
import pytest

from glassmaster.data.synthetic import compose
from glassmaster.models.errors import UnsupportedAudioError
from glassmaster.training.studio.proving.listening import chosen_songs, equally_loud


def test_all_are_turned_down_to_the_quietest() -> None:
    song = compose(3, duration_s=5.0).mix
    heard = {"mix": 0.25 * song.samples, "studio": song.samples, "master": 0.6 * song.samples}
    loudness_lufs, made = equally_loud(heard, song.sample_rate)
    meter = pyloudnorm.Meter(song.sample_rate, filter_class="DeMan")
    for role, samples in made.items():
        assert meter.integrated_loudness(samples.T) == pytest.approx(loudness_lufs, abs=0.1)
        gain = np.abs(samples).max() / np.abs(heard[role]).max()
        assert gain <= 1.0 + 1e-6  # nothing is turned up
        assert np.abs(samples - gain * heard[role]).max() < 1e-6  # and nothing else is done
    assert np.array_equal(made["mix"], heard["mix"])


def test_what_has_no_loudness_is_refused() -> None:
    silent = np.zeros((2, 44_100), np.float32)
    silent[:, 0] = 1e-6
    with pytest.raises(UnsupportedAudioError):
        equally_loud({"mix": silent}, 44_100)


def test_songs_are_the_extremes_and_the_middle() -> None:
    proof: Any = SimpleNamespace(gains_db=np.array([0.1, -2.0, 3.0, 0.5, 1.0, -0.3, 0.7]))
    chosen = chosen_songs(proof, 3)
    assert chosen == {2: "largest gain", 1: "largest loss", 3: "median"}
    assert len(chosen_songs(proof, 5)) == 5
    assert chosen_songs(proof, 0) == {}


def test_words_fit_studios_that_only_gain_or_only_lose() -> None:
    gains: Any = SimpleNamespace(gains_db=np.array([0.1, 0.2, 0.3]))
    assert chosen_songs(gains, 2) == {2: "largest gain", 0: "smallest gain"}
    losses: Any = SimpleNamespace(gains_db=np.array([-0.1, -0.2, -0.3]))
    assert chosen_songs(losses, 2) == {0: "smallest loss", 2: "largest loss"}
