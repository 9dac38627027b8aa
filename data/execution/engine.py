"""What runs independent pieces of work, and the simplest of them: this process, one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class Engine(Protocol):
    """Runs one function on many items.

    Results do not depend on the engine: work is a function of its item alone.
    """

    def run(
        self, work: Callable[[Item], Result], items: Sequence[Item]
    ) -> Iterator[tuple[int, Result]]:
        """Yield the place of each item and what came of it, in the order in which they end.

        Args:
            work: A function of a module, because it may run in another process; it takes and
                returns what can be pickled, and what it raises is raised here.
            items: What it is run on.

        """
        ...


class ThisProcess:
    """Runs work at once and in turn."""

    def run(
        self, work: Callable[[Item], Result], items: Sequence[Item]
    ) -> Iterator[tuple[int, Result]]:
        """See `Engine`."""
        for place, item in enumerate(items):
            yield place, work(item)
