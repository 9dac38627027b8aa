"""The figure of the company: tone and width of the mix among the finished music like it."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from ...models.spectrum import THIRD_CENTERS_HZ
from ..reference import Place, ReferenceMatch
from .company import heard_bands
from .markup import figure_block
from .plot import Numbers, Plot, drawing

STEP_DB = 10.0
MOST_DB = 60.0
"""Highest span of a scale; what lies lower is held at its edge."""

_OCTAVE_TICKS = (
    (31.5, "31.5", True), (63.0, "63", False), (125.0, "125", True), (250.0, "250", False),
    (500.0, "500", True), (1000.0, "1k", False), (2000.0, "2k", True), (4000.0, "4k", False),
    (8000.0, "8k", True), (16_000.0, "16k Hz", False),
)  # fmt: skip
_WIDTH = 720.0
_LEFT = 46.0
_INSIDE = _WIDTH - _LEFT - 26.0
_ENDS_HZ = (float(THIRD_CENTERS_HZ[0]), float(THIRD_CENTERS_HZ[-1]))


def match_figure(match: ReferenceMatch) -> str:
    """Draw the mix's tone curve over that of its neighbors, and below it the same for width.

    The shaded range is where 10 to 90 % of the neighbors lie, band by band.
    """
    heard = heard_bands(match)
    unnamed = tuple((hz, "", is_minor) for hz, _, is_minor in _OCTAVE_TICKS)
    tone_name = "Tone: level of third octaves around their mean, dB"
    content = _plot(match.tone_db, heard, 28.0, 200.0, unnamed, tone_name)
    width_name = "Width: side over mid in third octaves, dB"
    content += _plot(match.width_db, heard, 268.0, 140.0, _OCTAVE_TICKS, width_name)
    title = "Tone and width of the mix among the finished music like it"
    legend = (
        ("mix", "mix"),
        ("middle", "median of the music like it"),
        ("neighbors", "10 to 90 % of it"),
    )
    return figure_block(drawing(_WIDTH, 440.0, title, content), legend)


def _plot(
    place: Place,
    heard: npt.NDArray[np.bool_],
    top: float,
    height: float,
    ticks: tuple[tuple[float, str, bool], ...],
    name: str,
) -> str:
    mix_hz, mix_db = THIRD_CENTERS_HZ[heard], place.mix[heard]
    y_range = _scale(np.concatenate((place.low, place.high, mix_db)))
    plot = Plot(_LEFT, top, _INSIDE, height, _ENDS_HZ, y_range)
    ticks_db = np.arange(y_range[0], y_range[1] + 1.0, STEP_DB)
    return "".join(
        (
            plot.range(THIRD_CENTERS_HZ, place.low, place.high, "neighbors"),
            plot.axes(ticks, ticks_db.tolist(), name),
            plot.line(THIRD_CENTERS_HZ, place.middle, "curve middle"),
            plot.line(mix_hz, mix_db, "curve mix"),
        )
    )


def _scale(shown_db: Numbers) -> tuple[float, float]:
    """Return the ends of a scale around all that is shown, at whole steps."""
    high_db = STEP_DB * math.ceil(float(shown_db.max()) / STEP_DB)
    low_db = STEP_DB * math.floor(float(shown_db.min()) / STEP_DB)
    low_db = max(low_db, high_db - MOST_DB)
    return min(low_db, high_db - STEP_DB), high_db
