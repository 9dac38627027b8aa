from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from glassmaster.data.audio import Samples
from glassmaster.data.synthetic import compose
from glassmaster.inference.engine.chain import ChainRenderer
from glassmaster.models.chain import REFERENCE_LUFS
from glassmaster.models.settings import ChainSettings, default_settings
from glassmaster.training.benchmark.delivery import CEILING_DBTP, analysis_of, deliver_audio

RATE = 44_100
IDLE = default_settings().with_block("limiter", {"release_ms": 120.0, "ceiling_dbtp": -1.1})
BUSY = IDLE.with_block("equalizer", {"high_shelf_gain_db": 3.0}).with_block(
    "multiband_compressor", {"low_ratio": 2.0, "low_threshold_db": -3.0}
)


@cache
def song() -> Samples:
    return compose(3, style="rock", duration_s=6.0).mix.samples


def null_db(made: Samples, wanted: Samples) -> float:
    """What is left after the best gain."""
    one, other = (each.astype(np.float64).ravel() for each in (made, wanted))
    rest = other - one * (one @ other) / (one @ one)
    return 10.0 * float(np.log10(rest @ rest / (other @ other)))


@pytest.mark.parametrize("settings", [IDLE, BUSY], ids=["idle", "busy"])
def test_the_chain_that_is_told_makes_the_file(settings: ChainSettings) -> None:
    made = deliver_audio(song(), RATE, -11.0, settings=settings)
    renderer = ChainRenderer(made.chain, RATE, 2)
    wanted = np.concatenate((renderer.process(song()), renderer.finish()), axis=1)
    assert np.abs(made.samples - wanted).max() < 4 * 2.0**-23  # rounding and dither of 24 bits
    assert made.limiting.reduction_db > 0.5


@pytest.mark.parametrize("settings", [IDLE, BUSY], ids=["idle", "busy"])
def test_a_known_gain_counts_from_the_reference_loudness(settings: ChainSettings) -> None:
    first = deliver_audio(song(), RATE, -11.0, settings=settings)
    mix_lufs = analysis_of(song(), RATE).loudness.dual_mono_lufs
    assert mix_lufs is not None
    gain_db = first.chain.normalization_db + first.chain.gain_db - (REFERENCE_LUFS - mix_lufs)
    again = deliver_audio(song(), RATE, -11.0, settings=settings, drive_db=float(gain_db))
    assert np.abs(again.samples - first.samples).max() < 1e-5
    assert again.loudness.integrated_lufs == pytest.approx(first.loudness.integrated_lufs, abs=1e-3)


def test_what_goes_over_the_ceiling_becomes_quieter_as_a_whole() -> None:
    high = IDLE.with_block("limiter", {"release_ms": 120.0, "ceiling_dbtp": -0.5})
    free, held = (
        deliver_audio(song(), RATE, -11.0, settings=high, drive_db=9.0, ceiling_dbtp=ceiling_dbtp)
        for ceiling_dbtp in (0.0, CEILING_DBTP)
    )
    assert free.loudness.true_peak_dbtp is not None
    assert held.loudness.true_peak_dbtp is not None
    over_db = free.loudness.true_peak_dbtp - CEILING_DBTP
    assert over_db > 0.3
    assert CEILING_DBTP - 0.1 < held.loudness.true_peak_dbtp <= CEILING_DBTP
    assert null_db(held.samples, free.samples) < -90.0
    assert free.limiting.reduction_db > 1.0
