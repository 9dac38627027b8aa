"""A helper thread that takes blocks in order, while the caller makes the next."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import Empty, Queue
from types import TracebackType
from typing import Generic, Self, TypeVar

Item = TypeVar("Item")


class Background(Generic[Item]):
    """Calls a function with each item, in order, on a thread of its own.

    The queue is short, so memory stays bounded. Results are those of plain calls, because items
    keep their order. An error of the function is raised at the next `submit` or at the end of the
    ``with`` block, whichever comes first.

    Args:
        consume: Called with each item; releases the interpreter lock where it works long.
        waiting: How many items may wait.

    """

    def __init__(self, consume: Callable[[Item], None], waiting: int = 3) -> None:
        self._consume = consume
        self._queue: Queue[Item | None] = Queue(waiting)
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None:
            self._discard()  # what waits is of no use any more
        self._queue.put(None)
        self._thread.join()
        if error is None:
            self._raise()

    def submit(self, item: Item) -> None:
        """Hand over the next item; waits while the queue is full."""
        self._raise()
        self._queue.put(item)

    def _run(self) -> None:
        while (item := self._queue.get()) is not None:
            if self._error is None:
                try:
                    self._consume(item)
                except BaseException as error:  # handed to the thread that submits
                    self._error = error

    def _discard(self) -> None:
        while True:
            try:
                self._queue.get_nowait()
            except Empty:
                return

    def _raise(self) -> None:
        if self._error is not None:
            error, self._error = self._error, None
            raise error
