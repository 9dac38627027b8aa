"""From comparisons to pairs: each master gets the mix it was made of, if there is no doubt.

The mix is the one that explains most of the master: revisions of a mix differ in a voice that is
half a decibel louder, and that is more than what a compressor leaves unexplained. Where two explain
it equally well, the later version stands. Every doubt is a sentence, and a pair with a doubt is
never sure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..alignment.alignment import Alignment
from ..files.names import display_name
from .names import Role, alike_titles
from .provenance import provenance
from .records import CataloguePair, Status
from .roles import Direction, Song, direction

SURE_UNLIKE = 0.006
"""Share of unlike cells up to which nothing is missing in either: true pairs had up to 0.004."""

SURE_SHARE = 0.9
"""Less of a mix in its master, or the other way round, is an edit."""

SURE_RESIDUAL_DB = -12.0
"""True pairs had less than -13 dB of a cell's power unexplained."""

COPY_TONE_DB = 0.2
"""Less change of tone than this is that of a limiter alone: it changed 0.13 at most, and masters
0.28 and more."""

TIE_DB = 0.05
"""Mixes whose residual differs by less explain a master equally well."""

_DOUBTED = 0.6


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A mix that a master may have been made of.

    Attributes:
        mix: The mix.
        master: The master.
        direction: Why this is the mix.
        alignment: Where the master lies in the mix.

    """

    mix: Song
    master: Song
    direction: Direction
    alignment: Alignment


@dataclass(frozen=True, slots=True, eq=False)
class Refused:
    """A mix that a master was not made of.

    Attributes:
        mix: The mix.
        master: The master.
        reason: One sentence.

    """

    mix: Song
    master: Song
    reason: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of pairing.

    Attributes:
        pairs: All of them, rejected ones too.
        remarks: Why other contents are in no pair, by SHA-256.

    """

    pairs: tuple[CataloguePair, ...]
    remarks: Mapping[str, str]


def orient(first: Song, second: Song) -> tuple[Song, Song, Direction] | None:
    """Return mix, master and why, or None where the two are no pair by names and levels."""
    found = direction(first, second)
    if found is None:
        return None
    return (first, second, found) if found.forward else (second, first, found)


def choose(
    candidates: Sequence[Candidate],
    refused: Sequence[Refused],
    decisions: Mapping[tuple[str, str], Status],
    roots: dict[Path, Path],
) -> Outcome:
    """Give each master its mix.

    Args:
        candidates: Pairs that were aligned.
        refused: Pairs that were not.
        decisions: What a person decided, by mix and master.
        roots: The scanned folder of each path.

    """
    by_master: dict[str, list[Candidate]] = defaultdict(list)
    for each in candidates:
        by_master[each.master.sha256].append(each)
    pairs: list[CataloguePair] = []
    remarks: dict[str, str] = {}
    for sha256, own in sorted(by_master.items()):
        decided = {each.mix.sha256: decisions.get((each.mix.sha256, sha256)) for each in own}
        pairs += [
            _pair(each, Status.REJECTED, 0.0, ("A person rejected this pair.",), roots)
            for each in own
            if decided[each.mix.sha256] is Status.REJECTED
        ]
        confirmed = [e for e in own if decided[e.mix.sha256] is Status.CONFIRMED]
        if confirmed:
            told = ("A person confirmed this pair.", *_told(confirmed[0]))
            pairs.append(_pair(confirmed[0], Status.CONFIRMED, 1.0, told, roots))
            continue
        left = [e for e in own if decided[e.mix.sha256] is not Status.REJECTED]
        if left:
            pairs.append(_best(left, roots, was_rejected=len(left) < len(own)))
            for each in left:
                name = display_name(each.master.path.name)
                remarks.setdefault(
                    each.mix.sha256, f"Another mix explains more of its master, {name}."
                )
    for other in refused:
        if alike_titles(other.mix.name.title, other.master.name.title):
            remarks.setdefault(other.master.sha256, other.reason)
            remarks.setdefault(other.mix.sha256, other.reason)
    return Outcome(tuple(_without_chains(pairs)), remarks)


