"""Matching the long-term spectrum of the references: what most programs called automatic do."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.signal import firwin2, oaconvolve

from ....data.audio import Samples
from ....models.spectrum import THIRD_CENTERS_HZ, levels_db, third_octaves
from ..delivery import analysis_of
from ..tasks import Task
from .method import Made, delivered_audio

Array: TypeAlias = npt.NDArray[np.float64]

TAPS = 4095
"""Length of the filter: resolves 20 Hz at 44.1 kHz, and delays by a whole number of samples."""

MOST_DB = 12.0
"""No band is moved by more."""

RELEVANT_DB = 70.0
"""Bands this far below the loudest are moved like their neighbors."""


@dataclass(frozen=True, slots=True)
class SpectrumMatch:
    """An equalizer that gives the mix the references' mean spectrum, and the limiter after it."""

    name: str = "ltas_match"
    fingerprint: str = ""
    uses_references: bool = True

    def refusal(self, task: Task) -> str:
        """Refuse tasks without a reference."""
        return "" if task.references else "needs a reference"

    def make(self, task: Task, folder: Path) -> Made:
        """Filter and deliver the mix."""
        rate = task.sample_rate
        ours_db = thirds_db(task.mix, rate)
        theirs_db = np.mean([thirds_db(each.samples, rate) for each in task.references], axis=0)
        matched = matched_audio(task.mix, rate, matching_response_db(ours_db, theirs_db))
        return delivered_audio(task, matched, folder)


def thirds_db(samples: Samples, sample_rate: int) -> Array:
    """Return the gated long-term spectrum in third octaves, level taken out, in dB.

    Args:
        samples: Shape ``(2, time)``.
        sample_rate: In Hz.

    Returns:
        Shape ``(31,)``; bands further than `RELEVANT_DB` below the loudest are held there.

    """
    spectrum = analysis_of(samples, sample_rate).spectrum
    level_db = levels_db(third_octaves(spectrum.total))
    held_db = np.maximum(level_db, level_db.max() - RELEVANT_DB)
    free: Array = held_db - held_db.mean()
    return free


def matching_response_db(ours_db: Array, theirs_db: Array) -> Array:
    """Return the response from one spectrum to the other, smoothed over neighboring thirds.

    Args:
        ours_db: See `thirds_db`.
        theirs_db: Same shape.

    """
    difference = np.pad(theirs_db - ours_db, 1, mode="edge")
    smooth = 0.25 * difference[:-2] + 0.5 * difference[1:-1] + 0.25 * difference[2:]
    response: Array = np.clip(smooth - smooth.mean(), -MOST_DB, MOST_DB)
    return response


def matched_audio(samples: Samples, sample_rate: int, response_db: Array) -> Samples:
    """Filter audio by a response in third octaves, with linear phase and without delay.

    Args:
        samples: Shape ``(2, time)``.
        sample_rate: In Hz.
        response_db: At `THIRD_CENTERS_HZ`, shape ``(31,)``.

    """
    frequency_hz = np.linspace(0.0, 0.5 * sample_rate, 1025)
    heard_hz = np.maximum(frequency_hz, THIRD_CENTERS_HZ[0])
    gain_db = np.interp(np.log(heard_hz), np.log(THIRD_CENTERS_HZ), response_db)
    taps = firwin2(TAPS, frequency_hz, 10.0 ** (gain_db / 20.0), fs=sample_rate)
    filtered = oaconvolve(samples.astype(np.float64), taps[None], mode="same", axes=1)
    return np.ascontiguousarray(filtered, np.float32)
