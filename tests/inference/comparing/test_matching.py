from __future__ import annotations

from pathlib import Path

import numpy as np
import pyloudnorm
import pytest
import soundfile

from glassmaster.data.synthetic import compose
from glassmaster.inference.comparing.matching import matched_levels, write_matched

RATE = 44_100


def test_versions_become_equally_loud_downward(tmp_path: Path) -> None:
    song = compose(3, duration_s=6.0).mix.samples
    clipped = np.clip(song * 6.0, -0.5, 0.5).astype(np.float32)
    versions = {"quiet": song * np.float32(0.3), "loud": song, "clipped": clipped}
    levels = matched_levels(versions, RATE)
    assert max(each.gain_db for each in levels.values()) == 0.0
    assert levels["quiet"].gain_db == 0.0
    measured = []
    for name, samples in versions.items():
        path = tmp_path / f"{name}.wav"
        write_matched(path, samples, RATE, levels[name].gain_db, force=False)
        audio, rate = soundfile.read(path)
        measured.append(pyloudnorm.Meter(rate).integrated_loudness(audio))
        assert soundfile.info(path).subtype == "FLOAT"
        gain = 10.0 ** (levels[name].gain_db / 20.0)
        assert np.allclose(audio.T, samples * gain, atol=1e-7)  # one plain gain
    assert max(measured) - min(measured) < 0.1
    assert measured[0] == pytest.approx(levels["quiet"].integrated_lufs, abs=0.1)


def test_nothing_exceeds_full_scale() -> None:
    song = compose(3, duration_s=6.0).mix.samples
    peaky = song.copy()
    peaky[:, 50_000] = 4.0
    levels = matched_levels({"song": song, "peaky": peaky}, RATE)
    assert max(each.gain_db for each in levels.values()) < -10.0
    assert np.abs(peaky).max() * 10.0 ** (levels["peaky"].gain_db / 20.0) <= 1.0
    apart = levels["song"].gain_db - levels["peaky"].gain_db
    assert apart == pytest.approx(0.0, abs=0.2)


def test_silence_is_left_as_it_is() -> None:
    song = compose(3, duration_s=6.0).mix.samples
    levels = matched_levels({"song": song, "silence": np.zeros_like(song)}, RATE)
    assert levels["silence"].gain_db == 0.0
    assert levels["silence"].integrated_lufs is None
