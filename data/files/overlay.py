"""A file as it should have been written: ranges of another file, with corrections in between."""

from __future__ import annotations

import os
from typing import TypeAlias

from .source import Source

Piece: TypeAlias = bytes | tuple[int, int]
"""Bytes to be shown, or the first and the end of a range of the file."""

View: TypeAlias = tuple[Piece, ...]
"""What a decoder is shown, piece after piece."""


def with_bytes(source: Source, offset: int, correction: bytes, *, inserted: bool = False) -> View:
    """Return the view of a whole file with some bytes corrected, or ``inserted``, at ``offset``."""
    resumed = offset if inserted else offset + len(correction)
    return ((0, offset), correction, (resumed, source.size))


class Overlay:
    """Shows a view of a file to a decoder; the file itself is not touched.

    Args:
        source: The file.
        view: What is shown of it.

    """

    def __init__(self, source: Source, view: View) -> None:
        self._source = source
        self._view = view
        self._length = sum(_length(piece) for piece in view)
        self._position = 0

    def tell(self) -> int:
        """Return the position in what is shown."""
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move to ``offset``, as files do."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._length}[whence]
        self._position = max(0, base + offset)
        return self._position

    def read(self, count: int = -1) -> bytes:
        """Return the next ``count`` bytes, fewer at the end."""
        stop = self._length if count < 0 else min(self._position + count, self._length)
        data = b""
        shown = 0
        for piece in self._view:
            first, last = max(self._position - shown, 0), min(stop - shown, _length(piece))
            if first < last:
                data += (
                    piece[first:last]
                    if isinstance(piece, bytes)
                    else self._source.read_at(piece[0] + first, last - first)
                )
            shown += _length(piece)
        self._position += len(data)
        return data


def _length(piece: Piece) -> int:
    return len(piece) if isinstance(piece, bytes) else max(0, piece[1] - piece[0])
