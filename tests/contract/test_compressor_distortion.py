from __future__ import annotations

import numpy as np
import pytest
from cases import render
from signals import seconds

from glassmaster.models.chain import ResolvedChain
from glassmaster.models.processors.multiband_compressor import ResolvedMultibandCompressor
from glassmaster.models.settings import default_settings, specification

RATE = 48_000


def distortion(frequency_hz: float, values: dict[str, float], over_db: float) -> float:
    """Harmonics of a compressed tone over its fundamental, in the low band."""
    block = default_settings().with_block("multiband_compressor", values)["multiband_compressor"]
    tone = 0.1 * np.sin(2.0 * np.pi * frequency_hz * seconds(4.0, RATE))
    anchor_dbfs = 10.0 * np.log10(np.mean(tone**2)) - over_db
    compressor = ResolvedMultibandCompressor(block.values, (anchor_dbfs, -60.0, -60.0, -60.0))
    chain = ResolvedChain(multiband_compressor=compressor)
    settled = render(chain, np.stack((tone, tone)), RATE)[0, 2 * RATE : 3 * RATE]
    magnitude = np.abs(np.fft.rfft(settled))  # a second: bins of 1 Hz
    harmonics = magnitude[[round(k * frequency_hz) for k in range(2, 12)]]
    return float(np.linalg.norm(harmonics) / magnitude[round(frequency_hz)])


@pytest.mark.parametrize(("frequency_hz", "most"), [(30.0, 0.012), (50.0, 0.007), (80.0, 0.004)])
def test_no_time_constant_of_the_low_band_distorts_the_bass(
    frequency_hz: float, most: float
) -> None:
    fastest = {
        key: specification("multiband_compressor", key).low
        for key in ("low_attack_ms", "low_release_ms")
    }
    assert distortion(frequency_hz, {**fastest, "low_ratio": 2.0}, 6.0) < most
