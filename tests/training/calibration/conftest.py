from __future__ import annotations

import pytest

from glassmaster.training.learning.pool import SongPool, pool_songs
from glassmaster.training.learning.smoke import generated_songs


@pytest.fixture(scope="session")
def pool() -> SongPool:
    return pool_songs(generated_songs(3, 6.0, split="calibration", first=40))
