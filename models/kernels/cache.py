"""Where compiled kernels are kept between runs.

numba notices when the file of a kernel changes, but not when a function that it calls lies in
another file. So the folder's name is a hash of everything that decides the machine code: all kernel
sources, the versions of glassmaster, numba and llvmlite, the Python version and the CPU's name.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ENVIRONMENT_VARIABLE = "GLASSMASTER_CACHE_DIR"


@cache
def cache_directory() -> Path:
    """Return the writable folder for this build's kernels, making it where it does not exist.

    ``$GLASSMASTER_CACHE_DIR``, or else the user's cache folder, holds one folder a build. Where it
    cannot be written a temporary folder serves for this process and those it starts.
    """
    name = _build_hash()
    for base in _candidates():
        directory = base / "glassmaster" / "kernels" / name
        try:
            directory.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(directory, os.W_OK | os.X_OK):
            return directory
    return Path(tempfile.mkdtemp(prefix="glassmaster-kernels-"))


def _candidates() -> list[Path]:
    if chosen := os.environ.get(ENVIRONMENT_VARIABLE):
        return [Path(chosen)]
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA")
        fallback = Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        base, fallback = None, Path.home() / "Library" / "Caches"
    else:
        base, fallback = os.environ.get("XDG_CACHE_HOME"), Path.home() / ".cache"
    return [Path(base) if base else fallback]


def _build_hash() -> str:
    # importing llvmlite's binding is needed for the CPU's name; numba loads it in any case
    from llvmlite import binding

    digest = hashlib.sha256()
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.name.encode() + b"\0" + source.read_bytes() + b"\0")
    for package in ("glassmaster", "numba", "llvmlite"):
        try:
            digest.update(f"{package} {version(package)}\0".encode())
        except PackageNotFoundError:
            digest.update(f"{package} not installed\0".encode())
    digest.update(f"{sys.version} {binding.get_host_cpu_name()}".encode())
    return digest.hexdigest()[:20]
