"""ID3v2 tags: how long they are, and what they hold that the decoder does not hand out.

ID3v2.3 (1999) and ID3v2.4 (2000), section 3.
"""

from __future__ import annotations

from .source import Source

_MOST_FRAMES = 1024

_UNREAD = {
    b"APIC": "cover art",
    b"CHAP": "chapters",
    b"GEOB": "attached file",
    b"PRIV": "private data",
    b"TCOM": "composer",
    b"TPE2": "album artist",
    b"TSRC": "ISRC",
    b"TXXX": "user-defined text",
    b"USLT": "lyrics",
}


def tag_bytes(head: bytes) -> int:
    """Return the length of the tag that ``head`` begins with, 0 if it is none."""
    if not head.startswith(b"ID3") or len(head) < 10:
        return 0
    has_footer = head[5] & 0x10
    return 10 + _synchsafe(head[6:10]) + (10 if has_footer else 0)


def unread_names(source: Source) -> tuple[str, ...]:
    """Return what the tag at the beginning of a file holds beside the texts that are read."""
    head = source.read_at(0, 10)
    end = tag_bytes(head)
    if end == 0 or head[3] not in (3, 4):
        return ()
    names = []
    offset = 10
    for _ in range(_MOST_FRAMES):
        frame = source.read_at(offset, 10)
        if offset >= end or len(frame) < 10 or frame[0] == 0:
            break
        size = _synchsafe(frame[4:8]) if head[3] == 4 else int.from_bytes(frame[4:8], "big")
        names.append(_UNREAD.get(frame[:4], ""))
        offset += 10 + size
    return tuple(dict.fromkeys(name for name in names if name))


def _synchsafe(field: bytes) -> int:
    """Return a number of four bytes with seven bits each (ID3v2.4, 6.2)."""
    number = 0
    for byte in field:
        number = number << 7 | byte & 0x7F
    return number
