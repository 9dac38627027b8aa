from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from glassmaster.data.corpus.shard import ShardSong
from glassmaster.models.mel_statistics import STATISTICS
from glassmaster.models.moves import MOVES, NEUTRAL, RESPONSE, WIDTH, bounded
from glassmaster.models.weights import FOLDER
from glassmaster.training.learning.smoke import generated_songs
from glassmaster.training.studio.base import BaseModel
from glassmaster.training.studio.content import features
from glassmaster.training.studio.pairs import StudioPairs
from glassmaster.training.studio.simulating.mixes import Mixes, make_mixes
from glassmaster.training.studio.simulating.rules import MixRules, StudioRules, studio_v1

CENTER = np.zeros(len(STATISTICS))


def _taste_of(base: np.ndarray, statistics: np.ndarray) -> np.ndarray:
    """A studio that halves the base's response, adds a tilt, and undoes a third of a deviation."""
    moves = base.copy()
    levels = features(statistics, CENTER)[:, :27]
    tilt = np.linspace(-2.0, 2.0, 27)
    moves[:, RESPONSE] = 0.5 * base[:, RESPONSE] + tilt - levels / 3.0
    moves[:, WIDTH] += np.array([0.0, 1.0, 2.0])
    return bounded(moves)


def _known_pairs(
    count: int, *, albums: int = 8, seed: int = 1, noise_db: float = 0.3, has_taste: bool = True
) -> StudioPairs:
    """Pairs whose moves are those of `_taste_of`, or of the base model, plus noise."""
    rng = np.random.default_rng(seed)
    statistics = np.zeros((count, len(STATISTICS)))
    bends = rng.normal(0.0, 3.0, (count, 6))
    spectrum = [i for i, name in enumerate(STATISTICS) if name.startswith("spectrum_db@")]
    places = np.linspace(0.0, np.pi, len(spectrum))
    statistics[:, spectrum] = bends @ np.cos(np.arange(1, 7)[:, None] * places)
    base = np.tile(NEUTRAL, (count, 1))
    base[:, RESPONSE] += rng.normal(0.0, 1.0, (count, 3)) @ np.cos(
        np.arange(1, 4)[:, None] * np.linspace(0.0, np.pi, 27)
    )
    base = bounded(base)
    moves = _taste_of(base, statistics) if has_taste else base.copy()
    sizes = np.full(len(MOVES), 0.02)
    sizes[: WIDTH.stop] = noise_db
    return StudioPairs(
        names=tuple(f"song {i}" for i in range(count)),
        songs=tuple(f"song {i}" for i in range(count)),
        albums=tuple(f"album {i % albums}" for i in range(count)),
        statistics=statistics,
        base=base,
        moves=bounded(moves + sizes * rng.normal(size=moves.shape)),
        sigma=np.tile(np.maximum(sizes, 0.05), (count, 1)),
        residual_db=np.full(count, 0.4),
        loudness_lufs=np.linspace(-11.0, -9.0, count),
    )


@pytest.fixture(scope="session")
def taste_of() -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    return _taste_of


@pytest.fixture(scope="session")
def known_pairs() -> Callable[..., StudioPairs]:
    return _known_pairs


@pytest.fixture(scope="session")
def center() -> np.ndarray:
    return CENTER


@pytest.fixture(scope="session")
def songs() -> list[ShardSong]:
    return generated_songs(8, 6.0, split="validation", first=0)


@pytest.fixture(scope="session")
def base() -> BaseModel:
    return BaseModel(FOLDER / "network.safetensors")


@pytest.fixture(scope="session")
def rules() -> StudioRules:
    """Those of the suite, for as many songs as there are."""
    committed = studio_v1()
    return replace(committed, studios=1, draws=1, nulls=2, pairs=(4, 5), unseen=2)


@pytest.fixture(scope="session")
def mixes(songs: list[ShardSong], base: BaseModel, rules: StudioRules) -> Mixes:
    return make_mixes(songs, songs[:3], base, MixRules(segments=2, heard=2), rules.seed)
