"""Filters of an equalizer as a table: one a line, with frequency, gain and Q in named columns.

Fields are parted by commas, semicolons or tabs; parted by the latter two, numbers may have decimal
commas. Columns may stand in any order; a filter without a type is a bell.
"""

from __future__ import annotations

import csv
import re
from typing import Final

from ...models.errors import RecipeError
from ...models.processors.equalizer import BUTTERWORTH_Q
from ...models.settings import default_settings
from ..values import DAMAGED
from .bands import MOST_BANDS, Band, Kind, refuse_thousands
from .draft import Draft, left_out, shortly
from .equalizing import equalize

COLUMNS: Final = {
    "frequency": {"frequency", "freq", "fc", "f", "frequency_hz", "hz"},
    "gain": {"gain", "gain_db", "db"},
    "q": {"q"},
    "type": {"type", "kind", "filter", "shape"},
}
"""Names of columns, in lower case, units in brackets aside."""

KINDS: Final[dict[str, Kind]] = {
    **dict.fromkeys(("", "bell", "peak", "peaking", "pk", "peq", "parametric"), "bell"),
    **dict.fromkeys(("low_shelf", "lowshelf", "ls", "lsc"), "low_shelf"),
    **dict.fromkeys(("high_shelf", "highshelf", "hs", "hsc"), "high_shelf"),
    **dict.fromkeys(("high_pass", "highpass", "hp", "low_cut", "lowcut"), "high_pass"),
}
"""Names of filters, in lower case, blanks and hyphens as underscores."""


def is_band_table(text: str) -> bool:
    """Return whether the first line of a text names the columns of one."""
    names = _names(text)
    return "frequency" in names.values() and "gain" in names.values()


def read_band_table(text: str) -> Draft:
    """Read filters of an equalizer.

    Raises:
        RecipeError: A line is damaged, or there are none; the message names it.

    """
    lines = text.splitlines()
    places = _names(text)
    delimiter = _delimiter(lines[0])
    strange = [
        f"the column {word.strip()!r}"
        for place, word in enumerate(lines[0].split(delimiter))
        if place not in places
    ]
    bands: list[Band] = []
    try:
        rows = list(csv.reader(lines[1:], delimiter=delimiter))
    except csv.Error as error:
        raise RecipeError(f"is no table: {error}", code=DAMAGED) from error
    for number, row in enumerate(rows, 2):
        if not any(map(str.strip, row)):
            continue
        cells = {places[i]: cell.strip() for i, cell in enumerate(row) if i in places}
        word = cells.get("type", "").lower().replace("-", "_").replace(" ", "_")
        if word not in KINDS:
            strange.append(f"a filter of the kind {shortly(word)!r} (line {number})")
            continue
        try:
            bands.append(_band(KINDS[word], cells))
        except RecipeError as error:
            error.message = f"line {number}: {error.message}"
            raise
        if len(bands) > MOST_BANDS:
            message = f"has more than {MOST_BANDS} filters; no equalizer has"
            raise RecipeError(message, code=DAMAGED)
    if not bands:
        raise RecipeError("has no filter that can be read", code=DAMAGED)
    equalized = equalize(bands)
    settings = default_settings().with_block("equalizer", equalized.values)
    findings = [equalized.finding(len(bands)), *([left_out(strange)] if strange else [])]
    return Draft("table of filters", ("equalizer",), settings, findings=tuple(findings))


def _band(kind: Kind, cells: dict[str, str]) -> Band:
    frequency_hz = _number(cells, "frequency")
    q = _number(cells, "q") if cells.get("q") else (1.0 if kind == "bell" else BUTTERWORTH_Q)
    gain_db = 0.0 if kind == "high_pass" else _number(cells, "gain")
    return Band(f"the filter at {frequency_hz:g} Hz", kind, frequency_hz, gain_db, q)


def _number(cells: dict[str, str], name: str) -> float:
    text = cells.get(name, "")
    if name == "frequency":
        refuse_thousands(text)
    try:
        return float(text.replace(",", "."))
    except ValueError as error:
        raise RecipeError(f"its {name} is {text[:40]!r}, no number", code=DAMAGED) from error


def _delimiter(line: str) -> str:
    return next((mark for mark in ("\t", ";") if mark in line), ",")


def _names(text: str) -> dict[int, str]:
    """Return what the columns hold, by place, as far as the first line tells."""
    first = text.split("\n", 1)[0].strip()
    words = first.split(_delimiter(first))
    plain = (re.split(r"[(\[]", word)[0].strip(' "').lower() for word in words)
    bare = [word.replace(" ", "_") for word in plain]
    return {
        place: name
        for place, word in enumerate(bare)
        for name, known in COLUMNS.items()
        if word in known
    }
