"""What the content of a mix tells of its master: retrieval, judged by use.

    python benchmarks/retrieval.py PACKAGES EXCERPTS [--corpus FILE] [--neighbors 16]

Each target of the validation split is degraded as for the benchmark's suite DEG. The mean of the
neighbors of the degraded song tells its spectrum (LTAS-S, level removed), peak-to-loudness ratio
and side level; beside it stand the mean of the corpus and that of random tracks. Figures are ratios
of mean absolute errors, with 95 % intervals over packages and songs. Beside them: how many of the
neighbors are those of the undegraded song, and, as a check of sanity, how often the degraded song
is nearest to its own master among all masters of the split.

PACKAGES holds the Debian packages, EXCERPTS takes the excerpts of songs.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import numpy.typing as npt

from glassmaster.data.analysis import Analysis
from glassmaster.data.corpus.splits import shipped_splits
from glassmaster.data.reference.corpus import ReferenceCorpus, read_corpus
from glassmaster.data.reference.embedding import shipped_embedding
from glassmaster.data.reference.production import FIGURES, Production
from glassmaster.data.reference.search import exact_nearest
from glassmaster.data.reference.shipped import SHIPPED
from glassmaster.inference.reference import left_out, mix_production
from glassmaster.models.spectrum import THIRD_CENTERS_HZ
from glassmaster.training.benchmark.audio_source import ExcerptSource
from glassmaster.training.benchmark.bootstrap import ratio_interval, resampled_counts
from glassmaster.training.benchmark.delivery import analysis_of
from glassmaster.training.benchmark.suites.making import make_task
from glassmaster.training.benchmark.suites.planning import plan_suite
from glassmaster.training.benchmark.tasks import RATE_HZ, Song

Array = npt.NDArray[np.float64]

QUANTITIES = ("LTAS-S", "PLR", "side")
SEED = 5
RANDOM_DRAWS = 20
JUDGED = (THIRD_CENTERS_HZ > 30.0) & (THIRD_CENTERS_HZ < 13_000.0)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("packages", type=Path)
    parser.add_argument("excerpts", type=Path)
    parser.add_argument("--corpus", type=Path, default=SHIPPED)
    parser.add_argument("--neighbors", type=int, default=16)
    arguments = parser.parse_args()
    corpus = read_corpus(arguments.corpus)
    source = ExcerptSource(arguments.packages, (), arguments.excerpts)
    songs = [
        Song(track.identity, track.package, track.component, track.artist, track.is_target)
        for track in shipped_splits()["validation"]
    ]
    tasks = [make_task(plan, source) for plan in plan_suite("DEG", songs)]
    rows = [
        (task.plan.package, analysis_of(task.mix, RATE_HZ), analysis_of(task.target, RATE_HZ))
        for task in tasks
        if task.target is not None
    ]
    _report(rows, corpus, arguments.neighbors)


def _report(
    rows: list[tuple[str, Analysis, Analysis]], corpus: ReferenceCorpus, neighbors: int
) -> None:
    embedding = shipped_embedding()
    places = embedding.of(corpus.content)
    mixes, masters = (embedding.of(np.array([row[i].content for row in rows])) for i in (1, 2))
    packages = [row[0] for row in rows]
    rng = np.random.default_rng(SEED)
    errors: dict[str, list[Array]] = {"neighbors": [], "corpus mean": [], "random": []}
    overlaps = []
    for (package, _, master), mix, finished in zip(rows, mixes, masters, strict=True):
        allowed = ~left_out(corpus, (package,))
        truth = _told(mix_production(master))
        near, kept = (
            exact_nearest(places, place, neighbors, allowed).indices for place in (mix, finished)
        )
        able = np.flatnonzero(allowed)
        drawn = [rng.permutation(able)[:neighbors] for _ in range(RANDOM_DRAWS)]
        errors["neighbors"].append(_error(_told(corpus.rows(near).production), truth))
        errors["corpus mean"].append(_error(_told(corpus.rows(able).production), truth))
        chance = [_error(_told(corpus.rows(each).production), truth) for each in drawn]
        errors["random"].append(np.mean(chance, axis=0))
        overlaps.append(len(set(near) & set(kept)) / neighbors)
    counts = resampled_counts(packages)
    weights = np.ones(len(rows))
    print(f"{len(rows)} songs of {len(set(packages))} packages; {len(corpus)} tracks in the corpus")
    table = {name: np.array(values) for name, values in errors.items()}
    for index, name in enumerate(QUANTITIES):
        own = table["neighbors"][:, index]
        words = [f"{name:8s} error {own.mean():5.2f} dB"]
        for other in ("corpus mean", "random"):
            found = ratio_interval(own, table[other][:, index], weights, counts)
            if found is not None:
                words.append(f"{found.mean:.3f} [{found.low:.3f}, {found.high:.3f}] of {other}")
        print(", ".join(words))
    nearest = [int(np.argmin(np.square(masters - mix).sum(axis=1))) for mix in mixes]
    own_share = np.mean([index == place for place, index in enumerate(nearest)])
    print(f"overlap of neighbors before and after degradation {np.mean(overlaps):.2f}")
    print(f"nearest to its own master {100.0 * own_share:.0f} %")


def _told(production: Production) -> Array:
    """Return what is told of tracks: their spectrum, PLR and side level, means over tracks."""
    tone = np.atleast_2d(production.tone_db)[:, JUDGED]
    figures = np.atleast_2d(production.figures)
    level_free = (tone - tone.mean(axis=1, keepdims=True)).mean(axis=0)
    others = [np.nanmean(figures[:, FIGURES.index(name)]) for name in ("plr_db", "side_db")]
    return np.concatenate((level_free, others))


def _error(told: Array, truth: Array) -> Array:
    off = np.abs(told - truth)
    return np.array([off[:-2].mean(), off[-2], off[-1]])


if __name__ == "__main__":
    main()
