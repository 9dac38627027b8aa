"""Drawings of a recovery: the response with its interval, reductions over time, and the rest."""

from __future__ import annotations

import numpy as np

from ....inference.predictor import NOT_DETERMINED
from ....inference.report.effect_figures import (
    Curve,
    reduction_title,
    reductions_figure,
    responses_figure,
)
from ....inference.report.figures import FREQUENCY_TICKS, HIGHEST_HZ, LOWEST_HZ
from ....inference.report.markup import figure_block
from ....inference.report.plot import Plot, drawing
from ....models.moves import QUANTITIES, RESPONSE, RESPONSE_HZ
from ....models.processors.multiband_compressor import BANDS
from ..explanation import Explanation

_WIDTH, _LEFT = 720.0, 46.0
_INSIDE = _WIDTH - _LEFT - 26.0


def response_figure(told: Explanation) -> str:
    """Draw the response of everything up to the limiter, its level taken out, and its interval."""
    bounds = np.array([_bounds(told, name) for name in QUANTITIES[RESPONSE]])
    curve = Curve("moved", "recovered", told.effects.quantities[RESPONSE])
    return responses_figure("Response up to the limiter, dB", [curve], bounds, "90 % interval")


def rest_figure(told: Explanation) -> str:
    """Draw what is left of the master in third octaves, relative to it."""
    lowest_db = 20.0 * np.floor(min(float(told.rest_db.min()), -20.0) / 20.0)
    plot = Plot(_LEFT, 28.0, _INSIDE, 140.0, (LOWEST_HZ, HIGHEST_HZ), (lowest_db, 0.0))
    ticks_db = np.arange(lowest_db, 1.0, 20.0).tolist()
    parts = [plot.axes(FREQUENCY_TICKS, ticks_db, "Left of the master, dB relative to it")]
    parts.append(plot.line(RESPONSE_HZ, told.rest_db, "curve moved"))
    return figure_block(drawing(_WIDTH, 208.0, "What is left of the master", "".join(parts)), ())


def reduction_figure(told: Explanation) -> str:
    """Draw the gain reduction of the compressor's bands and of the limiter over time."""
    rows = [*zip(BANDS, told.effects.reductions_db, strict=True)]
    rows = [row for row in rows if float(row[1].max()) > 0.0]
    rows.append(("limiter", told.effects.limiting_db))
    return reductions_figure(
        [(reduction_title(name), [Curve("moved", "recovered", values)]) for name, values in rows]
    )


def _bounds(told: Explanation, name: str) -> tuple[float, float]:
    interval = told.intervals.get(name, NOT_DETERMINED)
    return (np.nan, np.nan) if interval == NOT_DETERMINED else interval
