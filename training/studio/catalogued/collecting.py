"""The pairs of a catalogue, put together: studied now or before, each with what it belongs to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ....data.catalogue.records import CataloguePair, Status
from ....data.catalogue.store import Catalogue
from ....data.catalogue.usable import usable_pairs
from ....data.corpus.fingerprint import Words
from ....data.corpus.working_folder import locked
from ....data.execution.engine import Engine
from ....data.files.names import display_name
from ....data.reference.corpus import ReferenceCorpus
from ....inference.report.layout import counted
from ....models.errors import CatalogueError, WorkerError
from ...recovery.explaining import MasteredFrames
from ..base import BaseModel
from ..pairs import MOST_RESIDUAL_DB, StudioPairs
from .excerpts import ExcerptRules
from .leaks import leaks_of
from .naming import pair_names
from .storing import load_studied, save_studied, stored_path
from .studying import PairItem, Studied, joined_pairs, study
from .units import Link, Units, check_apart, same_recordings, units_of

Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A pair that is not used.

    Attributes:
        name: Of the pair.
        reason: Why not, one sentence.

    """

    name: str
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class StudiedPairs:
    """Pairs with what is known of them.

    Attributes:
        names: All different.
        sources: As the catalogue has them.
        studied: What is known of each.
        left_out: Pairs that could have been used, but for a reason.
        unsure: Names of pairs that nobody has confirmed.
        mtimes_ns: When each master was changed, in ns; 0 where that is not known.
        new: How many were studied now; the others were kept from before.

    """

    names: tuple[str, ...]
    sources: tuple[CataloguePair, ...]
    studied: tuple[Studied, ...]
    left_out: tuple[LeftOut, ...]
    unsure: tuple[str, ...]
    mtimes_ns: tuple[int, ...]
    new: int

    def __len__(self) -> int:
        return len(self.names)

    def without(self, reasons: dict[str, str]) -> StudiedPairs:
        """Return the pairs but for those that are named, each with its reason."""
        rows = [place for place, name in enumerate(self.names) if name not in reasons]
        return StudiedPairs(
            tuple(self.names[row] for row in rows),
            tuple(self.sources[row] for row in rows),
            tuple(self.studied[row] for row in rows),
            (*self.left_out, *(LeftOut(*each) for each in reasons.items())),
            self.unsure,
            tuple(self.mtimes_ns[row] for row in rows),
            self.new,
        )

    def hashes(self) -> list[tuple[str, str]]:
        """Return the SHA-256 of each pair's mix and master."""
        return [(pair.mix_sha256, pair.master_sha256) for pair in self.sources]


@dataclass(frozen=True, slots=True, eq=False)
class Collected:
    """Pairs as what a studio's taste is learned from.

    Attributes:
        known: All that is known of them beside this.
        pairs: What is learned from.
        frames: What is judged by, in the same order.
        units: What is left out together.

    """

    known: StudiedPairs
    pairs: StudioPairs
    frames: MasteredFrames
    units: Units


def study_catalogue(
    catalogue: Catalogue,
    rules: ExcerptRules,
    cache: Path,
    engine: Engine,
    progress: Progress,
    least: int,
) -> StudiedPairs:
    """Study the pairs of a catalogue that may be learned from, but for those that were before.

    Args:
        catalogue: Open.
        rules: How much of a song is looked at.
        cache: Folder in which studies are kept; what is done is kept at once.
        engine: Where pairs are studied.
        progress: Told how far it is.
        least: With fewer pairs to begin with, none is studied.

    Raises:
        CatalogueError: The catalogue is damaged, ``scan_interrupted`` or ``few_pairs``.
        OutputError: The folder cannot be written, or another run works in it.

    """
    usable = usable_pairs(catalogue)
    unsure = pair_names([pair for pair in catalogue.pairs() if pair.status is Status.UNSURE])
    if len(usable) < least:
        raise _too_few(catalogue.path, len(usable), (), unsure, least)
    names = dict(zip(map(id, usable), pair_names(usable), strict=True))
    items = [
        PairItem(
            *(pair.mix_path, pair.master_path, pair.mix_sha256, pair.master_sha256),
            alignment=pair.alignment,
            rules=rules,
        )
        for pair in usable
        if pair.alignment is not None
    ]
    found: list[Studied | str | None] = []
    with locked(cache):
        found = [load_studied(stored_path(cache, item)) for item in items]
        missing = [place for place, each in enumerate(found) if each is None]
        running = engine.run(study, [items[place] for place in missing], lost=_lost)
        with closing(running):
            for done, (number, result) in enumerate(running, 1):
                place = missing[number]
                found[place] = result
                if isinstance(result, Studied):
                    save_studied(stored_path(cache, items[place]), result)
                progress("studying pairs", done / len(missing))
    kept = [
        (pair, each) for pair, each in zip(usable, found, strict=True) if isinstance(each, Studied)
    ]
    refused = [
        LeftOut(names[id(pair)], each)
        for pair, each in zip(usable, found, strict=True)
        if isinstance(each, str)
    ]
    changed = {file.path: file.mtime_ns for file in catalogue.files()}
    return StudiedPairs(
        names=tuple(names[id(pair)] for pair, _ in kept),
        sources=tuple(pair for pair, _ in kept),
        studied=tuple(each for _, each in kept),
        left_out=tuple(refused),
        unsure=tuple(unsure),
        mtimes_ns=tuple(changed.get(pair.master_path, 0) for pair, _ in kept),
        new=len(missing),
    )


