"""What is odd about a file or its sound, in words that a report repeats."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a person should know, which does not stop the work.

    Attributes:
        code: Stable name for a machine, as in ``clipped`` or ``dc_offset``.
        message: One sentence: what was found, and where or how much. It does not name the file,
            under whose name it stands.

    """

    code: str
    message: str
