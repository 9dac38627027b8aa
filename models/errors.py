"""What can go wrong, as a tree.

GlassmasterError
├── AudioFileError (OSError)             cannot be read or written
├── UnsupportedAudioError (ValueError)   channels, rate, too short, too long, silent, not finite
├── ParameterError (ValueError)          a setting unknown or out of range
├── RecipeError (ValueError)             another version, another input, or damaged
├── ModelError (ValueError)              weights for another chain, or damaged
├── TargetError (ValueError)             a target that cannot be met, and how near it came
├── CatalogueError (ValueError)          pairs that do not belong together, too few
├── UsageError (ValueError)              a command line that makes no sense
├── DeliveryError (RuntimeError)         the written file missed its limits after every correction
└── WorkerError (RuntimeError)           a process died of the same work again and again

Every error carries a stable ``code`` for machines, the ``path`` it is about where there is one, and
the exit status of its class. Its message names the file, says what is wrong and what to do.
"""

from __future__ import annotations

import copyreg
from pathlib import Path
from typing import Any, ClassVar, Self


class GlassmasterError(Exception):
    """Base of every error this package raises on purpose.

    Args:
        message: One line for a person: what is wrong, and what to do about it.
        code: Stable name for a machine, as in ``too_short``; never translated or reworded.
        path: The file it is about.

    """

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, code: str, path: str | Path | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.path = None if path is None else str(path)

    def __str__(self) -> str:
        return self.message

    def __reduce__(self) -> tuple[Any, ...]:
        # the constructors of exceptions take what ``args`` does not hold
        return copyreg.__newobj__, (type(self), self.message), self.__dict__  # type: ignore[attr-defined]

    def located(self, name: str, path: str | Path) -> Self:
        """Return the error with the file it is about, where it does not name one yet.

        Args:
            name: The file as messages show it.
            path: The file.

        """
        if self.path is None:
            self.message, self.path = f"{name}: {self.message}", str(path)
        return self


class AudioFileError(GlassmasterError, OSError):
    """An audio file cannot be read or written.

    Reading ends with 65 (bad input). Writing raises the subclass `OutputError`.
    """

    exit_code = 65


class OutputError(AudioFileError):
    """An output cannot be written: disk full, read-only, exists already."""

    exit_code = 74


class UnsupportedAudioError(GlassmasterError, ValueError):
    """The file is readable, but its audio is nothing that can be mastered."""

    exit_code = 65


class ParameterError(GlassmasterError, ValueError):
    """A setting is unknown or out of its range."""

    exit_code = 64


class RecipeError(GlassmasterError, ValueError):
    """A recipe is of another version, for another input, or damaged."""

    exit_code = 65


class ModelError(GlassmasterError, ValueError):
    """Weights belong to another chain, or are damaged."""

    exit_code = 65


class TargetError(GlassmasterError, ValueError):
    """A delivery target cannot be met within the budget.

    Args:
        message: See `GlassmasterError`.
        nearest_lufs: The loudness that can be reached safely.
        code: See `GlassmasterError`.
        path: See `GlassmasterError`.

    """

    exit_code = 3

    def __init__(
        self,
        message: str,
        *,
        nearest_lufs: float,
        code: str = "target_out_of_reach",
        path: str | Path | None = None,
    ) -> None:
        super().__init__(message, code=code, path=path)
        self.nearest_lufs = nearest_lufs


class CatalogueError(GlassmasterError, ValueError):
    """Mixes and masters do not belong together, or are too few."""

    exit_code = 65


class UsageError(GlassmasterError, ValueError):
    """The command line asks for something that makes no sense."""

    exit_code = 64


class DeliveryError(GlassmasterError, RuntimeError):
    """The written file missed its limits after every correction; it was removed."""

    exit_code = 1


class WorkerError(GlassmasterError, RuntimeError):
    """A process died of the same work again and again, or works by another version."""

    exit_code = 1
