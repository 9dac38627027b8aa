"""FLAC: the metadata before the audio, and how far the audio really goes (RFC 9639, 8)."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from ..findings import Finding
from .flac_frames import StreamInfo, contiguous_frames, last_frame
from .header import Header, longer_than_announced
from .overlay import View, with_bytes
from .source import Source
from .tags import FIELDS

_MOST_BLOCKS = 1024
_MOST_COMMENT_BYTES = 1 << 20

# What the decoder hands out of the comments; and what merely names the encoder.
_READ = frozenset(FIELDS) | {"encoder"}


def inspect(source: Source, start: int) -> Header:
    """Read the metadata of a FLAC file and follow its frames.

    The number of frames in the header may be 0 (unknown), too small or absurdly large; the last
    frame tells where it begins. The decoder never goes beyond the header's number, so that a
    number that is too small is shown to it as unknown.

    Raises:
        AudioFileError: ``unreadable``, or ``corrupt`` when frames are missing or damaged.

    """
    info, unread = _metadata(source, start)
    begin, end = last_frame(source, info)
    whole = contiguous_frames(source, info)
    if whole < begin:
        # The decoder would fill a missing frame with silence, and say nothing.
        problem = f"is damaged at {whole / max(1, info.sample_rate):.3f} s; copy it again"
        raise source.error("corrupt", problem)
    findings: tuple[Finding, ...] = ()
    views: tuple[View, ...] = ()
    frames = info.frames
    if end == 0 and frames == 0:
        problem = "does not tell its length, and no end of its audio is found; decode it again"
        raise source.error("unreadable", problem)
    if 0 < frames < end:
        findings = (longer_than_announced(frames / max(1, info.sample_rate)),)
        rest = source.read_at(info.frames_offset, 1)[0] & 0xF0
        views = (with_bytes(source, info.frames_offset, bytes((rest, 0, 0, 0, 0))),)
        frames = end
    return Header(
        channels=info.channels,
        sample_rate=info.sample_rate,
        frames=frames or end,
        views=views,
        unread=unread,
        findings=findings,
        present_frames=end or None,
        least_frames=begin,
    )


def _metadata(source: Source, start: int) -> tuple[StreamInfo, tuple[str, ...]]:
    offset = start + 4
    stream = b""
    stream_offset = 0
    unread: list[str] = []
    for _ in range(_MOST_BLOCKS):
        head = source.read_at(offset, 4)
        if len(head) < 4:
            break
        kind, size = head[0] & 0x7F, int.from_bytes(head[1:], "big")
        offset += 4
        if kind == 0:
            stream, stream_offset = source.read_at(offset, 34), offset
        elif kind == 4:
            unread += _comments(source.read_at(offset, min(size, _MOST_COMMENT_BYTES)))
        elif kind in (5, 6):
            unread.append("cue sheet" if kind == 5 else "cover art")
        offset += size
        if head[0] & 0x80:
            break
    if len(stream) < 34:
        raise source.error("unreadable", "is damaged: its stream description breaks off")
    packed = int.from_bytes(stream[10:18], "big")
    info = StreamInfo(
        largest_block=int.from_bytes(stream[2:4], "big"),
        largest_frame_bytes=int.from_bytes(stream[7:10], "big"),
        sample_rate=packed >> 44,
        channels=(packed >> 41 & 7) + 1,
        bits=(packed >> 36 & 31) + 1,
        frames=packed & (1 << 36) - 1,
        frames_offset=stream_offset + 13,
        audio_offset=offset,
    )
    return info, tuple(dict.fromkeys(unread))


def _comments(block: bytes) -> Iterator[str]:
    """Yield the names of comments that the decoder does not hand out."""
    try:
        offset = 4 + struct.unpack_from("<I", block)[0]
        count = struct.unpack_from("<I", block, offset)[0]
        offset += 4
        for _ in range(min(count, 4096)):
            size = struct.unpack_from("<I", block, offset)[0]
            key = block[offset + 4 : offset + 4 + min(size, 64)].split(b"=")[0]
            offset += 4 + size
            name = key.decode("ascii", "backslashreplace")
            if name.lower() not in _READ:
                yield name
    except struct.error:
        return  # comments that break off are no reason to refuse the audio
