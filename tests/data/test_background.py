from __future__ import annotations

import threading
import time

import pytest

from glassmaster.data.background import Background


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
