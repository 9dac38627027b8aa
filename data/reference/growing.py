"""A studio's own corpus: grown from folders track by track, and cut back.

Measurements are kept in a folder beside the corpus until they are in it, so that whatever kills a
run, the next one goes on where it stopped.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ...models.errors import CatalogueError
from ..corpus.measuring import FindStructure
from ..corpus.running import Progress, Run
from ..corpus.sources import SourceTrack, folder_tracks
from ..corpus.working_folder import locked
from ..execution.engine import Engine
from ..files.names import display_name
from .collecting import Refused, collected
from .corpus import Mask, ReferenceCorpus, empty_corpus, merged, read_corpus, write_corpus
from .embedding import shipped_embedding
from .indexing import update_index

WORK_SUFFIX = ".work"


@dataclass(frozen=True, slots=True)
class Grown:
    """What came of adding.

    Attributes:
        corpus: As it is now.
        added: How many tracks are new, or were measured anew because their file changed.
        known: How many files were in it already, unchanged.
        refused: Files that were not taken.

    """

    corpus: ReferenceCorpus
    added: int
    known: int
    refused: tuple[Refused, ...]


def add_folders(
    path: Path,
    folders: Sequence[Path],
    find_structure: FindStructure,
    progress: Progress,
    engine: Engine,
) -> Grown:
    """Measure the audio in folders and put what is finished music into a corpus.

    A track that is there under the same name is replaced; the same file under another name is not
    taken twice.

    Args:
        path: Of the corpus; made if it is not there.
        folders: Of audio; the first subfolder stands for an album.
        find_structure: Finds tempo and sections; a function of a module, for other processes.
        progress: Told how far it is.
        engine: Where they are measured.

    Raises:
        CatalogueError: There is no such folder, or no audio in them, or the corpus cannot be read.
        OutputError: The corpus cannot be written, or another run works on it.

    """
    found = [each for folder in folders for each in folder_tracks(folder)]
    if not found:
        names = ", ".join(display_name(str(folder)) for folder in folders)
        raise CatalogueError(f"{names}: no audio file in there", code="empty")
    work = path.with_name(path.name + WORK_SUFFIX)
    with locked(work):
        corpus = read_corpus(path) if path.exists() else empty_corpus(path.stem)
        known = {(track.identity, track.version) for track in corpus.tracks}
        fresh = [each for each in found if (each.track.identity, each.version) not in known]
        fresh, clashing = _apart(fresh)
        own, refused = _measured(corpus.name, fresh, work, find_structure, progress, engine)
        own, twice = _without_copies(own, corpus)
        whole = merged(corpus, own)
        write_corpus(path, whole)
        update_index(path, whole, shipped_embedding())
        shutil.rmtree(work, ignore_errors=True)
    told = (*refused, *twice, *clashing)
    return Grown(whole, len(own), len(found) - len(fresh) - len(clashing), told)


def remove_tracks(path: Path, names: Sequence[str]) -> tuple[ReferenceCorpus, int]:
    """Remove tracks or whole albums from a corpus.

    Args:
        path: Of the corpus.
        names: Of tracks, or of albums.

    Returns:
        The corpus as it is now, and how many tracks are gone.

    Raises:
        CatalogueError: It cannot be read, or one of the names is in it nowhere.
        OutputError: It cannot be written.

    """
    work = path.with_name(path.name + WORK_SUFFIX)
    corpus = read_corpus(path)  # what cannot be read needs no lock
    with locked(work):
        corpus = read_corpus(path)
        gone = len(chosen_tracks(corpus, names, path))
        kept = corpus.without(marked(corpus, names))
        write_corpus(path, kept)
        update_index(path, kept, shipped_embedding())
        if not any(work.glob("*.npz")):  # else an addition was killed, and goes on another time
            shutil.rmtree(work, ignore_errors=True)
    return kept, gone


def chosen_tracks(corpus: ReferenceCorpus, names: Sequence[str], path: Path) -> ReferenceCorpus:
    """Return the tracks that are meant by names of tracks or of albums.

    Raises:
        CatalogueError: One of the names is nowhere in the corpus.

    """
    missing = [name for name in names if not marked(corpus, (name,)).any()]
    if missing:
        message = f"{display_name(path)}: holds no {', '.join(map(display_name, missing))}"
        raise CatalogueError(message, code="no_such_track", path=path)
    return corpus.rows(np.flatnonzero(marked(corpus, names)))


def marked(corpus: ReferenceCorpus, names: Sequence[str]) -> Mask:
    """Return which tracks are meant by names of tracks or of albums, shape ``(track,)``."""
    wanted = set(names)
    return np.array([bool({t.identity, t.album} & wanted) for t in corpus.tracks], np.bool_)


def _measured(
    name: str,
    tracks: Sequence[SourceTrack],
    work: Path,
    find_structure: FindStructure,
    progress: Progress,
    engine: Engine,
) -> tuple[ReferenceCorpus, tuple[Refused, ...]]:
    run = Run(work, progress, max(len(tracks), 1), segments=0)
    run.measure(run.of_files(tracks), engine, find_structure)
    own, refused = collected(name, tuple(run.candidates()), mastered_only=False)
    versions = {each.track.identity: each.version for each in tracks}
    dated = tuple(replace(track, version=versions[track.identity]) for track in own.tracks)
    return replace(own, tracks=dated), refused


def _apart(tracks: Sequence[SourceTrack]) -> tuple[list[SourceTrack], tuple[Refused, ...]]:
    """Leave out files of a name that another file of the same run has, as two folders may."""
    places: dict[str, Path] = {}
    kept, clashing = [], []
    for each in tracks:
        first = places.setdefault(each.track.identity, each.path)
        if first == each.path:
            kept.append(each)
        else:
            reason = f"{display_name(each.path)} has the name of {display_name(first)}"
            clashing.append(Refused(each.track.identity, f"{reason}; rename a folder"))
    return kept, tuple(clashing)


def _without_copies(
    own: ReferenceCorpus, corpus: ReferenceCorpus
) -> tuple[ReferenceCorpus, tuple[Refused, ...]]:
    """Leave out files that are there already under another name, and names of other folders."""
    names = {track.sha256: track.identity for track in corpus.tracks}
    sources = {track.identity: Path(track.source).resolve() for track in corpus.tracks}
    kept, refused = [], []
    for index, track in enumerate(own.tracks):
        other = names.setdefault(track.sha256, track.identity)
        source = sources.get(track.identity)
        if other != track.identity:
            refused.append(Refused(track.identity, f"the same file as {other}"))
        elif source not in (None, Path(track.source).resolve()):
            reason = f"a track of this name is there from {display_name(str(source))}"
            refused.append(Refused(track.identity, f"{reason}; rename a folder, or remove it"))
        else:
            kept.append(index)
    return own.rows(kept), tuple(refused)
