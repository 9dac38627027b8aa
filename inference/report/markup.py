"""HTML from plain values; whatever comes from outside is escaped here."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence

from ...data.files.names import display_name
from .facts import UNDEFINED, figure

MINUS = "\N{MINUS SIGN}"
_NEGATIVE = re.compile(r"(?<![\w.-])-(?=\d)")
_BEFORE_UNIT = re.compile(r"(?<=\d) (?=(?:dB|dBTP|LU|LUFS|Hz|kHz|ms)\b|%)")


def escape(text: object) -> str:
    """Return text that is safe in an element and in an attribute, with invisible marks shown."""
    return html.escape(display_name(str(text)), quote=True)


def number(value: float | None, digits: int = 1, *, signed: bool = False) -> str:
    """Write a number with a true minus sign; a dash for None."""
    text = figure(value, digits, signed=signed)
    return "\N{EN DASH}" if text == UNDEFINED else text.replace("-", MINUS)


def measure(value: float | None, unit: str, digits: int = 1, *, signed: bool = False) -> str:
    """Write a number and its unit, which stay on one line; a dash for None."""
    text = number(value, digits, signed=signed)
    return text if value is None or not unit else f"{text}\N{NO-BREAK SPACE}{unit}"


def prose(text: str) -> str:
    """Return a sentence with a capital, true minus signs, and numbers that keep their units."""
    text = _BEFORE_UNIT.sub("\N{NO-BREAK SPACE}", text[:1].upper() + text[1:])
    return _NEGATIVE.sub(MINUS, text)


def section(title: str, *content: str) -> str:
    """Return a titled part of the page; content is HTML."""
    return f"<section><h2>{escape(title)}</h2>{''.join(content)}</section>\n"


def paragraph(text: str, kind: str = "") -> str:
    """Return a paragraph of plain text."""
    return f"<p{_kind(kind)}>{escape(text)}</p>"


def table(
    head: Sequence[str], rows: Iterable[Sequence[str]], numeric: Iterable[int] = (), kind: str = ""
) -> str:
    """Return a table of plain text, whose first column names the row.

    Args:
        head: Titles of the columns; empty for none at all.
        rows: Cells.
        numeric: Columns that are set flush right.
        kind: Class of the table.

    """
    right = set(numeric)
    titles = "".join(
        f'<th scope="col"{_kind("number" if i in right else "")}>{escape(text)}</th>'
        for i, text in enumerate(head)
    )
    body = "".join(
        "<tr>"
        + "".join(
            f'<th scope="row">{escape(cell)}</th>'
            if i == 0
            else f"<td{_kind('number' if i in right else '')}>{escape(cell)}</td>"
            for i, cell in enumerate(row)
        )
        + "</tr>"
        for row in rows
    )
    top = f"<thead><tr>{titles}</tr></thead>" if head else ""
    return f'<div class="scroll"><table{_kind(kind)}>{top}<tbody>{body}</tbody></table></div>'


def listing(items: Iterable[str], kind: str = "") -> str:
    """Return a list of plain text."""
    return f"<ul{_kind(kind)}>{''.join(f'<li>{escape(item)}</li>' for item in items)}</ul>"


def terms(pairs: Iterable[tuple[str, str]], kind: str = "") -> str:
    """Return terms and what is said of them, plain text."""
    body = "".join(f"<dt>{escape(a)}</dt><dd>{escape(b)}</dd>" for a, b in pairs)
    return f"<dl{_kind(kind)}>{body}</dl>"


def figure_block(graphic: str, legend: Iterable[tuple[str, str]]) -> str:
    """Return a drawing with a legend of class and text."""
    keys = "".join(
        f'<span class="key"><i class="swatch {kind}"></i>{escape(text)}</span>'
        for kind, text in legend
    )
    return f"<figure>{graphic}<figcaption>{keys}</figcaption></figure>"


def _kind(kind: str) -> str:
    return f' class="{escape(kind)}"' if kind else ""
