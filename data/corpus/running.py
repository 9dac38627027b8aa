"""The measuring of a build: packages unpacked in turn, tracks handed out, results found again."""

from __future__ import annotations

import shutil
import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import TypeAlias

from ...models.errors import GlassmasterError
from .listing import ListedTrack
from .measuring import FindStructure
from .packages import unpack
from .selection import Candidate
from .sources import SourceTrack
from .store import load, store_name
from .workers import Workers

Progress: TypeAlias = Callable[[str, float], None]
"""Told the step under way and the share of it that is done."""

TARGET_SEGMENTS = 8
OTHER_SEGMENTS = 3
"""The most excerpts of a track that may be a target, and of any other."""

_WAITING_PACKAGES = 2


class Run:
    """The measuring of one build: what is under way, and where results lie.

    Args:
        work: Folder of results, a file a track.
        workers: Who measures.
        find_structure: Finds tempo and sections.
        progress: Told how far it is.
        total: How many tracks there will be.
        segments: The most excerpts of every track; by default as learning wants of each.

    """

    def __init__(
        self,
        work: Path,
        workers: Workers,
        find_structure: FindStructure,
        progress: Progress,
        total: int,
        segments: int | None = None,
    ) -> None:
        self._work = work
        self._workers = workers
        self._find_structure = find_structure
        self._progress = progress
        self._total = total
        self._segments = segments
        self._done = 0
        self._places: list[tuple[ListedTrack, str, Path]] = []
        self._problems: list[Candidate] = []
        self._waiting: deque[tuple[list[Future[None]], Path | None]] = deque()

    def take(self, tracks: Sequence[ListedTrack], package: Path | GlassmasterError) -> None:
        """Measure the tracks of one package; only what is missing is unpacked."""
        if isinstance(package, GlassmasterError):
            self._give_up(tracks, "", package.message)
            return
        missing = [
            track
            for track in tracks
            if load(self._place(track, package.name, package.name), with_segments=False) is None
        ]
        self._advance(len(tracks) - len(missing), tracks[0].package)
        if not missing:
            return
        folder = Path(tempfile.mkdtemp(prefix="unpacked-", dir=self._work))
        try:
            found = unpack(package, {track.file for track in missing}, folder)
        except GlassmasterError as error:
            self._forget(missing)
            self._give_up(missing, package.name, error.message)
            shutil.rmtree(folder)
            return
        absent = [track for track in missing if track.file not in found]
        self._forget(absent)
        self._give_up(absent, package.name, f"{package.name} holds no such file")
        there = [
            SourceTrack(track, found[track.file], package.name, package.name)
            for track in missing
            if track.file in found
        ]
        self._submit(there, folder)

    def measure(self, tracks: Sequence[SourceTrack]) -> None:
        """Measure files that lie in folders."""
        missing = [
            each
            for each in tracks
            if load(self._place(each.track, each.version, each.source), with_segments=False) is None
        ]
        self._advance(len(tracks) - len(missing), "folders")
        self._submit(missing, None)

    def finish(self) -> None:
        """Wait for everything that is under way."""
        while self._waiting:
            self._wait()

    def candidates(self) -> Iterator[Candidate]:
        """Yield every track that was asked for."""
        yield from self._problems
        for track, source, path in self._places:
            found = load(path)
            if found is None or isinstance(found, str):
                yield Candidate(track, None, source, found or "its measurement was lost")
            else:
                yield Candidate(track, found, source)

    def _place(self, track: ListedTrack, version: str, source: str) -> Path:
        path = self._work / store_name(track.identity, version, self._most_segments(track))
        self._places.append((track, source, path))
        return path

    def _forget(self, tracks: Sequence[ListedTrack]) -> None:
        gone = {track.identity for track in tracks}
        self._places = [each for each in self._places if each[0].identity not in gone]

    def _give_up(self, tracks: Sequence[ListedTrack], source: str, problem: str) -> None:
        self._problems.extend(Candidate(track, None, source, problem) for track in tracks)
        if tracks:
            self._advance(len(tracks), tracks[0].package)

    def _submit(self, tracks: Sequence[SourceTrack], folder: Path | None) -> None:
        futures = [
            self._workers.measure(
                each.path,
                each.track.identity,
                self._most_segments(each.track),
                self._work
                / store_name(each.track.identity, each.version, self._most_segments(each.track)),
                self._find_structure,
            )
            for each in tracks
        ]
        self._waiting.append((futures, folder))
        while len(self._waiting) > _WAITING_PACKAGES:
            self._wait()

    def _wait(self) -> None:
        futures, folder = self._waiting.popleft()
        try:
            for future in futures:
                future.result()
                self._advance(1, "measuring")
        finally:
            if folder is not None:
                shutil.rmtree(folder, ignore_errors=True)

    def _advance(self, count: int, step: str) -> None:
        self._done += count
        self._progress(step, self._done / self._total)

    def _most_segments(self, track: ListedTrack) -> int:
        if self._segments is not None:
            return self._segments
        may_be_target = track.good_quality is not False and track.looks_mastered is not False
        return TARGET_SEGMENTS if may_be_target else OTHER_SEGMENTS
