"""Which files may be one performance: what their fingerprints share, and what their names say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from ..corpus.shared_words import Prints, shared_words
from .names import Role
from .records import Comparison
from .roles import Song

MOST_OF_A_NAME = 24
"""Names such as Untitled, that more files share, propose nothing."""

SAME_DB = -35.0
"""Copies in another format differ by less than this in all but a twentieth of the cells."""

SAME_LOSSY_DB = -15.0
"""The same mean for a copy that was compressed with loss."""

_NEAR_LU, _NEAR_PLR_DB, _NEAR_S = 0.25, 1.5, 0.25


def near_pairs(songs: Sequence[Song], prints: Prints) -> list[tuple[int, int]]:
    """Return places of files that share words of their fingerprints, or their title.

    Args:
        songs: All of them.
        prints: Fingerprints in the same order; each is taken several times.

    """
    found = set(shared_words(prints))
    named: dict[str, list[int]] = defaultdict(list)
    for place, song in enumerate(songs):
        if song.name.title:
            named[song.name.title].append(place)
    for places in named.values():
        if len(places) <= MOST_OF_A_NAME:
            found.update((one, two) for n, one in enumerate(places) for two in places[n + 1 :])
    return sorted(found)


def may_be_copies(first: Song, second: Song) -> bool:
    """Tell whether two files may be one sound in two formats, by their levels and lengths."""
    one, two = first.facts, second.facts
    levels = (one.integrated_lufs, two.integrated_lufs, one.plr_db, two.plr_db)
    if any(level is None for level in levels):
        return False
    loud_one, loud_two, peak_one, peak_two = (level or 0.0 for level in levels)
    return (
        abs(loud_one - loud_two) <= _NEAR_LU
        and abs(peak_one - peak_two) <= _NEAR_PLR_DB
        and abs(one.duration_s - two.duration_s) <= _NEAR_S
    )


def are_copies(first: Song, second: Song, comparison: Comparison) -> bool:
    """Tell whether two files that were aligned are one sound in two formats."""
    alignment = comparison.alignment
    if alignment is None:
        return False
    if first.facts.lossy or second.facts.lossy:
        return alignment.residual_db < SAME_LOSSY_DB
    return alignment.worst_db < SAME_DB


def without_copies(
    songs: Sequence[Song], copies: Sequence[tuple[Song, Song]]
) -> tuple[list[Song], dict[str, Song]]:
    """Keep the best of all copies of one sound.

    Args:
        songs: All of them.
        copies: Pairs of copies.

    Returns:
        Those that are left, with the role that any of their copies has, and for each other, by its
        SHA-256, of which it is a copy.

    """
    groups = {song.sha256: {song.sha256} for song in songs}
    for one, two in copies:
        joined = groups[one.sha256] | groups[two.sha256]
        for sha256 in joined:
            groups[sha256] = joined
    by_content = {song.sha256: song for song in songs}
    kept: list[Song] = []
    others: dict[str, Song] = {}
    for song in songs:
        members = [by_content[each] for each in groups[song.sha256]]
        best = min(members, key=_worse)
        if best is song:
            roles = {each.name.role for each in members} - {Role.UNSAID}
            if song.name.role is Role.UNSAID and len(roles) == 1:
                song = replace(song, name=replace(song.name, role=roles.pop()))
            kept.append(song)
        else:
            others[song.sha256] = best
    return kept, others


def _worse(song: Song) -> tuple[bool, bool, int, int, str]:
    facts = song.facts
    is_unsaid = song.name.role is Role.UNSAID
    return facts.lossy, is_unsaid, -facts.sample_rate, -(facts.bit_depth or 0), song.sha256
