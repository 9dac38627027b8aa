from __future__ import annotations

import numpy as np
import pyloudnorm
import pytest

from glassmaster.data.audio import Audio
from glassmaster.inference.listening.matching import equally_loud
from glassmaster.models.errors import UnsupportedAudioError


def test_all_are_turned_down_to_the_quietest(song: Audio) -> None:
    heard = {"mix": 0.25 * song.samples, "studio": song.samples, "master": 0.6 * song.samples}
    matched = equally_loud(heard, song.sample_rate)
    meter = pyloudnorm.Meter(song.sample_rate, filter_class="DeMan")
    for role, samples in matched.samples.items():
        measured_lufs = meter.integrated_loudness(samples.T)
        assert measured_lufs == pytest.approx(matched.loudness_lufs, abs=0.1)
        gain = np.abs(samples).max() / np.abs(heard[role]).max()
        assert gain <= 1.0 + 1e-6  # nothing is turned up
        assert 20.0 * np.log10(gain) == pytest.approx(matched.gains_db[role], abs=1e-5)
        assert np.abs(samples - gain * heard[role]).max() < 1e-6  # and nothing else is done
    assert np.array_equal(matched.samples["mix"], heard["mix"])
    assert matched.gains_db["master"] == pytest.approx(20.0 * np.log10(0.25 / 0.6), abs=1e-3)
    assert matched.spread_lu < 0.001


def test_what_overdrives_a_converter_is_turned_down_with_all_others(song: Audio) -> None:
    peak = float(np.abs(song.samples).max())
    clicks = (0.5 * song.samples).astype(np.float32)
    clicks[:, 40_000] = 4.0  # 12 dB over full scale, and next to nothing of loudness
    matched = equally_loud({"music": song.samples, "clicks": clicks}, song.sample_rate)
    assert peak < 1.0
    for samples in matched.samples.values():
        assert np.abs(samples).max() <= 1.0
    assert matched.gains_db["clicks"] <= -20.0 * np.log10(4.0)
    difference_db = matched.gains_db["music"] - matched.gains_db["clicks"]
    assert difference_db == pytest.approx(20.0 * np.log10(0.5), abs=0.3)


def test_what_has_no_loudness_is_refused() -> None:
    silent = np.zeros((2, 44_100), np.float32)
    silent[:, 0] = 1e-6
    with pytest.raises(UnsupportedAudioError, match=r"mix\.wav: is too quiet"):
        equally_loud({"mix.wav": silent}, 44_100)


def test_what_falls_below_the_gate_when_it_is_turned_down_is_refused() -> None:
    """One in whose quiet half the absolute gate lies: its loudness is another after the gain."""
    rate = 44_100
    noise = np.random.default_rng(3).normal(size=(2, 8 * rate)).astype(np.float32)
    faint = 10.0 ** (-69.0 / 20.0) * noise
    uneven = faint.copy()
    uneven[:, : 4 * rate] *= 3.0
    with pytest.raises(UnsupportedAudioError) as caught:
        equally_loud({"faint": 0.9 * faint, "uneven": uneven}, rate)
    assert caught.value.code == "loudness_undefined"
