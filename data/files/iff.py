"""AIFF, AIFF-C and CAF: the chunks before and after the audio.

Apple: Audio Interchange File Format 1.3 (1989), AIFF-C draft (1991), Core Audio Format 1.0.
"""

from __future__ import annotations

import math
import struct

from ..findings import Finding
from .header import Header, no_audio, truncated
from .overlay import with_bytes
from .riff import MOST_CHUNKS, UNREAD, Chunk, chunks
from .source import Source

# Bytes of a sample by the compression type of AIFF-C; None takes the width from the header, and 0
# marks codecs whose frames have no fixed size.
_AIFC: dict[bytes, int | None] = {
    b"NONE": None,
    b"twos": None,
    b"sowt": None,
    b"raw ": 1,
    b"in24": 3,
    b"in32": 4,
    b"fl32": 4,
    b"FL32": 4,
    b"fl64": 8,
    b"FL64": 8,
    b"ulaw": 1,
    b"ULAW": 1,
    b"alaw": 1,
    b"ALAW": 1,
    b"ima4": 0,
    b"GSM ": 0,
    b"DWVW": 0,
}

_CAF = (b"lpcm", b"alac", b"ulaw", b"alaw")


def inspect_aiff(source: Source, start: int) -> Header:
    """Read the header of an AIFF or AIFF-C file.

    Raises:
        AudioFileError: ``no_audio``, ``unsupported_codec``, or ``unreadable``.

    """
    found: dict[bytes, Chunk] = {}
    unread = []
    for chunk in chunks(source, start + 12, ">"):
        found.setdefault(chunk.name, chunk)
        unread.append(UNREAD.get(chunk.name))
    if b"COMM" not in found or b"SSND" not in found:
        raise no_audio(source, "has no audio chunk that can be reached")
    is_aifc = source.read_at(start + 8, 4) == b"AIFC"
    channels, frames, sample_bytes, rate = _common(source, found[b"COMM"], is_aifc)
    sound = found[b"SSND"]
    offset = int.from_bytes(source.read_at(sound.offset, 4), "big")
    announced = sound.size - 8 - offset
    present = source.size - sound.offset - 8 - offset
    frame_bytes = channels * sample_bytes
    if frames == 0 or announced <= 0 or present <= 0:
        raise no_audio(source, "holds no audio")
    wanted = max(announced, frames * frame_bytes)
    there = min(announced, present)
    findings: tuple[Finding, ...] = ()
    if there < wanted:
        findings = (truncated(wanted, there, frame_bytes * rate or None),)
    return Header(
        channels=channels,
        sample_rate=rate,
        unread=tuple(dict.fromkeys(name for name in unread if name)),
        findings=findings,
    )


def inspect_caf(source: Source, start: int) -> Header:
    """Read the header of a CAF file; see `inspect_aiff` for the errors."""
    offset = start + 8
    description = b""
    unread = []
    data: Chunk | None = None
    for _ in range(MOST_CHUNKS):
        head = source.read_at(offset, 12)
        if len(head) < 12:
            break
        name, size = struct.unpack(">4sq", head)
        if name == b"desc":
            description = source.read_at(offset + 12, 32)
        elif name == b"data":
            data = Chunk(name, offset + 12, size)
        unread.append(UNREAD.get(name))
        if size < 0:
            break
        offset += 12 + size
    if len(description) < 32 or data is None:
        raise no_audio(source, "has no audio chunk that can be reached")
    rate, codec, _, packet_bytes, _, channels, _ = struct.unpack(">d4sIIIII", description)
    if codec not in _CAF:
        raise _unsupported(source, codec)
    present = source.size - data.offset
    if present <= 4 or 0 <= data.size <= 4:
        raise no_audio(source, "holds no audio")
    findings: tuple[Finding, ...] = ()
    if data.size > present:
        per_second = packet_bytes * rate if codec == b"lpcm" else None
        findings = (truncated(data.size - 4, present - 4, per_second),)
    # The decoder refuses a size of -1, which means "to the end of the file", and one beyond it.
    fits = 0 <= data.size <= present
    return Header(
        channels=channels,
        sample_rate=rate,
        views=() if fits else (with_bytes(source, data.offset - 8, present.to_bytes(8, "big")),),
        unread=tuple(dict.fromkeys(name for name in unread if name)),
        findings=findings,
    )


def _common(source: Source, chunk: Chunk, is_aifc: bool) -> tuple[int, int, int, float]:
    """Return channels, frames, bytes of a sample and sample rate of a COMM chunk."""
    content = source.read_at(chunk.offset, min(chunk.size, 22))
    if len(content) < (22 if is_aifc else 18):
        raise source.error("unreadable", "is damaged: its format chunk breaks off; export it again")
    channels, frames, bits = struct.unpack_from(">HIH", content)
    codec = content[18:22] if is_aifc else b"NONE"
    if codec not in _AIFC or not 1 <= bits <= 64:
        raise _unsupported(source, codec)
    width = _AIFC[codec]
    sample_bytes = (bits + 7) // 8 if width is None else width
    return channels, frames, sample_bytes, _extended(content[8:18])


def _extended(field: bytes) -> float:
    """Return an IEEE 754 80-bit number; not finite or too large ones become infinite."""
    exponent, mantissa = struct.unpack(">HQ", field)
    if exponent & 0x7FFF > 16383 + 64:
        return math.inf
    value = math.ldexp(float(mantissa), (exponent & 0x7FFF) - 16383 - 63)
    return -value if exponent & 0x8000 else value


def _unsupported(source: Source, codec: bytes) -> Exception:
    name = codec.decode("ascii", "backslashreplace").strip()
    problem = f"holds audio of the codec {name!r}, which is not read; export it as PCM"
    return source.error("unsupported_codec", problem)
