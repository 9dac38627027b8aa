"""WAV, its big-endian and 64-bit relatives, and Sony Wave64: the chunks before and after the audio.

Microsoft Multimedia Programming Interface 1.0 (RIFF), EBU Tech 3306 (RF64), ITU-R BS.2088 (BW64).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from .header import Header, PcmLayout, no_audio, truncated
from .overlay import View, with_bytes
from .source import Source

MOST_CHUNKS = 4096
"""Files with more chunks are not searched to their end."""

UNREAD = {
    b"bext": "broadcast extension (bext)",
    b"iXML": "iXML",
    b"axml": "axml",
    b"chna": "audio definition model (chna)",
    b"cart": "cart chunk",
    b"cue ": "cue points",
    b"smpl": "sampler loops",
    b"inst": "instrument",
    b"acid": "ACID loop",
    b"id3 ": "ID3 tag",
    b"ID3 ": "ID3 tag",
    b"_PMX": "XMP",
    b"MARK": "markers",
    b"COMT": "time-stamped comments",
    b"INST": "instrument",
    b"mark": "markers",
}
"""Chunks with metadata that the decoder does not hand out."""

_CODECS = {
    1: "PCM",
    2: "Microsoft ADPCM",
    3: "float",
    6: "A-law",
    7: "µ-law",
    0x11: "IMA ADPCM",
    0x31: "GSM 6.10",
    0x38: "NMS ADPCM",
    0x40: "G.721",
    0x55: "MP3",
}

# A program that writes to a pipe cannot come back to fill in the size (ffmpeg, SoX).
_STREAMED = (0xFFFF_FFFF, 0x7FFF_F000)


@dataclass(frozen=True, slots=True)
class Chunk:
    """One chunk: its name, and its content's first byte and announced length."""

    name: bytes
    offset: int
    size: int


def chunks(source: Source, offset: int, order: str) -> Iterator[Chunk]:
    """Yield the RIFF or IFF chunks from ``offset`` on, `MOST_CHUNKS` at most.

    Args:
        source: The file.
        offset: Where the first chunk begins.
        order: ``<`` for little-endian (RIFF), ``>`` for big-endian sizes (RIFX, IFF).

    """
    for _ in range(MOST_CHUNKS):
        head = source.read_at(offset, 8)
        if len(head) < 8:
            return
        name, size = struct.unpack(f"{order}4sI", head)
        yield Chunk(name, offset + 8, size)
        offset += 8 + size + size % 2


def inspect(source: Source, start: int) -> Header:
    """Read the header of a RIFF, RIFX, RF64 or BW64 file.

    Raises:
        AudioFileError: ``no_audio``, ``unsupported_codec``, or ``unreadable``.

    """
    root = source.read_at(start, 4)
    order = ">" if root == b"RIFX" else "<"
    wide = 0
    codec: _Codec | None = None
    data: Chunk | None = None
    unread = []
    found = chunks(source, start + 12, order)
    for chunk in found:
        if chunk.name == b"ds64" and root in (b"RF64", b"BW64"):
            wide = int.from_bytes(source.read_at(chunk.offset + 8, 8), "little")
        elif chunk.name == b"fmt " and codec is None:
            codec = _codec(source, chunk, order)
        elif chunk.name == b"data":
            data = chunk
            break
        unread.append(UNREAD.get(chunk.name))
    if codec is None or data is None:
        raise no_audio(source, "has no audio chunk that can be reached")
    size = wide if wide and data.size == 0xFFFF_FFFF else data.size
    after = data.offset + size + size % 2
    unread += [UNREAD.get(chunk.name) for chunk in chunks(source, after, order)]
    return _header(
        source,
        codec,
        data.offset,
        size,
        streamed=not wide and data.size in _STREAMED,
        unread=unread,
        # The decoder knows BW64 under its older name only; the two are laid out alike.
        views=(with_bytes(source, start, b"RF64"),) if root == b"BW64" else (),
    )


def inspect_w64(source: Source, start: int) -> Header:
    """Read the header of a Sony Wave64 file; see `inspect` for the errors."""
    offset = start + 40
    codec: _Codec | None = None
    for _ in range(MOST_CHUNKS):
        head = source.read_at(offset, 24)
        if len(head) < 24:
            break
        size = int.from_bytes(head[16:], "little") - 24
        if head.startswith(b"fmt "):
            codec = _codec(source, Chunk(b"fmt ", offset + 24, size), "<")
        elif head.startswith(b"data") and codec is not None:
            return _header(source, codec, offset + 24, size)
        offset += 24 + max(0, size) + -size % 8
    raise no_audio(source, "has no audio chunk that can be reached")


@dataclass(frozen=True, slots=True)
class _Codec:
    channels: int
    sample_rate: int
    frame_bytes: int  # 0 where frames have no fixed size
    plain_width: int  # bytes of a plain little-endian integer sample of 16 or 24 bits, else 0


def _codec(source: Source, chunk: Chunk, order: str) -> _Codec:
    content = source.read_at(chunk.offset, min(chunk.size, 40))
    if len(content) < 16:
        raise source.error("unreadable", "is damaged: its format chunk breaks off; export it again")
    tag, channels, rate, _, align, bits = struct.unpack_from(f"{order}HHIIHH", content)
    if tag == 0xFFFE and len(content) >= 26:
        tag = struct.unpack_from(f"{order}H", content, 24)[0]
    widths = {1: range(1, 33), 3: (32, 64)}.get(tag)
    if tag not in _CODECS or (widths is not None and bits not in widths):
        kind = _CODECS.get(tag, f"the codec 0x{tag:04X}")
        problem = f"holds {kind} of {bits} bits, which is not read; export it with 24 bits"
        raise source.error("unsupported_codec", problem)
    frame_bytes = channels * ((bits + 7) // 8) if widths is not None else 0
    plain = tag == 1 and bits in (16, 24) and align == frame_bytes and order == "<"
    return _Codec(channels, rate, frame_bytes, bits // 8 if plain else 0)


def _header(
    source: Source,
    codec: _Codec,
    offset: int,
    size: int,
    *,
    streamed: bool = False,
    unread: list[str | None] | None = None,
    views: tuple[View, ...] = (),
) -> Header:
    present = max(0, source.size - offset)
    if size <= 0 < present:
        raise no_audio(
            source,
            "announces no audio though bytes follow: its recording or export was interrupted",
        )
    if present == 0 or size <= 0:
        raise no_audio(source, "holds no audio")
    findings = []
    if size > present and not streamed:
        per_second = float(codec.frame_bytes * codec.sample_rate) or None
        findings.append(truncated(size, present, per_second))
    return Header(
        channels=codec.channels,
        sample_rate=codec.sample_rate,
        views=views,
        unread=tuple(dict.fromkeys(name for name in unread or [] if name)),
        findings=tuple(findings),
        pcm=PcmLayout(offset, codec.plain_width) if codec.plain_width else None,
    )
