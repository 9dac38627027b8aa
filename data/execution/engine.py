"""What runs independent pieces of work, and the simplest of them: this process, one by one."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from typing import Protocol, TypeAlias, TypeVar

from ...models.errors import WorkerError

Item = TypeVar("Item")
Result = TypeVar("Result")

Running: TypeAlias = Generator[tuple[int, Result], None, None]
"""The place of each item and what came of it; closed, it stops what is under way."""

Lost: TypeAlias = Callable[[Item, WorkerError], Result]
"""Says what came of an item that every worker died of."""

Again: TypeAlias = Callable[[Item], Item]
"""Says how an item is given to another worker."""


class Engine(Protocol):
    """Runs one function on many items.

    Results do not depend on the engine: work is a function of its item alone.
    """

    @property
    def is_here(self) -> bool:
        """Whether work runs in this process, where it may speak to a person."""
        ...

    def run(
        self,
        work: Callable[[Item], Result],
        items: Iterable[Item],
        lost: Lost[Item, Result] | None = None,
        again: Again[Item] | None = None,
    ) -> Running[Result]:
        """Yield the place of each item and what came of it, in the order in which they end.

        A worker that dies loses nothing: what it worked on is given to another.

        Args:
            work: A function of a module, or a `functools.partial` of one, because it may run
                elsewhere. It goes to each worker once, its results come back, and so does what it
                raises, which ends the run; all of it must be such as can be pickled.
            items: What it is run on; taken one after the other as workers become free. Messages
                name them by ``str``.
            lost: Says what came of an item that every worker died of; by default that is raised.
            again: Says how an item is given to another worker when one has died of it, who may
                have come to the end before; by default as it was.

        Raises:
            WorkerError: Every worker that was given an item died of it.

        """
        ...


class ThisProcess:
    """Runs work at once and in turn."""

    is_here = True

    def run(
        self,
        work: Callable[[Item], Result],
        items: Iterable[Item],
        lost: Lost[Item, Result] | None = None,
        again: Again[Item] | None = None,
    ) -> Running[Result]:
        """See `Engine`; nothing is ever lost."""
        for place, item in enumerate(items):
            yield place, work(item)
