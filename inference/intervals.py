"""Intervals of a prediction as a recipe holds them, and which block each is about."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from ..models.errors import RecipeError
from .predictor import NOT_DETERMINED, Interval
from .values import DAMAGED, name_of, number_of

LARGEST_BOUND: Final = 1e5
"""Beyond any end of an interval; frequencies in Hz are the largest of them."""

DIGITS: Final = 3

_BLOCKS: Final = {
    "response_db": "equalizer",
    "width_db": "imager",
    "reduction_p50_db": "multiband_compressor",
    "reduction_p95_db": "multiband_compressor",
    "limiter_p95_db": "limiter",
}


def block_of(quantity: str) -> str:
    """Return the block that a quantity or a knob of `glassmaster.inference.predictor` is about.

    >>> block_of("width_db@low"), block_of("limiter.release_ms")
    ('imager', 'limiter')
    """
    block, _, key = quantity.partition(".")
    return block if key and "@" not in block else _BLOCKS[quantity.partition("@")[0]]


def apart_from(blocks: Collection[str], intervals: Mapping[str, Interval]) -> dict[str, Interval]:
    """Return the intervals that are about none of these blocks."""
    return {name: each for name, each in intervals.items() if block_of(name) not in blocks}


def intervals_document(intervals: Mapping[str, Interval]) -> dict[str, Interval]:
    """Return intervals as plain data for a recipe."""
    return {name: _rounded(interval) for name, interval in intervals.items()}


def intervals_from_document(document: Mapping[str, Any]) -> dict[str, Interval]:
    """Read intervals back from plain data.

    Raises:
        RecipeError: One is damaged; the message names it.

    """
    intervals: dict[str, Interval] = {}
    for name, value in document.items():
        key = name_of({"name": name}, "name")
        if value == NOT_DETERMINED:
            intervals[key] = NOT_DETERMINED
        elif isinstance(value, list) and len(value) == 2:
            low, high = (number_of(value, index, LARGEST_BOUND) for index in range(2))
            intervals[key] = low, high
        else:
            message = f"the interval {key} is {value!r}; it is two numbers or {NOT_DETERMINED!r}"
            raise RecipeError(message, code=DAMAGED)
    return intervals


def interval_entry(interval: Interval) -> object:
    """Return an interval as the JSON document of a command has it."""
    if interval == NOT_DETERMINED:
        return NOT_DETERMINED
    return {"low": interval[0], "high": interval[1]}


def interval_from_entry(entry: Any) -> Interval:
    """Read back what `interval_entry` returned."""
    if entry == NOT_DETERMINED:
        return NOT_DETERMINED
    return float(entry["low"]), float(entry["high"])


def _rounded(interval: Interval) -> Interval:
    if interval == NOT_DETERMINED:
        return NOT_DETERMINED
    low, high = (round(bound, DIGITS) for bound in interval)
    return low, high
