"""Plain text in columns and lines."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TypeAlias

COLUMNS = 96
"""Longest line, where words allow."""

LABEL_COLUMNS = 16

Row: TypeAlias = Sequence[str]


def wrapped(text: str, lead: str) -> list[str]:
    """Break text at spaces; what follows the first line is indented by the length of ``lead``."""
    return textwrap.wrap(
        text,
        COLUMNS,
        initial_indent=lead,
        subsequent_indent=" " * len(lead),
        break_long_words=False,
        break_on_hyphens=False,
    )


def item(label: str, text: str) -> list[str]:
    """Set a label and, beside it, a paragraph."""
    return wrapped(text, f"{label:<{LABEL_COLUMNS}}")


def counted(count: int, noun: str) -> str:
    """Return how many there are of something, as in ``1 pair`` and ``2 pairs``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def columns(rows: Sequence[Row], alignment: str, indent: int = 2) -> list[str]:
    """Set rows in columns, each aligned by one of ``<`` and ``>``."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = zip(row, alignment, widths, strict=True)
        text = "  ".join(f"{cell:{side}{width}}" for cell, side, width in cells)
        lines.append(f"{' ' * indent}{text}".rstrip())
    return lines
