"""Drawing primitives: axes with ticks, lines, ranges and bars as SVG elements.

Colors and sizes of type are left to the page's style sheet, so that they follow its light or dark
scheme and the width of the screen.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from .markup import escape, number

Numbers: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Plot:
    """A rectangle of a drawing with its scales; y is linear and upward.

    Attributes:
        left: Left edge in units of the drawing.
        top: Upper edge.
        width: Extent to the right.
        height: Extent downward.
        x_range: Values at the left and the right edge, both positive where x is logarithmic.
        y_range: Values at the lower and the upper edge.
        linear: Whether x is linear; it is logarithmic otherwise.

    """

    left: float
    top: float
    width: float
    height: float
    x_range: tuple[float, float]
    y_range: tuple[float, float]
    linear: bool = False

    def x(self, value: float) -> float:
        """Return where ``value`` lies between the left and the right edge."""
        low, high = self.x_range
        if self.linear:
            return self.left + self.width * (value - low) / (high - low)
        return self.left + self.width * math.log(value / low) / math.log(high / low)

    def y(self, value: float) -> float:
        """Return where ``value`` lies; what is out of range is held at the edge."""
        low, high = self.y_range
        held = min(max(value, min(low, high)), max(low, high))
        return self.top + self.height * (high - held) / (high - low)

    def axes(
        self, x_ticks: Iterable[tuple[float, str, bool]], y_ticks: Iterable[float], y_label: str
    ) -> str:
        """Draw the grid, its numbers and the name of the vertical axis.

        Args:
            x_ticks: Value, text (empty for none) and whether a narrow screen may leave it out.
            y_ticks: Values.
            y_label: Quantity and unit.

        """
        bottom, right = self.top + self.height, self.left + self.width
        parts = []
        for value, text, is_minor in x_ticks:
            x = self.x(value)
            parts.append(segment(x, self.top, x, bottom, "grid"))
            kind = "tick minor" if is_minor else "tick"
            parts.append(label(x, bottom + 23.0, text, kind, "middle") if text else "")
        for value in y_ticks:
            y = self.y(value)
            parts.append(segment(self.left, y, right, y, "zero" if value == 0.0 else "grid"))
            text = number(value, 0, signed=self.y_range[0] < 0.0 < self.y_range[1])
            parts.append(label(self.left - 7.0, y + 4.5, text, "tick", "end"))
        parts.append(label(self.left, self.top - 9.0, y_label, "name", "start"))
        return "".join(parts)

    def line(self, xs: Numbers, ys: Numbers, kind: str) -> str:
        """Draw a curve through points."""
        return f'<polyline class="{kind}" points="{self._points(xs, ys)}"/>'

    def range(self, xs: Numbers, lows: Numbers, highs: Numbers, kind: str) -> str:
        """Fill what lies between two curves."""
        points = f"{self._points(xs, highs)} {self._points(xs[::-1], lows[::-1])}"
        return f'<polygon class="{kind}" points="{points}"/>'

    def _points(self, xs: Numbers, ys: Numbers) -> str:
        return " ".join(f"{self.x(x):.1f},{self.y(y):.1f}" for x, y in zip(xs, ys, strict=True))


def segment(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    """Draw a straight line."""
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def bar(x: float, y: float, width: float, height: float, kind: str) -> str:
    """Draw a filled rectangle."""
    return (
        f'<rect class="{kind}" x="{x:.1f}" y="{y:.1f}" '
        f'width="{max(width, 0.0):.1f}" height="{height:.1f}"/>'
    )


def label(x: float, y: float, text: str, kind: str, anchor: str) -> str:
    """Write text; ``anchor`` is ``start``, ``middle`` or ``end``."""
    return (
        f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
    )


def drawing(width: float, height: float, title: str, content: str) -> str:
    """Wrap elements in an SVG that is as wide as the page allows."""
    return (
        f'<svg viewBox="0 0 {width:.0f} {height:.0f}" role="img" '
        f'aria-label="{escape(title)}">{content}</svg>'
    )
