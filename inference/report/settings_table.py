"""The settings of a chain as tables, derived from its parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...models.parameters import ParameterSpec
from ...models.processors import equalizer, imager, multiband_compressor
from ...models.settings import BLOCKS, ChainSettings
from .facts import LABELS
from .markup import number, paragraph, table

PARTS: Mapping[str, Sequence[str]] = {
    "equalizer": tuple(item.name for item in equalizer.FILTERS),
    "multiband_compressor": multiband_compressor.BANDS,
    "imager": imager.BANDS,
}
"""Bands and filters, whose parameters begin with their name and make one row."""


def settings_tables(settings: ChainSettings) -> list[str]:
    """Return the settings of every block as HTML, in signal order; bypassed ones by name only."""
    parts = []
    bypassed = []
    for name, specs in BLOCKS.items():
        block = settings[name]
        if block.bypass:
            bypassed.append(LABELS[name])
            continue
        parts.append(f"<h3>{LABELS[name]}</h3>")
        parts += _tables(specs, PARTS.get(name, ()), block.values)
    if bypassed:
        parts.append(paragraph(f"Bypassed: {', '.join(bypassed)}.", "soft"))
    return parts


def _tables(
    specs: Sequence[ParameterSpec], rows: Sequence[str], values: Mapping[str, float]
) -> list[str]:
    grid, single = _sorted_in(specs, rows)
    parts = []
    if single:
        cells = [(_words(spec.name), _value(spec, values), _range(spec)) for spec in single]
        parts.append(table(("", "Value", "Range"), cells, (1, 2), "narrow"))
    if grid:
        units = {column: next(iter(row.values())).unit for column, row in grid.items()}
        head = [f"{_words(column)}{f', {unit}' if unit else ''}" for column, unit in units.items()]
        lines = [
            (_words(row), *(_cell(grid[column].get(row), values) for column in grid))
            for row in rows
        ]
        parts.append(table(("", *head), lines, range(1, len(head) + 1)))
    return parts


def _sorted_in(
    specs: Sequence[ParameterSpec], rows: Sequence[str]
) -> tuple[dict[str, dict[str, ParameterSpec]], list[ParameterSpec]]:
    """Sort parameters into columns by row, and those that stand alone.

    A column that only a minority of rows has is none: its parameters are about something else.
    """
    grid: dict[str, dict[str, ParameterSpec]] = {}
    for spec in specs:
        row = max((row for row in rows if spec.name.startswith(f"{row}_")), key=len, default=None)
        if row is not None:
            grid.setdefault(spec.name.removeprefix(f"{row}_"), {})[row] = spec
    grid = {column: cells for column, cells in grid.items() if 2 * len(cells) > len(rows)}
    placed = {spec.key for cells in grid.values() for spec in cells.values()}
    return grid, [spec for spec in specs if spec.key not in placed]


def _words(name: str) -> str:
    text = name.replace("_", " ")
    return text.upper() if len(text) == 1 else text.capitalize()


def _cell(spec: ParameterSpec | None, values: Mapping[str, float]) -> str:
    if spec is None:
        return ""
    return number(values[spec.key], _digits(spec, values[spec.key]), signed=_is_signed(spec))


def _value(spec: ParameterSpec, values: Mapping[str, float]) -> str:
    return f"{_cell(spec, values)} {spec.unit}".rstrip()


def _range(spec: ParameterSpec) -> str:
    low, high = (number(value, _digits(spec, value)) for value in (spec.low, spec.high))
    return f"{low} to {high} {spec.unit}".rstrip()


def _digits(spec: ParameterSpec, value: float) -> int:
    if spec.unit in ("dB", "dBTP"):
        return 1
    if not spec.unit:
        return 2
    return 0 if abs(value) >= 10.0 else 1


def _is_signed(spec: ParameterSpec) -> bool:
    return spec.unit == "dB" and spec.low < 0.0 < spec.high
