"""Multitracks with one or two stems at the wrong level or badly equalized."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ....data.audio import Samples
from ....data.synthetic import STEMS, STYLES, compose
from ....models.decibel import decibel_to_amplitude
from ...frozen import load_configuration
from ..seeds import stream
from .spectral import filter_zero_phase

Array: TypeAlias = npt.NDArray[np.float64]

_FIRST_SONG = 7000  # seeds of songs that nothing else in the project composes


@dataclass(frozen=True, slots=True)
class FaultPrior:
    """All of ``mixfault_v1.yaml``; what each entry means stands there."""

    version: int
    songs: int
    duration_s: float
    second_fault_share: float
    level_share: float
    level_db: tuple[float, float]
    bell_db: tuple[float, float]
    bell_hz: tuple[float, float]
    bell_q: tuple[float, float]
    target_lufs: float


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one stem.

    Attributes:
        stem: Its name.
        gain_db: Of the whole stem, or of the bell.
        center_hz: Of the bell; None where the whole stem is at the wrong level.
        q: Of the bell.

    """

    stem: str
    gain_db: float
    center_hz: float | None
    q: float


@dataclass(frozen=True, slots=True, eq=False)
class FaultyMix:
    """A mix with faults beside the same mix without.

    Attributes:
        mix: Shape ``(2, time)``.
        intended: Same shape.
        faults: What differs.

    """

    mix: Samples
    intended: Samples
    faults: tuple[Fault, ...]


@cache
def mixfault_v1() -> FaultPrior:
    """Return the committed prior."""
    return load_configuration("mixfault_v1", FaultPrior)


def draw_faults(seed: int, song: int) -> tuple[Fault, ...]:
    """Draw the faults of a song: one or two, in different stems.

    Args:
        seed: Of the benchmark.
        song: Its number.

    """
    prior = mixfault_v1()
    rng = stream(seed, "mixfault_v1", str(song))
    count = 2 if rng.random() < prior.second_fault_share else 1
    stems = rng.permutation(len(STEMS))[:count]
    faults = []
    for index in stems.tolist():
        whole = rng.random() < prior.level_share
        bounds = prior.level_db if whole else prior.bell_db
        sign = 1.0 if rng.random() < 0.5 else -1.0
        gain_db = sign * float(rng.uniform(*bounds))
        low, high = (math.log(bound) for bound in prior.bell_hz)
        center_hz = math.exp(rng.uniform(low, high))
        q = float(rng.uniform(*prior.bell_q))
        faults.append(Fault(STEMS[index], gain_db, None if whole else center_hz, q))
    return tuple(faults)


def faulty_mix(seed: int, song: int, sample_rate: int) -> FaultyMix:
    """Compose a song and spoil its mix.

    Args:
        seed: Of the benchmark.
        song: Its number; styles follow in turn.
        sample_rate: In Hz.

    """
    prior = mixfault_v1()
    style = STYLES[song % len(STYLES)]
    composed = compose(
        _FIRST_SONG + song, style=style, duration_s=prior.duration_s, sample_rate=sample_rate
    )
    faults = draw_faults(seed, song)
    difference = np.zeros(composed.mix.samples.shape)
    for fault in faults:
        stem = composed.stems[fault.stem].astype(np.float64)
        difference += _spoiled(stem, sample_rate, fault) - stem
    intended = composed.mix.samples
    return FaultyMix((intended + difference).astype(np.float32), intended, faults)


def _spoiled(stem: Array, sample_rate: int, fault: Fault) -> Array:
    if fault.center_hz is None:
        return stem * decibel_to_amplitude(fault.gain_db)
    center_hz, a = fault.center_hz, 10.0 ** (fault.gain_db / 40.0)

    def bell_db(frequency_hz: Array) -> Array:
        ratio = frequency_hz / center_hz
        apart = (1.0 - ratio * ratio) ** 2
        above = apart + (ratio * a / fault.q) ** 2
        below = apart + (ratio / (a * fault.q)) ** 2
        gain_db: Array = 10.0 * np.log10(above / below)
        return gain_db

    return filter_zero_phase(stem, sample_rate, bell_db)
