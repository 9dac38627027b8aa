from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch

from glassmaster.data.audio import Samples
from glassmaster.data.synthetic import compose
from glassmaster.inference.engine.chain import ChainRenderer
from glassmaster.models.chain import ResolvedChain, measure_anchors, resolve
from glassmaster.models.moves import MOVES, NEUTRAL, RESPONSE, SLOPE, THRESHOLD, WIDTH, bounded
from glassmaster.models.settings import ChainSettings, default_settings
from glassmaster.training.learning.pool import SongPool, pool_songs
from glassmaster.training.learning.smoke import generated_songs
from glassmaster.training.recovery.beginning import PairAudio, measure_pair
from glassmaster.training.recovery.explaining import MasteredFrames

RATE = 44_100
GAIN_DB = 6.0


@dataclass(frozen=True)
class Mastered:
    pair: PairAudio
    settings: ChainSettings
    chain: ResolvedChain


@pytest.fixture(scope="session")
def song() -> Samples:
    return compose(6, duration_s=12.0).mix.samples


@pytest.fixture(scope="session")
def master_of(song: Samples) -> Callable[..., Mastered]:
    """Master the song by given settings, through the engine, with the anchors of the whole song."""

    def master(gain_db: float = GAIN_DB, **blocks: dict[str, float]) -> Mastered:
        settings = default_settings()
        for name, values in {"limiter": {"release_ms": 120.0}, **blocks}.items():
            settings = settings.with_block(name, values)
        measured = measure_pair(PairAudio(song, song, RATE))
        spectrum = measured.mix.spectrum.scaled(measured.normalization_db)
        anchors = measure_anchors(settings, spectrum, sample_rate=RATE)
        chain = resolve(
            settings, anchors, normalization_db=measured.normalization_db, gain_db=gain_db
        )
        renderer = ChainRenderer(chain, RATE, 2)
        rendered = np.concatenate((renderer.process(song), renderer.finish()), axis=1)
        return Mastered(PairAudio(song, rendered.astype(np.float32), RATE), settings, chain)

    return master


@pytest.fixture(scope="session")
def made(master_of: Callable[..., Mastered]) -> Mastered:
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
def later(made: Mastered) -> PairAudio:
    """The same pair with a master that begins three samples late."""
    late = np.pad(made.pair.master, ((0, 0), (3, 0)))[:, :-3]
    return replace(made.pair, master=late)


def known_moves(count: int) -> np.ndarray:
    """Responses, widths, and slopes of every second master; the first does nothing."""
    rng = np.random.default_rng(4)
    moves = np.tile(NEUTRAL, (count, 1))
    waves = np.cos(np.arange(1, 5)[:, None] * np.linspace(0.0, np.pi, 27))
    moves[1:, RESPONSE] += rng.normal(0.0, 1.5, (count - 1, 4)) @ waves
    moves[1:, WIDTH] += rng.normal(0.0, 2.0, (count - 1, 3))
    moves[1::2, SLOPE] = rng.uniform(0.2, 0.5, (len(moves[1::2]), 4))
    moves[1::2, THRESHOLD] = -4.0
    assert moves.shape[1] == len(MOVES)
    return bounded(moves)


@pytest.fixture(scope="session")
def pool() -> SongPool:
    return pool_songs(generated_songs(4, 6.0, split="fit", first=0))


@pytest.fixture(scope="session")
def wanted() -> np.ndarray:
    return known_moves(4)


@pytest.fixture(scope="session")
def mastered(pool: SongPool, wanted: np.ndarray) -> MasteredFrames:
    """Masters by known moves, 3 dB louder than they were."""
    mix = pool.frames(pool.first[:, None] + np.arange(2))
    quiet = MasteredFrames(mix, pool.spectra, mix, pool.sample_rate)
    with torch.no_grad():
        made = quiet.rendered(torch.from_numpy(wanted).float())
    master = type(made)(2.0 * made.mid, 2.0 * made.side, 2.0**0.5 * made.peak)
    return MasteredFrames(mix, pool.spectra, master, pool.sample_rate)
