"""One file with all that training needs of its songs: no audio, and nothing that runs when read.

Layout: a line that names the format; the length of the directory, eight bytes, little-endian; the
directory, compressed JSON; the data it points to; the SHA-256 of all before, 32 bytes. Statistics
and spectra are kept exactly, frames as `quantizing` describes.
"""

from __future__ import annotations

import hashlib
import json
import lzma
import math
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from ...models.errors import CatalogueError
from ...models.mel import MEL_BANDS
from ...models.mel_statistics import STATISTICS
from ...models.spectrum import CENTERS_HZ, PowerSpectrum
from ..features.content import CONTENT
from ..files.replacing import replace_file
from .quantizing import (
    PEAK_STEP_DB,
    POWER_STEP_DB,
    Points,
    from_levels,
    loudest_db,
    pack,
    to_levels,
    unpack,
)

Array: TypeAlias = npt.NDArray[np.float64]

FORMAT = 2
_FAMILY = b"glassmaster shard "
_MAGIC = _FAMILY + f"{FORMAT}\n".encode()
_DIGEST_BYTES = 32
_ENDS = (len(STATISTICS), len(STATISTICS) + len(CONTENT))
_DATA = frozenset(("statistics", "content", "spectrum", "segments"))


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """A part of a song on the mel grid, the song being at -18 LUFS.

    Attributes:
        start_s: Where it begins in the song.
        mid: Powers, shape ``(80, frame)``.
        side: Powers, same shape.
        peak: Largest sample of each cell, shape ``(cell,)``; up to four cells a frame.

    """

    start_s: float
    mid: Points
    side: Points
    peak: Points


@dataclass(frozen=True, slots=True, eq=False)
class ShardSong:
    """A song of the corpus.

    Attributes:
        identity: Package and file, as in ``package/folder/song.ogg``.
        split: The split it belongs to.
        package: Where it comes from.
        artist: As far as known.
        sample_rate: At which it was measured, in Hz.
        statistics: Of the whole song, shape ``(statistics,)``; see `STATISTICS`.
        content: Of the whole song, shape ``(content,)``; see `CONTENT`.
        spectrum: Of the whole song at -18 LUFS.
        integrated_lufs: Before it was brought to -18 LUFS; as are the next.
        range_lu: Loudness range.
        true_peak_dbtp: True peak.
        plr_db: Peak-to-loudness ratio.
        segments: Parts of it, in the order of time.

    """

    identity: str
    split: str
    package: str
    artist: str
    sample_rate: int
    statistics: Array
    content: Array
    spectrum: PowerSpectrum
    integrated_lufs: float
    range_lu: float
    true_peak_dbtp: float
    plr_db: float
    segments: tuple[Segment, ...]


def statistics_hash() -> str:
    """Return the SHA-256 of the names of statistics and content, in hexadecimal."""
    return hashlib.sha256("\n".join((*STATISTICS, *CONTENT)).encode()).hexdigest()


def write_shard(path: str | Path, songs: Sequence[ShardSong]) -> str:
    """Write songs to one file, which appears when it is complete.

    Args:
        path: Replaced where it exists.
        songs: In the order in which they will be read. The same songs give the same bytes.

    Returns:
        The file's SHA-256 in hexadecimal.

    Raises:
        CatalogueError: ``bad_song``: an array has another shape, or a number is not finite.
        OutputError: The file cannot be written.

    """
    data = bytearray()
    rows = [_row(song, data) for song in songs]
    directory = {"statistics": statistics_hash(), "songs": rows}
    head = zlib.compress(json.dumps(directory, allow_nan=False, sort_keys=True).encode(), 9)
    body = _MAGIC + len(head).to_bytes(8, "little") + head + bytes(data)
    body += hashlib.sha256(body).digest()
    replace_file(Path(path), body)
    return hashlib.sha256(body).hexdigest()


def read_shard(path: str | Path) -> tuple[ShardSong, ...]:
    """Read a file of `write_shard`.

    Raises:
        CatalogueError: ``no_shard``, ``shard_version``, ``shard_damaged``, or ``shard_statistics``
            where its statistics are others than this version's.
        OSError: The file cannot be read.

    """
    body = Path(path).read_bytes()
    if not body.startswith(_FAMILY):
        raise CatalogueError(
            f"{path} is no shard; make one with `glassmaster corpus build`.",
            code="no_shard",
            path=path,
        )
    if not body.startswith(_MAGIC):
        raise CatalogueError(
            f"{path} is a shard of another version than {FORMAT}; build it again.",
            code="shard_version",
            path=path,
        )
    content, digest = body[:-_DIGEST_BYTES], body[-_DIGEST_BYTES:]
    if hashlib.sha256(content).digest() != digest:
        raise _damaged(path)
    try:
        start = len(_MAGIC) + 8
        end = start + int.from_bytes(content[len(_MAGIC) : start], "little")
        directory = json.loads(zlib.decompress(content[start:end]))
        if directory["statistics"] != statistics_hash():
            raise CatalogueError(
                f"{path} holds other statistics than this version measures; build it again.",
                code="shard_statistics",
                path=path,
            )
        data = memoryview(content)[end:]
        return tuple(_song(row, data) for row in directory["songs"])
    except (KeyError, TypeError, ValueError, zlib.error, lzma.LZMAError) as error:
        if isinstance(error, CatalogueError):
            raise
        raise _damaged(path) from error


