"""Ogg: every page is checked, because the decoder leaves out what is damaged (RFC 3533)."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

from ..findings import Finding
from .header import Header
from .source import Source

_MOST_PARTS = 1000
_MOST_PAGES = 1_000_000
_MOST_TRIES = 1000
_HEADER_BYTES = 27
_SEARCH_BYTES = 1 << 16
_FIRST_PAGE, _LAST_PAGE = 2, 4

_REVERSED_BITS = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))

_OTHER_CODECS = {
    b"\x7fFLAC": "FLAC in Ogg",
    b"Speex": "Speex",
    b"\x80theora": "Theora video",
    b"fishead": "a skeleton of several streams",
}


@dataclass(frozen=True, slots=True)
class _Page:
    flags: int
    granule: int
    serial: int
    number: int
    size: int
    content: bytes
    is_sound: bool


def inspect(source: Source, start: int) -> Header:
    """Check all pages of an Ogg file and find the streams chained in it.

    Raises:
        AudioFileError: ``corrupt`` for a page that is damaged or missing, ``unsupported_codec``.

    """
    parts: list[int] = []
    numbers: dict[int, int] = {}
    rate, granule, at = 48_000, 0, start
    flags = _LAST_PAGE
    pages = 0
    while (page := _page(source, at)) is not None:
        pages += 1
        if not page.is_sound:
            raise _corrupt(source, granule / rate)
        if page.flags & _FIRST_PAGE:
            if not parts or flags & _FIRST_PAGE == 0:
                parts.append(at)
                numbers.clear()
            rate = _codec_rate(source, page.content)
        if page.number != numbers.get(page.serial, page.number):
            raise _corrupt(source, granule / rate)
        if pages > _MOST_PAGES or len(parts) > _MOST_PARTS:
            raise source.error("unreadable", "is in too many pieces; convert it to WAV or FLAC")
        numbers[page.serial] = page.number + 1
        flags = page.flags
        granule = page.granule if page.granule >= 0 else granule
        at += page.size
    if not parts:
        raise source.error("unreadable", "is damaged: its first page breaks off")
    if _later_page(source, at):
        raise _corrupt(source, granule / rate)
    findings: tuple[Finding, ...] = ()
    if not flags & _LAST_PAGE:
        message = "The file breaks off without an end mark; copy or download it again."
        findings = (Finding("truncated", message),)
    if len(parts) > 1:
        message = f"The file is a chain of {len(parts)} recordings, which are read as one."
        findings += (Finding("chained", message),)
    ends = [*parts[1:], source.size]
    ranges = zip(parts, ends, strict=True)
    views = tuple((each,) for each in ranges) if len(parts) > 1 else ()
    return Header(views=views, findings=findings)


def _page(source: Source, at: int) -> _Page | None:
    """Return the page at ``at``, or None where no whole page is."""
    head = source.read_at(at, _HEADER_BYTES + 255)
    if len(head) < _HEADER_BYTES or not head.startswith(b"OggS"):
        return None
    _, _, flags, granule, serial, number, check, segments = struct.unpack_from("<4sBBqIIIB", head)
    body = _HEADER_BYTES + segments
    size = body + sum(head[_HEADER_BYTES:body])
    page = source.read_at(at, size)
    if len(page) < size:
        return None
    is_sound = _crc32(page[:22] + bytes(4) + page[26:]) == check
    return _Page(flags, granule, serial, number, size, page[body : body + 32], is_sound)


def _crc32(data: bytes) -> int:
    """Return a page's check sum: polynomial 0x04C11DB7, highest bit first, from 0.

    zlib's is the same with the bits of each byte, and of the result, in reverse order, and
    inverted before and after.
    """
    mirrored = zlib.crc32(data.translate(_REVERSED_BITS), 0xFFFF_FFFF) ^ 0xFFFF_FFFF
    return int.from_bytes(mirrored.to_bytes(4, "little").translate(_REVERSED_BITS), "big")


def _codec_rate(source: Source, content: bytes) -> int:
    """Return the unit of the page positions, in Hz."""
    if content.startswith(b"OpusHead"):
        return 48_000
    if content.startswith(b"\x01vorbis") and len(content) >= 16:
        return max(1, int.from_bytes(content[12:16], "little"))
    name = next((name for magic, name in _OTHER_CODECS.items() if content.startswith(magic)), "")
    problem = f"holds {name or 'an unknown codec'}, which is not read; convert it to WAV or FLAC"
    raise source.error("unsupported_codec", problem)


def _later_page(source: Source, at: int) -> bool:
    """Tell whether another page follows what is no page; tags at the very end are harmless."""
    tries = 0
    at += 1
    while data := source.read_at(at, _SEARCH_BYTES):
        found = data.find(b"OggS")
        while found >= 0:
            tries += 1
            if tries > _MOST_TRIES or _page(source, at + found) is not None:
                return True
            found = data.find(b"OggS", found + 1)
        # The four letters may lie across two pieces.
        at += max(1, len(data) - 3)
    return False


def _corrupt(source: Source, seconds: float) -> Exception:
    problem = f"is damaged at about {seconds:.3f} s; copy or download it again"
    return source.error("corrupt", problem)
