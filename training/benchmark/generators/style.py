"""Settings of the chain as a mastering engineer might choose them: the prior ``style_v1``."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

import numpy as np

from ....models.processors import equalizer, multiband_compressor
from ....models.settings import ChainSettings, default_settings, specification
from ...frozen import load_configuration
from ..seeds import stream

Range: TypeAlias = tuple[float, float]


@dataclass(frozen=True, slots=True)
class EqualizerStyle:
    """How an equalizer is used; see ``style_v1.yaml``."""

    share: float
    filter_share: float
    gain_sd_db: float
    q: Range
    high_pass_share: float
    high_pass_hz: Range


@dataclass(frozen=True, slots=True)
class CompressorStyle:
    """How a multiband compressor is used; see ``style_v1.yaml``."""

    share: float
    band_share: float
    excess_ratio: Range
    threshold_db: Range
    attack_ms: Range
    release_ms: Range
    knee_db: Range
    corner_octaves: float
    trim_sd_db: float


@dataclass(frozen=True, slots=True)
class SaturatorStyle:
    """How a saturator is used; see ``style_v1.yaml``."""

    share: float
    drive_db: Range
    mix: Range


@dataclass(frozen=True, slots=True)
class DeesserStyle:
    """How a de-esser is used; see ``style_v1.yaml``."""

    share: float
    frequency_hz: Range
    threshold_db: Range
    ratio: Range


@dataclass(frozen=True, slots=True)
class ImagerStyle:
    """How an imager is used; see ``style_v1.yaml``."""

    share: float
    low_width: Range
    width_sd_db: float


@dataclass(frozen=True, slots=True)
class LimiterStyle:
    """How a limiter is used; see ``style_v1.yaml``."""

    release_ms: Range


@dataclass(frozen=True, slots=True)
class StylePrior:
    """All of ``style_v1.yaml``; what each entry means stands there."""

    version: int
    strengths: tuple[float, ...]
    strength_shares: tuple[float, ...]
    equalizer: EqualizerStyle
    multiband_compressor: CompressorStyle
    saturator: SaturatorStyle
    deesser: DeesserStyle
    imager: ImagerStyle
    limiter: LimiterStyle
    loudness_lufs: Range


@dataclass(frozen=True, slots=True)
class Style:
    """What one engineer does to a song.

    Attributes:
        settings: Of the chain; the limiter is always engaged.
        target_lufs: Loudness of the master.

    """

    settings: ChainSettings
    target_lufs: float


@cache
def style_v1() -> StylePrior:
    """Return the committed prior."""
    return load_configuration("style_v1", StylePrior)


def draw_style(seed: int, identity: str, prior: StylePrior | None = None) -> Style:
    """Draw settings and loudness for a song.

    Args:
        seed: Of the benchmark.
        identity: Of the song; equal ones get equal styles.
        prior: Where draws come from; the committed one by default.

    """
    prior = style_v1() if prior is None else prior
    draw = _Draw(stream(seed, "style_v1", identity))
    strength = draw.one_of(prior.strengths, prior.strength_shares)
    drawn = {
        "equalizer": (prior.equalizer.share, _equalizer(draw, prior.equalizer, strength)),
        "deesser": (prior.deesser.share, _deesser(draw, prior.deesser)),
        "multiband_compressor": (
            prior.multiband_compressor.share,
            _compressor(draw, prior.multiband_compressor, strength),
        ),
        "saturator": (prior.saturator.share, _saturator(draw, prior.saturator)),
        "imager": (prior.imager.share, _imager(draw, prior.imager, strength)),
        "limiter": (1.0, {"release_ms": draw.ratio(prior.limiter.release_ms)}),
    }
    settings = default_settings()
    for name, (share, values) in drawn.items():
        if draw.happens(share):
            settings = settings.with_block(name, _held(name, values))
    return Style(settings, draw.between(prior.loudness_lufs))


class _Draw:
    """Draws plain numbers from a generator; every call takes the same amount of randomness."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng

    def happens(self, share: float) -> bool:
        return float(self._rng.random()) < share

    def between(self, bounds: Range) -> float:
        return float(self._rng.uniform(*bounds))

    def ratio(self, bounds: Range) -> float:
        return math.exp(self.between((math.log(bounds[0]), math.log(bounds[1]))))

    def normal(self, sd: float) -> float:
        return sd * float(self._rng.standard_normal())

    def one_of(self, values: tuple[float, ...], shares: tuple[float, ...]) -> float:
        return float(self._rng.choice(values, p=shares))


def _equalizer(draw: _Draw, style: EqualizerStyle, strength: float) -> dict[str, float]:
    values = {}
    for item in equalizer.FILTERS:
        engaged = 1.0 if draw.happens(style.filter_share) else 0.0
        values[f"{item.name}_gain_db"] = engaged * strength * draw.normal(style.gain_sd_db)
        values[f"{item.name}_frequency_hz"] = draw.ratio((item.low_hz, item.high_hz))
        q = draw.ratio(style.q)
        if item.shape == "bell":
            values[f"{item.name}_q"] = q
    high_pass_hz = draw.ratio(style.high_pass_hz)
    if draw.happens(style.high_pass_share):
        values["high_pass_frequency_hz"] = high_pass_hz
    return values


def _compressor(draw: _Draw, style: CompressorStyle, strength: float) -> dict[str, float]:
    values = {"knee_db": draw.between(style.knee_db)}
    for key in multiband_compressor.CORNERS:
        octaves = draw.between((-style.corner_octaves, style.corner_octaves))
        values[key] = specification("multiband_compressor", key).default * 2.0**octaves
    for band in multiband_compressor.BANDS:
        engaged = 1.0 if draw.happens(style.band_share) else 0.0
        values[f"{band}_ratio"] = 1.0 + engaged * strength * draw.between(style.excess_ratio)
        values[f"{band}_threshold_db"] = draw.between(style.threshold_db)
        values[f"{band}_attack_ms"] = draw.ratio(style.attack_ms)
        values[f"{band}_release_ms"] = draw.ratio(style.release_ms)
        values[f"{band}_trim_db"] = engaged * draw.normal(style.trim_sd_db)
    return values


def _saturator(draw: _Draw, style: SaturatorStyle) -> dict[str, float]:
    return {"drive_db": draw.between(style.drive_db), "mix": draw.between(style.mix)}


def _deesser(draw: _Draw, style: DeesserStyle) -> dict[str, float]:
    return {
        "frequency_hz": draw.ratio(style.frequency_hz),
        "threshold_db": draw.between(style.threshold_db),
        "ratio": draw.between(style.ratio),
    }


def _imager(draw: _Draw, style: ImagerStyle, strength: float) -> dict[str, float]:
    middle, high = (10.0 ** (strength * draw.normal(style.width_sd_db) / 20.0) for _ in range(2))
    return {
        "low_width": draw.between(style.low_width),
        "middle_width": middle,
        "high_width": high,
    }


def _held(block: str, values: Mapping[str, float]) -> dict[str, float]:
    """Hold values within their ranges."""
    specs = {key: specification(block, key) for key in values}
    return {key: min(max(value, specs[key].low), specs[key].high) for key, value in values.items()}
