"""A whole evaluation: songs, audio, floors, methods, tasks, and the document that is published."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from importlib.resources import files
from multiprocessing import get_context
from pathlib import Path

from ...data.threads import one_thread
from ...models.errors import UsageError
from ..frozen import configuration_hashes
from .audio_source import ExcerptSource
from .bench import BenchSettings, family_of, make_bench
from .document import Run, benchmark_document
from .leaks import SHARD_FILE, foreign_weights, learned_from, shared_origins, signs
from .learning_set import (
    Step,
    find_shard,
    floors_of,
    kept_examples,
    learned_songs,
    song_weights,
)
from .methods.examples import SPLIT
from .methods.learned import weights_facts
from .methods.registry import ENDINGS, Ingredients, make_method, usable_methods, weights_name
from .provenance import commit, file_fingerprint
from .results import TaskOutcome
from .runner import run_tasks
from .suites.planning import OF_SONGS, plan_suite
from .summary import Document
from .tasks import Plan, Song, load_songs
from .testing_log import log_test

SPLITS = ("fit", "calibration", "validation", "test")


@dataclass(frozen=True, slots=True)
class Request:
    """What is evaluated, and where things lie; see ``configs/evaluation``."""

    command: str
    split: str
    release: bool
    output: Path
    subset: str
    quick: bool
    dear: bool
    limits: Mapping[str, int]
    suites: tuple[str, ...]
    methods: tuple[str, ...]
    models: Mapping[str, str | None]
    matchering: str | None
    corpus: Path | None
    packages: Path
    folders: tuple[Path, ...]
    splits: Path | None
    excerpts: Path | None
    realmix: Path | None
    pairs: Path | None
    workers: int


@dataclass(frozen=True, slots=True, eq=False)
class Evaluated:
    """What came of an evaluation.

    Attributes:
        document: See `document.benchmark_document`.
        outcomes: Of all tasks.

    """

    document: Document
    outcomes: tuple[TaskOutcome, ...]


def evaluate(request: Request, step: Step) -> Evaluated:
    """Run the benchmark, or go on with a run that was ended.

    Args:
        request: What is evaluated.
        step: Told the progress.

    Raises:
        UsageError: ``not_a_release`` for the split ``test`` without ``release=true``; or a suite,
            method or split is unknown.
        GlassmasterError: Something that was named cannot be read or used.

    """
    _check(request)
    splits = {name: load_songs(_splits_folder(request) / f"{name}.csv") for name in SPLITS}
    songs = splits[request.split]
    usable_methods(request.methods, Ingredients(request.models, request.matchering, None, {}))
    source = ExcerptSource(
        request.packages, request.folders, request.excerpts or request.output / "excerpts"
    )
    plans = _plans(request, songs, {})
    _prepare(source, plans, request.workers, step)
    shard = None if request.corpus is None else find_shard(request.corpus)
    fit = [song for song in splits["fit"] if song.is_target]
    learned = () if shard is None else learned_songs(shard, fit)
    plans = _plans(request, songs, song_weights(learned, source, plans, step))
    floors = floors_of(learned)
    examples = None
    if shard is not None and "nearest" in request.methods:
        examples = kept_examples(shard, fit, request.output, step)
    ingredients = Ingredients(request.models, request.matchering, examples, floors)
    methods, left_out = usable_methods(request.methods, ingredients)
    settings = BenchSettings(
        source=source,
        plans=plans,
        methods=methods,
        limits=request.limits,
        models=request.models,
        matchering=request.matchering,
        examples=examples,
        floors=floors,
        dear=request.dear,
    )
    data = _data_hashes(request, shard)
    leaks, not_checked = _leaks(request, splits, ingredients, methods, data)
    run = Run(
        command=request.command,
        commit=commit(),
        date=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        split=request.split,
        subset=request.subset,
        generators=configuration_hashes(),
        weights=_weights_hashes(methods, ingredients),
        floors=floors,
        left_out=left_out,
        leaks=leaks,
        not_checked=not_checked,
        data=data,
    )
    if request.split == "test":
        log_test(run)
    outcomes = run_tasks(
        plans,
        partial(make_bench, settings),
        request.output / "outcomes",
        workers=request.workers,
        progress=lambda done, count, key: step(key, done, count),
        family=family_of,
    )
    document = benchmark_document(outcomes, run)
    document["leaks"] += signs(document["suites"])
    return Evaluated(document, outcomes)


def _check(request: Request) -> None:
    if request.split not in SPLITS:
        raise UsageError(
            f"there is no split {request.split!r}; choose from {', '.join(SPLITS)}",
            code="unknown_split",
        )
    if request.split == "test" and not request.release:
        raise UsageError(
            "the split test is opened for a release only; add release=true if this is one, or "
            "choose split=validation",
            code="not_a_release",
        )


def _splits_folder(request: Request) -> Path:
    return request.splits or Path(str(files("glassmaster.configs"))) / "splits"


def _plans(
    request: Request, songs: Sequence[Song], weights: Mapping[str, float]
) -> tuple[Plan, ...]:
    folders = {"REALMIX": request.realmix, "PAIR": request.pairs}
    return tuple(
        plan
        for suite in request.suites
        for plan in plan_suite(
            suite, songs, quick=request.quick, weights=weights, folder=folders.get(suite)
        )
    )


def _prepare(source: ExcerptSource, plans: Sequence[Plan], workers: int, step: Step) -> None:
    """Unpack what tasks need, a package at a time."""
    wanted = [plan.identity for plan in plans if plan.suite in OF_SONGS]
    wanted += [reference for plan in plans for reference in plan.references]
    missing = source.missing(wanted)
    if not missing:
        return
    done = 0
    step("unpacking", done, len(missing))
    with one_thread(), ProcessPoolExecutor(max(workers, 1), get_context("spawn")) as pool:
        for _ in pool.map(source.prepare, missing.keys(), missing.values()):
            done += 1
            step("unpacking", done, len(missing))


def _weights_hashes(methods: Sequence[str], ingredients: Ingredients) -> dict[str, str]:
    found = {}
    for name in methods:
        if name in ingredients.models:
            found[name] = make_method(name, ingredients, lambda task: ()).fingerprint.split()[0]
    return found


def _leaks(
    request: Request,
    splits: Mapping[str, Sequence[Song]],
    ingredients: Ingredients,
    methods: Sequence[str],
    data: Mapping[str, str],
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return leaks, and what could not be checked: by lists of songs, and by what weights saw."""
    leaks = list(shared_origins(splits))
    if request.split == SPLIT:
        leaks += learned_from(splits[SPLIT], splits[request.split])
    not_checked: list[str] = []
    for model in ingredients.models:
        weights = weights_name(model, ingredients)
        if weights is not None and any(name.removeprefix(model) in ENDINGS for name in methods):
            found, unknown = foreign_weights(model, weights_facts(weights), data)
            leaks += found
            not_checked += unknown
    return tuple(leaks), tuple(not_checked)


def _data_hashes(request: Request, shard: Path | None) -> dict[str, str]:
    folder = _splits_folder(request)
    found = {f"splits/{name}.csv": file_fingerprint(folder / f"{name}.csv") for name in SPLITS}
    return found if shard is None else found | {SHARD_FILE: file_fingerprint(shard)}
