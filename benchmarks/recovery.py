"""How well settings are found again from a mix and its master, on songs of the benchmark.

    python benchmarks/recovery.py CACHE EXCERPTS [--suite SYN] [--split validation] [--songs N]
        [--json FILE]

``null`` is the energy of the difference over that of the master, in the whole excerpt; ``total``
the mean absolute error of the response of everything up to the limiter, in third octaves;
``reduction`` that of the gain reductions of compressor and limiter over time, in the bands that
work; ``mel`` the mel distance of what was recovered, ``unchanged`` that of the mix at the master's
loudness. CPU seconds are told a minute of audio.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from glassmaster.data.corpus.splits import shipped_splits
from glassmaster.inference.effects import effects_of
from glassmaster.models.moves import QUANTITIES
from glassmaster.models.settings import PARAMETERS
from glassmaster.training.benchmark.audio_source import ExcerptSource
from glassmaster.training.benchmark.metrics.effects import reduction_error_db, total_error_db
from glassmaster.training.benchmark.metrics.frames import mel_frames
from glassmaster.training.benchmark.metrics.level import loudness_lufs
from glassmaster.training.benchmark.metrics.measure import frame_distances
from glassmaster.training.benchmark.metrics.waveform import null_db
from glassmaster.training.benchmark.suites.making import make_task
from glassmaster.training.benchmark.suites.planning import plan_suite
from glassmaster.training.benchmark.tasks import Song, Task
from glassmaster.training.recovery.beginning import PairAudio, measure_pair
from glassmaster.training.recovery.certainty import measure_spreads
from glassmaster.training.recovery.recovering import recover
from glassmaster.training.recovery.vector import vector_of

SUITES = ("SYN", "SYN-CODEC", "SYN-OUT")


@dataclass(frozen=True, slots=True)
class Found:
    """One recovery; all in dB but the times.

    Attributes:
        song: Identity.
        null_db: What is left of the master.
        excerpt_db: What was left where the fit ended.
        unchanged_null_db: What would be left of it without any master.
        total_db: Mean error of the response up to the limiter; NaN where the truth is unknown.
        reduction_db: Mean error of gain reductions over time; NaN likewise.
        mel_db: Mel distance from the master.
        unchanged_mel_db: That of the mix at the master's loudness.
        cpu_s: Processor time a minute of audio.
        by_levels: Whether levels were followed.
        blocks: Engaged blocks, as found.
        true_blocks: As they were; empty where the truth is unknown.
        quantities: Found, true, and standard deviation before it is stretched, by name.
        knobs: The same of knobs that both found and truth engage, in parts of their ranges.

    """

    song: str
    null_db: float
    excerpt_db: float
    unchanged_null_db: float
    total_db: float
    reduction_db: float
    mel_db: float
    unchanged_mel_db: float
    cpu_s: float
    by_levels: bool
    blocks: tuple[str, ...]
    true_blocks: tuple[str, ...]
    quantities: dict[str, tuple[float, float, float]]
    knobs: dict[str, tuple[float, float, float]]


def main() -> None:
    arguments = _arguments()
    source = ExcerptSource(arguments.cache, (), arguments.excerpts)
    tracks = shipped_splits()[arguments.split]
    songs = [Song(t.identity, t.package, t.component, t.artist, t.is_target) for t in tracks]
    plans = plan_suite(arguments.suite, songs)[: arguments.songs]
    found = []
    for plan in plans:
        one = measure(make_task(plan, source))
        found.append(one)
        if arguments.json:
            arguments.json.write_text(json.dumps([asdict(each) for each in found], indent=1) + "\n")
        print(
            f"{one.song[-36:]:36s} null {one.null_db:6.1f} ({one.excerpt_db:6.1f}) "
            f"total {one.total_db:6.3f} reduction {one.reduction_db:6.3f} mel {one.mel_db:5.2f} "
            f"of {one.unchanged_mel_db:5.2f} CPU {one.cpu_s:5.1f} s"
            f"{' levels' if one.by_levels else ''} "
            f"{_difference(one)}",
            flush=True,
        )
    for name in ("null_db", "total_db", "reduction_db", "mel_db", "unchanged_mel_db", "cpu_s"):
        values = [getattr(one, name) for one in found]
        print(f"{name:18s} median {statistics.median(values):8.3f} worst {max(values):8.3f}")


def measure(task: Task) -> Found:
    """Recover a task's settings and compare them with the truth, where it is known."""
    if task.target is None:
        raise SystemExit(f"{task.plan.key} has no target")
    begun_s = time.process_time()
    pair = PairAudio(task.mix, task.target, task.sample_rate)
    recovered = recover(pair, measure_pair(pair), _quiet)
    minutes = task.mix.shape[1] / task.sample_rate / 60.0
    cpu_s = (time.process_time() - begun_s) / minutes
    total_db, reduction_db = float("nan"), float("nan")
    blocks: tuple[str, ...] = ()
    quantities: dict[str, tuple[float, float, float]] = {}
    knobs: dict[str, tuple[float, float, float]] = {}
    if task.truth.settings is not None and task.truth.master is not None:
        true = effects_of(task.truth.master.chain, task.mix, task.sample_rate)
        own = effects_of(
            recovered.chain.resolve(recovered.vector, recovered.engaged),
            task.mix,
            task.sample_rate,
        )
        total_db = total_error_db(own, true)
        reduction_db = reduction_error_db(own, true)
        blocks = tuple(n for n, b in task.truth.settings.blocks.items() if not b.bypass)
        spreads = measure_spreads(recovered, task.mix, task.sample_rate)
        rows = zip(QUANTITIES, own.quantities, true.quantities, spreads.quantities_db, strict=True)
        quantities = {name: (float(a), float(b), float(sd)) for name, a, b, sd in rows}
        wanted = vector_of(task.truth.settings, 0.0)
        knobs = {
            f"{block}.{spec.key}": (
                float(recovered.vector[place]),
                float(wanted[place]),
                float(spreads.knobs[place]),
            )
            for place, (block, spec) in enumerate(PARAMETERS)
            if block in recovered.engaged and block in blocks
        }
    return Found(
        song=task.plan.identity,
        null_db=null_db(recovered.output, task.target),
        excerpt_db=recovered.descent.null_db,
        unchanged_null_db=recovered.unchanged_db,
        total_db=total_db,
        reduction_db=reduction_db,
        mel_db=_mel_db(recovered.output, task),
        unchanged_mel_db=_mel_db(task.mix, task),
        cpu_s=cpu_s,
        by_levels=recovered.by_levels,
        blocks=tuple(sorted(recovered.engaged)),
        true_blocks=tuple(sorted(blocks)),
        quantities=quantities,
        knobs=knobs,
    )


def _mel_db(samples: np.ndarray, task: Task) -> float:
    if task.target is None:
        raise SystemExit("there is no target")
    rate = task.sample_rate
    gain_db = loudness_lufs(task.target, rate) - loudness_lufs(samples, rate)
    frames = mel_frames(samples, rate).scaled(gain_db)
    return frame_distances(frames, mel_frames(task.target, rate))["LN-MEL"]


def _difference(one: Found) -> str:
    if not one.true_blocks:
        return ",".join(one.blocks)
    more, fewer = set(one.blocks) - set(one.true_blocks), set(one.true_blocks) - set(one.blocks)
    return " ".join([*(f"+{name}" for name in more), *(f"-{name}" for name in fewer)])


def _quiet(_: str, __: float) -> None:
    """Show no progress."""


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("cache", type=Path, help="folder of Debian packages")
    parser.add_argument("excerpts", type=Path, help="folder where excerpts are kept")
    parser.add_argument("--suite", choices=SUITES, default=SUITES[0])
    parser.add_argument("--split", default="validation")
    parser.add_argument("--songs", type=int, default=None, help="the first so many")
    parser.add_argument("--json", type=Path, help="write the results there")
    return parser.parse_args()


if __name__ == "__main__":
    main()
