"""The manifest of a corpus: one line of JSON a track, kept or not, with the reason."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from ...models.errors import CatalogueError
from ..files.names import display_name
from ..files.replacing import replace_file

MANIFEST_FORMAT = 1
"""Raised when a field changes its meaning."""


@dataclass(frozen=True, slots=True)
class ManifestEntry:
    """What is known of a track.

    Figures are of the whole track at 44.1 kHz, and None where it was not measured or where they are
    undefined; of sample rate and channels, those of the file.

    Attributes:
        identity: Package or folder, and file.
        source: The ``.deb`` it came in, or the folder.
        package: Debian package, or folder.
        file: Path within it.
        licence: As the source states it; empty where it does not.
        artist: Empty where unknown.
        title: Empty where unknown.
        genre: Empty where unknown.
        split: One of `splits.SPLITS`; empty for tracks that are not used.
        reason: Why a track is not used; empty where it is.
        component: What it may not be parted from; empty for tracks that are not kept.
        is_target: Whether it may serve as a master to aim at.
        target_reason: Why it may not; empty where it may.
        sha256: Of the file, in hexadecimal.
        codec: libsndfile's name.
        sample_rate: In Hz.
        channels: 1 or 2.
        duration_s: In seconds.
        kbps: Size over duration, in kb/s.
        integrated_lufs: Gated loudness.
        range_lu: Loudness range.
        true_peak_dbtp: True peak.
        plr_db: Peak to loudness ratio.
        bandwidth_hz: Where the spectrum ends.
        tempo_bpm: Beats a minute.
        sections_s: Where each section begins.
        sounding_share: Share of frames that are no pauses.
        period_s: Period at which it repeats itself best.
        period_error: How badly, 0 to 0.5.
        tonality_db: How far peaks of the spectrum stand out.
        movement_db: How much the spectrum moves in a quarter of a second.
        segments: How many excerpts of it the shard holds.

    """

    identity: str
    source: str
    package: str
    file: str
    licence: str
    artist: str
    title: str
    genre: str
    split: str = ""
    reason: str = ""
    component: str = ""
    is_target: bool = False
    target_reason: str = ""
    sha256: str | None = None
    codec: str | None = None
    sample_rate: int | None = None
    channels: int | None = None
    duration_s: float | None = None
    kbps: float | None = None
    integrated_lufs: float | None = None
    range_lu: float | None = None
    true_peak_dbtp: float | None = None
    plr_db: float | None = None
    bandwidth_hz: float | None = None
    tempo_bpm: float | None = None
    sections_s: tuple[float, ...] = ()
    sounding_share: float | None = None
    period_s: float | None = None
    period_error: float | None = None
    tonality_db: float | None = None
    movement_db: float | None = None
    segments: int = 0


_DIGITS = 4


def write_manifest(path: Path, entries: Iterable[ManifestEntry]) -> None:
    """Write a manifest whole or not at all, in the order of identities.

    Raises:
        OutputError: The file cannot be written.

    """
    head = json.dumps({"manifest": MANIFEST_FORMAT})
    ordered = sorted(entries, key=lambda entry: entry.identity)
    lines = [json.dumps(_rounded(asdict(entry))) for entry in ordered]
    replace_file(path, "\n".join((head, *lines, "")).encode())


def read_manifest(path: Path) -> tuple[ManifestEntry, ...]:
    """Read what `write_manifest` wrote.

    Raises:
        CatalogueError: ``manifest`` when it cannot be read, is damaged or of another format.

    """
    name = display_name(path)
    try:
        head, *lines = path.read_text(encoding="utf-8").splitlines()
        if json.loads(head) != {"manifest": MANIFEST_FORMAT}:
            raise ValueError(f"it is not of format {MANIFEST_FORMAT}")
        return tuple(_entry(json.loads(line)) for line in lines)
    except (OSError, ValueError, TypeError, KeyError) as error:
        message = f"{name}: is no manifest that can be read ({error}); build the corpus again"
        raise CatalogueError(message, code="manifest", path=path) from error


def _entry(row: dict[str, Any]) -> ManifestEntry:
    known = {field.name for field in fields(ManifestEntry)}
    values: dict[str, Any] = {key: value for key, value in row.items() if key in known}
    values["sections_s"] = tuple(values["sections_s"])
    return ManifestEntry(**values)


def _rounded(row: dict[str, Any]) -> dict[str, Any]:
    return {key: _round(value) for key, value in row.items()}


def _round(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, _DIGITS)
    return [_round(each) for each in value] if isinstance(value, tuple) else value
