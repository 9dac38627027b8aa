"""The benchmark's document: everything that is published of a run, as plain data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ..weighting.weights import effective_number
from .bootstrap import COVERAGE, RESAMPLES
from .coverage import coverage_document
from .floors import Floor
from .methods.registry import FLOORS
from .results import TaskOutcome
from .summary import Document, SuiteTable, by_suite

FORMAT = 1
BASELINES = (
    *("unchanged", "baseline", "corpus_mean", "lmmse", "matchering"),
    "network_without_references",
)
"""What every other method is compared with, song by song.

With the last one, ``network`` on DEG-A is compared with one click on the same songs, and on DEG-X
with what it does without the reference.
"""


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """What was run.

    Attributes:
        command: The command line.
        commit: Of the program.
        date: As ISO 8601, in UTC.
        split: Whose songs.
        subset: ``quick`` or ``full``.
        generators: SHA-256 of the benchmark's files by name.
        weights: SHA-256 of learned predictors by method.
        floors: By name.
        left_out: Why methods were not used, by name.
        leaks: What was found where nothing must be found; empty is good.
        not_checked: Leaks that could not be looked for, and why.
        data: SHA-256 of the shard and the split files by name.

    """

    command: str
    commit: str
    date: str
    split: str
    subset: str
    generators: Mapping[str, str]
    weights: Mapping[str, str]
    floors: Mapping[str, Floor] = field(default_factory=dict)
    left_out: Mapping[str, str] = field(default_factory=dict)
    leaks: Sequence[str] = ()
    not_checked: Sequence[str] = ()
    data: Mapping[str, str] = field(default_factory=dict)


def benchmark_document(outcomes: Iterable[TaskOutcome], run: Run) -> Document:
    """Return the document of a run.

    ``suites`` counts all songs alike, ``weighted`` by their weights: more for what is common among
    commercial masters.

    Args:
        outcomes: Of all tasks, in any order.
        run: What was run.

    """
    suites = by_suite(outcomes)
    flat = {name: SuiteTable(each, weighted=False) for name, each in suites.items()}
    weighted = {name: SuiteTable(each, weighted=True) for name, each in suites.items()}
    return {
        "format": FORMAT,
        "suites": {name: table.document(BASELINES) for name, table in flat.items()},
        "weighted": {name: table.document(BASELINES) for name, table in weighted.items()},
        "shares": {
            "flat": {name: table.shares(FLOORS) for name, table in flat.items()},
            "weighted": {name: table.shares(FLOORS) for name, table in weighted.items()},
        },
        "headlines": {name: table.headlines() for name, table in flat.items()},
        "coverage": {name: coverage_document(each) for name, each in suites.items()},
        "songs": {name: _songs(each, weighted[name]) for name, each in suites.items()},
        "floors": {
            name: {
                "response_error_db": floor.response_error_db,
                "mean_only_response_error_db": floor.prior_error_db,
                "songs": floor.songs,
            }
            for name, floor in sorted(run.floors.items())
        },
        "generators": dict(sorted(run.generators.items())),
        "data": dict(sorted(run.data.items())),
        "weights": dict(sorted(run.weights.items())),
        "leaks": list(run.leaks),
        "not_checked": list(run.not_checked),
        "left_out": dict(sorted(run.left_out.items())),
        "cost": {name: _cost(each) for name, each in suites.items()},
        "bootstrap": {"resamples": RESAMPLES, "coverage": COVERAGE, "first": "package"},
        "split": run.split,
        "subset": run.subset,
        "date": run.date,
        "command": run.command,
        "commit": run.commit,
    }


def _songs(outcomes: Sequence[TaskOutcome], table: SuiteTable) -> Document:
    return {
        "n": len(outcomes),
        "packages": len({each.package for each in outcomes}),
        "effective": effective_number(table.weights),
        "failed": sorted(f"{each.identity}: {each.note}" for each in outcomes if each.note),
        "notes": sorted(
            f"{each.identity}: {name}: {method.note}"
            for each in outcomes
            for name, method in each.methods.items()
            if method.note
        ),
    }


def _cost(outcomes: Sequence[TaskOutcome]) -> dict[str, float]:
    """Return the mean processor time of each method, in seconds a task."""
    times: dict[str, list[float]] = {}
    for each in outcomes:
        for name, method in each.methods.items():
            if method.metrics:
                times.setdefault(name, []).append(method.cpu_s)
    return {name: round(float(np.mean(row)), 2) for name, row in sorted(times.items())}
