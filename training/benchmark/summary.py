"""From the outcomes of tasks to a benchmark's document: means, intervals, differences, verdicts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from .bootstrap import Counts, estimate, paired_estimate, ratio_interval, resampled_counts
from .intervals import HEADS
from .results import TaskOutcome

Array: TypeAlias = npt.NDArray[np.float64]
Document: TypeAlias = dict[str, Any]

HEADLINE_METRIC = "LN-MEL"
OTHERS = (
    *("MR-STFT", "LTAS", "LTAS-S", "LUFS", "TP", "LRA"),
    *("PSR", "CREST", "DYN", "WID", "ZIMTOHRLI"),
)
"""Metrics that may speak against a headline."""

UNCHANGED = "unchanged"
ORACLE = "oracle"
MOST_WORSE = 1
"""So many other metrics may worsen significantly; with one more there is no headline."""


class SuiteTable:
    """The errors of all methods on the tasks of one suite.

    Args:
        outcomes: Of one suite; their order does not matter.
        weighted: Whether songs count by their weights, or all alike.

    """

    def __init__(self, outcomes: Iterable[TaskOutcome], *, weighted: bool) -> None:
        self._outcomes = sorted(outcomes, key=lambda each: each.identity)
        ones = [each.weight if weighted else 1.0 for each in self._outcomes]
        self.weights: Array = np.array(ones)
        self._counts: dict[bytes, Counts] = {}

    @property
    def methods(self) -> tuple[str, ...]:
        """Names of the methods that were used on any task."""
        return tuple(sorted({n for e in self._outcomes for n, m in e.methods.items() if m.metrics}))

    @property
    def songs(self) -> tuple[str, ...]:
        """Identities of the songs, in the order of every column."""
        return tuple(each.identity for each in self._outcomes)

    def metrics(self, method: str) -> tuple[str, ...]:
        """Names of the metrics that are defined for a method on any task."""
        found = {
            metric
            for each in self._outcomes
            if method in each.methods
            for metric, value in each.methods[method].metrics.items()
            if value is not None and not metric.startswith(HEADS)
        }
        return tuple(sorted(found))

    def column(self, method: str, metric: str) -> Array:
        """Return one metric of one method, shape ``(song,)``, NaN where it is undefined."""
        values = []
        for each in self._outcomes:
            outcome = each.methods.get(method)
            value = None if outcome is None else outcome.metrics.get(metric)
            values.append(np.nan if value is None else value)
        return np.array(values, dtype=np.float64)

    def document(self, baselines: Sequence[str]) -> Document:
        """Return the suite's part of the document.

        Besides baselines, a method is compared with its own variants, whose names go on from its.

        Args:
            baselines: Methods that every other one is compared with.

        """
        methods = {
            method: {metric: self._estimate(method, metric) for metric in self.metrics(method)}
            for method in self.methods
        }
        paired = {
            f"{method} - {baseline}": self.paired(method, baseline)
            for baseline in baselines
            if baseline in methods
            for method in self.methods
            if method != baseline
        }
        paired |= {
            f"{method} - {variant}": self.paired(method, variant)
            for method in self.methods
            for variant in self.methods
            if variant.startswith(f"{method}_")
        }
        return {"methods": methods, "paired": paired}

    def paired(self, method: str, baseline: str) -> dict[str, Any]:
        """Return the differences of two methods, by metric, over the songs that both know."""
        found = {}
        for metric in self.metrics(method):
            ours, theirs = self.column(method, metric), self.column(baseline, metric)
            both = np.isfinite(ours) & np.isfinite(theirs)
            if both.any():
                weights, draws = self.weights[both], self._draws(both)
                found[metric] = asdict(paired_estimate(ours[both], theirs[both], weights, draws))
        return found

    def shares(self, floors: Sequence[str]) -> Document:
        """Return how far each method goes from unchanged toward oracle and floors, on LN-MEL.

        ``of_unchanged`` is ``E_method / E_unchanged``; ``oracle_gap_closed`` and ``to_floor`` are
        ``(E_unchanged - E_method) / (E_unchanged - E_goal)``.

        Args:
            floors: Names of the methods that are floors.

        """
        found: Document = {}
        for method in self.methods:
            if method == UNCHANGED or UNCHANGED not in self.methods:
                continue
            shares = {"of_unchanged": self._ratio(method, None)}
            for goal in (ORACLE, *floors):
                if goal in self.methods and goal != method:
                    key = "oracle_gap_closed" if goal == ORACLE else f"to_{goal}"
                    shares[key] = self._ratio(method, goal)
            found[method] = {key: value for key, value in shares.items() if value is not None}
        return found

    def headlines(self) -> Document:
        """Return for each method whether its gain over unchanged may be a headline.

        It may not if LN-MEL improves while two of the other metrics worsen significantly, that is,
        while the intervals of their differences lie above zero.
        """
        if UNCHANGED not in self.methods:
            return {}
        found: Document = {}
        for method in self.methods:
            differences = self.paired(method, UNCHANGED)
            if method == UNCHANGED or HEADLINE_METRIC not in differences:
                continue
            worse = [
                metric
                for metric, each in differences.items()
                if metric in OTHERS and each["low"] > 0.0
            ]
            improves = differences[HEADLINE_METRIC]["high"] < 0.0
            found[method] = {
                "improves": improves,
                "worse": worse,
                "headline": improves and len(worse) <= MOST_WORSE,
            }
        return found

    def _estimate(self, method: str, metric: str) -> dict[str, float]:
        values = self.column(method, metric)
        known = np.isfinite(values)
        return asdict(estimate(values[known], self.weights[known], self._draws(known)))

    def _ratio(self, method: str, goal: str | None) -> dict[str, float] | None:
        unchanged = self.column(UNCHANGED, HEADLINE_METRIC)
        ours = self.column(method, HEADLINE_METRIC)
        top, bottom = ours, unchanged
        if goal is not None:
            top, bottom = unchanged - ours, unchanged - self.column(goal, HEADLINE_METRIC)
        known = np.isfinite(top) & np.isfinite(bottom)
        if not known.any():
            return None
        found = ratio_interval(top[known], bottom[known], self.weights[known], self._draws(known))
        return None if found is None else asdict(found)

    def _draws(self, known: npt.NDArray[np.bool_]) -> Counts:
        """Return the bootstrap of the songs that are known; the same ones for equal songs."""
        key = known.tobytes()
        if key not in self._counts:
            packages = [e.package for e, used in zip(self._outcomes, known, strict=True) if used]
            self._counts[key] = resampled_counts(packages)
        return self._counts[key]


def by_suite(outcomes: Iterable[TaskOutcome]) -> Mapping[str, tuple[TaskOutcome, ...]]:
    """Sort outcomes by suite, in the order of the suites' names."""
    found: dict[str, list[TaskOutcome]] = {}
    for each in outcomes:
        found.setdefault(each.suite, []).append(each)
    return {suite: tuple(found[suite]) for suite in sorted(found)}
