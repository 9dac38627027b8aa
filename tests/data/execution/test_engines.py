"""What holds for every engine."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import ModuleType

import pytest

from glassmaster.data.execution.cluster import Cluster
from glassmaster.data.execution.engine import Engine, ThisProcess
from glassmaster.data.execution.processes import Processes
from glassmaster.models.errors import TargetError, WorkerError

NAMES = ("processes", "cluster")


@pytest.fixture(scope="module")
def cluster(work: ModuleType) -> Iterator[Engine]:
    """Return a cluster of two workers."""
    pytest.importorskip("ray", reason="the extra cluster is not installed")
    import ray

    patch = pytest.MonkeyPatch()
    patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    patch.setenv("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    yield Cluster()
    ray.shutdown()
    patch.undo()


@pytest.fixture(params=NAMES)
def engine(request: pytest.FixtureRequest) -> Engine:
    if request.param == "processes":
        return Processes(2)
    found: Engine = request.getfixturevalue("cluster")
    return found


def test_results_are_those_of_one_process(work: ModuleType, engine: Engine) -> None:
    expected = dict(ThisProcess().run(partial(work.rows, 7), range(30)))
    assert expected[4] == work.rows(7, 4)
    running = list(engine.run(partial(work.rows, 7), range(30)))
    assert len(running) == 30
    assert dict(running) == expected


def test_two_workers_take_a_thread_each(work: ModuleType, engine: Engine, folder: Path) -> None:
    found = [result for _, result in engine.run(partial(work.meet, str(folder)), range(4))]
    assert len({process for process, *_ in found}) == 2
    assert os.getpid() not in {process for process, *_ in found}
    assert {tuple(threads) for _, *threads in found} == {("1", "1")}


def test_few_items_are_taken_ahead(work: ModuleType, engine: Engine) -> None:
    taken = 0

    def items() -> Iterator[int]:
        nonlocal taken
        for item in range(200):
            taken += 1
            yield item

    for done, _ in enumerate(engine.run(partial(work.rows, 1), items()), 1):
        assert taken - done <= 8
    assert taken == 200


def test_a_killed_worker_loses_nothing(work: ModuleType, engine: Engine, folder: Path) -> None:
    found = sorted(engine.run(partial(work.once, str(folder)), range(8)))
    assert found == [(item, item * item) for item in range(8)]
    assert len(list(folder.glob("3-*"))) == 2  # once in vain
    others = [path for path in folder.iterdir() if not path.name.startswith("3-")]
    assert len(others) == 7  # and nothing else a second time


def test_what_is_given_again_may_be_told_so(work: ModuleType, engine: Engine, folder: Path) -> None:
    found = list(engine.run(partial(work.once, str(folder)), [3], again=lambda item: 10 * item))
    assert found == [(0, 900)]


def test_an_item_that_every_worker_dies_of_is_named(work: ModuleType, engine: Engine) -> None:
    with pytest.raises(WorkerError, match="poison: 3 processes died of it") as caught:
        list(engine.run(work.deadly, ["a", "poison"]))
    assert caught.value.code == "worker_died"
    items = ["a", "poison", "b", "c"]
    found = sorted(engine.run(work.deadly, items, lost=lambda item, error: f"{item} {error.code}"))
    assert found == [(0, "a"), (1, "poison worker_died"), (2, "b"), (3, "c")]


def test_errors_come_back_whole(work: ModuleType, engine: Engine) -> None:
    with pytest.raises(TargetError) as caught:
        list(engine.run(work.refuse, ["mix.wav"]))
    error = caught.value
    assert (error.message, error.code, error.path) == (
        "mix.wav: no",
        "target_out_of_reach",
        "mix.wav",
    )
    assert (error.nearest_lufs, error.exit_code) == (-9.5, 3)
    with pytest.raises(ZeroDivisionError):
        list(engine.run(work.broken, [0]))


def test_a_run_that_is_closed_stops_what_is_under_way(work: ModuleType, engine: Engine) -> None:
    running = engine.run(work.slow, range(4))
    assert next(running) == (0, 0)
    started = time.monotonic()
    running.close()
    assert time.monotonic() - started < 5.0


def test_closing_leaves_nothing_half_written(
    work: ModuleType, engine: Engine, folder: Path
) -> None:
    running = engine.run(partial(work.half_written, str(folder)), range(2))
    next(running)
    assert len(list(folder.iterdir())) == 1
    running.close()
    deadline = time.monotonic() + 10.0
    while list(folder.iterdir()) and isinstance(engine, Cluster):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert list(folder.iterdir()) == []


def test_an_idle_worker_that_is_killed_costs_nothing(work: ModuleType) -> None:
    running = Processes(2).run(work.who, range(6))
    first = next(running)[1][0]
    os.kill(first, signal.SIGKILL)
    assert len(list(running)) == 5


def test_another_version_is_refused(
    work: ModuleType, cluster: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("glassmaster.data.execution.cluster.release", lambda: "0.0.1 abc")
    with pytest.raises(WorkerError, match=r"and this machine 0\.0\.1 abc; install the same"):
        list(cluster.run(partial(work.rows, 1), range(2)))
