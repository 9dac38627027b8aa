"""The measuring of a build: packages unpacked in turn, tracks handed out, results found again."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TypeAlias

from ...models.errors import GlassmasterError
from ..execution.engine import Engine
from .listing import ListedTrack
from .measuring import FindStructure
from .packages import unpack
from .selection import Candidate
from .sources import SourceTrack
from .store import load, store_name
from .tasks import Task, measure_and_save

Progress: TypeAlias = Callable[[str, float], None]
"""Told the step under way and the share of it that is done."""

TARGET_SEGMENTS = 8
OTHER_SEGMENTS = 3
"""The most excerpts of a track that may be a target, and of any other."""


class Run:
    """The measuring of one build: what is under way, and where results lie.

    Args:
        work: Folder of results, a file a track.
        progress: Told how far it is.
        total: How many tracks there will be.
        segments: The most excerpts of every track; by default as learning wants of each.

    """

    def __init__(
        self, work: Path, progress: Progress, total: int, segments: int | None = None
    ) -> None:
        self._work = work
        self._progress = progress
        self._total = total
        self._segments = segments
        self._done = 0
        self._places: list[tuple[ListedTrack, str, Path]] = []
        self._problems: list[Candidate] = []
        self._unpacked: dict[Path, int] = {}  # folders, and how many files of each are waited for

    def measure(self, tasks: Iterable[Task], engine: Engine, find_structure: FindStructure) -> None:
        """Measure tracks.

        Args:
            tasks: Of `of_files` and `of_package`; taken as there is room for them.
            engine: Where they are measured.
            find_structure: Finds tempo and sections; a function of a module.

        Raises:
            OutputError: A result cannot be saved.
            WorkerError: A track cannot be measured in other processes.

        """
        given: list[Task] = []

        def taken() -> Iterator[Task]:
            for task in tasks:
                given.append(task)
                yield task

        try:
            with closing(engine.run(partial(measure_and_save, find_structure), taken())) as running:
                for place, _ in running:
                    self._advance(1, "measuring")
                    self._clear(given[place].path)
        finally:
            for folder in self._unpacked:
                shutil.rmtree(folder, ignore_errors=True)

    def of_package(
        self, tracks: Sequence[ListedTrack], package: Path | GlassmasterError
    ) -> Iterator[Task]:
        """Yield what is missing of the tracks of one package, which is unpacked for it."""
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
        self._unpacked[folder] = len(there)
        yield from map(self._task, there)

    def of_files(self, tracks: Sequence[SourceTrack]) -> Iterator[Task]:
        """Yield what is missing of files that lie in folders."""
        missing = [
            each
            for each in tracks
            if load(self._place(each.track, each.version, each.source), with_segments=False) is None
        ]
        self._advance(len(tracks) - len(missing), "folders")
        yield from map(self._task, missing)

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

    def _task(self, each: SourceTrack) -> Task:
        segments = self._most_segments(each.track)
        result = self._work / store_name(each.track.identity, each.version, segments)
        return Task(each.path, each.track.identity, segments, result)

    def _clear(self, path: Path) -> None:
        """Remove the folder that a file was unpacked into, once no other of it is waited for."""
        for folder in self._unpacked:
            if path.is_relative_to(folder):
                self._unpacked[folder] -= 1
                if self._unpacked[folder] == 0:
                    shutil.rmtree(folder, ignore_errors=True)
                    del self._unpacked[folder]
                return

    def _advance(self, count: int, step: str) -> None:
        self._done += count
        self._progress(step, self._done / self._total)

    def _most_segments(self, track: ListedTrack) -> int:
        if self._segments is not None:
            return self._segments
        may_be_target = track.good_quality is not False and track.looks_mastered is not False
        return TARGET_SEGMENTS if may_be_target else OTHER_SEGMENTS
