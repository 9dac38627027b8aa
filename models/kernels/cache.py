"""Where compiled kernels are kept between runs.

numba notices when the file of a kernel changes, but not when a function that it calls lies in
another file. So the folder's name is a hash of everything that decides the machine code: all kernel
sources, the versions of glassmaster, numba and llvmlite, the Python version and the CPU's name.
"""

from __future__ import annotations

import hashlib
import os
import stat
import sys
import tempfile
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ENVIRONMENT_VARIABLE = "GLASSMASTER_CACHE_DIR"


@cache
def cache_directory() -> Path:
    """Return the folder for this build's kernels, making it where it does not exist.

    ``$GLASSMASTER_CACHE_DIR``, or else the user's cache folder, holds one folder a build. Machine
    code is loaded from there, so every folder below the base must belong to this user and be
    writable by nobody else. The base, which on some systems the user's group may write, must at
    least not be everybody's. New folders are closed to all others. Where that cannot be had a
    folder of the user's own among the temporary files serves. At last it is a new folder that no
    other run finds: each such run compiles everything anew and leaves its folder behind.
    """
    name = _build_hash()
    for base in (_chosen(), Path(tempfile.gettempdir()) / f"glassmaster-{os.getuid()}"):
        directory = base / "glassmaster" / "kernels" / name
        levels = (base / "glassmaster", base / "glassmaster" / "kernels", directory)
        try:
            private = _make_own(base, stat.S_IWOTH) and all(
                _make_own(level, stat.S_IWGRP | stat.S_IWOTH) for level in levels
            )
        except OSError:
            continue
        if private and os.access(directory, os.W_OK | os.X_OK):
            return directory
    return Path(tempfile.mkdtemp(prefix="glassmaster-kernels-"))


def _make_own(directory: Path, refused_mode: int) -> bool:
    """Make a folder where there is none, and tell whether it is ours and closed to others."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = directory.stat()
    return status.st_uid == os.getuid() and not status.st_mode & refused_mode


def _chosen() -> Path:
    if chosen := os.environ.get(ENVIRONMENT_VARIABLE):
        return Path(chosen)
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    base = os.environ.get("XDG_CACHE_HOME")
    return Path(base) if base else Path.home() / ".cache"


def cpu_name() -> str:
    """Return the type of processor that kernels are compiled for, as in ``znver4``."""
    from llvmlite import binding  # numba loads it in any case

    return str(binding.get_host_cpu_name())


def _build_hash() -> str:
    digest = hashlib.sha256()
    for source in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(source.name.encode() + b"\0" + source.read_bytes() + b"\0")
    for package in ("glassmaster", "numba", "llvmlite"):
        try:
            digest.update(f"{package} {version(package)}\0".encode())
        except PackageNotFoundError:
            digest.update(f"{package} not installed\0".encode())
    digest.update(f"{sys.version} {cpu_name()}".encode())
    return digest.hexdigest()[:20]
