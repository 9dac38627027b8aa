from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from glassmaster.data.audio import Audio
from glassmaster.data.synthetic import compose
from glassmaster.inference.predictor import NOT_DETERMINED, Interval
from glassmaster.models.chain import REFERENCE_LUFS
from glassmaster.models.moves import QUANTITIES, RESPONSE
from glassmaster.models.processors.multiband_compressor import BANDS
from glassmaster.models.settings import ChainSettings, default_settings
from glassmaster.training.benchmark.audio_source import ExcerptSource
from glassmaster.training.benchmark.bench import Bench, BenchSettings
from glassmaster.training.benchmark.delivery import (
    DeliveredAudio,
    analysis_of,
    deliver_audio,
)
from glassmaster.training.benchmark.methods.inversion import Inversion
from glassmaster.training.benchmark.methods.method import Made
from glassmaster.training.benchmark.metrics.level import loudness_lufs
from glassmaster.training.benchmark.metrics.response import settings_response_db
from glassmaster.training.benchmark.metrics.waveform import null_db
from glassmaster.training.benchmark.tasks import Plan, Task, Truth

RATE = 44_100
LOUD_LUFS = -12.0
QUIET_LUFS = -24.0  # the limiter does nothing, so that the gain is told exactly
PLAN = Plan("SYN", "p/one", "p", "p", (), 0)
LIMITED = default_settings().with_block("limiter", {"release_ms": 120.0})


@cache
def song() -> Audio:
    return compose(6, duration_s=4.0).mix


def task_of(settings: ChainSettings, asked_lufs: float) -> Task:
    mix = 0.5 * song().samples
    master = deliver_audio(mix, RATE, asked_lufs, settings=settings)
    response_db = tuple(settings_response_db(settings, RATE).tolist())
    truth = Truth(settings, response_db=response_db, master=master)
    lufs = loudness_lufs(master.samples, RATE)
    return Task(PLAN, mix, master.samples, RATE, lufs, (), truth)


def bench(folder: Path) -> Bench:
    source = ExcerptSource(folder, (), folder)
    return Bench(BenchSettings(source, (PLAN,), (), {}, {}, None, None, {}, dear=False))


def lufs_of(delivered: DeliveredAudio) -> float:
    assert delivered.loudness.integrated_lufs is not None
    return delivered.loudness.integrated_lufs


def test_a_master_by_the_limiter_alone_comes_back_as_loud(tmp_path: Path) -> None:
    task = task_of(LIMITED, LOUD_LUFS)
    mix_lufs = analysis_of(task.mix, RATE).loudness.dual_mono_lufs
    assert mix_lufs is not None
    assert abs(mix_lufs - REFERENCE_LUFS) > 3.0  # by so much it would be off from a false start
    made = Inversion().make(task, tmp_path)
    assert task.target is not None
    assert task.truth.master is not None
    assert lufs_of(made.delivered) == pytest.approx(lufs_of(task.truth.master), abs=0.02)
    assert null_db(made.delivered.samples, task.target) < -80.0
    assert made.intervals is not None
    assert set(QUANTITIES) <= set(made.intervals)


def test_bands_that_do_what_an_equalizer_could_do_leave_the_total_right(tmp_path: Path) -> None:
    trimmed = LIMITED.with_block("multiband_compressor", {f"{band}_trim_db": 2.0 for band in BANDS})
    task = task_of(trimmed, QUIET_LUFS)
    delivered = deliver_audio(task.mix, RATE, QUIET_LUFS, settings=LIMITED)
    names = QUANTITIES[RESPONSE]
    intervals: dict[str, Interval] = dict.fromkeys(names, (-0.02, 0.02))
    intervals |= {names[0]: (1.0, 2.0), "limiter_p95_db": NOT_DETERMINED}
    made = Made(delivered, LIMITED, intervals=intervals)
    found = bench(tmp_path).measure(task, made, Inversion())
    assert found["TOT"] == pytest.approx(0.0, abs=0.02)
    assert found["TOT-EQ"] == 0.0
    assert found["GR-TIME"] == pytest.approx(0.0, abs=0.02)
    assert found["COVERAGE"] == pytest.approx(26 / 27)
    assert (found[f"IN {names[0]}"], found[f"IN {names[1]}"]) == (0.0, 1.0)
    assert "TRUE limiter_p95_db" in found
    assert "IN limiter_p95_db" not in found
    tilted = LIMITED.with_block(
        "equalizer", {"high_shelf_gain_db": 6.0, "high_shelf_frequency_hz": 3000.0}
    )
    off = deliver_audio(task.mix, RATE, QUIET_LUFS, settings=tilted)
    wrong = bench(tmp_path).measure(task, Made(off, tilted), Inversion())
    assert wrong["TOT"] is not None
    assert wrong["TOT"] > 1.0
    assert wrong["TOT-EQ"] is not None
    assert wrong["TOT-EQ"] > 1.0
    assert "COVERAGE" not in wrong
