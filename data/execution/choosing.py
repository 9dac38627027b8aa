"""From a word of the configuration to an engine.

``this`` is this process, ``processes:N`` so many processes of this machine, ``ray`` the Ray cluster
that ``RAY_ADDRESS`` names or this machine belongs to, and ``ray://HOST:PORT`` one elsewhere.
"""

from __future__ import annotations

import os
from typing import Final

from ...models.errors import UsageError
from ..files.names import display_name
from .engine import Engine, ThisProcess

ENGINE_VARIABLE: Final = "GLASSMASTER_ENGINE"
"""Environment variable that names the engine where nothing else does."""

_PROCESSES = "processes:"
_RAY = "ray"


def engine_of(word: str) -> Engine:
    """Return the engine that a word stands for.

    Raises:
        UsageError: It stands for none.

    """
    if word == "this":
        return ThisProcess()
    if word == _RAY or word.startswith(f"{_RAY}://"):
        from .cluster import Cluster

        return Cluster(None if word == _RAY else word)
    count = word.removeprefix(_PROCESSES)
    if word.startswith(_PROCESSES) and count.isdecimal() and int(count) > 0:
        return processes(int(count))
    raise UsageError(
        f"there is no engine {display_name(word)!r}; name this, processes:N with N of 1 or more, "
        "ray, or ray://HOST:PORT",
        code="unknown_engine",
    )


def processes(count: int) -> Engine:
    """Return an engine of so many processes; of one, it is this one."""
    if count == 1:
        return ThisProcess()
    from .processes import Processes

    return Processes(count)


def chosen_engine(word: str | None, jobs: int | None, default: str) -> Engine:
    """Return the engine that is asked for.

    Args:
        word: See `engine_of`; None where none is given.
        jobs: Processes of this machine; None where none are given.
        default: Word for where the environment names none either.

    Raises:
        UsageError: Both are given, or one of them means nothing.

    """
    if word is not None and jobs is not None:
        raise UsageError("give --jobs or --engine, not both", code="usage")
    if jobs is not None:
        if jobs < 1:
            raise UsageError(f"--jobs is {jobs}; it must be at least 1", code="usage")
        return processes(jobs)
    return engine_of(word or os.environ.get(ENGINE_VARIABLE) or default)
