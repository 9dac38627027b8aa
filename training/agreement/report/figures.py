"""Drawings of agreement: what the engineer has more, trait by trait, and over frequency."""

from __future__ import annotations

import numpy as np

from ....inference.report.effect_figures import Curve, responses_figure, span
from ....inference.report.markup import figure_block, number
from ....inference.report.plot import bar, drawing, label, segment
from ..agreement import Agreement
from ..consistency import TraitAgreement

FIGURE_STYLE = """
svg .one { stroke: var(--mix); stroke-width: 1.5; opacity: .55; }
svg .mean { stroke: var(--moved); stroke-width: 4; }
.swatch.one { width: 2px; height: .8rem; background: var(--mix); opacity: .7; }
.swatch.mean { width: 4px; height: .8rem; background: var(--moved); }
"""

_WIDTH, _LEFT, _RIGHT = 720.0, 200.0, 24.0
_TOP, _ROW = 8.0, 30.0
_INSIDE = _WIDTH - _LEFT - _RIGHT


def traits_figure(agreement: Agreement) -> str:
    """Draw each song, the mean and its interval, a row a trait."""
    rows = list(enumerate(agreement.traits))
    shown = np.abs([[each.low, each.high] for each in agreement.traits])
    largest = max(
        float(np.nanmax(shown, initial=0.0)),
        float(np.percentile(np.abs(np.nan_to_num(agreement.values)), 99.0)),
    )
    most = span(largest)
    bottom = _TOP + _ROW * len(rows)
    parts = []
    for tick in np.linspace(-most, most, 5):
        x = _x(float(tick), most)
        parts.append(segment(x, _TOP, x, bottom, "zero" if tick == 0.0 else "grid"))
        text = number(float(tick), 1 if most < 6.0 else 0, signed=True)
        parts.append(label(x, bottom + 23.0, text, "tick", "middle"))
    for place, each in rows:
        middle = _TOP + _ROW * (place + 0.5)
        parts.append(label(_LEFT - 10.0, middle + 5.0, each.trait.label, "tick", "end"))
        parts.append(_row(each, agreement.values[:, place], middle, most))
    title = "What the engineer has more than the model, in dB; loudness in LU"
    legend = (
        ("one", "a song"),
        ("mean", "mean"),
        ("median", "95 % interval, consistent"),
        ("high", "95 % interval, not consistent"),
    )
    return figure_block(drawing(_WIDTH, bottom + 32.0, title, "".join(parts)), legend)


def response_figure(agreement: Agreement) -> str:
    """Draw the mean difference of responses and its interval."""
    mean_db, *bounds_db = agreement.response_db
    curve = Curve("moved", "engineer minus model, mean over songs", np.nan_to_num(mean_db))
    title = "Response up to the limiter, level taken out, dB"
    return responses_figure(title, [curve], np.stack(bounds_db, axis=1), "95 % interval")


def _row(found: TraitAgreement, values: np.ndarray, middle: float, most: float) -> str:
    parts = []
    if np.isfinite(found.low):
        low, high = _x(found.low, most), _x(found.high, most)
        kind = "median" if found.is_told else "high"
        parts.append(bar(low, middle - 5.0, max(high - low, 1.5), 10.0, kind))
    for value in values[np.isfinite(values)]:
        x = _x(float(value), most)
        parts.append(segment(x, middle - 9.0, x, middle + 9.0, "one"))
    if found.songs:
        x = _x(found.mean, most)
        parts.append(segment(x, middle - 11.0, x, middle + 11.0, "mean"))
    return "".join(parts)


def _x(value: float, most: float) -> float:
    return _LEFT + _INSIDE * (min(max(value, -most), most) + most) / (2.0 * most)
