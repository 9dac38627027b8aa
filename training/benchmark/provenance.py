"""What a result depends on, in hashes: this program's own code, its commit, and weights."""

from __future__ import annotations

import hashlib
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PARTS = (
    *("models", "data", "inference"),
    *("training/benchmark", "training/degradation", "training/weighting"),
)
"""Folders whose code decides what a master and its figures are."""

APART = frozenset(("report", "commands", "weights.py", "testing_log.py"))
APART_HERE = frozenset(
    ("bootstrap.py", "summary.py", "document.py", "joining.py", "runner.py", "results.py")
)
"""What decides only how results are summed up, kept or shown."""


@cache
def code_fingerprint() -> str:
    """Return the SHA-256 of the code that results depend on."""
    digest = hashlib.sha256()
    for part in PARTS:
        for path in sorted((ROOT / part).rglob("*.py")):
            names = path.relative_to(ROOT).parts
            if APART.isdisjoint(names) and path.name not in APART_HERE:
                digest.update("/".join(names).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def commit() -> str:
    """Return the commit of the checkout, marked where files differ from it; empty without git."""
    found = []
    for words in (["rev-parse", "HEAD"], ["status", "--porcelain", "--untracked-files=no"]):
        try:
            done = subprocess.run(
                ["git", "-C", str(ROOT), *words], capture_output=True, text=True, check=True
            )
        except (OSError, subprocess.CalledProcessError):
            return ""
        found.append(done.stdout.strip())
    return found[0] + ("-modified" if found[1] else "")


def file_fingerprint(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
