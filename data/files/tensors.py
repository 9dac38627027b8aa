"""Files of safetensors whose bytes depend on nothing but what they hold."""

from __future__ import annotations

import json


def in_order(content: bytes) -> bytes:
    """Return a file of safetensors whose metadata are in the order of their names.

    As written, they are in a random order: equal contents would not be equal files.
    """
    start = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:start])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + content[start:]
