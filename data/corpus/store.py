"""Measurements on disk while a corpus is built: one file a track, whole or not there."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from ...models.spectrum import PowerSpectrum
from ..files.replacing import replace_file
from .character import Character
from .measuring import Measurement, Structure
from .shard import Segment, statistics_hash

STORE_FORMAT = 2
"""Raised when measurements change; older files are then measured again."""

_ARRAYS = frozenset(
    ("structure", "character", "statistics", "content", "spectrum", "words", "segments")
)


def store_name(identity: str, source: str, segments: int) -> str:
    """Return the name of a track's file.

    Args:
        identity: Name of the track.
        source: What changes when the track may have changed: version of the package, or size and
            time of the file.
        segments: The most segments that are wanted of it.

    """
    key = json.dumps([STORE_FORMAT, statistics_hash(), identity, source, segments])
    return hashlib.sha256(key.encode()).hexdigest()[:32] + ".npz"


def save_problem(path: Path, problem: str) -> None:
    """Note that a track could not be measured, and why."""
    _save(path, {"problem": problem}, {})


def save_measurement(path: Path, measured: Measurement) -> None:
    """Save a measurement; `load` returns it bit by bit.

    Raises:
        OutputError: It cannot be written.

    """
    facts = {
        name: getattr(measured, name)
        for name in Measurement.__dataclass_fields__
        if name not in _ARRAYS
    }
    facts["structure"] = asdict(measured.structure)
    facts["character"] = asdict(measured.character)
    facts["starts_s"] = [segment.start_s for segment in measured.segments]
    spectrum = measured.spectrum
    arrays: dict[str, Any] = {
        "statistics": measured.statistics,
        "content": measured.content,
        "spectrum": np.stack((spectrum.mid, spectrum.side, spectrum.cross)),
        "words": measured.words,
    }
    for number, segment in enumerate(measured.segments):
        arrays[f"mid{number}"] = segment.mid
        arrays[f"side{number}"] = segment.side
        arrays[f"peak{number}"] = segment.peak
    _save(path, facts, arrays)


def load(path: Path, *, with_segments: bool = True) -> Measurement | str | None:
    """Return a measurement, the reason why there is none, or None where there is no file."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            facts = json.loads(archive["facts"].tobytes())
            if "problem" in facts:
                return str(facts["problem"])
            return _measurement(facts, archive, with_segments)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile):
        return None  # cut short by a full disk, or of an older form: measured again


def _measurement(facts: dict[str, Any], archive: Any, with_segments: bool) -> Measurement:
    structure, starts_s = facts.pop("structure"), facts.pop("starts_s")
    segments = tuple(
        Segment(
            start_s, archive[f"mid{number}"], archive[f"side{number}"], archive[f"peak{number}"]
        )
        for number, start_s in enumerate(starts_s if with_segments else ())
    )
    return Measurement(
        **{key: value for key, value in facts.items() if key != "character"},
        structure=Structure(structure["tempo_bpm"], tuple(structure["sections_s"])),
        character=Character(**facts["character"]),
        statistics=archive["statistics"],
        content=archive["content"],
        spectrum=PowerSpectrum(*archive["spectrum"]),
        words=archive["words"],
        segments=segments,
    )


def _save(path: Path, facts: dict[str, Any], arrays: dict[str, Any]) -> None:
    content = io.BytesIO()
    text = np.frombuffer(json.dumps(facts).encode(), np.uint8)
    np.savez(content, facts=text, **arrays)
    replace_file(path, content.getvalue())