def explained_only(known: StudiedPairs) -> StudiedPairs:
    """Leave out pairs whose master cannot be one of their mix."""
    reasons = {
        name: f"its best explanation leaves {float(each.residual_db):.1f} dB, which no master of "
        "this mix would"
        for name, each in zip(known.names, known.studied, strict=True)
        if float(each.residual_db) > MOST_RESIDUAL_DB
    }
    return known.without(reasons)


def found_leaks(known: StudiedPairs, corpora: Sequence[ReferenceCorpus]) -> dict[str, str]:
    """Return which pairs lie in a corpus, and as what."""
    return dict(leaks_of(known.names, known.hashes(), known.studied, corpora))


def collect(known: StudiedPairs, prints: dict[str, Words], base: BaseModel) -> Collected:
    """Turn studied pairs into what is learned from.

    Args:
        known: One or more.
        prints: Fingerprints by content.
        base: What the studio starts from.

    Raises:
        CatalogueError: ``leak`` where a recording is in two units after all.

    """
    links: Sequence[Link] = same_recordings(known.sources, prints)
    units = units_of(known.names, known.sources, links)
    for each in (units.songs, units.albums):
        check_apart(known.names, each, links)
    statistics = base.held(np.stack([each.statistics for each in known.studied]))
    pairs = StudioPairs(
        names=known.names,
        songs=units.songs,
        albums=units.albums,
        statistics=statistics,
        base=base.moves(statistics),
        moves=np.stack([each.moves for each in known.studied]),
        sigma=np.stack([each.sigma for each in known.studied]),
        residual_db=np.array([float(each.residual_db) for each in known.studied]),
        loudness_lufs=np.array([each.master_lufs for each in known.studied]),
    )
    return Collected(known, pairs, joined_pairs(list(known.studied)), units)


def _too_few(
    catalogue: Path, count: int, left_out: Sequence[LeftOut], unsure: Sequence[str], needed: int
) -> CatalogueError:
    """Return the error of a catalogue with too few pairs, which says what became of the others."""
    told = [f"{each.name}: {each.reason}" for each in left_out]
    if unsure:
        told.append(f"{len(unsure)} unsure")
    why = f" ({'; '.join(told)})" if told else ""
    return CatalogueError(
        f"{display_name(catalogue)}: {counted(count, 'pair')} can be learned from, and {needed} "
        f"are needed{why}; scan more folders, or confirm pairs with `glassmaster catalogue pair`",
        code="few_pairs",
        path=catalogue,
    )


def check_enough(catalogue: Path, known: StudiedPairs, least: int) -> None:
    """Refuse to go on with fewer pairs.

    Raises:
        CatalogueError: ``few_pairs``.

    """
    if len(known) < least:
        raise _too_few(catalogue, len(known), known.left_out, known.unsure, least)


def prints_of(catalogue: Catalogue, hashes: Iterable[tuple[str, str]]) -> dict[str, Words]:
    """Return the fingerprints of what pairs hold, by content.

    Args:
        catalogue: Open.
        hashes: SHA-256 of each pair's mix and master.

    """
    held = sorted({each for both in hashes for each in both})
    return {sha256: catalogue.sketch(sha256).words for sha256 in held}


def _lost(item: PairItem, error: WorkerError) -> Studied | str:
    return error.message