def _best(
    aligned: list[Candidate], roots: dict[Path, Path], *, was_rejected: bool
) -> CataloguePair:
    ranked = sorted(aligned, key=_rank)
    first = ranked[0]
    ties = [each for each in ranked if _is_tied(each, first)]
    best = max(ties, key=_lateness)
    doubts = _doubts(best)
    if was_rejected:
        doubts.append("A person rejected another mix of this master")
    confidence = best.direction.trust
    told = list(_told(best))
    others = [each for each in ranked if each is not best]
    if len(ties) > 1:
        confidence *= 0.97
        told.append(f"{len(ties)} mixes explain the master equally well; this is the latest.")
    elif others:
        margin_db = others[0].alignment.residual_db - best.alignment.residual_db
        told.append(
            f"{len(others)} other versions of the mix explain less of the master, the next by "
            f"{margin_db:.1f} dB."
        )
    if not alike_titles(best.mix.name.title, best.master.name.title):
        confidence *= 0.98
        told.append("The names do not say that they belong together; the sound does.")
    confidence *= _DOUBTED ** len(doubts)
    status = Status.UNSURE if doubts else Status.SURE
    reasons = (*(f"{doubt}." for doubt in doubts), *told)
    return _pair(best, status, confidence, reasons, roots)


def _doubts(candidate: Candidate) -> list[str]:
    """Return what speaks against a pair, sentences without a period."""
    alignment, mix, master = candidate.alignment, candidate.mix, candidate.master
    doubts = [candidate.direction.doubt] if candidate.direction.doubt else []
    if Role.MASTER is not master.name.role and alignment.tone_db < COPY_TONE_DB:
        doubts.append("It is louder and otherwise the same, as listening copies are")
    if alignment.unlike_share > SURE_UNLIKE:
        doubts.append(f"{alignment.unlike_share:.1%} of what is heard is not in both")
    if alignment.residual_db > SURE_RESIDUAL_DB:
        doubts.append(f"The mix leaves {alignment.residual_db:.1f} dB of the master unexplained")
    if min(alignment.mix_share, alignment.master_share) < SURE_SHARE:
        doubts.append("One is an edit of the other")
    if mix.name.variants != master.name.variants:
        names = [", ".join(sorted(each.name.variants)) or "main" for each in (mix, master)]
        doubts.append(f"By their names the mix is the {names[0]} version, the master {names[1]}")
    for what, song in (("mix", mix), ("master", master)):
        if song.facts.lossy:
            doubts.append(f"The {what} was compressed with loss ({song.facts.codec})")
    return doubts


def _told(candidate: Candidate) -> tuple[str, ...]:
    return (f"{candidate.direction.reason}.", *candidate.alignment.findings)


def _rank(candidate: Candidate) -> tuple[bool, bool, float, str]:
    """Return what is least for the mix that fits best: whole, of the same version, explained."""
    alignment = candidate.alignment
    is_part = min(alignment.mix_share, alignment.master_share) < SURE_SHARE
    is_missing = alignment.unlike_share > SURE_UNLIKE
    return is_part, is_missing, alignment.residual_db, candidate.mix.sha256


def _lateness(candidate: Candidate) -> tuple[bool, int, int, bool, int, str]:
    """Return what is greatest for the version that stands where several fit equally well."""
    mix, master = candidate.mix, candidate.master
    same = mix.name.variants == master.name.variants
    return (same, *mix.name.order, mix.mtime_ns, mix.sha256)


def _is_tied(candidate: Candidate, best: Candidate) -> bool:
    same = _rank(candidate)[:2] == _rank(best)[:2]
    return same and candidate.alignment.residual_db - best.alignment.residual_db < TIE_DB


def _without_chains(pairs: list[CataloguePair]) -> list[CataloguePair]:
    """Leave out pairs whose mix is itself the master of a pair that is worth more."""
    masters = {pair.master_sha256: pair for pair in pairs if pair.status is not Status.REJECTED}
    kept = []
    for pair in pairs:
        above = masters.get(pair.mix_sha256)
        if (
            above is None
            or pair.status in (Status.REJECTED, Status.CONFIRMED)
            or above.confidence < pair.confidence
        ):
            kept.append(pair)
    return kept


def _pair(
    candidate: Candidate,
    status: Status,
    confidence: float,
    reasons: tuple[str, ...],
    roots: dict[Path, Path],
) -> CataloguePair:
    artist, album, title = provenance(candidate.mix, candidate.master, roots)
    return CataloguePair(
        candidate.mix.path,
        candidate.master.path,
        candidate.mix.sha256,
        candidate.master.sha256,
        album,
        artist,
        title,
        round(confidence, 4),
        status,
        reasons,
        candidate.alignment,
    )
