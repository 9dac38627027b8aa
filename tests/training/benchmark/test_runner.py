from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from glassmaster.models.errors import CatalogueError, ParameterError
from glassmaster.training.benchmark.methods.method import Made
from glassmaster.training.benchmark.results import (
    MethodOutcome,
    TaskOutcome,
    load_outcome,
    outcome_path,
    save_outcome,
)
from glassmaster.training.benchmark.runner import run_tasks
from glassmaster.training.benchmark.tasks import Plan, Task, Truth

SCRIPT = """
import sys, time
from dataclasses import dataclass
from pathlib import Path
import numpy as np
from glassmaster.training.benchmark.methods.method import Made
from glassmaster.training.benchmark.runner import run_tasks
from glassmaster.training.benchmark.tasks import Plan, Task, Truth

@dataclass
class Slow:
    name: str
    fingerprint: str = "1"
    uses_references: bool = False
    def refusal(self, task): return ""
    def make(self, task, folder):
        time.sleep(0.05)
        return Made(None, note=task.plan.identity)

class Bench:
    def fingerprint(self, plan): return "f"
    def methods(self, plan): return [Slow("a"), Slow("b")]
    def build(self, plan):
        return Task(plan, np.zeros((2, 1)), None, 44100, -14.0, (), Truth())
    def measure(self, task, made, method):
        return {"LN-MEL": float(len(task.plan.identity)) + (method.name == "b")}

def main():
    plans = [Plan("S", "p/" + "x" * i, "p", "p", (), 0) for i in range(16)]
    found = run_tasks(plans, Bench, Path(sys.argv[1]), workers=2,
                      progress=lambda done, count, key: print(done, flush=True))
    assert [each.identity for each in found] == [plan.identity for plan in plans]

if __name__ == "__main__":
    main()
"""


@dataclass
class Counting:
    name: str
    fingerprint: str = "1"
    uses_references: bool = False
    made: list[str] = field(default_factory=list)
    fails: bool = False

    def refusal(self, task: Task) -> str:
        return "not this one" if task.plan.identity.endswith("refused") else ""

    def make(self, task: Task, folder: Path) -> Made:
        assert folder.is_dir()
        self.made.append(task.plan.key)
        if self.fails:
            raise ParameterError("it is too loud", code="loud")
        return Made(None)  # type: ignore[arg-type]


@dataclass
class Bench:
    used: Sequence[Counting]
    version: str = "f"
    built: list[str] = field(default_factory=list)

    def fingerprint(self, plan: Plan) -> str:
        return self.version

    def methods(self, plan: Plan) -> Sequence[Counting]:
        return self.used

    def build(self, plan: Plan) -> Task:
        self.built.append(plan.key)
        if plan.identity.endswith("broken"):
            raise CatalogueError("nothing is in it", code="empty")
        silence = np.zeros((2, 1), np.float32)
        return Task(plan, silence, None, 44_100, -14.0, (), Truth())

    def measure(self, task: Task, made: Made, method: Any) -> Mapping[str, float | None]:
        return {"LN-MEL": 1.5, "LRA": None}


def plan(name: str, suite: str = "S", weight: float = 1.0) -> Plan:
    return Plan(suite, f"p/{name}", "p", "p", (), 0, weight)


def run(plans: Sequence[Plan], bench: Bench, folder: Path) -> tuple[TaskOutcome, ...]:
    return run_tasks(
        plans,
        lambda: bench,
        folder,
        workers=0,
        progress=lambda done, count, key: None,
        family=lambda each: each.identity,
    )


def files_of(folder: Path) -> dict[str, Any]:
    found = {}
    for path in sorted(folder.rglob("*.json")):
        document = json.loads(path.read_text())
        for each in document["methods"].values():
            each.pop("cpu_s")
        found[str(path.relative_to(folder))] = document
    return found


