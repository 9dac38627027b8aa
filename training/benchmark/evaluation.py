"""A whole evaluation: songs, audio, floors, methods, tasks, and the document that is published."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from importlib.resources import files
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from ...data.corpus.shard import ShardSong, read_shard
from ...models.errors import CatalogueError, UsageError
from .audio_source import ExcerptSource
from .bench import BenchSettings, family_of, make_bench
from .commercial import song_features
from .configuration import configuration_hashes
from .delivery import analysis_of
from .document import Run, benchmark_document
from .floors import Floor, gaussian_floor, lmmse_floor
from .leaks import learned_from, shared_origins, signs
from .methods.examples import SPLIT, write_examples
from .methods.registry import Ingredients, make_method, usable_methods
from .provenance import commit, file_fingerprint
from .results import TaskOutcome
from .runner import one_thread_each, run_tasks
from .suites.planning import OF_SONGS, plan_suite
from .summary import Document
from .tasks import Plan, Song, load_songs
from .testing_log import log_test
from .weights import fit_weights

SPLITS = ("fit", "calibration", "validation", "test")
SHARD_NAME = "shard.bin"

Step = Callable[[str, int, int], None]
"""Told what is under way, how much of it is done, and of how much."""


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
    learned = _learned_songs(request, splits["fit"])
    weights = _song_weights(learned, source, plans, step)
    plans = _plans(request, songs, weights)
    floors = _floors(learned)
    examples = _examples(request, splits["fit"], step)
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
    leaks = (
        *shared_origins(splits),
        *learned_from((song.identity for song in learned), songs),
    )
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
        data=_data_hashes(request),
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
    with one_thread_each(), ProcessPoolExecutor(max(workers, 1), get_context("spawn")) as pool:
        for _ in pool.map(source.prepare, missing.keys(), missing.values()):
            done += 1
            step("unpacking", done, len(missing))


def _learned_songs(request: Request, songs: Sequence[Song]) -> tuple[ShardSong, ...]:
    """Return the finished songs of the shard that may be learned from."""
    shard = _shard(request)
    if shard is None:
        return ()
    targets = {song.identity for song in songs if song.is_target}
    found = [s for s in read_shard(shard) if s.split == SPLIT and s.identity in targets]
    return tuple(sorted(found, key=lambda each: each.identity))


def _shard(request: Request) -> Path | None:
    if request.corpus is None:
        return None
    shard = request.corpus / SHARD_NAME if request.corpus.is_dir() else request.corpus
    if not shard.is_file():
        raise CatalogueError(
            f"{shard}: there is no shard; build one with glassmaster corpus build, or leave "
            "corpus out",
            code="no_shard",
            path=shard,
        )
    return shard


def _song_weights(
    learned: Sequence[ShardSong], source: ExcerptSource, plans: Sequence[Plan], step: Step
) -> Mapping[str, float]:
    """Return the weights of the songs that tasks are about, by the rule of those learned from."""
    if not learned:
        return {}
    rule = fit_weights(np.array([song_features(s.spectrum, s.plr_db) for s in learned]))
    identities = sorted({plan.identity for plan in plans if plan.suite in OF_SONGS})
    weights = {}
    for index, identity in enumerate(identities):
        step("weighting songs", index, len(identities))
        audio = source(identity)
        analysis = analysis_of(audio.samples, audio.sample_rate)
        plr_db = analysis.loudness.plr_db
        if plr_db is not None:
            features = song_features(analysis.spectrum, plr_db)[None]
            weights[identity] = float(rule.of(features)[0])
    return weights


def _floors(learned: Sequence[ShardSong]) -> Mapping[str, Floor]:
    known = [song for song in learned if song.statistics.any()]
    if not known:
        return {}
    statistics = np.array([song.statistics for song in known])
    packages = [song.package for song in known]
    found = (each(statistics, packages) for each in (lmmse_floor, gaussian_floor))
    return {floor.name: floor for floor in found}


def _examples(request: Request, songs: Sequence[Song], step: Step) -> Path | None:
    shard = _shard(request)
    if shard is None or "nearest" not in request.methods:
        return None
    path = request.output / f"examples-{file_fingerprint(shard)[:16]}.npz"
    if not path.exists():
        step("degrading examples", 0, 1)
        write_examples(shard, (song.identity for song in songs if song.is_target), path)
    return path


def _weights_hashes(methods: Sequence[str], ingredients: Ingredients) -> dict[str, str]:
    found = {}
    for name in methods:
        if name in ingredients.models:
            found[name] = make_method(name, ingredients, lambda task: ()).fingerprint.split()[0]
    return found


def _data_hashes(request: Request) -> dict[str, str]:
    folder = _splits_folder(request)
    found = {f"splits/{name}.csv": file_fingerprint(folder / f"{name}.csv") for name in SPLITS}
    shard = _shard(request)
    return found if shard is None else found | {SHARD_NAME: file_fingerprint(shard)}
