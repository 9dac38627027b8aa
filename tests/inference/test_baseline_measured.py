from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from glassmaster.data.analysis import Analyzer
from glassmaster.inference.baseline import BaselinePredictor
from glassmaster.inference.engine.chain import ChainRenderer
from glassmaster.inference.predictor import Prediction
from glassmaster.models.chain import measure_anchors, resolve
from glassmaster.models.processors.equalizer import ResolvedEqualizer
from glassmaster.models.settings import BLOCKS

OCTAVES_HZ = np.geomspace(63.0, 2000.0, 6)


def measured(samples: np.ndarray, sample_rate: int = 48_000) -> Prediction:
    analyzer = Analyzer(sample_rate, len(samples))
    analyzer.feed(samples)
    return BaselinePredictor().predict(analyzer.result())


def bypassed(prediction: Prediction) -> set[str]:
    return {name for name, block in prediction.settings.blocks.items() if block.bypass}


def response_db(prediction: Prediction) -> np.ndarray:
    block = prediction.settings["equalizer"]
    if block.bypass:
        return np.zeros_like(OCTAVES_HZ)
    return ResolvedEqualizer(block.values).response_db(OCTAVES_HZ, 48_000)


def test_mono_is_judged_as_two_loudspeakers_play_it() -> None:
    noise = 0.1 * np.random.default_rng(0).standard_normal((1, 5 * 48_000))
    texts = []
    for samples in (noise, np.repeat(noise, 2, axis=0)):
        prediction = measured(samples)
        assert "imager" in bypassed(prediction)
        texts.append(prediction.reasons[-1].text)
    assert texts[0] == texts[1]


def test_an_offset_leaves_with_the_engaged_equalizer() -> None:
    noise = 0.05 + 0.1 * np.random.default_rng(0).standard_normal((2, 5 * 48_000))
    analyzer = Analyzer(48_000, 2)
    analyzer.feed(noise)
    settings = BaselinePredictor().predict(analyzer.result()).settings.scaled(1.0)
    anchors = measure_anchors(settings, analyzer.result().spectrum, sample_rate=48_000)
    chain = resolve(settings, anchors, normalization_db=0.0)
    renderer = ChainRenderer(dataclasses.replace(chain, limiter=None), 48_000, 2)
    rendered = np.concatenate((renderer.process(noise), renderer.finish()), axis=1)
    assert np.abs(rendered[:, 48_000:].mean(axis=1)).max() < 1e-4


def test_a_very_quiet_mix_is_left_alone() -> None:
    rng = np.random.default_rng(0)
    hiss = 8e-4 * rng.standard_normal((2, 5 * 48_000))
    predictions = []
    for gain in (1.0, 100.0):
        predictions.append(measured(gain * hiss))
    quiet, loud = predictions
    assert bypassed(quiet) == set(BLOCKS) - {"limiter"}
    assert quiet.intervals == {}
    assert "LUFS" in quiet.reasons[0].text
    assert not loud.settings["equalizer"].bypass


@pytest.mark.parametrize(("sample_rate", "channels"), [(8000, 1), (22_050, 2), (44_100, 2)])
@pytest.mark.parametrize("frames", [2, 3000, 60_000])
def test_any_length_and_rate_is_answered(sample_rate: int, channels: int, frames: int) -> None:
    noise = np.random.default_rng(frames).uniform(-0.3, 0.3, (channels, frames))
    prediction = measured(noise, sample_rate)
    assert np.all(np.isfinite(response_db(prediction)))
    assert not prediction.settings["limiter"].bypass
    # white noise is far too bright, but at 8 kHz too little of it is left to tell
    if frames > sample_rate > 8000:
        assert np.polyfit(np.arange(6), response_db(prediction), 1)[0] < -0.13
