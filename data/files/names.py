"""File names: shown without doing harm, and made no longer than a file system takes."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

LONGEST_NAME_BYTES = 255
"""The longest name ext4, XFS, APFS and NTFS take, counted here in bytes of UTF-8."""

# Control characters, direction overrides and other invisible marks, halves of surrogate pairs
# (undecodable bytes), and separators of lines and paragraphs.
_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def display_name(path: str | Path) -> str:
    r"""Return ``path`` for a message: one line, with unsafe characters as escapes.

    Control characters would move a terminal's cursor, and a right-to-left override makes
    ``…gpj.wav`` look like ``…vaw.jpg``; both appear as ``\x1b`` or ``\u202e``.
    """
    return "".join(
        character.encode("unicode_escape").decode("ascii") if _is_unsafe(character) else character
        for character in str(path)
    )


def output_name(input_path: str | Path, suffix: str) -> str:
    """Return the name of the file made from ``input_path``: its stem followed by ``suffix``.

    Args:
        input_path: The source; only its last part is used.
        suffix: What follows the stem, with the extension, as in ``-master.wav``.

    Returns:
        A name without folders of at most `LONGEST_NAME_BYTES`: a long stem is cut between two
        characters, and unsafe characters become ``_``.

    """
    stem = "".join("_" if _is_unsafe(each) else each for each in Path(input_path).stem)
    return shortened(stem, LONGEST_NAME_BYTES - len(os.fsencode(suffix))) + suffix


def shortened(text: str, most_bytes: int) -> str:
    """Return the longest beginning of ``text`` that takes at most ``most_bytes`` as a name."""
    while len(os.fsencode(text)) > most_bytes:
        text = text[:-1]
    return text


def _is_unsafe(character: str) -> bool:
    return unicodedata.category(character) in _UNSAFE
