"""Whether mixes that training makes of masters can be told from real mixes.

    python benchmarks/realism.py SHARD FOLDER_OF_REAL_MIXES [--count 200]

Mixes are made, as for training, of the targets of validation and calibration; of real ones the
middle minute is measured. A logistic regression learns to tell the two by what a network reads, and
by all statistics. It is tried on packages that it did not learn from; a real mix's package is what
stands before the first ``_`` or ``-`` of its file name. Mixes are told apart with certainty at an
AUC of 1 and by chance at 0.5.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from excerpts import SUFFIXES
from scipy.optimize import minimize

from glassmaster.data.audio import Audio
from glassmaster.data.files.reader import open_audio
from glassmaster.models.mel_statistics import GROUPS, STATISTICS
from glassmaster.training.benchmark.delivery import analysis_of
from glassmaster.training.benchmark.excerpts import excerpt
from glassmaster.training.learning.curriculum import Curriculum, Phase
from glassmaster.training.learning.plans import PlanRules, draw_plan, plain
from glassmaster.training.learning.pool import SongPool
from glassmaster.training.learning.songs import shard_songs
from glassmaster.training.linear.examples import assembled
from glassmaster.training.linear.inputs import WHOLE, compact_inputs
from glassmaster.training.linear.tuning import statistics_of

Array = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]

FOLDS = 5
DIVISIONS = 4
PENALTIES = (0.003, 0.03, 0.3)
RESAMPLED = 1000
SHOWN = 5
STREAM = 41  # keeps these mixes apart from those of a training run with the same seed


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Statistics, shape ``(row, statistics)``, and ``package/song`` of each row."""

    statistics: Array
    songs: npt.NDArray[np.str_]

    @property
    def packages(self) -> npt.NDArray[np.str_]:
        """The package of each row."""
        return np.array([song.split("/")[0] for song in self.songs])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("shard")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=200, help="mixes to make of each split")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    songs = shard_songs(arguments.shard)
    real = real_mixes(arguments.folder, songs.validation.sample_rate)
    kinds = mixes((songs.validation, songs.calibration), arguments.count)
    bands = [n.removeprefix("p50_db@") for n in STATISTICS if n.startswith("p50_db@")][:GROUPS]
    inputs = {
        "what a network reads": (compact_inputs(), [*(f"spectrum_db@{b}" for b in bands), *WHOLE]),
        "all statistics": (np.eye(len(STATISTICS)), list(STATISTICS)),
    }
    print(f"{len(real.songs)} real mixes of {len(set(real.packages))} packages")
    for title, (matrix, names) in inputs.items():
        print(f"\n{title}, {len(names)}\n{'':22s}{'songs':>7s}{'packages':>10s}{'AUC':>7s}   95 %")
        for name, rows in kinds.items():
            auc, low, high = separation(real, rows, matrix)
            counts = f"{len(set(rows.songs)):7d}{len(set(rows.packages)):10d}"
            print(f"{name:22s}{counts}{auc:7.2f}   {low:.2f} to {high:.2f}", flush=True)
        _print_inputs([rows.statistics @ matrix.T for rows in (real, *kinds.values())], names)


def real_mixes(folder: Path, sample_rate: int) -> Rows:
    """Measure the middle minute of every audio file of a folder."""
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    measured = []
    for path in files:
        with open_audio(path) as file:
            audio = Audio(file.read(file.frames), file.sample_rate)
        measured.append(analysis_of(excerpt(audio, sample_rate), sample_rate).statistics)
    names = [f"{re.split('[_-]', path.stem)[0]}/{path.name}" for path in files]
    return Rows(np.array(measured), np.array(names))


def mixes(pools: Sequence[SongPool], count: int) -> dict[str, Rows]:
    """Make mixes as `glassmaster.training.linear.tuning.one_click_pairs` does, songs being known.

    Returns:
        Those that were changed, all of them, and the whole songs that they were made of.

    """
    kind = Curriculum((Phase(0.0, forward=0.0, references=False),))
    rules = plain(PlanRules())
    made, masters, names, changed = [], [], [], []
    for pool in pools:
        plans = [draw_plan(pool, rules, kind, 0.0, 0, STREAM, row) for row in range(count)]
        made.append(statistics_of(tuple(assembled(pool, plans))))
        masters.append(pool.statistics[[plan.song for plan in plans]].double().numpy())
        names += [pool.identities[plan.song] for plan in plans]
        changed += [bool(plan.degradation.response_db.any()) for plan in plans]
    songs, all_made = np.array(names), np.concatenate(made)
    return {
        "degraded masters": Rows(all_made[changed], songs[changed]),
        "with those left alone": Rows(all_made, songs),
        "masters, whole songs": Rows(np.concatenate(masters), songs),
    }


