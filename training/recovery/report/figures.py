"""Drawings of a recovery: the response with its interval, reductions over time, and the rest."""

from __future__ import annotations

import numpy as np

from ....inference.effects import STEP_S
from ....inference.predictor import NOT_DETERMINED
from ....inference.report.figures import FREQUENCY_TICKS, HIGHEST_HZ, LOWEST_HZ
from ....inference.report.markup import figure_block
from ....inference.report.plot import Plot, drawing
from ....models.moves import QUANTITIES, RESPONSE, RESPONSE_HZ
from ....models.processors.multiband_compressor import BANDS
from ..explanation import Explanation
from ..vector import Array

_WIDTH, _LEFT = 720.0, 46.0
_INSIDE = _WIDTH - _LEFT - 26.0
_SPANS_DB = (3.0, 6.0, 12.0, 24.0)
_POINTS = 360
_LEAST_S = 1.0


def response_figure(told: Explanation) -> str:
    """Draw the response of everything up to the limiter, its level taken out, and its interval."""
    response_db = told.effects.quantities[RESPONSE]
    bounds = np.array([_bounds(told, name) for name in QUANTITIES[RESPONSE]])
    known = np.isfinite(bounds[:, 0])
    shown = np.concatenate((response_db, bounds[known].ravel()))
    span_db = _span(float(np.abs(shown).max(initial=0.0)))
    plot = Plot(_LEFT, 28.0, _INSIDE, 190.0, (LOWEST_HZ, HIGHEST_HZ), (-span_db, span_db))
    parts = []
    if known.any():
        parts.append(plot.range(RESPONSE_HZ[known], bounds[known, 0], bounds[known, 1], "expected"))
    ticks_db = np.linspace(-span_db, span_db, 5).tolist()
    parts.append(plot.axes(FREQUENCY_TICKS, ticks_db, "Response up to the limiter, dB"))
    parts.append(plot.line(RESPONSE_HZ, response_db, "curve moved"))
    title = "Response of everything up to the limiter"
    legend = [("moved", "recovered"), ("expected", "90 % interval")]
    return figure_block(drawing(_WIDTH, 258.0, title, "".join(parts)), legend)


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
    seconds = max(len(told.effects.limiting_db) * STEP_S, _LEAST_S)
    height, gap = 74.0, 30.0
    parts = []
    for number, (name, values_db) in enumerate(rows):
        times_s, drawn_db = _thinned(values_db, seconds)
        most_db = _span(float(drawn_db.max(initial=0.0)))
        top = 28.0 + number * (height + gap)
        plot = Plot(_LEFT, top, _INSIDE, height, (0.0, seconds), (most_db, 0.0), linear=True)
        is_last = number == len(rows) - 1
        ticks = [(at, _clock(at) if is_last else "", False) for at in _times(seconds)]
        title = f"{name.replace('_', ' ').capitalize()}{'' if name == 'limiter' else ' band'}, dB"
        parts.append(plot.axes(ticks, [0.0, most_db / 2.0, most_db], title))
        parts.append(plot.line(times_s, drawn_db, "curve moved"))
    bottom = 28.0 + len(rows) * (height + gap)
    title = "Gain reduction over time"
    return figure_block(drawing(_WIDTH, bottom + 4.0, title, "".join(parts)), ())


def _thinned(values_db: Array, seconds: float) -> tuple[Array, Array]:
    """Return the largest reduction in each of so many parts as a figure can show."""
    edges = np.unique(np.linspace(0, len(values_db), min(_POINTS, len(values_db)) + 1).astype(int))
    largest_db = np.maximum.reduceat(values_db, edges[:-1])
    return (edges[:-1] + 0.5) * (seconds / len(values_db)), largest_db


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}"


def _times(seconds: float) -> list[float]:
    step = next(
        step for step in (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 3600) if seconds / step < 9
    )
    return [float(at) for at in range(0, int(seconds) + 1, step)]


def _bounds(told: Explanation, name: str) -> tuple[float, float]:
    interval = told.intervals.get(name, NOT_DETERMINED)
    return (np.nan, np.nan) if interval == NOT_DETERMINED else interval


def _span(most_db: float) -> float:
    return next((span for span in _SPANS_DB if most_db <= span), 60.0)
