from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator

import pytest

from glassmaster.data.background import Background, ahead


def test_items_keep_their_order_and_all_arrive() -> None:
    taken: list[int] = []
    with Background(taken.append) as background:
        for item in range(500):
            background.submit(item)
    assert taken == list(range(500))


def test_works_on_another_thread_with_a_short_queue() -> None:
    threads: set[int] = set()
    waiting: list[int] = []
    done: list[int] = []

    def consume(item: int) -> None:
        threads.add(threading.get_ident())
        time.sleep(0.002)
        done.append(item)

    with Background(consume, waiting=2) as background:
        for item in range(20):
            background.submit(item)
            waiting.append(item + 1 - len(done))
    assert threads.isdisjoint({threading.get_ident()})
    assert len(threads) == 1
    assert max(waiting) <= 4  # two in the queue, one at work, one just finished
    assert len(done) == 20


def failing(at: int, taken: list[int]) -> Background[int]:
    def consume(item: int) -> None:
        if item == at:
            raise KeyError(item)
        taken.append(item)

    return Background(consume)


def submit_all(background: Background[int], items: range) -> None:
    with background:
        for item in items:
            background.submit(item)


@pytest.mark.parametrize("at", [0, 5, 99])
def test_error_reaches_the_caller_once_and_nothing_follows_it(at: int) -> None:
    taken: list[int] = []
    with pytest.raises(KeyError):
        submit_all(failing(at, taken), range(100))
    assert taken == list(range(at))


def test_error_of_the_caller_comes_through_and_the_thread_ends() -> None:
    before = threading.active_count()

    def work() -> None:
        with Background(lambda item: time.sleep(0.01)) as background:
            for _ in range(3):
                background.submit(0)
            raise ZeroDivisionError

    started = time.monotonic()
    with pytest.raises(ZeroDivisionError):
        work()
    assert threading.active_count() == before
    assert time.monotonic() - started < 1.0


class Helper:
    """Stays at its work until the main thread was interrupted a few times, and a while longer."""

    def __init__(self) -> None:
        self.is_at_work = False
        self._may_end = threading.Event()

    def work(self, item: int = 0) -> None:
        self.is_at_work = True
        assert self._may_end.wait(30.0)
        self.is_at_work = False

    def interrupt(self, times: int) -> threading.Thread:
        main = threading.main_thread().ident
        assert main is not None

        def run() -> None:
            while not self.is_at_work:
                time.sleep(0.001)
            for _ in range(times):
                time.sleep(0.1)
                signal.pthread_kill(main, signal.SIGINT)
            time.sleep(0.2)
            self._may_end.set()

        thread = threading.Thread(target=run)
        thread.start()
        return thread


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("items", [1, 6])
def test_interruption_waits_for_the_helper(times: int, items: int) -> None:
    # whoever catches the interruption closes the file that the helper is writing
    helper = Helper()
    interrupter = helper.interrupt(times)
    with pytest.raises(KeyboardInterrupt):
        submit_all(Background(helper.work), range(items))
    assert not helper.is_at_work
    interrupter.join()


def test_interruption_after_an_error_is_not_lost() -> None:
    helper = Helper()

    def work() -> None:
        with Background(helper.work) as background:
            background.submit(0)
            while not helper.is_at_work:
                time.sleep(0.001)
            raise ZeroDivisionError

    interrupter = helper.interrupt(1)
    with pytest.raises(KeyboardInterrupt):
        work()
    assert not helper.is_at_work
    interrupter.join()


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("made", [0, 1])
def test_interruption_waits_for_the_one_that_makes_items(times: int, made: int) -> None:
    helper = Helper()

    def make() -> Iterator[int]:
        yield from range(made)
        helper.work()

    def work() -> None:
        for _ in ahead(make()):
            time.sleep(30.0)

    interrupter = helper.interrupt(times)
    with pytest.raises(KeyboardInterrupt):
        work()
    assert not helper.is_at_work
    interrupter.join()


def test_items_made_ahead_keep_their_order_and_errors_come_in_their_place() -> None:
    def make() -> Iterator[int]:
        yield from range(50)
        raise KeyError

    taken: list[int] = []
    with pytest.raises(KeyError):
        taken.extend(ahead(make()))
    assert taken == list(range(50))
