"""Versions brought to one loudness by gains that only turn down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ...data.audio import Samples
from ...data.files.names import display_name
from ...data.metering.report import LoudnessAndPeak, LoudnessReport
from ...models.decibel import decibel_to_amplitude
from ...models.errors import UnsupportedAudioError
from ..equal_loudness import matching_gains_db

TOLERANCE_LU = 0.1
"""Loudness of what is compared differs by no more."""


@dataclass(frozen=True, slots=True, eq=False)
class Matched:
    """Versions that are equally loud.

    Attributes:
        loudness_lufs: Of all of them.
        gains_db: What each was turned by, by name; none is positive.
        samples: Of each, by name, of the shape that was given.
        spread_lu: How far their loudness is apart, measured again.

    """

    loudness_lufs: float
    gains_db: Mapping[str, float]
    samples: Mapping[str, Samples]
    spread_lu: float


def equally_loud(heard: Mapping[str, Samples], sample_rate: int) -> Matched:
    """Turn everything down to the loudness of the quietest, and until no true peak is above 0 dBTP.

    Args:
        heard: By name, each of shape ``(2, time)``.
        sample_rate: In Hz.

    Raises:
        UnsupportedAudioError: ``loudness_undefined`` where one has no loudness, or is so quiet that
            the gate of the measurement takes more of it after it is turned down.

    """
    found = {name: _measured(samples, sample_rate) for name, samples in heard.items()}
    levels_lufs = {name: _loudness(name, report) for name, report in found.items()}
    gains_db = matching_gains_db(found)
    wanted_lufs = min(level + gains_db[name] for name, level in levels_lufs.items())
    samples = {
        name: (each * decibel_to_amplitude(gains_db[name])).astype(np.float32)
        for name, each in heard.items()
    }
    again_lufs = {
        name: _loudness(name, _measured(each, sample_rate)) for name, each in samples.items()
    }
    spread_lu = max(again_lufs.values()) - min(again_lufs.values())
    if spread_lu > TOLERANCE_LU:
        raise _too_quiet(max(again_lufs, key=lambda name: abs(again_lufs[name] - wanted_lufs)))
    return Matched(wanted_lufs, gains_db, samples, spread_lu)


def _measured(samples: Samples, sample_rate: int) -> LoudnessReport:
    meter = LoudnessAndPeak(sample_rate, len(samples))
    meter.feed(samples)
    return meter.finish()


def _loudness(name: str, report: LoudnessReport) -> float:
    if report.integrated_lufs is None:
        raise _too_quiet(name)
    return report.integrated_lufs


def _too_quiet(name: str) -> UnsupportedAudioError:
    message = (
        f"{display_name(name)}: is too quiet or too short where it is compared for its loudness to "
        "be defined; choose another part"
    )
    return UnsupportedAudioError(message, code="loudness_undefined", path=name)
