"""Several processes on this machine, by loky.

Each has one thread, so that together they take as many cores as there are of them. None outlives
the program that started it, however that ends: each watches a pipe whose other end is the
program's alone.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, wait
from multiprocessing.connection import Connection
from typing import Any

from ..files.partial import abandon_partials
from ..threads import VARIABLES
from .engine import Again, Item, Lost, Result, Running
from .scheduling import spread

_LEAVING_S = 3.0
"""After which a worker that was asked to leave is killed. It may be in the middle of a long call
on a busy machine, and one that is killed leaves its unfinished file behind."""

_work: Callable[[Any], Any] | None = None
"""Of a worker: what it does with items."""


class Processes:
    """Runs work in processes of this machine.

    Every process has an executor of its own: where one dies, it is known what it worked on, and the
    others go on.

    Args:
        count: How many, at least 1.

    """

    is_here = False

    def __init__(self, count: int) -> None:
        self._count = count

    def run(
        self,
        work: Callable[[Item], Result],
        items: Iterable[Item],
        lost: Lost[Item, Result] | None = None,
        again: Again[Item] | None = None,
    ) -> Running[Result]:
        """See `Engine`."""
        from loky.process_executor import BrokenProcessPool

        pool = _Pool(work)
        try:
            yield from spread(
                pool.submit,
                items,
                at_once=self._count,
                deaths=(BrokenProcessPool,),
                lost=lost,
                again=again,
            )
        finally:
            pool.close()


class _Pool:
    """As many workers as are needed at once."""

    def __init__(self, work: Callable[[Any], Any]) -> None:
        from loky.backend import get_context

        self._work = work
        self._watched, self._lifeline = get_context("loky").Pipe(duplex=False)
        self._busy: list[tuple[Any, Future[Any]]] = []

    def submit(self, item: Any) -> Future[Any]:
        """Give an item to a worker that is free, or to a new one."""
        for place, (executor, last) in enumerate(self._busy):
            if last.done():
                with contextlib.suppress(RuntimeError), _deaf():  # it died
                    future: Future[Any] = executor.submit(_do, item)
                    self._busy[place] = executor, future
                    return future
        self._busy = [each for each in self._busy if not each[1].done()]
        with _deaf():
            executor = self._start()
            first: Future[Any] = executor.submit(_do, item)
        self._busy.append((executor, first))
        return first

    def close(self) -> None:
        """End all workers, in the middle of their work where they have any."""
        self._lifeline.close()
        wait([future for _, future in self._busy], timeout=_LEAVING_S)
        for executor, _ in self._busy:
            executor.shutdown(wait=True, kill_workers=True)
        self._watched.close()
        self._busy.clear()
        gc.collect()  # semaphores that are left to the end of the program are never freed

    def _start(self) -> Any:
        from loky.process_executor import ProcessPoolExecutor

        return ProcessPoolExecutor(
            1,
            env=dict.fromkeys(VARIABLES, "1"),
            initializer=_begin,
            initargs=(self._watched, self._work),
        )


@contextlib.contextmanager
def _deaf() -> Iterator[None]:
    """Have processes that are started meanwhile ignore Ctrl-C, which their terminal sends to all.

    Whoever started them ends them. And have this one wait with an interruption: a process that was
    told only half of what it needs to start says so on stdout.
    """
    came: list[int] = []
    before: dict[signal.Signals, Any] = {}
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM):
                if callable(handler := signal.getsignal(number)):
                    before[number] = handler
                    signal.signal(number, lambda number, frame: came.append(number))
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        for each in came:
            signal.raise_signal(each)


def _begin(watched: Connection, work: Callable[[Any], Any]) -> None:
    global _work
    _work = work
    signal.signal(signal.SIGTERM, lambda number, frame: _leave())

    def watch() -> None:
        with contextlib.suppress(EOFError, OSError):
            watched.recv_bytes()
        _leave()

    threading.Thread(target=watch, daemon=True).start()


def _do(item: Any) -> Any:
    if _work is None:
        raise RuntimeError("this worker was not begun")
    return _work(item)


def _leave() -> None:
    """End this worker at once, without leaving anything half-written."""
    abandon_partials()
    os._exit(1)
