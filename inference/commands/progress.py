"""Progress on a terminal: one line that is written over and wiped at the end."""

from __future__ import annotations

import sys
import time

SHORTEST_S = 0.1


class Progress:
    """Shows the step under way, where stderr is a terminal.

    Args:
        name: The file, as a person knows it.

    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._shown = sys.stderr.isatty()
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

    def clear(self) -> None:
        """Wipe the line."""
        if self._shown and self._last:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
