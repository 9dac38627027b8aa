"""From measurements to a corpus: what is kept, in which split, and what the shard holds of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from .components import Origin, components
from .cutting import cut_splits, plan_for
from .manifest import ManifestEntry
from .matches import Match, find_matches
from .measuring import CORPUS_RATE_HZ, Measurement
from .selection import (
    Candidate,
    bridge_reasons,
    duplicate_reasons,
    target_reason,
    unfit_reason,
)
from .shard import Segment, ShardSong, write_shard
from .splits import SplitTrack

SHARD_SPLITS = ("fit", "calibration", "validation")
"""Splits of which the shard holds songs; of ``test`` training sees nothing."""

EXCERPTS = MappingProxyType(
    {
        ("fit", True): 8,
        ("fit", False): 2,
        ("calibration", True): 4,
        ("calibration", False): 1,
        ("validation", True): 4,
        ("validation", False): 1,
    }
)
"""The most excerpts of a song, by split and by whether it is a target.

Four make a mix: with fewer its statistics would spread otherwise than those that were learned from.
Of what is a reference only, hardly more than the statistics of the whole song are wanted."""

_SPARE_BYTES = 1 << 16
_COPIED = (
    *("sha256", "codec", "sample_rate", "channels", "duration_s", "kbps", "integrated_lufs"),
    *("range_lu", "true_peak_dbtp", "plr_db", "bandwidth_hz"),
)


@dataclass(frozen=True, slots=True)
class Assembled:
    """A corpus.

    Attributes:
        entries: One a track, kept or not.
        splits: Tracks by split.
        songs: Songs of the shard, sorted by identity.

    """

    entries: tuple[ManifestEntry, ...]
    splits: Mapping[str, tuple[SplitTrack, ...]]
    songs: tuple[ShardSong, ...]


def assemble(
    candidates: Sequence[Candidate], splits: Mapping[str, tuple[SplitTrack, ...]] | None
) -> Assembled:
    """Decide on every track.

    Args:
        candidates: Everything the sources have, measured or not; their order does not matter.
        splits: Splits that were cut before; None to cut them.

    Raises:
        CatalogueError: ``too_few`` when there is not enough music for splits.

    """
    tracks = {each.track.identity: each for each in candidates}
    reasons = {name: each.reason for name, each in tracks.items() if each.reason}
    for name, each in tracks.items():
        if each.measurement is not None and (unfit := unfit_reason(each.measurement)):
            reasons[name] = unfit
    measured = {name: each for name, each in tracks.items() if each.measurement is not None}
    fit = {name: each for name, each in measured.items() if name not in reasons}
    matches = find_matches(
        {name: each.measurement.words for name, each in fit.items() if each.measurement}
    )
    reasons.update(duplicate_reasons(fit, matches))
    kept = {name: each for name, each in fit.items() if name not in reasons}
    bridges = bridge_reasons(kept, matches)
    reasons.update(bridges)
    kept = {name: each for name, each in kept.items() if name not in bridges}
    rows = _split_tracks(kept, matches)
    if splits is None:
        splits, parted = _cut(rows, kept)
        reasons.update(parted)
    place = {track.identity: split for split, each in splits.items() for track in each}
    known = {track.identity: track for each in splits.values() for track in each}
    entries = tuple(
        _entry(each, place.get(name, ""), known.get(name) or rows.get(name), reasons.get(name, ""))
        for name, each in sorted(tracks.items())
    )
    songs = tuple(
        _song(entry, measurement)
        for entry in entries
        if entry.split in SHARD_SPLITS
        and (measurement := tracks[entry.identity].measurement) is not None
    )
    return Assembled(entries, splits, songs)


def write_fitting_shard(
    path: Path, corpus: Assembled, most_bytes: int, progress: Callable[[str, float], None]
) -> tuple[Assembled, str]:
    """Write the shard, with as many excerpts of each song as ``most_bytes`` has room for.

    Songs with the most excerpts give up some of them first.

    Returns:
        The corpus with the excerpts that are left, and the shard's SHA-256.

    """
    most = max((len(song.segments) for song in corpus.songs), default=0)
    while True:
        progress("writing the shard", 0.5)
        digest = write_shard(path, corpus.songs)
        size = path.stat().st_size
        if size <= most_bytes or most == 0:
            return corpus, digest
        held = sum(len(song.segments) for song in corpus.songs)
        target = held * (most_bytes - _SPARE_BYTES) / size
        while most > 0 and held > target:
            most -= 1
            held = sum(min(len(song.segments), most) for song in corpus.songs)
        songs = tuple(
            replace(song, segments=_thinned(song.segments, most)) for song in corpus.songs
        )
        counts = {song.identity: len(song.segments) for song in songs}
        entries = tuple(
            replace(entry, segments=counts.get(entry.identity, 0)) for entry in corpus.entries
        )
        corpus = Assembled(entries, corpus.splits, songs)


def _thinned(segments: tuple[Segment, ...], most: int) -> tuple[Segment, ...]:
    """Return at most ``most`` excerpts, spread evenly over the song."""
    count = len(segments)
    if count <= most:
        return segments
    return tuple(segments[(2 * number + 1) * count // (2 * most)] for number in range(most))


def _split_tracks(kept: Mapping[str, Candidate], matches: Sequence[Match]) -> dict[str, SplitTrack]:
    pairs = [(match.first, match.second) for match in matches]
    pairs += [(name, other) for name, each in kept.items() for other in each.track.duplicates]
    origins = [Origin(name, each.track.package, each.artist) for name, each in kept.items()]
    component = components(origins, pairs)
    return {
        name: SplitTrack(
            name,
            each.track.package,
            each.track.file,
            component[name],
            each.artist,
            each.measurement is not None and not target_reason(each.track, each.measurement),
        )
        for name, each in kept.items()
    }


def _cut(
    rows: Mapping[str, SplitTrack], kept: Mapping[str, Candidate]
) -> tuple[dict[str, tuple[SplitTrack, ...]], dict[str, str]]:
    """Return splits, and reasons for tracks that are in none of them."""
    named = [row for name, row in rows.items() if kept[name].track.split == "validation"]
    theirs = {row.component for row in named}
    reasons = {
        name: "belongs together with music of the validation set"
        for name, row in rows.items()
        if row.component in theirs and kept[name].track.split != "validation"
    }
    free = [row for row in rows.values() if row.component not in theirs]
    plan = plan_for(sum(row.is_target for row in free), has_validation=bool(named))
    splits = dict(cut_splits(free, plan))
    if named:
        splits["validation"] = tuple(sorted(named, key=lambda row: row.identity))
    splits.setdefault("validation", ())
    dealt = {row.identity for each in splits.values() for row in each}
    for row in free:
        if row.identity not in dealt:
            reasons[row.identity] = "beyond the share of its package in the test set"
    return splits, reasons


def _entry(candidate: Candidate, split: str, row: SplitTrack | None, reason: str) -> ManifestEntry:
    track, measurement = candidate.track, candidate.measurement
    if not reason and not split:
        reason = "in none of the splits that were cut before"
    split = "" if reason else split
    facts: dict[str, Any] = {}
    if measurement is not None:
        facts = _facts(measurement)
        facts["target_reason"] = target_reason(track, measurement)
    is_target = bool(split) and row is not None and row.is_target
    return ManifestEntry(
        identity=track.identity,
        source=candidate.source,
        package=track.package,
        file=track.file,
        licence=track.licence or (measurement.licence if measurement else ""),
        artist=candidate.artist,
        title=track.title or (measurement.title if measurement else ""),
        genre=track.genre,
        split=split,
        reason=reason,
        component=row.component if row is not None else "",
        is_target=is_target,
        segments=min(
            len(measurement.segments) if measurement else 0, EXCERPTS.get((split, is_target), 0)
        ),
        **facts,
    )


def _facts(measurement: Measurement) -> dict[str, Any]:
    return {
        **{name: getattr(measurement, name) for name in _COPIED},
        "tempo_bpm": measurement.structure.tempo_bpm,
        "sections_s": measurement.structure.sections_s,
        **asdict(measurement.character),
    }


def _song(entry: ManifestEntry, measurement: Measurement) -> ShardSong:
    return ShardSong(
        identity=entry.identity,
        split=entry.split,
        package=entry.package,
        artist=entry.artist,
        sample_rate=CORPUS_RATE_HZ,
        statistics=measurement.statistics,
        content=measurement.content,
        spectrum=measurement.spectrum,
        integrated_lufs=measurement.integrated_lufs or 0.0,
        range_lu=measurement.range_lu or 0.0,
        true_peak_dbtp=measurement.true_peak_dbtp or 0.0,
        plr_db=measurement.plr_db or 0.0,
        segments=_thinned(measurement.segments, entry.segments),
    )
