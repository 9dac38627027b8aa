from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from glassmaster.inference.effects import Effects, effects_of
from glassmaster.models.chain import Anchors, resolve
from glassmaster.models.processors.multiband_compressor import BANDS
from glassmaster.models.settings import default_settings
from glassmaster.training.benchmark.metrics.effects import reduction_error_db, total_error_db

RATE = 44_100
NOISE = (0.1 * np.random.default_rng(0).standard_normal((2, RATE))).astype(np.float32)


def effects(gain_db: float = 0.0, **blocks: dict[str, float]) -> Effects:
    settings = default_settings()
    for name, values in blocks.items():
        settings = settings.with_block(name, values)
    anchors = Anchors(-20.0, (-20.0,) * 4, -20.0)
    return effects_of(
        resolve(settings, anchors, normalization_db=0.0, gain_db=gain_db), NOISE, RATE
    )


def test_trims_of_all_bands_are_a_gain() -> None:
    trimmed = effects(multiband_compressor={f"{band}_trim_db": 2.0 for band in BANDS})
    assert total_error_db(trimmed, effects(2.0)) < 0.02
    assert total_error_db(trimmed, effects()) == pytest.approx(2.0, abs=0.02)


def test_only_bands_that_work_count() -> None:
    silent = effects()
    wanted = np.zeros((4, 20))
    wanted[1] = 2.0
    true = replace(silent, reductions_db=wanted, limiting_db=np.full(20, 1.0))
    found = replace(true, reductions_db=wanted + 0.5, limiting_db=np.full(20, 0.9))
    assert reduction_error_db(found, true) == pytest.approx((0.5 + 0.1) / 2)
    assert reduction_error_db(true, true) == 0.0
    assert reduction_error_db(silent, replace(silent, limiting_db=np.zeros(20))) == 0.0
