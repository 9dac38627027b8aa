"""Drawings of what chains do to a song: responses beside each other, reductions over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ...models.moves import RESPONSE_HZ
from ..effects import STEP_S
from .figures import FREQUENCY_TICKS, HIGHEST_HZ, LOWEST_HZ
from .markup import figure_block
from .plot import Plot, drawing

Array: TypeAlias = npt.NDArray[np.float64]

_WIDTH, _LEFT = 720.0, 46.0
_INSIDE = _WIDTH - _LEFT - 26.0
_SPANS_DB = (3.0, 6.0, 12.0, 24.0)
_MOST_DB = 60.0
_POINTS = 360
_LEAST_S = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """One line of a drawing.

    Attributes:
        kind: Its class.
        label: What the legend calls it.
        values_db: In dB.

    """

    kind: str
    label: str
    values_db: Array


def responses_figure(
    title: str, curves: Sequence[Curve], bounds_db: Array | None = None, bounds_label: str = ""
) -> str:
    """Draw responses at `RESPONSE_HZ`.

    Args:
        title: Of the vertical axis, unit included.
        curves: Each of shape ``(27,)``.
        bounds_db: Lowest and highest values of an interval, shape ``(27, 2)``; NaN where there is
            none.
        bounds_label: What the legend calls it.

    """
    shown = np.concatenate([curve.values_db for curve in curves])
    known = np.zeros(len(RESPONSE_HZ), np.bool_)
    if bounds_db is not None:
        known = np.isfinite(bounds_db[:, 0])
        shown = np.concatenate((shown, bounds_db[known].ravel()))
    span_db = span(float(np.abs(shown).max(initial=0.0)))
    plot = Plot(_LEFT, 28.0, _INSIDE, 190.0, (LOWEST_HZ, HIGHEST_HZ), (-span_db, span_db))
    parts = []
    if bounds_db is not None and known.any():
        low, high = bounds_db[known].T
        parts.append(plot.range(RESPONSE_HZ[known], low, high, "expected"))
    ticks_db = np.linspace(-span_db, span_db, 5).tolist()
    parts.append(plot.axes(FREQUENCY_TICKS, ticks_db, title))
    parts += [plot.line(RESPONSE_HZ, curve.values_db, f"curve {curve.kind}") for curve in curves]
    legend = [(curve.kind, curve.label) for curve in curves]
    if known.any():
        legend.append(("expected", bounds_label))
    return figure_block(drawing(_WIDTH, 258.0, title, "".join(parts)), legend)


def reductions_figure(rows: Sequence[tuple[str, Sequence[Curve]]]) -> str:
    """Draw gain reductions over time, in steps of `STEP_S`, one row under the other.

    Args:
        rows: Title of each row and its curves, all equally long; every row has the same curves.

    """
    seconds = max(len(rows[0][1][0].values_db) * STEP_S, _LEAST_S)
    height, gap = 74.0, 30.0
    parts = []
    for number, (title, curves) in enumerate(rows):
        drawn = [(curve.kind, *_thinned(curve.values_db, seconds)) for curve in curves]
        most_db = span(max(float(values.max(initial=0.0)) for _, _, values in drawn))
        top = 28.0 + number * (height + gap)
        plot = Plot(_LEFT, top, _INSIDE, height, (0.0, seconds), (most_db, 0.0), linear=True)
        is_last = number == len(rows) - 1
        ticks = [(at, _clock(at) if is_last else "", False) for at in _times(seconds)]
        parts.append(plot.axes(ticks, [0.0, most_db / 2.0, most_db], title))
        parts += [plot.line(times_s, values, f"curve {kind}") for kind, times_s, values in drawn]
    bottom = 28.0 + len(rows) * (height + gap)
    title = "Gain reduction over time"
    curves = rows[0][1]
    legend = [(curve.kind, curve.label) for curve in curves] if len(curves) > 1 else []
    return figure_block(drawing(_WIDTH, bottom + 4.0, title, "".join(parts)), legend)


def reduction_title(name: str) -> str:
    """Name the row of a band of the compressor, or of the limiter."""
    return f"{name.replace('_', ' ').capitalize()}{'' if name == 'limiter' else ' band'}, dB"


def span(most_db: float) -> float:
    """Return the first usual end of an axis that holds a value."""
    return next((each for each in _SPANS_DB if most_db <= each), _MOST_DB)


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
