"""Running the benchmark: tasks shared out to processes, each outcome kept as soon as it is known.

A run that was killed goes on where it was: what lies in the folder and still holds is not done
again, and nothing depends on the order in which tasks are done or on how many processes do them.
"""

from __future__ import annotations

import multiprocessing
import os
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from ...data.files.names import display_name
from ...data.threads import one_thread
from ...models.errors import GlassmasterError
from .methods.method import Made, Method
from .results import MethodOutcome, TaskOutcome, load_outcome, save_outcome
from .tasks import Plan, Task

Progress = Callable[[int, int, str], None]
"""Told how many tasks are done, how many there are, and the key of the latest."""


class Workbench(Protocol):
    """What a process needs to work on tasks."""

    def fingerprint(self, plan: Plan) -> str:
        """Return what changes with everything that a task and its metrics depend on."""
        ...

    def methods(self, plan: Plan) -> Sequence[Method]:
        """Return the methods that are run on a task."""
        ...

    def build(self, plan: Plan) -> Task:
        """Make a task, audio and all."""
        ...

    def measure(self, task: Task, made: Made, method: Method) -> Mapping[str, float | None]:
        """Return the errors of what a method made."""
        ...


Factory = Callable[[], Workbench]
"""Makes the workbench, in whichever process; it can be pickled."""


def run_tasks(
    plans: Sequence[Plan],
    factory: Factory,
    folder: Path,
    *,
    workers: int,
    progress: Progress,
    family: Callable[[Plan], str] = lambda plan: plan.key,
) -> tuple[TaskOutcome, ...]:
    """Work on tasks, and return their outcomes in the order of the plans.

    Args:
        plans: Of the tasks.
        factory: Makes the workbench of each process.
        folder: Where outcomes lie; those that still hold are taken as they are.
        workers: How many processes work, each on one thread; 0 to work in this one.
        progress: Told when a task is done.
        family: Tasks for which this is equal differ in their references alone: methods that do not
            look at them work on one only.

    Raises:
        OutputError: The folder cannot be written.
        CatalogueError: An outcome in it is damaged.

    """
    families: dict[str, list[Plan]] = {}
    for plan in plans:
        families.setdefault(family(plan), []).append(plan)
    done: dict[str, TaskOutcome] = {}
    for related, outcomes in _outcomes(list(families.values()), factory, folder, workers):
        for plan, outcome in zip(related, outcomes, strict=True):
            done[plan.key] = outcome
            progress(len(done), len(plans), plan.key)
    return tuple(done[plan.key] for plan in plans)


def _outcomes(
    families: Sequence[Sequence[Plan]], factory: Factory, folder: Path, workers: int
) -> Iterator[tuple[Sequence[Plan], list[TaskOutcome]]]:
    if workers == 0:
        bench = factory()
        for related in families:
            yield related, work_on(related, bench, folder)
        return
    context = multiprocessing.get_context("spawn")
    with (
        one_thread(),
        ProcessPoolExecutor(workers, context, initializer=_begin, initargs=(factory,)) as pool,
    ):
        waiting = {pool.submit(_work_in_process, each, folder): each for each in families}
        try:
            for future in as_completed(waiting):
                yield waiting[future], future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def work_on(related: Sequence[Plan], bench: Workbench, folder: Path) -> list[TaskOutcome]:
    """Do what is left to do of tasks that differ in their references alone.

    Args:
        related: Plans of the tasks.
        bench: See `Workbench`.
        folder: Where outcomes lie.

    """
    done: list[TaskOutcome] = []
    for plan in related:
        done.append(_work_on_one(plan, bench, folder, done))
    return done


def _work_on_one(
    plan: Plan, bench: Workbench, folder: Path, siblings: Sequence[TaskOutcome]
) -> TaskOutcome:
    fingerprint = bench.fingerprint(plan)
    fresh = TaskOutcome(plan.suite, plan.identity, plan.package, plan.weight, fingerprint)
    known = load_outcome(folder, plan.suite, plan.identity)
    outcome = fresh
    if known is not None and known.fingerprint == fingerprint and not known.note:
        outcome = replace(known, weight=plan.weight)
    methods = bench.methods(plan)
    task: Task | None = None
    for method in methods:
        if outcome.holds(method.name, method.fingerprint):
            continue
        found = None if method.uses_references else _of_sibling(method, siblings)
        if found is None:
            try:
                task = bench.build(plan) if task is None else task
            except GlassmasterError as error:
                outcome = replace(fresh, note=display_name(error.message))
                save_outcome(outcome, folder)
                return outcome
            found = _try(method, task, bench)
        outcome = outcome.with_method(method.name, found)
        save_outcome(outcome, folder)
    wanted = {method.name for method in methods}
    kept = {name: each for name, each in outcome.methods.items() if name in wanted}
    return replace(outcome, methods=kept)


def _of_sibling(method: Method, siblings: Sequence[TaskOutcome]) -> MethodOutcome | None:
    known = (s.methods[method.name] for s in siblings if s.holds(method.name, method.fingerprint))
    return next((each for each in known if each.metrics), None)  # what was refused may work here


def _try(method: Method, task: Task, bench: Workbench) -> MethodOutcome:
    """Use a method and measure what it made; what goes wrong is noted, and is no result."""
    refusal = method.refusal(task)
    if refusal:
        return MethodOutcome(method.fingerprint, {}, 0.0, refusal)
    with tempfile.TemporaryDirectory(prefix="glassmaster-benchmark-") as inside:
        before = _cpu_s()
        try:
            made = method.make(task, Path(inside))
            cpu_s = _cpu_s() - before
            metrics = bench.measure(task, made, method)
        except GlassmasterError as error:
            return MethodOutcome(method.fingerprint, {}, 0.0, display_name(error.message))
    return MethodOutcome(method.fingerprint, dict(metrics), cpu_s, made.note)


def _cpu_s() -> float:
    """Return the processor time of this process and of those that it has waited for."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


_bench: list[Workbench] = []


def _begin(factory: Factory) -> None:
    """Prepare a process: one thread, and an end when its parent ends, however that does."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    import torch

    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    _bench[:] = [factory()]


def _end_with(parent: multiprocessing.process.BaseProcess) -> None:
    parent.join()
    os._exit(1)


def _work_in_process(related: Sequence[Plan], folder: Path) -> list[TaskOutcome]:
    return work_on(related, _bench[0], folder)
