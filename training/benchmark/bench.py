"""The workbench of a process: tasks from plans, methods by name, and all figures of a master."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from ...inference.effects import Effects, effects_of
from ..frozen import configuration_hashes
from .audio_source import ExcerptSource
from .delivery import CEILING_DBTP
from .floors import Floor
from .intervals import Known, effective_quantities, interval_figures, known_quantities
from .methods.method import Made, Method, ShuffledReferences
from .methods.registry import Ingredients, make_method
from .metrics.effects import reduction_error_db, total_error_db
from .metrics.measure import TargetMeasures
from .metrics.response import settings_response_db
from .metrics.untargeted import MixMeasures
from .provenance import code_fingerprint
from .suites.making import make_task, task_again
from .tasks import Plan, Reference, Task

FAMILIES = {"DEG-A": "DEG", "DEG-X": "DEG", "STYLE-X": "SYN", "STYLE-X3": "SYN"}
"""Suites whose tasks differ from those of another in their references alone."""


@dataclass(frozen=True, slots=True, eq=False)
class BenchSettings:
    """What a workbench is made of; all of it can be sent to another process.

    Attributes:
        source: Gives excerpts of songs.
        plans: Of all tasks.
        methods: Names of those that can be used.
        limits: Most tasks of a suite for methods that take long.
        models: See `Ingredients`.
        matchering: See `Ingredients`.
        examples: See `Ingredients`.
        floors: See `Ingredients`.
        dear: Whether metrics that cost as much as all others are taken.

    """

    source: ExcerptSource
    plans: tuple[Plan, ...]
    methods: tuple[str, ...]
    limits: Mapping[str, int]
    models: Mapping[str, str | None]
    matchering: str | None
    examples: Path | None
    floors: Mapping[str, Floor]
    dear: bool

    @property
    def ingredients(self) -> Ingredients:
        """What methods are made of."""
        return Ingredients(self.models, self.matchering, self.examples, self.floors)


class Bench:
    """Builds tasks, and measures what methods make of them; see `runner.Workbench`.

    Args:
        settings: See `BenchSettings`.

    """

    def __init__(self, settings: BenchSettings) -> None:
        self._settings = settings
        self._methods = {
            name: make_method(name, settings.ingredients, self._other_references)
            for name in settings.methods
        }
        self._places: dict[str, int] = {}
        counts: dict[str, int] = {}
        for plan in settings.plans:
            self._places[plan.key] = counts.get(plan.suite, 0)
            counts[plan.suite] = counts.get(plan.suite, 0) + 1
        self._measures: tuple[Task, TargetMeasures | MixMeasures] | None = None
        self._true: tuple[Task, Effects | None] | None = None
        self._known: tuple[Task, dict[str, Known]] | None = None

    def fingerprint(self, plan: Plan) -> str:
        """Return the hash of the plan, of the code and of everything that generators read."""
        described = {
            **{key: value for key, value in asdict(plan).items() if key != "weight"},
            "paths": [f"{path.name} {path.stat().st_size}" for path in plan.paths],
        }
        rest = [described, self._settings.dear, configuration_hashes(), code_fingerprint()]
        return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()

    def methods(self, plan: Plan) -> Sequence[Method]:
        """Return the methods of a task: those that take long only for the first of each suite."""
        limits, place = self._settings.limits, self._places[plan.key]
        used = [m for name, m in self._methods.items() if place < limits.get(name, place + 1)]
        other = self._other(plan)
        shown = "" if other is None else other.key
        return [replace(m, shown=shown) if isinstance(m, ShuffledReferences) else m for m in used]

    def build(self, plan: Plan) -> Task:
        """Make a task, audio and all."""
        return make_task(plan, self._settings.source)

    def measure(self, task: Task, made: Made, method: Method) -> dict[str, float | None]:
        """Return all figures of what a method made of a task, by name.

        Besides those of `metrics`: where the true settings are known, the mean absolute errors
        ``TOT`` of the response of everything up to the limiter, ``TOT-EQ`` of the equalizer's
        alone, level-free, ``GR`` of the percentiles of gain reduction and ``GR-TIME`` of gain
        reduction over time; those of `intervals`; and ``LTAS-S-AGAIN``, how far a second run moves
        its own output.

        ``TOT`` was what is ``TOT-EQ`` now. That was narrower than the total static response that
        the benchmark is to compare: a trim or a steady reduction of the compressor's bands does
        what an equalizer could have done, and which of them did it cannot be heard.
        """
        measures = self._measures_of(task)
        if isinstance(measures, TargetMeasures):
            found: dict[str, float] = measures.of(made.delivered.samples)
        else:
            found = measures.of(made.delivered, made.settings)
        found |= self._of_settings(task, made)
        if made.prediction is not None:
            found |= interval_figures(self._known_of(task), made.prediction.intervals)
        true = self._true_effects(task)
        if made.intervals is not None and true is not None:
            found |= interval_figures(effective_quantities(task, true), made.intervals)
        if task.plan.suite == "IDEMPOTENT":
            found |= self._again(task, made, method)
        return {name: value if math.isfinite(value) else None for name, value in found.items()}

    def _measures_of(self, task: Task) -> TargetMeasures | MixMeasures:
        if self._measures is None or self._measures[0] is not task:
            measures: TargetMeasures | MixMeasures
            if task.target is None:
                measures = MixMeasures(task, ceiling_dbtp=CEILING_DBTP)
            else:
                measures = TargetMeasures(task, ceiling_dbtp=CEILING_DBTP, dear=self._settings.dear)
            self._measures = (task, measures)
        return self._measures[1]

    def _of_settings(self, task: Task, made: Made) -> dict[str, float]:
        settings, master, true = task.truth.settings, task.truth.master, self._true_effects(task)
        if settings is None or master is None or true is None or made.settings is None:
            return {}
        rate = task.sample_rate
        responses = [settings_response_db(each, rate) for each in (made.settings, settings)]
        found, wanted = (
            [value for pair in each.reductions.bands_db.values() for value in pair]
            for each in (made.delivered, master)
        )
        effects = effects_of(made.delivered.chain, task.mix, rate)
        return {
            "TOT": total_error_db(effects, true),
            "TOT-EQ": float(np.abs(responses[0] - responses[1]).mean()),
            "GR": float(np.abs(np.subtract(found, wanted)).mean()),
            "GR-TIME": reduction_error_db(effects, true),
        }

    def _true_effects(self, task: Task) -> Effects | None:
        """Return what the true settings do to the mix; None where they are unknown."""
        if self._true is None or self._true[0] is not task:
            master, rate = task.truth.master, task.sample_rate
            effects = None if master is None else effects_of(master.chain, task.mix, rate)
            self._true = (task, effects)
        return self._true[1]

    def _known_of(self, task: Task) -> dict[str, Known]:
        if self._known is None or self._known[0] is not task:
            self._known = (task, known_quantities(task))
        return self._known[1]

    def _again(self, task: Task, made: Made, method: Method) -> dict[str, float]:
        again = task_again(task, made.delivered)
        if method.refusal(again) or method.name == "oracle":
            return {}
        second = method.make(again, self._settings.source.cache)
        measures = TargetMeasures(again, ceiling_dbtp=CEILING_DBTP, dear=False)
        return {"LTAS-S-AGAIN": measures.of(second.delivered.samples)["LTAS-S"]}

    def _other(self, plan: Plan) -> Plan | None:
        """Return the next task of the suite that is about something else."""
        plans = [each for each in self._settings.plans if each.suite == plan.suite]
        place = next(i for i, each in enumerate(plans) if each.key == plan.key)
        others = (*plans[place + 1 :], *plans[:place])
        return next((each for each in others if each.component != plan.component), None)

    def _other_references(self, task: Task) -> tuple[Reference, ...]:
        other = self._other(task.plan)
        return task.references if other is None else self.build(other).references


def family_of(plan: Plan) -> str:
    """Return what the tasks of a song have in common whose mixes and targets are the same."""
    return f"{FAMILIES.get(plan.suite, plan.suite)}:{plan.identity}"


def make_bench(settings: BenchSettings) -> Bench:
    """Make a workbench, in whichever process."""
    return Bench(settings)