@pytest.mark.slow
def test_a_run_that_was_killed_ends_as_one_that_was_not(tmp_path: Path) -> None:
    script = tmp_path / "run.py"
    script.write_text(SCRIPT)
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    words = [sys.executable, str(script), str(tmp_path / "killed")]
    started = subprocess.Popen(words, stdout=subprocess.PIPE, env=environment)
    assert started.stdout is not None
    for _ in range(5):
        started.stdout.readline()
    children = Path(f"/proc/{started.pid}/task/{started.pid}/children").read_text().split()
    started.kill()
    started.wait()
    started.stdout.close()
    deadline = time.monotonic() + 20.0
    while any(Path(f"/proc/{child}").exists() for child in children):
        assert time.monotonic() < deadline, "a worker outlived its parent"
        time.sleep(0.05)
    left = len(files_of(tmp_path / "killed"))
    assert 5 <= left < 16
    for name in ("killed", "whole"):
        words = [sys.executable, str(script), str(tmp_path / name)]
        subprocess.run(words, check=True, env=environment, stdout=subprocess.DEVNULL)
    assert len(files_of(tmp_path / "whole")) == 16
    assert files_of(tmp_path / "killed") == files_of(tmp_path / "whole")


def test_what_is_known_is_not_done_again(tmp_path: Path) -> None:
    first, second = Counting("a"), Counting("b")
    plans = [plan("one"), plan("two")]
    run(plans, Bench([first]), tmp_path)
    found = run(plans, Bench([first, second]), tmp_path)
    assert first.made == second.made == ["S:p/one", "S:p/two"]
    assert set(found[0].methods) == {"a", "b"}
    again = Bench([first, second])
    assert run(plans, again, tmp_path) == found
    assert again.built == []


def test_what_no_longer_holds_is_done_again(tmp_path: Path) -> None:
    method = Counting("a")
    run([plan("one")], Bench([method]), tmp_path)
    method.fingerprint = "2"
    run([plan("one")], Bench([method]), tmp_path)
    run([plan("one")], Bench([method], version="g"), tmp_path)
    assert len(method.made) == 3


def test_a_new_weight_needs_no_new_master(tmp_path: Path) -> None:
    method = Counting("a")
    run([plan("one")], Bench([method]), tmp_path)
    (found,) = run([plan("one", weight=3.0)], Bench([method]), tmp_path)
    assert (found.weight, len(method.made)) == (3.0, 1)


def test_methods_that_ignore_references_work_once_on_tasks_of_one_song(tmp_path: Path) -> None:
    blind, seeing = Counting("a"), Counting("b", uses_references=True)
    found = run([plan("one", "DEG"), plan("one", "DEG-A")], Bench([blind, seeing]), tmp_path)
    assert blind.made == ["DEG:p/one"]
    assert seeing.made == ["DEG:p/one", "DEG-A:p/one"]
    assert found[1].methods["a"] == found[0].methods["a"]


def test_what_one_task_refused_is_tried_on_the_next_of_its_song(tmp_path: Path) -> None:
    method = Counting("a")
    first, second = plan("one-refused", "DEG"), replace(plan("one"), suite="DEG-A")
    bench = Bench([method])
    folder = tmp_path
    found = run_tasks(
        [first, second],
        lambda: bench,
        folder,
        workers=0,
        progress=lambda done, count, key: None,
        family=lambda each: "one",
    )
    assert [each.methods["a"].metrics != {} for each in found] == [False, True]


def test_failures_are_noted_and_are_no_results(tmp_path: Path) -> None:
    works, fails = Counting("a"), Counting("b", fails=True)
    one, broken, refused = run(
        [plan("one"), plan("broken"), plan("refused")], Bench([works, fails]), tmp_path
    )
    assert one.methods["a"].metrics == {"LN-MEL": 1.5, "LRA": None}
    assert (one.methods["b"].metrics, one.methods["b"].note) == ({}, "it is too loud")
    assert (broken.methods, broken.note) == ({}, "nothing is in it")
    assert refused.methods["a"].note == "not this one"


def test_outcomes_survive_the_disk(tmp_path: Path) -> None:
    outcome = TaskOutcome("S", "p/ä: ../x", "p", 0.5, "f").with_method(
        "a", MethodOutcome("1", {"LN-MEL": 1.25, "LRA": None}, 2.5, "odd")
    )
    save_outcome(outcome, tmp_path)
    assert load_outcome(tmp_path, "S", "p/ä: ../x") == outcome
    assert load_outcome(tmp_path, "S", "other") is None
    assert [path.parent for path in tmp_path.rglob("*.json")] == [tmp_path / "S"]


def test_damaged_outcomes_are_named(tmp_path: Path) -> None:
    path = outcome_path(tmp_path, "S", "p/one")
    path.parent.mkdir()
    path.write_text('{"format": 1, "suite":')
    with pytest.raises(CatalogueError, match=path.name):
        load_outcome(tmp_path, "S", "p/one")
