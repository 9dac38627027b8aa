from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyebur128
import pytest

from glassmaster.data.audio import ArrayReader, Audio
from glassmaster.data.files.formats import DeliveryFormat
from glassmaster.inference.loudness_solve import (
    LimiterPreview,
    Limiting,
    drive_for_loudness,
    safest_loudest,
)
from glassmaster.inference.profiles import load_profile
from glassmaster.inference.rendering import Spooled, render_to_spool, write_master
from glassmaster.inference.spool import CHUNK_FRAMES, Spool
from glassmaster.models.chain import ResolvedChain
from glassmaster.models.processors.limiter import ResolvedLimiter
from glassmaster.models.rates import limiter_cell_samples

RATE = 44_100
LIMITER = ResolvedLimiter({"ceiling_dbtp": -1.1, "release_ms": 120.0})
PROFILE = load_profile("default")
Array = npt.NDArray[np.float64]


class Collector:
    """Takes what would be written."""

    def __init__(self) -> None:
        self.blocks: list[npt.NDArray[Any]] = []

    def write(self, samples: npt.NDArray[Any]) -> None:
        self.blocks.append(samples)

    @property
    def samples(self) -> Array:
        return np.concatenate(self.blocks, axis=1).astype(np.float64)


def fill(spool: Spool, audio: Audio, rate: int = RATE) -> Spooled:
    frames = audio.samples.shape[1]
    return render_to_spool(
        ArrayReader(audio), ResolvedChain(), spool, rate, frames=frames, progress=lambda done: None
    )


def written(spooled: Spooled, form: DeliveryFormat, drive_db: float, seed: int = 5) -> Array:
    collector = Collector()
    write_master(
        spooled,
        collector,
        form,
        LIMITER,
        drive_db=drive_db,
        dither_seed=seed,
        progress=lambda done: None,
    )
    return collector.samples


def loudness_lufs(samples: Array) -> float:
    state = pyebur128.R128State(2, RATE, pyebur128.MeasurementMode.MODE_I)
    state.add_frames(np.ascontiguousarray(samples.T).ravel(), samples.shape[1])
    return float(pyebur128.get_loudness_global(state))


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    with Spool(tmp_path, limiter_cell_samples(RATE), 10 * RATE) as opened:
        yield opened


