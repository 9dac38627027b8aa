"""The frames of a FLAC file, followed by their headers without decoding (RFC 9639, 9.1)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .source import Source

_TAIL_BYTES = 1 << 22
_PIECE_BYTES = 1 << 20
_HEADER_BYTES = 16

# The longest recording has four million. Chance makes what looks like a frame once in 64 KiB; the
# bounds are for files made to waste time.
_MOST_FRAMES = 1 << 22
_MOST_STRAYS = 1 << 18


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """The STREAMINFO block (RFC 9639, 8.2), and where the frames begin."""

    largest_block: int
    largest_frame_bytes: int
    sample_rate: int
    channels: int
    bits: int
    frames: int
    frames_offset: int
    audio_offset: int


def last_frame(source: Source, info: StreamInfo) -> tuple[int, int]:
    """Return where, in samples a channel, the last frame in the file begins and ends.

    The frame may be cut off itself. Zeros mean that none was found.
    """
    raw = info.largest_block * info.channels * ((info.bits + 7) // 8) + 256
    size = min(2 * (info.largest_frame_bytes or raw) + 4096, _TAIL_BYTES)
    start = max(info.audio_offset, source.size - size)
    # Chance makes such a header once in ten thousand files; it is far off as a rule.
    furthest = info.largest_block * source.size
    frames = (frame for frame in _frames(source, info, start) if frame[0] <= furthest)
    return max(frames, default=(0, 0))


def contiguous_frames(source: Source, info: StreamInfo) -> int:
    """Return the sample at which the unbroken chain of frames from the beginning ends."""
    end = 0
    for begin, stop in _frames(source, info, info.audio_offset):
        if begin == end:
            end = stop
    return end


def _frames(source: Source, info: StreamInfo, at: int) -> Iterator[tuple[int, int]]:
    """Yield begin and end, in samples a channel, of each frame from byte ``at`` on."""
    first = source.read_at(info.audio_offset, 4)
    if first[:1] != b"\xff":
        return
    frames = strays = end = 0
    most_strays = _MOST_STRAYS + (source.size >> 15)
    while data := source.read_at(at, _PIECE_BYTES + _HEADER_BYTES):
        found = data.find(first[:2])
        while 0 <= found < _PIECE_BYTES:
            frame = _frame(data[found : found + _HEADER_BYTES], first, info.largest_block)
            if frame is not None:
                yield frame
            if frame is not None and frame[0] == end:
                frames += 1
            else:
                strays += 1
            if strays > most_strays or frames > _MOST_FRAMES:
                return
            end = end if frame is None else frame[1]
            found = data.find(first[:2], found + 1)
        at += _PIECE_BYTES


def _frame(head: bytes, first: bytes, fixed_block: int) -> tuple[int, int] | None:
    """Read a frame header (RFC 9639, 9.1) that must resemble the stream's ``first``."""
    if len(head) < 6 or head[2] & 15 != first[2] & 15 or head[3] & 15 != first[3] & 15:
        return None
    # The number is coded like a character of UTF-8, of up to seven bytes.
    extra = max(0, 8 - (~head[4] & 0xFF).bit_length() - 1)
    number = head[4] & (0x7F >> extra)
    for byte in head[5 : 5 + extra]:
        if byte & 0xC0 != 0x80:
            return None
        number = number << 6 | byte & 0x3F
    at = 5 + extra
    code = head[2] >> 4
    if code == 0:
        return None
    if code in (6, 7):
        length = int.from_bytes(head[at : at + code - 5], "big") + 1
        at += code - 5
    else:
        length = 192 if code == 1 else 576 << code - 2 if code < 6 else 256 << code - 8
    at += {12: 1, 13: 2, 14: 2}.get(head[2] & 15, 0)
    if len(head) <= at or _crc8(head[:at]) != head[at]:
        return None
    is_numbered_by_sample = head[1] & 1
    begin = number if is_numbered_by_sample else number * fixed_block
    return begin, begin + length


def _checks() -> tuple[int, ...]:
    """Return the check sum of each byte: polynomial x⁸ + x² + x + 1."""
    table = []
    for value in range(256):
        for _ in range(8):
            value = value << 1 ^ (0x107 if value & 0x80 else 0)
        table.append(value)
    return tuple(table)


_CHECKS = _checks()


def _crc8(data: bytes) -> int:
    """Return the check sum of a frame header."""
    value = 0
    for byte in data:
        value = _CHECKS[value ^ byte]
    return value
