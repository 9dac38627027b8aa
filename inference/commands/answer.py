"""The JSON document of a run: printed once, or not at all."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeAlias

from ...models.errors import GlassmasterError, OutputError

Entry: TypeAlias = dict[str, Any]
"""A file's object in the JSON document."""


@dataclass(slots=True)
class Answer:
    """What a machine is told of a run, however it ends.

    Attributes:
        command: Its name; empty where it was not understood.
        wanted: Whether it is still to be printed.
        entries: One for each file that was tried, in order.

    """

    command: str
    wanted: bool
    entries: list[Entry] = field(default_factory=list)

    def prepare(self) -> None:
        """Load what `give` takes: no import that an interruption breaks can always be repeated."""
        if self.wanted:
            self._text(None)

    def give(self, error: GlassmasterError | None = None) -> None:
        """Print the document on stdout, where it is wanted and has not been begun before.

        Args:
            error: What belongs to no file.

        Raises:
            OutputError: Stdout leads to a full disk or the like.
            BrokenPipeError: Whoever read it has gone.

        """
        if not self.wanted:
            return
        text = self._text(error)
        self.wanted = False
        try:
            print(text, flush=True)
        except BrokenPipeError:
            raise
        except OSError as cause:
            reason = cause.strerror or str(cause)
            message = f"the JSON document cannot be written to stdout: {reason}; lead it elsewhere"
            raise OutputError(message, code="write_failed") from cause

    def _text(self, error: GlassmasterError | None) -> str:
        from ..json_text import dump_json
        from ..report.document import document

        return dump_json(document(self.command, self.entries, error), ascii_only=True)
