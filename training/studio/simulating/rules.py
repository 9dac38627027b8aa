"""How studios are simulated: ``configs/benchmark/studio_v1.yaml`` as data."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

from ...frozen import load_configuration

Range: TypeAlias = tuple[float, float]


@dataclass(frozen=True, slots=True)
class MixRules:
    """Which part of a song is used; see the file."""

    segments: int
    heard: int


@dataclass(frozen=True, slots=True)
class TasteRules:
    """Response and noise; see the file."""

    response_db: float
    response_octaves: float
    curve_db: float
    curve_octaves: float
    corrected: float
    hearing_octaves: float
    most_db: float
    noise_db: float
    noise_octaves: float


@dataclass(frozen=True, slots=True)
class DensityRules:
    """The compressor; see the file."""

    corner_hz: float
    edge_octaves: float
    exponent: Range
    threshold_db: Range
    attack_ms: Range
    release_ms: Range


@dataclass(frozen=True, slots=True)
class WidthRules:
    """Gain of side; see the file."""

    gain_db: float
    slope_db: float
    most_db: float


@dataclass(frozen=True, slots=True)
class LoudnessRules:
    """Loudness and clipper; see the file."""

    lufs: Range
    ceiling_dbfs: float
    recovery_ms: float


@dataclass(frozen=True, slots=True)
class StudioRules:
    """All of ``studio_v1.yaml``; what each entry means stands there."""

    version: int
    seed: int
    studios: int
    draws: int
    pairs: tuple[int, ...]
    unseen: int
    songs_of_an_album: int
    nulls: int
    mixes: MixRules
    taste: TasteRules
    density: DensityRules
    width: WidthRules
    loudness: LoudnessRules


@cache
def studio_v1() -> StudioRules:
    """Return the committed rules."""
    return load_configuration("studio_v1", StudioRules)
