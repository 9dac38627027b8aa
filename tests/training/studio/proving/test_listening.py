from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from glassmaster.training.studio.proving.listening import chosen_songs


def test_songs_are_the_extremes_and_the_middle() -> None:
    proof: Any = SimpleNamespace(gains_db=np.array([0.1, -2.0, 3.0, 0.5, 1.0, -0.3, 0.7]))
    chosen = chosen_songs(proof, 3)
    assert chosen == {2: "largest gain", 1: "largest loss", 3: "median"}
    assert len(chosen_songs(proof, 5)) == 5
    assert chosen_songs(proof, 0) == {}


def test_words_fit_studios_that_only_gain_or_only_lose() -> None:
    gains: Any = SimpleNamespace(gains_db=np.array([0.1, 0.2, 0.3]))
    assert chosen_songs(gains, 2) == {2: "largest gain", 0: "smallest gain"}
    losses: Any = SimpleNamespace(gains_db=np.array([-0.1, -0.2, -0.3]))
    assert chosen_songs(losses, 2) == {0: "smallest loss", 2: "largest loss"}
