"""What is measured of a file, once: loudness, peaks, character and a sketch."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from ...models.errors import GlassmasterError
from ..alignment.sketch import HOP_S, Sketch, SketchMeter
from ..audio import blocks
from ..corpus.character import Character, character
from ..corpus.selection import LOOP_ERROR, NOISE_LIVELINESS_DB
from ..files.info import FileInfo
from ..files.names import display_name
from ..files.reader import open_audio
from ..metering.report import LoudnessAndPeak, LoudnessReport

MEASURING_VERSION = 1
"""Raised when measurements change; older ones are then made anew."""

SHORTEST_S = 8.0
"""What is shorter is no song."""

_READ_BYTES = 1 << 20
_LEAST_SOUNDING = 0.1
_LONGEST_LOOP_S = 30.0  # a song that is made of loops is longer
_TAGS = ("title", "artist", "album", "tracknumber")


@dataclass(frozen=True, slots=True)
class Facts:
    """Figures of a file.

    Attributes:
        container: As `FileInfo.container`.
        codec: libsndfile's name.
        lossy: Whether the codec discards sound.
        bit_depth: Bits of a sample; None for lossy codecs.
        sample_rate: In Hz.
        channels: 1 or 2.
        frames: Length in samples a channel.
        integrated_lufs: As two loudspeakers give it; None where it is undefined.
        range_lu: Loudness range; None where it is undefined.
        true_peak_dbtp: None for silence.
        plr_db: Peak to loudness ratio; None where it is undefined.
        unfit: Why this is no song, a code, or empty.
        tags: Text of the file: title, artist, album, tracknumber, where they are there.

    """

    container: str
    codec: str
    lossy: bool
    bit_depth: int | None
    sample_rate: int
    channels: int
    frames: int
    integrated_lufs: float | None
    range_lu: float | None
    true_peak_dbtp: float | None
    plr_db: float | None
    unfit: str
    tags: dict[str, str]

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.frames / self.sample_rate


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """What came of measuring a file.

    Attributes:
        sha256: Of the file, in hexadecimal.
        facts: None where it cannot be read.
        sketch: None where it cannot be read.
        problem: Why not, or empty.

    """

    sha256: str
    facts: Facts | None
    sketch: Sketch | None
    problem: str


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal.

    Raises:
        OSError: It cannot be read.

    """
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_READ_BYTES):
            digest.update(piece)
    return digest.hexdigest()


def measure(item: tuple[str, frozenset[str]]) -> Measured:
    """Measure a file, but for one that is known by its content; it runs in any process.

    Args:
        item: Its path, and the SHA-256 of what need not be measured.

    Returns:
        Without facts and problem where the file is known.

    """
    path, known = Path(item[0]), item[1]
    try:
        sha256 = file_sha256(path)
    except OSError as error:
        return Measured("", None, None, f"cannot be read: {error.strerror or error}")
    if sha256 in known:
        return Measured(sha256, None, None, "")
    try:
        facts, sketch = _measure(path)
    except GlassmasterError as error:
        text = error.message.replace(f"{display_name(path)}: ", "")
        return Measured(sha256, None, None, text)
    return Measured(sha256, facts, sketch, "")


def facts_text(facts: Facts) -> str:
    """Return facts as JSON; `facts_from` is its inverse."""
    return json.dumps(asdict(facts), sort_keys=True)


def facts_from(text: str) -> Facts:
    """Return facts from JSON."""
    return Facts(**json.loads(text))


def _measure(path: Path) -> tuple[Facts, Sketch]:
    with open_audio(path) as reader:
        levels = LoudnessAndPeak(reader.sample_rate, reader.channels)
        meter = SketchMeter(reader.sample_rate, reader.channels)
        for block in blocks(reader):
            meter.feed(block)
            levels.feed(block)
        sketch, power = meter.finish()
        facts = _facts(reader.info, sketch, levels.finish())
    if facts.unfit:
        return facts, sketch
    found = character(power, sketch.words, HOP_S)
    return replace(facts, unfit=_unfit(found, sketch.duration_s)), sketch


def _facts(info: FileInfo, sketch: Sketch, loudness: LoudnessReport) -> Facts:
    unfit = ""
    if sketch.duration_s < SHORTEST_S:
        unfit = "short"
    elif loudness.dual_mono_lufs is None:
        unfit = "silent"
    return Facts(
        container=info.container,
        codec=info.codec,
        lossy=info.lossy,
        bit_depth=info.bit_depth,
        sample_rate=info.sample_rate,
        channels=info.channels,
        frames=sketch.frames,
        integrated_lufs=loudness.dual_mono_lufs,
        range_lu=loudness.range_lu,
        true_peak_dbtp=loudness.true_peak_dbtp,
        plr_db=loudness.plr_db,
        unfit=unfit,
        tags={name: info.tags[name] for name in _TAGS if info.tags.get(name)},
    )


def _unfit(found: Character, duration_s: float) -> str:
    if found.sounding_share < _LEAST_SOUNDING:
        return "silent"
    if found.tonality_db + found.movement_db < NOISE_LIVELINESS_DB:
        return "noise"
    if duration_s <= _LONGEST_LOOP_S and found.period_error < LOOP_ERROR:
        return "loop"
    return ""
