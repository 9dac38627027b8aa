"""JSON as this package writes it; light to import, because the document of a run needs it."""

from __future__ import annotations

import json
import math
from typing import Any


def dump_json(document: dict[str, Any], *, ascii_only: bool = False) -> str:
    """Write plain data as JSON; numbers that JSON does not know become null.

    Args:
        document: The data.
        ascii_only: Whether other characters are escaped, so that any encoding will do.

    """
    return json.dumps(_finite(document), indent=2, ensure_ascii=ascii_only, allow_nan=False)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
