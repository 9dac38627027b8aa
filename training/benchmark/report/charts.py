"""Figures of a benchmark: intervals of methods side by side, and songs one by one."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ....inference.report.markup import figure_block, number
from ....inference.report.plot import drawing, label, segment

WIDTH = 720.0
_LEFT = 230.0
_RIGHT = 76.0
_ROW = 26.0
_TOP = 10.0
_FRACTIONS = (1.0, 2.0, 2.5, 5.0, 10.0)

CHART_STYLE = """
svg .whisker { stroke: var(--mix); stroke-width: 2; }
svg .dot { fill: var(--moved); }
svg .dot.plain { fill: var(--mix); }
svg .dot.song { fill-opacity: .7; }
svg .goal { stroke: var(--good); stroke-dasharray: 4 3; }
.swatch.dot { background: var(--moved); width: .65rem; border-radius: 50%; }
.swatch.plain { background: var(--mix); width: .65rem; border-radius: 50%; }
.swatch.whisker { height: 0; border-top: 2px solid var(--mix); vertical-align: .25rem; }
"""


@dataclass(frozen=True, slots=True)
class Bar:
    """One method of an interval chart.

    Attributes:
        name: Of the method.
        value: In the middle.
        low: Where the interval begins.
        high: Where it ends.
        plain: Whether it is shown as what others are compared with.

    """

    name: str
    value: float
    low: float
    high: float
    plain: bool = False


def interval_chart(
    title: str, unit: str, bars: Sequence[Bar], *, zero: bool, units: str = "packages"
) -> str:
    """Draw a dot and an interval for each method, one below the other.

    Args:
        title: What is shown, for those who cannot see it.
        unit: Of the values.
        bars: From the top down.
        zero: Whether the scale holds 0, which is marked.
        units: What intervals are drawn over first.

    """
    if not bars:
        return ""
    ends = [end for each in bars for end in (each.low, each.high, each.value)]
    low, high = min(ends), max(ends)
    if zero:
        low, high = min(low, 0.0), max(high, 0.0)
    step = _step(high - low)
    low, high = math.floor(low / step) * step, math.ceil(high / step) * step
    high = max(high, low + step)
    width, bottom = WIDTH - _LEFT - _RIGHT, _TOP + _ROW * len(bars)

    def x(value: float) -> float:
        return _LEFT + width * (value - low) / (high - low)

    parts = []
    for index in range(round((high - low) / step) + 1):
        tick = low + index * step
        kind = "zero" if zero and abs(tick) < 1e-9 else "grid"
        parts.append(segment(x(tick), _TOP, x(tick), bottom, kind))
        text = number(tick, _digits(step), signed=zero and low < 0.0)
        parts.append(label(x(tick), bottom + 18.0, text, "tick", "middle"))
    parts.append(label(WIDTH - 4.0, bottom + 18.0, unit, "tick", "end"))
    for row, each in enumerate(bars):
        y = _TOP + _ROW * (row + 0.5)
        parts.append(label(_LEFT - 12.0, y + 4.5, each.name, "name", "end"))
        parts.append(segment(x(each.low), y, x(each.high), y, "whisker"))
        parts.append(_dot(x(each.value), y, 5.0, "dot plain" if each.plain else "dot"))
        text = number(each.value, 2, signed=zero and low < 0.0)
        parts.append(label(x(each.high) + 9.0, y + 4.5, text, "value", "start"))
    legend = [("dot", "mean over songs"), ("whisker", f"95 % interval, {units} drawn first")]
    if any(each.plain for each in bars):
        legend.insert(1, ("plain", "for comparison"))
    return figure_block(drawing(WIDTH, bottom + 26.0, title, "".join(parts)), legend)


def song_chart(
    title: str, axes: tuple[str, str], points: Sequence[tuple[float, float]], unit: str
) -> str:
    """Draw a dot for each song: below the diagonal the second method is better.

    Args:
        title: What is shown, for those who cannot see it.
        axes: Names of the methods, across and up.
        points: Errors of both, a song each.
        unit: Of the errors.

    """
    if not points:
        return ""
    most = max(max(pair) for pair in points)
    step = _step(most)
    most = max(math.ceil(most / step) * step, step)
    size, left, top = 330.0, 190.0, 26.0

    def x(value: float) -> float:
        return left + size * value / most

    def y(value: float) -> float:
        return top + size * (1.0 - value / most)

    parts = []
    for index in range(round(most / step) + 1):
        tick = index * step
        parts.append(segment(x(tick), y(0.0), x(tick), y(most), "grid"))
        parts.append(segment(x(0.0), y(tick), x(most), y(tick), "grid"))
        text = number(tick, _digits(step))
        parts.append(label(x(tick), y(0.0) + 18.0, text, "tick", "middle"))
        parts.append(label(x(0.0) - 8.0, y(tick) + 4.5, text, "tick", "end"))
    parts.append(segment(x(0.0), y(0.0), x(most), y(most), "zero"))
    parts += [_dot(x(across), y(up), 4.0, "dot song") for across, up in points]
    parts.append(label(x(0.0), top - 10.0, f"{axes[1]}, {unit}", "name", "start"))
    parts.append(label(x(most) + 10.0, y(0.0) + 4.5, f"{axes[0]}, {unit}", "name", "start"))
    legend = [("dot", f"a song; below the diagonal {axes[1]} is nearer to the target")]
    return figure_block(drawing(WIDTH, top + size + 28.0, title, "".join(parts)), legend)


def bars_of(estimates: Mapping[str, Mapping[str, float]], plain: Sequence[str]) -> tuple[Bar, ...]:
    """Return the bars of methods by name, the smallest error first.

    Args:
        estimates: ``mean``, ``low`` and ``high`` by method.
        plain: Methods that others are compared with.

    """
    bars = [
        Bar(name, each["mean"], each["low"], each["high"], name in plain)
        for name, each in estimates.items()
    ]
    return tuple(sorted(bars, key=lambda each: (each.value, each.name)))


def _dot(x: float, y: float, radius: float, kind: str) -> str:
    return f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}"/>'


def _step(span: float) -> float:
    """Return a round step that divides a span into four to ten parts."""
    if span <= 0.0:
        return 1.0
    unit = 10.0 ** math.floor(math.log10(span / 4.0))
    return next(unit * each for each in reversed(_FRACTIONS) if span / (unit * each) >= 4.0)


def _digits(step: float) -> int:
    return max(0, math.ceil(-math.log10(step) - 1e-9) + (1 if f"{step:e}".startswith("2.5") else 0))