def shard_sha256(path: str | Path) -> str:
    """Return the SHA-256 of a shard's file in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _damaged(path: str | Path) -> CatalogueError:
    return CatalogueError(
        f"{path} is damaged or cut short; copy it again or build it again.",
        code="shard_damaged",
        path=path,
    )


def _row(song: ShardSong, data: bytearray) -> dict[str, Any]:
    """Append a song's arrays to the data and return its row of the directory."""
    spectrum = np.stack((song.spectrum.mid, song.spectrum.side, song.spectrum.cross))
    shapes = song.statistics.shape, song.content.shape, spectrum.shape
    if shapes != ((len(STATISTICS),), (len(CONTENT),), (3, len(CENTERS_HZ))):
        raise _bad_song(song, "statistics, content or spectrum of another shape")
    row = {f.name: getattr(song, f.name) for f in fields(song) if f.name not in _DATA}
    numbers = [value for value in row.values() if isinstance(value, float)]
    whole = np.concatenate((song.statistics, song.content, spectrum.ravel()))
    if not (all(map(math.isfinite, numbers)) and np.isfinite(whole).all()):
        raise _bad_song(song, "a number that is not finite")
    row["whole"] = _append(data, whole.astype("<f8").tobytes())
    row["segments"] = [asdict(_packed(song, segment, data)) for segment in song.segments]
    return row


@dataclass(frozen=True, slots=True)
class _Packed:
    """A segment's row of the directory; places are offset and length in the data."""

    start_s: float
    frames: int
    cells: int
    top_db: float
    peak_top_db: float
    power_place: tuple[int, int]
    peak_place: tuple[int, int]


def _packed(song: ShardSong, segment: Segment, data: bytearray) -> _Packed:
    frames, cells = segment.mid.shape[-1], len(segment.peak)
    shapes = {segment.mid.shape, segment.side.shape}
    if shapes != {(MEL_BANDS, frames)} or not 4 * (frames - 1) <= cells <= 4 * frames:
        raise _bad_song(song, "a segment of another shape")
    power = np.stack((segment.mid, segment.side))
    squared = np.square(segment.peak)
    if not (np.isfinite(power).all() and np.isfinite(squared).all()):
        raise _bad_song(song, "a segment that is not finite")
    top_db, peak_top_db = loudest_db(power), loudest_db(squared)
    return _Packed(
        segment.start_s,
        frames,
        cells,
        top_db,
        peak_top_db,
        _append(data, pack(to_levels(power, top_db, POWER_STEP_DB))),
        _append(data, pack(to_levels(squared, peak_top_db, PEAK_STEP_DB)[None])),
    )


def _append(data: bytearray, part: bytes) -> tuple[int, int]:
    place = len(data), len(part)
    data += part
    return place


def _bad_song(song: ShardSong, fault: str) -> CatalogueError:
    return CatalogueError(
        f"{song.identity} has {fault}; measure it again.", code="bad_song", path=song.identity
    )


def _song(row: dict[str, Any], data: memoryview) -> ShardSong:
    whole = np.frombuffer(_part(data, row.pop("whole")), "<f8").astype(np.float64)
    statistics, content, spectrum = np.split(whole, _ENDS)
    segments = tuple(_segment(_Packed(**packed), data) for packed in row.pop("segments"))
    return ShardSong(
        **row,
        statistics=statistics,
        content=content,
        spectrum=PowerSpectrum(*spectrum.reshape(3, len(CENTERS_HZ))),
        segments=segments,
    )


def _segment(packed: _Packed, data: memoryview) -> Segment:
    levels = unpack(_part(data, packed.power_place), (2, MEL_BANDS, packed.frames))
    mid, side = from_levels(levels, packed.top_db, POWER_STEP_DB)
    peak_levels = unpack(_part(data, packed.peak_place), (1, packed.cells))[0]
    peak = np.sqrt(from_levels(peak_levels, packed.peak_top_db, PEAK_STEP_DB))
    return Segment(packed.start_s, mid, side, peak)


def _part(data: memoryview, place: tuple[int, int]) -> bytes:
    offset, length = place
    return bytes(data[offset : offset + length])
