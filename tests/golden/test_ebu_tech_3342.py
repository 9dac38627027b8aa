"""EBU Tech 3342 (2023), Table 1: every case that is defined by a formula."""

from __future__ import annotations

import numpy as np
import pytest

from glassmaster.data.metering.loudness import LoudnessMeter


@pytest.mark.parametrize("rate", [44_100, 48_000, 96_000, 192_000])
@pytest.mark.parametrize(
    ("levels_dbfs", "expected_lu"),
    [
        pytest.param([-20.0, -30.0], 10.0, id="1"),
        pytest.param([-20.0, -15.0], 5.0, id="2"),
        pytest.param([-40.0, -20.0], 20.0, id="3"),
        pytest.param([-50.0, -35.0, -20.0, -35.0, -50.0], 15.0, id="4"),
    ],
)
def test_loudness_range(levels_dbfs: list[float], expected_lu: float, rate: int) -> None:
    second = np.sin(2.0 * np.pi * 1000.0 * np.arange(rate) / rate)
    meter = LoudnessMeter(rate, 2)
    for level_dbfs in levels_dbfs:
        for _ in range(20):
            meter.feed(np.tile(10.0 ** (level_dbfs / 20.0) * second, (2, 1)))
    assert meter.range_lu == pytest.approx(expected_lu, abs=1.0)
