"""Progress on a terminal: one line that is written over and wiped at the end."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Self

from ...data.files.names import display_name

SHORTEST_S = 0.1

_silent = False


def silence() -> None:
    """Show no progress in this process any more: it works for another, whose terminal it is."""
    global _silent
    _silent = True


class Progress:
    """Shows the step under way, where stderr is a terminal; a context that wipes the line.

    Args:
        what: The file that is worked on, or what else is.

    """

    def __init__(self, what: Path | str) -> None:
        self._name = display_name(what.name if isinstance(what, Path) else what)
        self._shown = sys.stderr.isatty() and not _silent
        self._last = 0.0

    def __call__(self, step: str, done: float) -> None:
        """Show ``step`` and the share of it that is done."""
        now = time.monotonic()
        if self._shown and now - self._last >= SHORTEST_S:
            self._last = now
            print(
                f"\r\x1b[K{self._name}: {step} {100 * min(done, 1.0):3.0f} %",
                end="",
                file=sys.stderr,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.wipe()

    def wipe(self) -> None:
        """Make room for something else."""
        if self._shown and self._last:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
