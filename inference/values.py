"""Values of a recipe that anyone may have edited, checked one by one."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import fields
from typing import Any

from ..data.files.names import display_name
from ..models.errors import RecipeError

DAMAGED = "damaged_recipe"
LONGEST_NAME = 100


def number_of(values: Any, key: str | int, largest: float = math.inf) -> float:
    """Return a number.

    Args:
        values: A mapping or a list.
        key: Of the number, or its index.
        largest: Bound of its magnitude.

    Raises:
        RecipeError: It is no number, not finite, or too large.
        LookupError: There is none.

    """
    value = values[key]
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise RecipeError(f"{key} is {value!r}, no number", code=DAMAGED)
    if not abs(value) <= largest:  # false for NaN too
        raise RecipeError(f"{key} is {value}; it must lie within ±{largest:g}", code=DAMAGED)
    return float(value)


def whole_number_of(values: dict[str, Any], key: str) -> int:
    """Return a whole number; errors as in `number_of`."""
    value = values[key]
    if isinstance(value, bool) or not isinstance(value, int):
        raise RecipeError(f"{key} is {value!r}, no whole number", code=DAMAGED)
    return value


def text_of(values: dict[str, Any], key: str) -> str:
    """Return a text; errors as in `number_of`."""
    value = values[key]
    if not isinstance(value, str):
        raise RecipeError(f"{key} is {value!r}, no text", code=DAMAGED)
    return value


def name_of(values: dict[str, Any], key: str) -> str:
    """Return a text that is short and does no harm where it is shown; errors as in `number_of`."""
    value = text_of(values, key)
    if not 0 < len(value) <= LONGEST_NAME or display_name(value) != value:
        message = f"{key} must be a name of at most {LONGEST_NAME} visible characters"
        raise RecipeError(message, code=DAMAGED)
    return value


def sha256_of(values: dict[str, Any], key: str) -> str:
    """Return a SHA-256 in hexadecimal; errors as in `number_of`."""
    value = text_of(values, key)
    if not re.fullmatch("[0-9a-f]{64}", value):
        raise RecipeError(f"{key} is {value!r}, no SHA-256 in hexadecimal", code=DAMAGED)
    return value


def entries_of(kind: type, document: dict[str, Any]) -> dict[str, Any]:
    """Return ``document``, whose entries must be fields of the dataclass ``kind``."""
    check_names(document, [item.name for item in fields(kind)])
    return document


def check_names(document: dict[str, Any], known: Iterable[str]) -> None:
    """Refuse entries that are not known.

    Raises:
        RecipeError: Names them.

    """
    if unknown := document.keys() - set(known):
        names = ", ".join(sorted(str(name) for name in unknown))
        raise RecipeError(f"has unknown entries: {names}", code=DAMAGED)
