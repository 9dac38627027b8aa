from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from glassmaster.data.audio import ArrayReader, Audio
from glassmaster.data.files.formats import DeliveryFormat
from glassmaster.inference.engine.chain import ChainRenderer
from glassmaster.inference.rendering import render_to_spool, write_master
from glassmaster.inference.spool import Spool
from glassmaster.models.chain import ResolvedChain
from glassmaster.models.processors.limiter import ResolvedLimiter
from glassmaster.models.rates import hop_samples, limiter_cell_samples

LIMITER = ResolvedLimiter({"ceiling_dbtp": -3.0, "release_ms": 80.0})
DRIVE_DB = 9.0


class Collector:
    """Keeps what would be written."""

    def __init__(self) -> None:
        self.blocks: list[npt.NDArray[np.float32]] = []

    def write(self, samples: npt.NDArray[np.float32] | npt.NDArray[np.int32]) -> None:
        self.blocks.append(samples.astype(np.float32))


@pytest.mark.parametrize("sample_rate", [8000, 44_100, 96_000])
@pytest.mark.parametrize("frames", [65_536, 131_072, 70_016, 2048])
def test_second_pass_limits_as_the_stage_that_the_contracts_hold(
    tmp_path: Path, sample_rate: int, frames: int
) -> None:
    assert frames % hop_samples(sample_rate) == 0
    rng = np.random.default_rng(frames)
    samples = rng.uniform(-0.4, 0.4, (2, frames)).astype(np.float32)
    samples[:, :160] = samples[:, -960:] = 0.0  # the stage also sees what rings beyond both ends
    audio = Audio(samples, sample_rate)
    stage = ChainRenderer(ResolvedChain(gain_db=DRIVE_DB, limiter=LIMITER), sample_rate, 2)
    wanted = np.concatenate((stage.process(audio.samples), stage.finish()), axis=1)
    written = Collector()
    with Spool(tmp_path, limiter_cell_samples(sample_rate), frames) as spool:
        spooled = render_to_spool(
            ArrayReader(audio),
            ResolvedChain(),
            spool,
            sample_rate,
            frames=frames,
            progress=lambda done: None,
        )
        write_master(
            spooled,
            written,
            DeliveryFormat("wav", "32f", sample_rate, 2),
            LIMITER,
            drive_db=DRIVE_DB,
            dither_seed=0,
            progress=lambda done: None,
        )
    got = np.concatenate(written.blocks, axis=1)
    assert got.shape == wanted.shape
    np.testing.assert_allclose(got, wanted, atol=1e-6)  # float32 on both ways
