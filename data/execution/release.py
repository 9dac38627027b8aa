"""What tells one state of this package from another, where machines have to have the same."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_FOLDERS = ("configs", "data", "inference", "models", "training")
_SUFFIXES = {".json", ".py", ".safetensors", ".yaml"}


@cache
def release() -> str:
    """Return the version, and a hash of the code and of what ships with it, as in ``0.1.0 3f9a``.

    NumPy and what else is loaded are not part of it.
    """
    digest = hashlib.sha256()
    for folder in _FOLDERS:
        for path in sorted((_ROOT / folder).rglob("*")):
            if path.suffix in _SUFFIXES:
                digest.update(path.relative_to(_ROOT).as_posix().encode() + b"\0")
                digest.update(hashlib.sha256(path.read_bytes()).digest())
    return f"{version('glassmaster')} {digest.hexdigest()[:16]}"
