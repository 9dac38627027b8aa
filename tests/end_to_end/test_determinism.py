from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from glassmaster.data.audio import ArrayReader, Audio
from glassmaster.inference.rendering import render_to_spool
from glassmaster.inference.spool import Spool
from glassmaster.models.chain import Anchors, resolve
from glassmaster.models.rates import limiter_cell_samples
from glassmaster.models.settings import ChainSettings, default_settings

ANCHORS = Anchors(-30.0, (-20.0, -20.0, -22.0, -26.0), -14.0)


@pytest.fixture(scope="module")
def busy() -> ChainSettings:
    settings = default_settings()
    settings = settings.with_block(
        "equalizer", {"low_gain_db": 3.0, "high_gain_db": -2.0, "high_shelf_gain_db": 3.0}
    )
    settings = settings.with_block("deesser", {"threshold_db": 2.0, "ratio": 3.0})
    bands = ("low", "low_mid", "high_mid", "high")
    ratios = {f"{band}_ratio": 2.0 for band in bands}
    settings = settings.with_block("multiband_compressor", ratios)
    settings = settings.with_block("saturator", {"drive_db": -4.0, "mix": 0.5})
    settings = settings.with_block("imager", {"low_width": 0.3, "high_width": 1.4})
    return settings.with_block("limiter", {})


def spooled_hash(
    audio: Audio, settings: ChainSettings, rate: int, block_frames: int, folder: Path
) -> str:
    digest = hashlib.sha256()
    frames = audio.samples.shape[1]
    chain = resolve(settings, ANCHORS, normalization_db=1.5)
    with Spool(folder, limiter_cell_samples(rate), frames) as spool:
        spooled = render_to_spool(
            ArrayReader(audio),
            chain,
            spool,
            rate,
            frames=frames,
            progress=lambda done: None,
            block_frames=block_frames,
        )
        for part in (*spool.audio(), *spool.peaks(), spool.read_powers(1 << 20, rewind=True)):
            digest.update(np.ascontiguousarray(part))
        digest.update(repr((spooled.loudness_lufs, spooled.reductions, spool.frames)).encode())
    return digest.hexdigest()


@pytest.mark.parametrize("rate", [44_100, 48_000])
def test_first_pass_does_not_depend_on_block_size(
    song: Audio, busy: ChainSettings, tmp_path: Path, rate: int
) -> None:
    audio = Audio(np.ascontiguousarray(song.samples[:, :100_001]), song.sample_rate)
    hashes = {
        spooled_hash(audio, busy, rate, block_frames, tmp_path)
        for block_frames in (777, 4_096, 65_536, 200_000)
    }
    assert len(hashes) == 1


def test_one_frame_at_a_time_is_the_same_too(
    song: Audio, busy: ChainSettings, tmp_path: Path
) -> None:
    audio = Audio(np.ascontiguousarray(song.samples[:, 50_000:53_000]), song.sample_rate)
    hashes = {spooled_hash(audio, busy, 48_000, frames, tmp_path) for frames in (1, 3_000)}
    assert len(hashes) == 1


def test_chain_hashes_notice_a_difference(song: Audio, busy: ChainSettings, tmp_path: Path) -> None:
    audio = Audio(np.ascontiguousarray(song.samples[:, :50_000]), song.sample_rate)
    other = busy.with_block("saturator", {"drive_db": -4.0, "mix": 0.51})
    assert spooled_hash(audio, busy, 44_100, 4096, tmp_path) != spooled_hash(
        audio, other, 44_100, 4096, tmp_path
    )


def test_same_bytes_whatever_the_number_of_threads_or_processors(
    spawn: Any, sha256: Any, mix: Path, tmp_path: Path
) -> None:
    options = ("--sample-rate", "48000", "--bit-depth", "16")
    hashes = set()
    for index, variables in enumerate(
        (
            {},
            {},
            {"NUMBA_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
            {"NUMBA_NUM_THREADS": "2", "OMP_NUM_THREADS": "8", "PYTHONHASHSEED": "7"},
        )
    ):
        output = tmp_path / f"{index}.wav"
        done = spawn("master", mix, "-o", output, *options, env={**os.environ, **variables})
        assert done.code == 0
        hashes.add(sha256(output))
    output = tmp_path / "one.wav"
    pinned = {"preexec_fn": lambda: os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})}
    assert spawn("master", mix, "-o", output, *options, **pinned).code == 0
    hashes.add(sha256(output))
    assert len(hashes) == 1


def test_name_folder_and_time_of_the_mix_are_not_in_the_bytes(
    run: Any, sha256: Any, mix: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "quite another name.wav"
    copy.write_bytes(mix.read_bytes())
    os.utime(copy, (1e9, 1e9))
    for index, path in enumerate((mix, copy)):
        output = tmp_path / f"{index}.wav"
        assert run("master", path, "-o", output, "--bit-depth", "32f").code == 0
    assert sha256(tmp_path / "0.wav") == sha256(tmp_path / "1.wav")
