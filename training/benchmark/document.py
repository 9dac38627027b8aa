"""The benchmark's document: everything that is published of a run, as plain data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.stats import beta

from .bootstrap import COVERAGE, RESAMPLES
from .floors import Floor
from .methods.registry import FLOORS
from .results import TaskOutcome
from .summary import OF_INTERVALS, Document, SuiteTable, by_suite, effective_sample_size

FORMAT = 1
BASELINES = ("unchanged", "baseline", "corpus_mean", "lmmse", "matchering")
"""What every other method is compared with, song by song."""


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
        "coverage": {name: _coverage(each) for name, each in suites.items()},
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
        "left_out": dict(sorted(run.left_out.items())),
        "cost": {name: _cost(each) for name, each in suites.items()},
        "bootstrap": {"resamples": RESAMPLES, "coverage": COVERAGE, "first": "package"},
        "split": run.split,
        "subset": run.subset,
        "date": run.date,
        "command": run.command,
        "commit": run.commit,
    }


def binomial_interval(successes: int, count: int) -> tuple[float, float]:
    """Return the exact interval of a share (C. J. Clopper, E. S. Pearson, 1934)."""
    outside = 0.5 * (1.0 - COVERAGE)
    low = float(beta.ppf(outside, successes, count - successes + 1)) if successes else 0.0
    missed = count - successes
    high = float(beta.ppf(1.0 - outside, successes + 1, missed)) if missed else 1.0
    return low, high


def _coverage(outcomes: Sequence[TaskOutcome]) -> Document:
    """Return how often intervals held the true response, pooled and by quantity."""
    found: Document = {}
    for method in sorted({name for each in outcomes for name in each.methods}):
        rows: dict[str, list[float]] = {}
        for each in outcomes:
            metrics = each.methods[method].metrics if method in each.methods else {}
            for name, value in metrics.items():
                if name.startswith(OF_INTERVALS) and value is not None:
                    rows.setdefault(name.removeprefix(OF_INTERVALS), []).append(value)
        if rows:
            pooled = float(np.mean([value for row in rows.values() for value in row]))
            quantities = {name: _share(row) for name, row in sorted(rows.items())}
            found[method] = {"pooled": pooled, "quantities": quantities}
    return found


def _share(row: Sequence[float]) -> dict[str, Any]:
    low, high = binomial_interval(round(sum(row)), len(row))
    return {"share": float(np.mean(row)), "low": low, "high": high, "n": len(row)}


def _songs(outcomes: Sequence[TaskOutcome], table: SuiteTable) -> Document:
    return {
        "n": len(outcomes),
        "packages": len({each.package for each in outcomes}),
        "effective": effective_sample_size(table.weights),
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
