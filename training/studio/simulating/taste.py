"""What a studio likes, drawn: a pure function of the seed and the studio's number."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ....models.mel import mel_edges_hz
from ...randomness import generator
from .rules import Range, StudioRules

Array: TypeAlias = npt.NDArray[np.float64]

MEL_OCTAVES: Array = np.log2(mel_edges_hz()[1:-1] / 1000.0)
"""Places of the mel bands, in octaves above 1 kHz."""

_TASTE = 51  # stream of random numbers


@dataclass(frozen=True, slots=True, eq=False)
class Taste:
    """A studio's taste; see ``studio_v1.yaml``.

    Attributes:
        response_db: Fixed response in each mel band, shape ``(80,)``.
        curve_db: What spectra are moved toward, level-free, relative to the mean spectrum of
            finished songs, shape ``(80,)``.
        corrected: Share of the deviation that is undone.
        exponents: Of the compressor's two bands, shape ``(2,)``.
        thresholds_db: Relative to each band's mean level, shape ``(2,)``.
        attack_ms: Of both bands.
        release_ms: Of both bands.
        width_db: Gain of side in each mel band, shape ``(80,)``.
        loudness_lufs: Of masters.

    """

    response_db: Array
    curve_db: Array
    corrected: float
    exponents: Array
    thresholds_db: Array
    attack_ms: float
    release_ms: float
    width_db: Array
    loudness_lufs: float


def draw_taste(rules: StudioRules, studio: int) -> Taste:
    """Draw the taste of a studio, given its number."""
    drawn = generator(rules.seed, _TASTE, studio)
    taste, density, width = rules.taste, rules.density, rules.width
    response = taste.response_db * smooth_curve(drawn, taste.response_octaves)
    curve = taste.curve_db * smooth_curve(drawn, taste.curve_octaves)
    gain_db, slope_db = drawn.standard_normal(2) * (width.gain_db, width.slope_db)
    return Taste(
        response_db=response,
        curve_db=curve,
        corrected=taste.corrected,
        exponents=drawn.uniform(*density.exponent, 2),
        thresholds_db=drawn.uniform(*density.threshold_db, 2),
        attack_ms=_log_uniform(drawn, density.attack_ms),
        release_ms=_log_uniform(drawn, density.release_ms),
        width_db=np.clip(gain_db + slope_db * MEL_OCTAVES, -width.most_db, width.most_db),
        loudness_lufs=float(drawn.uniform(*rules.loudness.lufs)),
    )


def smooth_curve(drawn: np.random.Generator, octaves: float) -> Array:
    """Draw a normal process of unit variance in the mel bands, shape ``(80,)``.

    Args:
        drawn: Where numbers come from.
        octaves: Length of its correlation, of a squared exponential.

    """
    apart = (MEL_OCTAVES[:, None] - MEL_OCTAVES) / octaves
    values, axes = np.linalg.eigh(np.exp(-0.5 * apart * apart))
    # the symmetric root: it does not depend on how axes of equal values are chosen
    root = (axes * np.sqrt(np.maximum(values, 0.0))) @ axes.T
    curve: Array = root @ drawn.standard_normal(len(values))
    return curve


def _log_uniform(drawn: np.random.Generator, bounds: Range) -> float:
    return math.exp(drawn.uniform(math.log(bounds[0]), math.log(bounds[1])))
