from __future__ import annotations

import numpy as np
import pytest

from glassmaster.data.alignment.likeness import LikenessMeter
from glassmaster.data.synthetic import compose


@pytest.mark.parametrize("rate", [8000, 11_025, 16_000, 44_100, 192_000])
def test_a_gain_is_likeness_at_every_rate(rate: int) -> None:
    """Low rates hold fewer of its bands."""
    song = compose(6, duration_s=6.0).mix.samples
    meter = LikenessMeter(rate)
    meter.feed(song, song * np.float32(2.0))
    found = meter.result()
    assert found.gain_db == pytest.approx(6.02, abs=0.01)
    assert found.tone_db == pytest.approx(0.0, abs=0.01)
    assert found.unlike_share == 0.0
