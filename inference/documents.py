"""YAML and JSON as this package reads and writes them: plain data, bounded, nothing executed."""

from __future__ import annotations

import json
import math
from typing import Any

import yaml

from ..models.errors import RecipeError

MOST_BYTES = 1 << 20

# the compiled parser where the wheel has it: ten times faster, same safe subset
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def load_yaml(text: str) -> dict[str, Any]:
    """Parse a YAML (or JSON) document whose top is a mapping.

    Raises:
        RecipeError: It is too large, uses aliases, is no valid YAML or no mapping.

    """
    if len(text) > MOST_BYTES:
        raise RecipeError(f"is larger than {MOST_BYTES} bytes", code="damaged_recipe")
    try:
        # an alias can make a small file enormous
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, Loader=_Loader)):
            raise RecipeError("uses YAML aliases, which are not read", code="damaged_recipe")
        document = yaml.load(text, Loader=_Loader)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise RecipeError(f"is not valid YAML: {reason}", code="damaged_recipe") from error
    if not isinstance(document, dict):
        raise RecipeError("has no entries", code="damaged_recipe")
    return document


def dump_yaml(document: dict[str, Any]) -> str:
    """Write plain data as YAML in the order given."""
    text: str = yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
    return text


def dump_json(document: dict[str, Any]) -> str:
    """Write plain data as JSON; numbers that JSON does not know become null."""
    return json.dumps(_finite(document), indent=2, ensure_ascii=False, allow_nan=False)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
