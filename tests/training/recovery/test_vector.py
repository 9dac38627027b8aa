from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassmaster.models.settings import BLOCKS, PARAMETERS, default_settings
from glassmaster.training.recovery.vector import (
    DELAY,
    GAIN,
    LENGTH,
    delay_of,
    free_places,
    gain_of,
    settings_of,
    vector_of,
)


@given(st.integers(0, 2**32 - 1), st.floats(-20.0, 20.0))
def test_settings_come_back_from_their_vector(seed: int, gain_db: float) -> None:
    drawn = np.random.default_rng(seed).random(len(PARAMETERS))
    settings = settings_of(np.append(drawn, (0.0, 0.0)), BLOCKS)
    vector = vector_of(settings, gain_db)
    assert vector[:GAIN] == pytest.approx(drawn, abs=1e-12)
    assert gain_of(vector) == pytest.approx(gain_db)
    assert delay_of(vector) == 0.0


def test_blocks_that_are_not_engaged_are_bypassed() -> None:
    settings = settings_of(vector_of(default_settings(), 0.0), ("imager",))
    assert [name for name in BLOCKS if not settings[name].bypass] == ["imager"]


def test_places_beyond_a_range_are_held() -> None:
    settings = settings_of(np.full(LENGTH, 2.0), BLOCKS)
    for block, spec in PARAMETERS:
        assert settings[block].values[spec.key] == pytest.approx(spec.high)


def test_gain_is_always_free_and_delay_where_it_is_asked_for() -> None:
    free = free_places(("limiter",))
    assert free[GAIN]
    assert not free[DELAY]
    assert free.sum() == len(BLOCKS["limiter"]) + 1
    assert free_places((), delay=True)[DELAY]
