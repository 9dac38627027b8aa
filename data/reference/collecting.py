"""From measured tracks to rows of a reference corpus."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ..corpus.attribution import UNCLEAR, stated_licence
from ..corpus.listing import ListedTrack
from ..corpus.manifest import ManifestEntry
from ..corpus.measuring import Measurement
from ..corpus.selection import Candidate, looks_mastered, unfit_reason
from .corpus import ReferenceCorpus, Track, empty_corpus
from .production import Production, production_of, stacked

BUILT_SPLITS = ("fit", "calibration")
"""Splits whose songs a training corpus offers as references; benchmarks are made of the others."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A track that is not taken.

    Attributes:
        identity: Of the track.
        reason: Why not.

    """

    identity: str
    reason: str


def collected(
    name: str, candidates: Iterable[Candidate], *, mastered_only: bool
) -> tuple[ReferenceCorpus, tuple[Refused, ...]]:
    """Return a corpus of the candidates that are finished music.

    Args:
        name: Of the corpus.
        candidates: Measured or not.
        mastered_only: Whether tracks that do not look mastered are refused.

    """
    refused: list[Refused] = []
    rows: list[tuple[Track, Measurement]] = []
    for each in sorted(candidates, key=lambda one: one.track.identity):
        measured = each.measurement
        if measured is None:
            refused.append(Refused(each.track.identity, each.reason or "it could not be measured"))
        elif reason := _reason(measured, mastered_only):
            refused.append(Refused(each.track.identity, reason))
        else:
            rows.append((_track(each, measured), measured))
    return _corpus(name, rows), tuple(refused)


def built_references(
    name: str, candidates: Sequence[Candidate], entries: Sequence[ManifestEntry]
) -> ReferenceCorpus:
    """Return what a training corpus offers as references, of `BUILT_SPLITS`.

    Tracks of no clear licence are left out.

    Args:
        name: Of the corpus.
        candidates: Everything that was measured.
        entries: Of the manifest.

    """
    offered = {
        entry.identity for entry in entries if entry.split in BUILT_SPLITS and not entry.reason
    }
    able = [
        each
        for each in candidates
        if each.track.identity in offered and _licence(each.track) != UNCLEAR
    ]
    return collected(name, able, mastered_only=True)[0]


def _reason(measured: Measurement, mastered_only: bool) -> str:
    unfit = unfit_reason(measured)
    if unfit:
        return unfit
    if not measured.content.any() or not measured.statistics.any():
        return "too little of it can be heard"
    if mastered_only and not looks_mastered(measured):
        return "does not look mastered: too quiet, too dynamic, or peaks far below full scale"
    return ""


def _licence(track: ListedTrack) -> str:
    return stated_licence(track.package, track.file, track.licence)


def _track(candidate: Candidate, measured: Measurement) -> Track:
    track = candidate.track
    return Track(
        identity=track.identity,
        album=track.package,
        title=track.title or measured.title,
        artist=candidate.artist,
        licence=_licence(track) or measured.licence,
        source=candidate.source,
        sha256=measured.sha256,
        duration_s=round(measured.duration_s, 2),
        tempo_bpm=measured.structure.tempo_bpm,
    )


def _corpus(name: str, rows: Sequence[tuple[Track, Measurement]]) -> ReferenceCorpus:
    if not rows:
        return empty_corpus(name)
    return ReferenceCorpus(
        name,
        tuple(track for track, _ in rows),
        stacked([_production(measured) for _, measured in rows]),
        np.stack([measured.statistics for _, measured in rows]),
        np.stack([measured.content for _, measured in rows]),
    )


def _production(measured: Measurement) -> Production:
    levels = (measured.integrated_lufs, measured.range_lu, measured.plr_db, measured.psr_db)
    return production_of(levels, measured.spectrum, measured.statistics)