def separation(real: Rows, made: Rows, matrix: Array) -> tuple[float, float, float]:
    """Return the AUC on packages that were not learned from, and its interval over songs.

    A mix is compared with those that the same regression has scored.
    """
    values = np.concatenate((real.statistics, made.statistics)) @ matrix.T
    is_real = np.arange(len(values)) < len(real.songs)
    won, compared = np.zeros((2, is_real.sum(), (~is_real).sum()))
    for seed in range(DIVISIONS):
        folds = np.concatenate([divided(rows.packages, seed) for rows in (real, made)])
        scores = held_out(values, is_real, folds, PENALTIES)
        each = comparisons(scores, is_real, folds)
        won, compared = won + each[0], compared + each[1]
    rng, drawn = np.random.default_rng(0), []
    for _ in range(RESAMPLED):
        r, m = resampled(real.songs, rng), resampled(made.songs, rng)
        drawn.append(float(r @ won @ m / (r @ compared @ m)))
    low, high = np.percentile(drawn, (2.5, 97.5))
    return float(won.sum() / compared.sum()), float(low), float(high)


def divided(packages: npt.NDArray[np.str_], seed: int) -> npt.NDArray[np.int64]:
    """Return the fold of each row: packages in random order, each to the smallest fold so far."""
    names, places, counts = np.unique(packages, return_inverse=True, return_counts=True)
    if len(names) < FOLDS:
        raise SystemExit(f"there are mixes of {len(names)} packages; give at least {FOLDS}")
    folds, sizes = np.zeros(len(names), np.int64), np.zeros(FOLDS)
    for name in np.random.default_rng(seed).permutation(len(names)):
        folds[name] = np.argmin(sizes)
        sizes[folds[name]] += counts[name]
    return folds[places]


def held_out(
    values: Array, is_real: Booleans, folds: npt.NDArray[np.int64], penalties: Sequence[float]
) -> Array:
    """Score each fold by what the others teach, with the penalty that does best among these."""
    scores = np.zeros(len(values))
    for fold in np.unique(folds):
        kept = folds != fold
        known = values[kept], is_real[kept], folds[kept]
        aucs = []
        for penalty in penalties if len(penalties) > 1 else ():
            won, compared = comparisons(held_out(*known, (penalty,)), *known[1:])
            aucs.append(won.sum() / compared.sum())
        best = penalties[int(np.argmax(aucs))] if aucs else penalties[0]
        scores[~kept] = fitted_scores(*known[:2], values[~kept], best)
    return scores


def fitted_scores(values: Array, is_real: Booleans, others: Array, penalty: float) -> Array:
    """Fit a logistic regression, both kinds weighing the same, and score other rows."""
    weights = np.where(is_real, 0.5 / is_real.sum(), 0.5 / (~is_real).sum())
    mean = weights @ values
    spread = np.sqrt(weights @ (values - mean) ** 2) + 1e-9
    rows = np.column_stack(((values - mean) / spread, np.ones(len(values))))
    held = np.append(np.full(values.shape[1], penalty), 0.0)
    signs = np.where(is_real, 1.0, -1.0)

    def loss(w: Array) -> tuple[float, Array]:
        margins = signs * (rows @ w)
        slopes = -signs * weights / (1.0 + np.exp(np.clip(margins, -500.0, 500.0)))
        value = weights @ np.logaddexp(0.0, -margins) + 0.5 * w @ (held * w)
        return float(value), slopes @ rows + held * w

    found = minimize(loss, np.zeros(rows.shape[1]), jac=True, method="L-BFGS-B").x
    scores: Array = ((others - mean) / spread) @ found[:-1]
    return scores


def comparisons(
    scores: Array, is_real: Booleans, folds: npt.NDArray[np.int64]
) -> tuple[Array, Array]:
    """Return where a real mix scores higher, and which were compared, ``(real, made)``."""
    compared = (folds[is_real][:, None] == folds[~is_real]).astype(np.float64)
    apart = scores[is_real][:, None] - scores[~is_real]
    return compared * np.heaviside(apart, 0.5), compared


def resampled(songs: npt.NDArray[np.str_], rng: np.random.Generator) -> Array:
    """Draw songs with replacement; return how often each row counts."""
    names, places = np.unique(songs, return_inverse=True)
    counts = rng.multinomial(len(names), np.full(len(names), 1.0 / len(names)))
    return counts[places].astype(np.float64)


def _print_inputs(values: Sequence[Array], names: Sequence[str]) -> None:
    """Print the inputs that tell most alone; above 0.5, real mixes have more."""
    real, made, _, masters = values
    auc = np.heaviside(real[:, None] - made, 0.5).mean((0, 1))
    print(f"{'alone; means, dB':22s}{'AUC':>7s}{'real':>8s}{'made':>8s}{'masters':>9s}")
    for at in np.argsort(-np.abs(auc - 0.5))[:SHOWN]:
        means = f"{real[:, at].mean():8.1f}{made[:, at].mean():8.1f}{masters[:, at].mean():9.1f}"
        print(f"{names[at]:22s}{auc[at]:7.2f}{means}")


if __name__ == "__main__":
    main()
