from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pytest

from glassmaster.data.audio import Samples
from glassmaster.data.synthetic import compose
from glassmaster.inference.engine.chain import ChainRenderer
from glassmaster.models.chain import ResolvedChain, measure_anchors, resolve
from glassmaster.models.settings import ChainSettings, default_settings
from glassmaster.training.recovery.beginning import PairAudio, measure_pair

RATE = 44_100
GAIN_DB = 6.0


@dataclass(frozen=True)
class Mastered:
    pair: PairAudio
    settings: ChainSettings
    chain: ResolvedChain


@pytest.fixture(scope="session")
def mix() -> Samples:
    return compose(6, duration_s=12.0).mix.samples


@pytest.fixture(scope="session")
def master_of(mix: Samples) -> Callable[..., Mastered]:
    """Master the song by given settings, through the engine, with the anchors of the whole song."""

    def master(gain_db: float = GAIN_DB, **blocks: dict[str, float]) -> Mastered:
        settings = default_settings()
        for name, values in {"limiter": {"release_ms": 120.0}, **blocks}.items():
            settings = settings.with_block(name, values)
        measured = measure_pair(PairAudio(mix, mix, RATE))
        spectrum = measured.mix.spectrum.scaled(measured.normalization_db)
        anchors = measure_anchors(settings, spectrum, sample_rate=RATE)
        chain = resolve(
            settings, anchors, normalization_db=measured.normalization_db, gain_db=gain_db
        )
        renderer = ChainRenderer(chain, RATE, 2)
        made = np.concatenate((renderer.process(mix), renderer.finish()), axis=1)
        return Mastered(PairAudio(mix, made.astype(np.float32), RATE), settings, chain)

    return master


@pytest.fixture(scope="session")
def mastered(master_of: Callable[..., Mastered]) -> Mastered:
    """Tone, one compressed band and widths; neither saturator nor de-esser."""
    return master_of(
        equalizer={"low_shelf_gain_db": 2.5, "high_mid_gain_db": -2.0, "high_shelf_gain_db": 3.0},
        multiband_compressor={
            "low_mid_ratio": 2.0,
            "low_mid_threshold_db": -3.0,
            "low_mid_attack_ms": 12.0,
        },
        imager={"low_width": 0.5, "high_width": 1.3},
    )


@pytest.fixture(scope="session")
def later(mastered: Mastered) -> PairAudio:
    """The same pair with a master that begins three samples late."""
    late = np.pad(mastered.pair.master, ((0, 0), (3, 0)))[:, :-3]
    return replace(mastered.pair, master=late)
