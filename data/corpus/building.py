"""Building a corpus: every track measured once, and what comes of it written.

Whatever kills a build, the next one goes on where it stopped: results are kept a track, each file
whole or not there, and everything else is computed from them in a fixed order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ...models.errors import CatalogueError
from ..execution.engine import Engine, ThisProcess
from ..files.partial import check_output
from ..reference.collecting import built_references
from ..reference.corpus import write_corpus
from .assembling import Assembled, assemble, write_fitting_shard
from .listing import ListedTrack
from .manifest import write_manifest
from .measuring import FindStructure
from .running import Progress, Run
from .selection import Candidate, listed_reason
from .sources import folder_tracks, packages
from .splits import SplitTrack, write_splits
from .tasks import Task
from .working_folder import locked, make_folder

MANIFEST_NAME = "manifest.jsonl"
SHARD_NAME = "shard.bin"
REFERENCES_NAME = "references.corpus"
SPLITS_NAME = "splits"


@dataclass(frozen=True, slots=True)
class CorpusPlan:
    """What to build a corpus of.

    Attributes:
        out: Folder of the corpus.
        listing: Tracks of packages; also those that are listed only to be passed over.
        folders: Folders of audio.
        cache: Folder of ``.deb`` files; what is downloaded stays there.
        splits: Splits that were cut before; None to cut them.
        engine: Where tracks are measured.
        force: Whether a corpus that is there is replaced.
        shard_bytes: The largest shard; fewer excerpts are taken where it would be larger.

    """

    out: Path
    listing: tuple[ListedTrack, ...]
    folders: tuple[Path, ...]
    cache: Path
    splits: Mapping[str, tuple[SplitTrack, ...]] | None
    engine: Engine = field(default_factory=ThisProcess)
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
    make_folder(plan.out)
    check_output(manifest, (), plan.force)
    work = plan.out / "work"
    with locked(work):
        candidates = _measure_all(plan, work, find_structure, progress)
        progress("sorting", 0.0)
        corpus = assemble(candidates, plan.splits)
        make_folder(plan.out / SPLITS_NAME)
        write_splits(plan.out / SPLITS_NAME, corpus.splits)  # those kept to as well: it is whole
        corpus, digest = write_fitting_shard(shard, corpus, plan.shard_bytes, progress)
        write_manifest(manifest, corpus.entries)
        references = built_references(plan.out.resolve().name, candidates, corpus.entries)
        write_corpus(plan.out / REFERENCES_NAME, references)
    return Built(manifest, shard, digest, corpus)


def _measure_all(
    plan: CorpusPlan, work: Path, find_structure: FindStructure, progress: Progress
) -> tuple[Candidate, ...]:
    """Return every track of the plan, measured or with the reason why not."""
    found = [each for folder in plan.folders for each in folder_tracks(folder)]
    tracks = [each for each in found if not listed_reason(each.track)]
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
    run = Run(work, progress, total)

    def tasks() -> Iterator[Task]:
        yield from run.of_files(tracks)
        for name, package in packages(sorted(wanted), plan.cache):
            listed = sorted(wanted[name], key=lambda track: track.identity)
            yield from run.of_package(listed, package)

    run.measure(tasks(), plan.engine, find_structure)
    known = [(track, "") for track in plan.listing]
    known += [(each.track, each.source) for each in found]
    passed_over = (
        Candidate(track, None, source, reason)
        for track, source in known
        if (reason := listed_reason(track))
    )
    return (*run.candidates(), *passed_over)
