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

    ``$GLASSMASTER_CACHE_DIR``, or else the user's cache folder, holds one folder a build. Where
    that cannot be written a private folder among the temporary files serves, or at last a new one
    for this process alone.
    """
    name = _build_hash()
    for base in (_chosen(), Path(tempfile.gettempdir()) / f"glassmaster-{os.getuid()}"):
        directory = base / "glassmaster" / "kernels" / name
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            # machine code is loaded from here: nobody else may have put it there
            owned = directory.stat().st_uid == base.stat().st_uid == os.getuid()
        except OSError:
            continue
        if owned and os.access(directory, os.W_OK | os.X_OK):
            return directory
    return Path(tempfile.mkdtemp(prefix="glassmaster-kernels-"))


def _chosen() -> Path:
    if chosen := os.environ.get(ENVIRONMENT_VARIABLE):
        return Path(chosen)
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    base = os.environ.get("XDG_CACHE_HOME")
    return Path(base) if base else Path.home() / ".cache"


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
