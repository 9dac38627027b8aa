"""MP3: every frame is counted, because the decoder believes a header, or guesses from one frame.

ISO/IEC 11172-3 and 13818-3, 2.4.1.3; the Xing and VBRI headers are those of their encoders.

The decoder drops its own delay of 529 frames, and where the first frame carries LAME's gapless
fields also the encoder's delay and the padding at the end. A file without them begins with the
encoder's delay (576 frames for LAME), which cannot be told from music.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..findings import Finding
from .header import Header, longer_than_announced
from .id3 import unread_names
from .overlay import View, with_bytes
from .source import Source

_SEARCH_BYTES = 1 << 16
_READ_BYTES = 1 << 20

# Between two frames that follow each other there is none; the bound is for files made to waste
# time, in which much looks like a frame.
_MOST_CANDIDATES = 1 << 16

# What may be a header: eleven bits of ones, then neither a reserved version or layer nor a bit rate
# that is free or forbidden.
_MARK = re.compile(rb"\xff[\xe2-\xe7\xf2-\xff][\x10-\xef]")

# Bit rates in kbit/s by layer, of MPEG-1 and of MPEG-2 and 2.5.
_BIT_RATES = {
    (1, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (1, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (1, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (2, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (2, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (2, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}


@dataclass(frozen=True, slots=True)
class FrameHeader:
    """The four bytes in front of each frame."""

    kind: bytes  # what is alike in all frames of a stream
    layer: int
    sample_rate: int
    channels: int
    samples: int
    size: int
    side_bytes: int


def frame_header(head: bytes) -> FrameHeader | None:
    """Read a frame header; None when four bytes are none, or one of free bit rate."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    version, layer = head[1] >> 3 & 3, 4 - (head[1] >> 1 & 3)
    bit_rate, rate = head[2] >> 4, head[2] >> 2 & 3
    if version == 1 or layer == 4 or bit_rate in (0, 15) or rate == 3:
        return None
    is_first = version == 3
    sample_rate = (44_100, 48_000, 32_000)[rate] >> {3: 0, 2: 1, 0: 2}[version]
    kilobits = _BIT_RATES[(1 if is_first else 2, layer)][bit_rate - 1]
    samples = {1: 384, 2: 1152, 3: 1152 if is_first else 576}[layer]
    slot = 4 if layer == 1 else 1
    slots = samples * kilobits * 1000 // (8 * sample_rate * slot) + (head[2] >> 1 & 1)
    is_mono = head[3] >> 6 == 3
    side = (17 if is_mono else 32) if is_first else (9 if is_mono else 17)
    kind = bytes((head[1] & 0xFE, head[2] & 0x0C))
    return FrameHeader(kind, layer, sample_rate, 1 if is_mono else 2, samples, slots * slot, side)


def inspect(source: Source, start: int) -> Header:
    """Count the frames from ``start`` on, and put the decoder's idea of their number right.

    Raises:
        AudioFileError: ``unreadable`` when no two frames follow each other, ``corrupt`` when too
            much looks like a frame and is none.

    """
    search = _Search(source)
    first = search.next_frame(start, None)
    if first is None:
        raise source.error("unreadable", "is damaged: no MPEG audio is found; export it again")
    at, header = first
    head = source.read_at(at, 4 + header.side_bytes + 12)
    count = _count(source, search, at, header)
    offset, announced = _announcement(source, at, header)
    findings: tuple[Finding, ...] = ()
    views: tuple[View, ...] = ()
    if offset == 0:
        views = (with_bytes(source, at, _xing_frame(head, count), inserted=True),)
    else:
        count -= 1  # the announcement's own frame
        # Some encoders count that frame too; fewer frames than that mean a truncated file.
        if count >= announced - 1 and count != announced:
            views = (with_bytes(source, offset, count.to_bytes(4, "big")),)
        if count > announced + 1:
            seconds = announced * header.samples / header.sample_rate
            findings = (longer_than_announced(seconds),)
    return Header(
        channels=header.channels,
        sample_rate=header.sample_rate,
        present_frames=count * header.samples,
        # Delays and padding of the encoder, which the decoder drops, take three frames at most.
        least_frames=max(0, count - 4) * header.samples,
        views=views,
        unread=unread_names(source),
        findings=findings,
    )


class _Search:
    """Looks for frames where one is missing."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._candidates = 0

    def next_frame(self, at: int, kind: bytes | None) -> tuple[int, FrameHeader] | None:
        """Return the first frame from ``at`` on that another, or the end of the file, follows."""
        data = self._source.read_at(at, _SEARCH_BYTES)
        mark = _MARK.search(data)
        while mark is not None:
            self._candidates += 1
            if self._candidates > _MOST_CANDIDATES:
                raise self._source.error("corrupt", "is damaged all over; export it again")
            found = mark.start()
            header = frame_header(data[found : found + 4])
            if header is not None and kind in (None, header.kind):
                after = found + header.size
                head = data[after : after + 4]
                later = frame_header(
                    head if len(head) == 4 else self._source.read_at(at + after, 4)
                )
                ends = at + after == self._source.size
                if ends or (later is not None and later.kind == header.kind):
                    return at + found, header
            mark = _MARK.search(data, found + 1)
        return None


def _count(source: Source, search: _Search, at: int, first: FrameHeader) -> int:
    """Return how many whole frames there are from ``at`` on."""
    count = 0
    data, base = b"", at
    while True:
        if at + 4 > base + len(data):
            data, base = source.read_at(at, _READ_BYTES), at
        header = frame_header(data[at - base : at - base + 4])
        if header is None or header.kind != first.kind:
            # Damage, or the tags behind the audio.
            following = search.next_frame(at, first.kind)
            if following is None:
                return count
            at, header = following
        at += header.size
        if at > source.size:
            return count
        count += 1


def _announcement(source: Source, at: int, header: FrameHeader) -> tuple[int, int]:
    """Return where the number of frames is announced, and that number; zeros if nowhere."""
    xing = at + 4 + header.side_bytes
    block = source.read_at(xing, 12)
    if block[:4] in (b"Xing", b"Info") and len(block) == 12 and block[7] & 1:
        return xing + 8, int.from_bytes(block[8:], "big")
    vbri = source.read_at(at + 36, 18)
    if vbri.startswith(b"VBRI") and len(vbri) == 18:
        return at + 36 + 14, int.from_bytes(vbri[14:], "big")
    return 0, 0


def _xing_frame(head: bytes, count: int) -> bytes:
    """Return a frame without sound, like the one with header ``head``, that announces ``count``."""
    # No check sum, and a bit rate in the middle, so that the announcement has room.
    head = bytes((0xFF, head[1] | 1, 0x90 | head[2] & 0x0C, head[3]))
    header = frame_header(head)
    if header is None or header.layer != 3:
        return b""
    block = bytes(header.side_bytes) + b"Xing" + (1).to_bytes(4, "big") + count.to_bytes(4, "big")
    return (head + block).ljust(header.size, b"\0")