@pytest.mark.parametrize("frames", [2, 31, 1000, CHUNK_FRAMES, CHUNK_FRAMES + 1, 150_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_below_the_ceiling_the_master_is_the_mix_and_the_drive(
    spool: Spool, song: Audio, frames: int, channels: int
) -> None:
    audio = Audio(np.ascontiguousarray(song.samples[:channels, 30_000 : 30_000 + frames]), RATE)
    spooled = fill(spool, audio)
    assert spool.frames == frames
    master = written(spooled, DeliveryFormat("wav", "32f", RATE, channels), -6.0)
    assert master.shape == (channels, frames)
    expected = audio.samples.astype(np.float64) * 10.0 ** (-6.0 / 20.0)
    assert np.max(np.abs(master - expected)) < 10.0 ** (-140.0 / 20.0)


@pytest.mark.parametrize(("depth", "bits"), [("16", 16), ("24", 24)])
def test_rounding_is_a_step_or_two_and_depends_on_the_seed(
    spool: Spool, song: Audio, depth: str, bits: int
) -> None:
    spooled = fill(spool, song)
    form = DeliveryFormat("wav", depth, RATE, 2)
    codes = written(spooled, form, 0.0)
    assert np.array_equal(codes, np.rint(codes))
    error = codes - song.samples * 2.0 ** (bits - 1)
    most = 1.5 if bits == 24 else 40.0  # noise shaping moves more error to where it is not heard
    assert np.max(np.abs(error)) <= most + 0.01
    assert abs(np.mean(error)) < 0.02
    assert np.array_equal(codes, written(spooled, form, 0.0))
    assert not np.array_equal(codes, written(spooled, form, 0.0, seed=6))


@pytest.mark.parametrize("drive_db", [3.0, 8.0, 14.0])
def test_preview_foretells_the_loudness_of_the_master(
    spool: Spool, song: Audio, drive_db: float
) -> None:
    spooled = fill(spool, song)
    assert spooled.loudness_lufs == pytest.approx(loudness_lufs(song.samples), abs=0.02)
    preview = LimiterPreview(spool, spooled.loudness_lufs or 0.0, RATE, LIMITER)
    found = preview.at(drive_db)
    master = written(spooled, DeliveryFormat("wav", "32f", RATE, 2), drive_db)
    assert found.output_lufs == pytest.approx(loudness_lufs(master), abs=0.1)
    assert found.loss_lu == pytest.approx(
        loudness_lufs(song.samples) + drive_db - found.output_lufs, abs=0.03
    )
    assert np.max(np.abs(master)) <= 10.0 ** (-1.1 / 20.0) + 1e-6


def test_drive_is_solved_and_the_safe_limit_found(spool: Spool, song: Audio) -> None:
    spooled = fill(spool, song)
    preview = LimiterPreview(spool, spooled.loudness_lufs or 0.0, RATE, LIMITER)
    for target_lufs in (-30.0, -16.0, -12.5):
        found = drive_for_loudness(preview, target_lufs, PROFILE, 1.0)
        assert found.output_lufs == pytest.approx(target_lufs, abs=0.002)
        assert found.budget_use(PROFILE) <= 1.0
    too_much = drive_for_loudness(preview, -5.0, PROFILE, 1.0)
    assert too_much.budget_use(PROFILE) > 1.0
    uses = {}
    for share in (0.5, 1.0):
        safe = safest_loudest(preview, PROFILE, too_much, share)
        uses[share] = safe.output_lufs
        assert share - 0.05 < safe.budget_use(PROFILE) <= share
    assert uses[0.5] < uses[1.0] < too_much.output_lufs


def test_more_drive_is_louder_and_costs_more(spool: Spool, song: Audio) -> None:
    spooled = fill(spool, song)
    preview = LimiterPreview(spool, spooled.loudness_lufs or 0.0, RATE, LIMITER)
    found = [preview.at(float(drive_db)) for drive_db in range(-6, 19, 3)]
    for less, more in pairwise(found):
        assert less.output_lufs < more.output_lufs
        assert less.loss_lu <= more.loss_lu + 1e-6
        assert less.reduction_db <= more.reduction_db + 1e-6
    assert found[0].loss_lu == pytest.approx(0.0, abs=0.01)
    assert found[0].reduction_db == 0.0


def test_budget_is_what_is_used_most() -> None:
    # the profile allows 2 LU and 6 dB
    assert Limiting(0.0, -12.0, 1.0, 1.5).budget_use(PROFILE) == pytest.approx(0.5)
    assert Limiting(0.0, -12.0, 0.2, 4.5).budget_use(PROFILE) == pytest.approx(0.75)


def test_delivery_at_another_rate_has_the_right_length_and_tone(tmp_path: Path) -> None:
    time_s = np.arange(2 * RATE) / RATE
    tone = 0.25 * np.sin(2.0 * math.pi * 1000.0 * time_s)
    audio = Audio(np.stack((tone, tone)).astype(np.float32), RATE)
    with Spool(tmp_path, limiter_cell_samples(48_000), 2 * 48_000) as spool:
        spooled = fill(spool, audio, 48_000)
        assert spool.frames == 2 * 48_000
        master = written(spooled, DeliveryFormat("wav", "32f", 48_000, 2), 0.0)
    middle = slice(24_000, 72_000)
    expected = 0.25 * np.sin(2.0 * math.pi * 1000.0 * np.arange(2 * 48_000) / 48_000)
    assert np.max(np.abs(master[:, middle] - expected[middle])) < 1e-5
