"""Debian packages as a source of audio: fetched, read, never installed.

The system's own tools do the work: ``apt-get download`` fetches what the machine's sources hold,
``dpkg-deb`` opens it. Nothing of a package is run.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
import tempfile
import zipfile
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import IO

from ...models.errors import CatalogueError
from ..files.names import display_name

ARCHIVE_PREFIX = "unz/"
"""Files whose listed path begins like this lie in an archive of the package."""

ARCHIVES = (".zip", ".pk3")
"""Endings of the archives that are looked into."""

_COPY_BYTES = 1 << 20


def cached_package(name: str, cache: Path) -> Path | None:
    """Return the package ``name`` in the folder ``cache``, the last by version; None without it."""
    found = sorted(cache.glob(f"{name}_*.deb"))
    return found[-1] if found else None


def fetch_package(name: str, cache: Path) -> Path:
    """Return a package from ``cache``, downloaded into it where it is not there yet.

    Raises:
        CatalogueError: ``download`` when the system cannot provide it.

    """
    found = cached_package(name, cache)
    if found is not None:
        return found
    cache.mkdir(parents=True, exist_ok=True)
    # apt drops its rights to a user of its own, who may not enter a private folder
    with tempfile.TemporaryDirectory(dir=cache, prefix=".fetching-") as folder:
        _run(["apt-get", "download", "-o", "APT::Sandbox::User=root", name], name, Path(folder))
        (arrived,) = Path(folder).glob("*.deb")
        target = cache / arrived.name
        os.replace(arrived, target)
    return target


def unpack(package: Path, wanted: Collection[str], folder: Path) -> Mapping[str, Path]:
    """Copy ``wanted`` files out of a package into ``folder``.

    They are written under numbers, so that no name of a package reaches the file system.

    Args:
        package: A ``.deb`` file.
        wanted: Paths as in the listing, see `ARCHIVE_PREFIX`.
        folder: Exists already.

    Returns:
        Where each file lies now; files that the package does not hold are left out.

    Raises:
        CatalogueError: ``package`` when it is damaged or ``dpkg-deb`` is missing.

    """
    found: dict[str, Path] = {}
    packed = {name[len(ARCHIVE_PREFIX) :] for name in wanted if name.startswith(ARCHIVE_PREFIX)}
    try:
        for name, stream in _files(package):
            if name in wanted and name not in found:
                found[name] = _store(stream, folder, len(found), name)
            elif packed and name.lower().endswith(ARCHIVES):
                archive = _store(stream, folder, len(found), "archive")
                for inner in _unzip(archive, packed):
                    with inner[1] as content:
                        key = ARCHIVE_PREFIX + inner[0]
                        found.setdefault(key, _store(content, folder, len(found), key))
                archive.unlink()
            if len(found) == len(wanted):
                break
    except (tarfile.TarError, zipfile.BadZipFile, EOFError) as error:
        message = f"{display_name(package)}: is damaged ({error}); remove it to fetch it again"
        raise CatalogueError(message, code="package", path=package) from error
    return found


def _files(package: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """Yield path and content of each regular file, in the order of the package."""
    command = ["dpkg-deb", "--fsys-tarfile", str(package)]
    try:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    except OSError as error:
        message = "dpkg-deb is missing: install dpkg, or give folders of audio instead of packages"
        raise CatalogueError(message, code="package", path=package) from error
    with process:
        try:
            with tarfile.open(fileobj=process.stdout, mode="r|") as tar:
                for member in tar:
                    stream = tar.extractfile(member) if member.isreg() else None
                    if stream is not None:
                        yield str(PurePosixPath("/", member.name)).lstrip("/"), stream
        finally:
            process.kill()  # it may be half-way through what nobody reads any more


def _unzip(archive: Path, wanted: Collection[str]) -> Iterator[tuple[str, IO[bytes]]]:
    with zipfile.ZipFile(archive) as opened:
        for name in sorted(set(opened.namelist()) & set(wanted)):
            yield name, opened.open(name)


def _store(stream: IO[bytes], folder: Path, number: int, name: str) -> Path:
    suffix = PurePosixPath(name).suffix.lower()
    target = folder / f"{number:04d}{suffix}"
    with target.open("wb") as out:
        shutil.copyfileobj(stream, out, _COPY_BYTES)
    return target


def _run(command: list[str], name: str, folder: Path) -> None:
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    except OSError as error:
        message = f"{name}: {command[0]} is missing; fetch the package yourself and give --cache"
        raise CatalogueError(message, code="download") from error
    if done.returncode != 0:
        reason = " ".join(done.stderr.split())[:200] or f"exit status {done.returncode}"
        message = f"{name}: cannot be downloaded: {reason}; check the name and the system's sources"
        raise CatalogueError(message, code="download")
