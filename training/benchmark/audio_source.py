"""Audio of the benchmark's songs: unpacked from packages on demand, kept as excerpts only.

A song's identity is ``package/file``. Files come out of Debian packages, fetched where they are not
there yet, or out of a folder of audio that is called like the package. Each package is read once,
and nothing of it stays but excerpts of at most a minute, as float WAV that holds every sample.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ...data.audio import Audio
from ...data.corpus.packages import fetch_package, unpack
from ...data.files.reader import open_audio
from ...models.errors import AudioFileError, GlassmasterError
from .excerpts import excerpt
from .float_audio import write_float
from .tasks import RATE_HZ


@dataclass(frozen=True, slots=True)
class ExcerptSource:
    """Gives the excerpt of a song by its identity; see the module.

    Attributes:
        packages: Folder of Debian packages, as they were downloaded.
        folders: Folders of audio, each called like the package it stands for.
        cache: Folder of the excerpts.

    """

    packages: Path
    folders: tuple[Path, ...]
    cache: Path

    def __call__(self, identity: str) -> Audio:
        """Return the excerpt, shape ``(2, time)`` at `RATE_HZ`.

        Raises:
            CatalogueError: The package cannot be fetched or opened.
            AudioFileError: ``not_in_package``, or the file cannot be read.

        """
        path = self.path(identity)
        if not path.exists():
            self.prepare(identity.partition("/")[0], [identity])
        with open_audio(path) as reader:
            return Audio(reader.read(reader.frames), reader.sample_rate)

    def path(self, identity: str) -> Path:
        """Return where the excerpt of a song lies."""
        digest = hashlib.sha256(identity.encode()).hexdigest()[:24]
        return self.cache / f"{digest}.wav"

    def missing(self, identities: Iterable[str]) -> Mapping[str, list[str]]:
        """Return which songs have no excerpt yet, by package."""
        found: dict[str, list[str]] = {}
        for identity in sorted(set(identities)):
            if not self.path(identity).exists():
                found.setdefault(identity.partition("/")[0], []).append(identity)
        return found

    def prepare(self, package: str, identities: Iterable[str]) -> None:
        """Make the excerpts of songs of one package, reading it once.

        Raises:
            CatalogueError: The package cannot be fetched or opened.
            AudioFileError: ``not_in_package``, or a file cannot be read.

        """
        wanted = {identity.partition("/")[2]: identity for identity in identities}
        self.cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="glassmaster-unpacked-") as inside:
            for file, path in sorted(self._files(package, set(wanted), Path(inside)).items()):
                self._keep(path, wanted.pop(file))
        if wanted:
            raise AudioFileError(
                f"{package}: holds no {', '.join(sorted(wanted))}; fetch the version of the "
                "package that the splits were cut from",
                code="not_in_package",
            )

    def _files(self, package: str, wanted: set[str], inside: Path) -> Mapping[str, Path]:
        for folder in self.folders:
            if folder.name == package:
                return {name: folder / name for name in wanted if (folder / name).is_file()}
        return unpack(fetch_package(package, self.packages), wanted, inside)

    def _keep(self, path: Path, identity: str) -> None:
        try:
            with open_audio(path) as reader:
                audio = Audio(reader.read(reader.frames), reader.sample_rate)
        except GlassmasterError as error:
            error.located(identity, path)
            raise
        kept = self.path(identity)
        unfinished = kept.with_name(f"{os.getpid()}-{kept.name}")
        write_float(excerpt(audio, RATE_HZ), RATE_HZ, unfinished)
        unfinished.replace(kept)
