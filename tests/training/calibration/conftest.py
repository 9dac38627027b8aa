from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from glassmaster.training.learning.pool import SongPool, pool_songs
from glassmaster.training.learning.smoke import generated_songs


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def pool() -> SongPool:
    return pool_songs(generated_songs(3, 6.0, split="calibration", first=40))
