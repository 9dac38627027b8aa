"""Building a corpus: every track measured once, in two processes, and what comes of it written.

Whatever kills a build, the next one goes on where it stopped: results are kept a track, each file
whole or not there, and everything else is computed from them in a fixed order.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from ...models.errors import CatalogueError, GlassmasterError, OutputError
from ..files.names import display_name
from ..files.partial import check_output
from .assembling import Assembled, assemble, write_fitting_shard
from .listing import ListedTrack
from .manifest import write_manifest
from .measuring import FindStructure
from .packages import unpack
from .selection import Candidate, listed_reason
from .sources import SourceTrack, folder_tracks, packages
from .splits import SplitTrack, write_splits
from .store import load, store_name
from .workers import Workers

Progress: TypeAlias = Callable[[str, float], None]
"""Told the step under way and the share of it that is done."""

MANIFEST_NAME = "manifest.jsonl"
SHARD_NAME = "shard.bin"
SPLITS_NAME = "splits"

TARGET_SEGMENTS = 8
OTHER_SEGMENTS = 3
"""The most excerpts of a track that may be a target, and of any other."""

_WAITING_PACKAGES = 2


@dataclass(frozen=True, slots=True)
class CorpusPlan:
    """What to build a corpus of.

    Attributes:
        out: Folder of the corpus.
        listing: Tracks of packages; also those that are listed only to be passed over.
        folders: Folders of audio.
        cache: Folder of ``.deb`` files; what is downloaded stays there.
        splits: Splits that were cut before; None to cut them.
        jobs: Processes that measure.
        force: Whether a corpus that is there is replaced.
        shard_bytes: The largest shard; fewer excerpts are taken where it would be larger.

    """

    out: Path
    listing: tuple[ListedTrack, ...]
    folders: tuple[Path, ...]
    cache: Path
    splits: Mapping[str, tuple[SplitTrack, ...]] | None
    jobs: int = 2
    force: bool = False
    shard_bytes: int = 48 << 20


@dataclass(frozen=True, slots=True)
class Built:
    """What a build has made.

    Attributes:
        manifest: Path of the manifest.
        shard: Path of the shard.
        shard_sha256: Of the shard, in hexadecimal.
        corpus: Entries, splits and songs.

    """

    manifest: Path
    shard: Path
    shard_sha256: str
    corpus: Assembled


def build_corpus(plan: CorpusPlan, find_structure: FindStructure, progress: Progress) -> Built:
    """Measure what is not measured yet, and write manifest, splits and shard.

    Files that cannot be read are named in the manifest with the reason.

    Args:
        plan: What to build.
        find_structure: Finds tempo and sections; a function of a module, for other processes.
        progress: Told how far it is.

    Raises:
        OutputError: ``exists`` when there is a corpus and ``force`` is not set, ``busy`` when
            another build works in the folder, or the disk refuses.
        CatalogueError: No track is left, or too few for splits.

    """
    manifest, shard = plan.out / MANIFEST_NAME, plan.out / SHARD_NAME
    _make_folder(plan.out)
    check_output(manifest, (), plan.force)
    work = plan.out / "work"
    with _locked(work):
        candidates = _measure_all(plan, work, find_structure, progress)
        progress("sorting", 0.0)
        corpus = assemble(candidates, plan.splits)
        if plan.splits is None:
            _make_folder(plan.out / SPLITS_NAME)
            write_splits(plan.out / SPLITS_NAME, corpus.splits)
        corpus, digest = write_fitting_shard(shard, corpus, plan.shard_bytes, progress)
        write_manifest(manifest, corpus.entries)
    return Built(manifest, shard, digest, corpus)


def _measure_all(
    plan: CorpusPlan, work: Path, find_structure: FindStructure, progress: Progress
) -> tuple[Candidate, ...]:
    """Return every track of the plan, measured or with the reason why not."""
    tracks = [each for folder in plan.folders for each in folder_tracks(folder)]
    wanted: dict[str, list[ListedTrack]] = {}
    for listed in plan.listing:
        if not listed_reason(listed):
            wanted.setdefault(listed.package, []).append(listed)
    total = len(tracks) + sum(map(len, wanted.values()))
    if total == 0:
        raise CatalogueError(
            "There is no track to measure: name packages of the listing, or folders of audio.",
            code="empty",
        )
    run = _Run(work, find_structure, progress, total)
    with ExitStack() as stack:
        run.workers = stack.enter_context(Workers(plan.jobs))
        run.measure(tracks)
        for name, package in packages(sorted(wanted), plan.cache):
            run.take(sorted(wanted[name], key=lambda track: track.identity), package)
        run.finish()
    passed_over = [
        Candidate(listed, None, "", listed_reason(listed))
        for listed in plan.listing
        if listed_reason(listed)
    ]
    return (*run.candidates(), *passed_over)


class _Run:
    """The measuring of one build: what is under way, and where results will lie."""

    def __init__(
        self, work: Path, find_structure: FindStructure, progress: Progress, total: int
    ) -> None:
        self._work = work
        self._find_structure = find_structure
        self._progress = progress
        self._total = total
        self._done = 0
        self._places: list[tuple[ListedTrack, str, Path]] = []
        self._problems: list[Candidate] = []
        self._waiting: deque[tuple[list[Future[None]], Path | None]] = deque()
        self.workers: Workers

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
        path = self._work / store_name(track.identity, version, _most_segments(track))
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
            self.workers.measure(
                each.path,
                each.track.identity,
                _most_segments(each.track),
                self._work
                / store_name(each.track.identity, each.version, _most_segments(each.track)),
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


def _most_segments(track: ListedTrack) -> int:
    may_be_target = track.good_quality is not False and track.looks_mastered is not False
    return TARGET_SEGMENTS if may_be_target else OTHER_SEGMENTS


def _make_folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = f"{display_name(path)}: cannot be made ({error.strerror}); choose another folder"
        raise OutputError(message, code="no_directory", path=path) from error


@contextmanager
def _locked(work: Path) -> Iterator[None]:
    """Hold the working folder for this build, and clear what a killed one has left unpacked."""
    _make_folder(work)
    descriptor = os.open(work / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            message = f"{display_name(work)}: another build works here; wait for its end"
            raise OutputError(message, code="busy", path=work) from error
        for leftover in work.glob("unpacked-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        yield
    finally:
        os.close(descriptor)
