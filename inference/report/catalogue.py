"""What is told of a catalogue, to people and to machines."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import asdict
from pathlib import Path

from ...data.catalogue.names import parse
from ...data.catalogue.records import CataloguePair, Content, Status, StoredFile
from ...data.catalogue.scanning import Scanned
from ...data.catalogue.store import Catalogue
from ...data.files.names import display_name
from ...data.findings import Finding
from .document import Json, file_entry, plain
from .layout import counted, wrapped

_ORDER = (Status.CONFIRMED, Status.SURE, Status.UNSURE, Status.REJECTED)
_SHOWN_FILES = 40
_INTERRUPTED = "The last scan was interrupted: pairs are older than files; scan again."


def scanned_line(path: Path, scanned: Scanned) -> str:
    """Tell what a scan did."""
    return (
        f"{display_name(path)}: {counted(scanned.files, 'file')}, {scanned.measured} measured, "
        f"{scanned.compared} compared, {scanned.gone} gone"
    )


def catalogue_lines(catalogue: Catalogue) -> list[str]:
    """List pairs, those that can be used first, and why other files are in none."""
    pairs, remarks = catalogue.pairs(), catalogue.remarks()
    counts = Counter(pair.status for pair in pairs)
    told = ", ".join(f"{counts[status]} {status.value}" for status in _ORDER)
    lines = [f"{display_name(catalogue.path)}: {counted(len(pairs), 'pair')}: {told}"]
    if not catalogue.is_complete:
        lines += wrapped(_INTERRUPTED, "  ")
    for status in _ORDER:
        for pair in pairs:
            if pair.status is status:
                lines += pair_lines(pair)
    files = [file for file in catalogue.files() if file.sha256 in remarks or not file.sha256]
    if files:
        lines.append(f"{counted(len(files), 'file')} in no pair:")
    for file in files[:_SHOWN_FILES]:
        remark = display_name(remarks.get(file.sha256, "It cannot be opened."))
        lines.append(f"  {display_name(_short(file))}")
        lines += wrapped(remark, "      ")
    if (more := len(files) - _SHOWN_FILES) > 0:
        lines.append(f"  and {more} more; --json lists them all")
    if counts[Status.UNSURE]:
        lines += wrapped(
            "Unsure pairs are never used until `glassmaster catalogue pair CATALOGUE MIX MASTER` "
            "confirms them.",
            "",
        )
    return lines


def decided_lines(catalogue: Catalogue, mix: Path, master: Path) -> list[str]:
    """Tell what is known of a pair after a person decided on it."""
    wanted = {Path(os.path.abspath(each)) for each in (mix, master)}
    hashes = {file.sha256 for file in catalogue.files() if file.path in wanted}
    lines = [
        line
        for pair in catalogue.pairs()
        if {pair.mix_sha256, pair.master_sha256} <= hashes
        for line in pair_lines(pair)
    ]
    return lines or [f"{display_name(catalogue.path)}: kept"]


def pair_lines(pair: CataloguePair) -> list[str]:
    """Tell of one pair: what, how sure and why."""
    name = " / ".join(each for each in (pair.artist, pair.album, pair.title) if each)
    lines = [f"  {display_name(name)}: {pair.status.value}, confidence {pair.confidence:.2f}"]
    lines.append(f"      mix    {display_name(pair.mix_path)}")
    lines.append(f"      master {display_name(pair.master_path)}")
    lines += wrapped(display_name(" ".join(pair.reasons)), "      ")
    return lines


def catalogue_entry(catalogue: Catalogue) -> Json:
    """Return the entry of a catalogue: its pairs and its files."""
    contents, remarks = catalogue.contents(), catalogue.remarks()
    findings = [] if catalogue.is_complete else [Finding("scan_interrupted", _INTERRUPTED)]
    return {
        **file_entry(catalogue.path, findings),
        "pairs": [_pair(pair) for pair in catalogue.pairs()],
        "catalogued": [
            _file(file, contents.get(file.sha256), remarks.get(file.sha256, ""))
            for file in catalogue.files()
        ],
    }


def _pair(pair: CataloguePair) -> Json:
    return {
        "mix": plain(pair.mix_path),
        "master": plain(pair.master_path),
        "mix_sha256": pair.mix_sha256,
        "master_sha256": pair.master_sha256,
        "artist": pair.artist,
        "album": pair.album,
        "title": pair.title,
        "confidence": pair.confidence,
        "status": pair.status.value,
        "reasons": list(pair.reasons),
        "alignment": None if pair.alignment is None else asdict(pair.alignment),
    }


def _file(file: StoredFile, content: Content | None, remark: str) -> Json:
    name = parse(file.path, file.root)
    facts = None if content is None else content.facts
    entry: Json = {
        "path": plain(file.path),
        "sha256": file.sha256 or None,
        "title": name.title,
        "role": name.role.value,
        "version": name.version,
        "variants": sorted(name.variants),
        "remark": remark,
        "measured": None,
    }
    if facts is not None:
        figures = {key: value for key, value in asdict(facts).items() if key not in ("unfit",)}
        entry["measured"] = {**figures, "duration_s": facts.duration_s}
    return entry


def _short(file: StoredFile) -> Path:
    return file.path.relative_to(file.root)
