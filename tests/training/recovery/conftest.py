from __future__ import annotations

import numpy as np
import pytest
import torch

from glassmaster.models.moves import MOVES, NEUTRAL, RESPONSE, SLOPE, THRESHOLD, WIDTH, bounded
from glassmaster.training.learning.pool import SongPool, pool_songs
from glassmaster.training.learning.smoke import generated_songs
from glassmaster.training.recovery.explaining import MasteredFrames


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
