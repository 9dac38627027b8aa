"""Versions made equally loud, by one plain gain each, and written to be listened to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...data.audio import BLOCK_FRAMES, Samples
from ...data.files.formats import DeliveryFormat
from ...data.files.writer import create_audio
from ...data.metering.report import LoudnessAndPeak, LoudnessReport
from ...models.decibel import decibel_to_amplitude
from ..equal_loudness import matching_gains_db

FORM = "32f"
"""Samples keep whatever they are, so that what cancels still does."""


@dataclass(frozen=True, slots=True)
class Matched:
    """A version as it is listened to.

    Attributes:
        gain_db: What makes it as loud as the quietest, 0 or below.
        integrated_lufs: Its loudness after that, as two loudspeakers give it; None where undefined.

    """

    gain_db: float
    integrated_lufs: float | None


def matched_levels(versions: Mapping[str, Samples], sample_rate: int) -> dict[str, Matched]:
    """Find gains that make versions equally loud; none is raised, and none exceeds full scale.

    Args:
        versions: By name, each of shape ``(channel, time)``.
        sample_rate: In Hz.

    """
    reports = {name: _measured(samples, sample_rate) for name, samples in versions.items()}
    gains_db = matching_gains_db(reports)
    return {
        name: Matched(
            gains_db[name],
            None if each.dual_mono_lufs is None else each.dual_mono_lufs + gains_db[name],
        )
        for name, each in reports.items()
    }


def write_matched(
    path: Path, samples: Samples, sample_rate: int, gain_db: float, *, force: bool
) -> None:
    """Write a version with its gain, as WAV in single precision.

    Raises:
        OutputError: The file exists or cannot be written.

    """
    channels, frames = samples.shape
    form = DeliveryFormat("wav", FORM, sample_rate, channels)
    gain = np.float32(decibel_to_amplitude(gain_db))
    with create_audio(path, form, frames=frames, force=force) as writer:
        for start in range(0, frames, BLOCK_FRAMES):
            writer.write(np.ascontiguousarray(samples[:, start : start + BLOCK_FRAMES]) * gain)
        writer.commit()


def _measured(samples: Samples, sample_rate: int) -> LoudnessReport:
    meter = LoudnessAndPeak(sample_rate, samples.shape[0])
    for start in range(0, samples.shape[1], BLOCK_FRAMES):
        meter.feed(np.ascontiguousarray(samples[:, start : start + BLOCK_FRAMES]))
    return meter.finish()
