"""A helper thread beside the caller: one that takes blocks in order, or one that makes them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from queue import Empty, Full, Queue
from typing import Generic, Self, TypeVar

Item = TypeVar("Item")


class Background(Generic[Item]):
    """Calls a function with each item, in order, on a thread of its own.

    The queue is short, so memory stays bounded. Results are those of plain calls, because items
    keep their order. An error of the function is raised at the next `submit` or at the end of the
    ``with`` block, whichever comes first. The block never ends before the function has returned,
    not even by Ctrl-C: what it works on may be closed afterwards.

    Args:
        consume: Called with each item; releases the interpreter lock where it works long.
        waiting: How many items may wait.

    """

    def __init__(self, consume: Callable[[Item], None], waiting: int = 3) -> None:
        self._consume = consume
        self._queue: Queue[Item | None] = Queue(waiting)
        self._error: BaseException | None = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, _: object, error: BaseException | None, *rest: object) -> None:
        def stop() -> None:
            if error is not None:
                self._discard()  # what waits is of no use any more
            self._queue.put(None)

        interruption = _end(self._thread, self._ended, stop)
        if interruption is not None:
            raise interruption
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
        self._ended.set()

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


def ahead(items: Iterator[Item], waiting: int = 2) -> Iterator[Item]:
    """Yield ``items``, made by a helper thread while the caller works on those before.

    An error of the iterator is raised where its item would have come. When the caller stops early
    the thread ends after the item it is at, and is waited for, also at Ctrl-C.

    Args:
        items: Used by the helper thread alone.
        waiting: How many finished items may wait.

    """
    queue: Queue[tuple[Item | None, BaseException | None]] = Queue(waiting)
    stopped, ended = threading.Event(), threading.Event()

    def put(item: Item | None, error: BaseException | None = None) -> None:
        while not stopped.is_set():
            try:
                return queue.put((item, error), timeout=0.1)
            except Full:
                continue

    def make() -> None:
        try:
            for item in items:
                put(item)
                if stopped.is_set():
                    return
            put(None)
        except BaseException as error:  # handed to the caller
            put(None, error)
        finally:
            ended.set()

    thread = threading.Thread(target=make, daemon=True)
    thread.start()
    try:
        while True:
            item, error = queue.get()
            if error is not None:
                raise error
            if item is None:
                break
            yield item
    finally:
        interruption = _end(thread, ended, stopped.set)
    # not where another error is on its way: what a closed generator raises reaches nobody
    if interruption is not None:
        raise interruption


def _end(
    thread: threading.Thread, ended: threading.Event, stop: Callable[[], None]
) -> BaseException | None:
    """Stop a helper thread, wait for its end, and return what a signal meanwhile has raised.

    ``Thread.join`` alone would not do: an interruption marks a living thread as ended (Python
    3.11).
    """
    interruption: BaseException | None = None
    while not ended.is_set():
        try:
            stop()
            ended.wait()
        except BaseException as error:  # KeyboardInterrupt, or whatever a signal handler raises
            interruption = error
    thread.join()
    return interruption
