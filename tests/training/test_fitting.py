from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from glassmaster.data.analysis import Analyzer
from glassmaster.data.synthetic import compose
from glassmaster.inference.engine.chain import ChainRenderer
from glassmaster.models.chain import REFERENCE_LUFS, measure_anchors, resolve
from glassmaster.models.errors import ParameterError
from glassmaster.models.settings import BLOCKS, ChainSettings, default_settings
from glassmaster.training.fitting import FitSchedule, Pair, fit_chain

RATE = 44_100
GAIN_DB = 6.0
GOAL_DB = -45.0
QUICK = FitSchedule(candidates=4, survivors=1, spectral_steps=40, round_steps=40, fine_steps=100)


def drawn(seed: int) -> ChainSettings:
    """Every block engaged, half of the way to a draw that is uniform over every range."""
    rng = np.random.default_rng(seed)
    settings = default_settings()
    for name, specs in BLOCKS.items():
        values = {spec.key: spec.denormalize(float(rng.random())) for spec in specs}
        settings = settings.with_block(name, values)
    return settings.with_block("limiter", {"release_ms": 120.0}).scaled(0.5)


def loudness_lufs(audio: np.ndarray) -> tuple[Analyzer, float]:
    analyzer = Analyzer(RATE, 2)
    analyzer.feed_levels(audio)
    analyzer.feed_shape(audio)
    found = analyzer.result().loudness.integrated_lufs
    assert found is not None
    return analyzer, found


def render(settings: ChainSettings, pair: Pair, gain_db: float) -> np.ndarray:
    anchors = measure_anchors(settings, pair.spectrum, sample_rate=RATE)
    chain = resolve(settings, anchors, normalization_db=pair.normalization_db, gain_db=gain_db)
    renderer = ChainRenderer(chain, RATE, 2)
    return np.concatenate((renderer.process(pair.mix[0].numpy()), renderer.finish()), axis=1)


@pytest.fixture(scope="module")
def pair() -> Pair:
    mix = compose(6, duration_s=2.0).mix.samples
    analyzer, mix_lufs = loudness_lufs(mix)
    normalization_db = REFERENCE_LUFS - mix_lufs
    unmade = Pair(
        mix=torch.as_tensor(mix)[None],
        master=torch.as_tensor(mix)[None],
        sample_rate=RATE,
        warm_up_samples=0,
        spectrum=analyzer.result().spectrum.scaled(normalization_db),
        normalization_db=normalization_db,
        master_lufs=mix_lufs,
    )
    master = render(drawn(3), unmade, GAIN_DB).astype(np.float32)
    _, master_lufs = loudness_lufs(master)
    return replace(unmade, master=torch.as_tensor(master)[None], master_lufs=master_lufs)


def test_gradients_find_the_master_from_a_neutral_start(pair: Pair) -> None:
    told: list[tuple[int, float]] = []
    fit = fit_chain(pair, QUICK, progress=lambda steps, loss: told.append((steps, loss)))
    assert fit.null_db <= GOAL_DB
    master = pair.master[0].double().numpy()
    rest = render(fit.settings, pair, fit.gain_db) - master  # by the engine, as a user hears it
    found_db = 10.0 * np.log10(np.square(rest).sum() / np.square(master).sum())
    assert found_db == pytest.approx(fit.null_db, abs=0.1)
    assert [steps for steps, _ in told] == list(range(1, 261))


def test_the_same_fit_twice(pair: Pair) -> None:
    short = FitSchedule(candidates=2, survivors=1, spectral_steps=2, round_steps=2, fine_steps=2)
    assert fit_chain(pair, short) == fit_chain(pair, short)


def test_what_cannot_be_compared_is_refused(pair: Pair) -> None:
    with pytest.raises(ParameterError, match="must both be"):
        fit_chain(replace(pair, master=pair.master[..., :-1]))
    with pytest.raises(ParameterError, match="silent"):
        fit_chain(replace(pair, master=torch.zeros_like(pair.master)))
    with pytest.raises(ParameterError, match="candidates"):
        FitSchedule(candidates=1)
    with pytest.raises(ParameterError, match="warm-up"):
        fit_chain(replace(pair, warm_up_samples=pair.mix.shape[2]))
