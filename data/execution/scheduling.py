"""Items handed to workers, and handed out again where a worker died."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from itertools import islice
from typing import Generic

from ...models.errors import WorkerError
from ..files.names import display_name
from .engine import Again, Item, Lost, Result, Running

MOST_DEATHS = 3
"""An item that so many workers died of is not given to another."""

Submit = Callable[[Item], Future[Result]]


@dataclass(frozen=True, slots=True)
class _Attempt(Generic[Item]):
    place: int
    item: Item
    deaths: int


def spread(
    submit: Submit[Item, Result],
    items: Iterable[Item],
    *,
    at_once: int,
    deaths: tuple[type[Exception], ...],
    lost: Lost[Item, Result] | None,
    again: Again[Item] | None,
) -> Running[Result]:
    """Keep so many items under way and as many ready, and yield results as they come.

    Args:
        submit: Gives an item to a worker that is free.
        items: See `Engine.run`.
        at_once: How many are under way.
        deaths: What a future raises whose worker died.
        lost: See `Engine.run`.
        again: See `Engine.run`.

    Raises:
        WorkerError: `MOST_DEATHS` workers died of an item.

    """
    pending: dict[Future[Result], _Attempt[Item]] = {}
    attempts = (_Attempt(place, item, 0) for place, item in enumerate(items))
    ready: deque[_Attempt[Item]] = deque()
    while True:
        while len(pending) < at_once and (attempt := _next(ready, attempts)) is not None:
            pending[submit(attempt.item)] = attempt
        if not pending:
            return
        # getting an item may take long; workers have something to do meanwhile
        ready.extend(islice(attempts, at_once - len(ready)))
        for future in wait(pending, return_when=FIRST_COMPLETED).done:
            attempt = pending.pop(future)
            try:
                result = future.result()
            except deaths as cause:
                if attempt.deaths + 1 < MOST_DEATHS:
                    item = attempt.item if again is None else again(attempt.item)
                    pending[submit(item)] = _Attempt(attempt.place, item, attempt.deaths + 1)
                    continue
                error = _lost_error(attempt.item)
                if lost is None:
                    raise error from cause
                result = lost(attempt.item, error)
            yield attempt.place, result


def _next(
    ready: deque[_Attempt[Item]], attempts: Iterator[_Attempt[Item]]
) -> _Attempt[Item] | None:
    return ready.popleft() if ready else next(attempts, None)


def _lost_error(item: object) -> WorkerError:
    return WorkerError(
        f"{display_name(str(item))}: {MOST_DEATHS} processes died of it, one after the other, for "
        "want of memory or by a fault of a library; try it in this process",
        code="worker_died",
    )
