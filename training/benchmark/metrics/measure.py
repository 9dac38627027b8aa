"""All figures of one delivered file.

``LN-MEL`` leads; the others stand beside it always. All are distances from the target: 0 is best.
The output is aligned to the target by gain first, with the loudness that an independent meter
gives, except for ``LUFS`` and ``TP``, which are about the file as it is.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ....data.audio import Samples
from ....data.metering.report import LoudnessAndPeak
from ....models.decibel import decibel_to_amplitude
from ....models.distances.measures import (
    dynamics_distance,
    mel_distance,
    spectrum_distance,
    spectrum_shape_distance,
    width_distance,
)
from ....models.errors import ParameterError
from ..excerpts import middle
from ..tasks import Task
from .frames import MelFrames, mel_frames
from .level import loudness_lufs
from .response import effective_response_db, response_error_db
from .waveform import PART_S, multiresolution_distance, null_db, zimtohrli_distance

Array: TypeAlias = npt.NDArray[np.float64]

METRICS: Mapping[str, str] = {
    "LN-MEL": "mean absolute difference of mel levels, loudness aligned, dB",
    "MR-STFT": "multi-resolution STFT distance, auraloss defaults, middle 10 s",
    "LTAS": "mean absolute difference of long-term spectra, dB",
    "LTAS-S": "the same, mean over bands removed, dB",
    "LUFS": "departure from the loudness asked for, LU",
    "TP": "share of files over their true-peak ceiling",
    "LRA": "difference of loudness ranges, LU",
    "PSR": "difference of peak to short-term loudness ratios, dB",
    "CREST": "difference of crest factors, dB",
    "DYN": "mean absolute difference of the bands' level spreads, dB",
    "WID": "mean absolute difference of the bands' widths, dB",
    "ZIMTOHRLI": "perceptual distance of zimtohrli, middle 10 s",
    "RESPONSE": "mean absolute error of the effective response in third octaves, dB",
    "NULL": "energy of the difference from the target over that of the target, dB",
}
"""Names and meanings. ``RESPONSE`` exists where the true response is known."""


@dataclass(frozen=True, slots=True, eq=False)
class Figures:
    """What is compared of a track.

    Attributes:
        frames: Its mel frames.
        lufs: Its loudness by the independent meter.
        range_lu: Loudness range; NaN where it is undefined.
        psr_db: Peak to short-term loudness ratio; NaN where it is undefined.
        crest_db: Largest sample over the root mean square of both channels.
        true_peak_dbtp: Largest value between samples.

    """

    frames: MelFrames
    lufs: float
    range_lu: float
    psr_db: float
    crest_db: float
    true_peak_dbtp: float


def figures_of(samples: Samples, sample_rate: int) -> Figures:
    """Measure a track, shape ``(2, time)``.

    Raises:
        UnsupportedAudioError: Its loudness is undefined.

    """
    meter = LoudnessAndPeak(sample_rate, 2)
    meter.feed(samples)
    report = meter.finish()
    mean_square = float(np.mean(np.square(samples, dtype=np.float64)))
    return Figures(
        frames=mel_frames(samples, sample_rate),
        lufs=loudness_lufs(samples, sample_rate),
        range_lu=_number(report.range_lu),
        psr_db=_number(report.psr_db),
        crest_db=20.0 * math.log10(float(np.max(np.abs(samples)))) - 10.0 * math.log10(mean_square),
        true_peak_dbtp=_number(report.true_peak_dbtp),
    )


class TargetMeasures:
    """Measures every method's output against one task's target, which is measured once.

    Args:
        task: With a target.
        ceiling_dbtp: Highest true peak allowed.
        dear: Whether ``MR-STFT`` and ``ZIMTOHRLI``, which cost as much as all others, are taken.

    Raises:
        ParameterError: The task has no target.
        UnsupportedAudioError: The target's loudness is undefined.

    """

    def __init__(self, task: Task, *, ceiling_dbtp: float, dear: bool = True) -> None:
        if task.target is None:
            raise ParameterError(
                f"{task.plan.key} has no target to measure against; use harm counters instead",
                code="no_target",
            )
        self._task = task
        self._target = task.target
        self._ceiling_dbtp = ceiling_dbtp
        self._dear = dear
        self._figures = figures_of(task.target, task.sample_rate)

    def of(self, output: Samples) -> dict[str, float]:
        """Return the figures of a delivered file by name, see `METRICS`.

        Args:
            output: Shape of the target.

        Raises:
            ParameterError: The shapes differ.
            UnsupportedAudioError: The output's loudness is undefined.

        """
        if output.shape != self._target.shape:
            raise ParameterError(
                f"{self._task.plan.key}: the output has shape {output.shape} and the target "
                f"{self._target.shape}; a master is as long as its mix",
                code="wrong_length",
            )
        rate, target = self._task.sample_rate, self._figures
        found = figures_of(output, rate)
        gain_db = target.lufs - found.lufs
        over_db = found.true_peak_dbtp - self._ceiling_dbtp
        values = {
            **frame_distances(found.frames.scaled(gain_db), target.frames),
            "LUFS": abs(found.lufs - self._task.target_lufs),
            "TP": 1.0 if over_db > 0.0 else 0.0,
            "LRA": abs(found.range_lu - target.range_lu),
            "PSR": abs(found.psr_db - target.psr_db),
            "CREST": abs(found.crest_db - target.crest_db),
            "NULL": null_db(output, self._target),
        }
        if self._task.truth.response_db is not None:
            response = effective_response_db(self._task.mix, output, rate)
            wanted = np.asarray(self._task.truth.response_db)
            values["RESPONSE"] = response_error_db(response, wanted)
        if self._dear:
            part = middle(output, PART_S, rate) * np.float32(decibel_to_amplitude(gain_db))
            goal = middle(self._target, PART_S, rate)
            values["MR-STFT"] = multiresolution_distance(part, goal)
            values["ZIMTOHRLI"] = zimtohrli_distance(part, goal, rate)
        return {name: values[name] for name in METRICS if name in values}


def frame_distances(output: MelFrames, target: MelFrames) -> dict[str, float]:
    """Return the distances between mel frames by name.

    Args:
        output: Aligned to the target by gain.
        target: With as many frames.

    """
    pair = (output.mid[None], output.side[None], target.mid[None], target.side[None])
    return {
        "LN-MEL": float(mel_distance(*pair)[0]),
        "LTAS": float(spectrum_distance(*pair)[0]),
        "LTAS-S": float(spectrum_shape_distance(*pair)[0]),
        "DYN": float(dynamics_distance(*pair)[0]),
        "WID": float(width_distance(*pair)[0]),
    }


def _number(value: float | None) -> float:
    return float("nan") if value is None else value
