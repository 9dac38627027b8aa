"""What adapting to simulated studios is worth: the suite ``studio_v1``, or others like it.

    python benchmarks/studio.py SHARD OUT [--seed N] [--base FILE] [--part K/N] [--summary]

Every run, a studio with one draw of songs, leaves a file in OUT, so that what was ended goes on
where it was; several processes share the work with --part. --seed draws other studios, to develop
with: those of ``studio_v1`` are not for choosing anything. --summary tells what there is.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from glassmaster.data.corpus.shard import shard_sha256
from glassmaster.data.corpus.working_folder import make_folder
from glassmaster.data.files.replacing import replace_file
from glassmaster.models.errors import UsageError
from glassmaster.models.weights import FOLDER
from glassmaster.training.benchmark.bootstrap import (
    interval,
    paired_estimate,
    resampled_counts,
    resampled_means,
)
from glassmaster.training.frozen import configuration_hashes
from glassmaster.training.learning.songs import split_songs
from glassmaster.training.recovery.store import recover_stored
from glassmaster.training.studio.base import BaseModel
from glassmaster.training.studio.simulating.mixes import make_mixes
from glassmaster.training.studio.simulating.rules import studio_v1
from glassmaster.training.studio.simulating.studios import Kind
from glassmaster.training.studio.suite import measure_null, measure_studio, plan_studios

Array = npt.NDArray[np.float64]


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("shard", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=studio_v1().seed)
    parser.add_argument("--base", type=Path, default=FOLDER / "network.safetensors")
    parser.add_argument("--part", default="0/1")
    parser.add_argument("--summary", action="store_true")
    arguments = parser.parse_args()
    if not arguments.summary:
        torch.set_num_threads(1)
        torch.set_flush_denormal(True)
        run(arguments)
    summarize(arguments.out / "runs")


def run(arguments: argparse.Namespace) -> None:
    """Do the runs of this part that are not done."""
    rules = replace(studio_v1(), seed=arguments.seed)
    base = BaseModel(arguments.base)
    identity = {
        "seed": rules.seed,
        "rules": configuration_hashes()["studio_v1"],
        "shard": shard_sha256(arguments.shard),
        "base": base.file.sha256,
    }
    runs = arguments.out / "runs"
    make_folder(runs)
    identify(arguments.out / "identity.json", identity)
    songs = split_songs(str(arguments.shard)).by_split
    shown = [*songs["validation"], *songs["calibration"]]
    mixes = make_mixes(shown, songs["fit"], base, rules.mixes, rules.seed)
    recover = partial(recover_stored, folder=arguments.out / "recovered")
    part, parts = (int(each) for each in arguments.part.split("/"))
    for plan in plan_studios(mixes, rules)[part::parts]:
        path = runs / f"{plan.kind}-{plan.studio:02d}-{plan.draw}.json"
        if path.exists():
            continue
        started = time.process_time()
        measure = measure_studio if plan.kind == Kind.TASTE else measure_null
        result = asdict(measure(mixes, rules, plan, base.center, recover))
        cpu_s = time.process_time() - started
        replace_file(path, json.dumps({"kind": plan.kind, "cpu_s": cpu_s, **result}).encode())
        print(f"{path.stem}: {cpu_s:.1f} CPU-s", flush=True)


def identify(path: Path, identity: dict[str, Any]) -> None:
    """Note what a folder holds, or refuse one that holds something else."""
    text = json.dumps(identity, indent=1)
    if path.exists() and path.read_text("utf-8") != text:
        raise UsageError(f"{path.parent}: holds other runs; choose another folder", code="other")
    replace_file(path, text.encode())


def summarize(runs: Path) -> None:
    """Tell what runs came to."""
    found = [json.loads(path.read_text("utf-8")) for path in sorted(runs.glob("*.json"))]
    print(f"{len(found)} runs, {sum(run['cpu_s'] for run in found) / 60.0:.1f} CPU-min")
    tasteful = [run for run in found if run["kind"] == Kind.TASTE]
    if tasteful:
        for place in range(len(tasteful[0]["learned"])):
            tell_learned(tasteful, place)
    for kind in (Kind.BASE, Kind.NOTHING, Kind.SHUFFLED):
        nulls = [run for run in found if run["kind"] == kind]
        if nulls:
            tell_null(kind, nulls)


def tell_learned(runs: Sequence[dict[str, Any]], place: int) -> None:
    """Tell what one number of pairs was worth; studios are drawn first, then their draws."""
    studios = [f"{run['studio']:02d}" for run in runs]
    counts, weights = resampled_counts(studios), np.ones(len(runs))
    learned = [run["learned"][place] for run in runs]
    studio, mean = means(learned, "studio_db"), means(learned, "mean_settings_db")
    floor, base, unchanged = (means(runs, f"{name}_db") for name in ("floor", "base", "unchanged"))
    share = (base - studio) / (base - floor)
    of_songs = np.concatenate([song_shares(run, place) for run in runs])
    medians = [np.median(np.repeat(share, row.astype(int))) for row in counts]
    print(
        f"{learned[0]['pairs']} pairs, {len(runs)} runs of {len(set(studios))} studios: LN-MEL "
        f"{studio.mean():.2f} dB, mean settings {mean.mean():.2f}, base {base.mean():.2f}, "
        f"unchanged {unchanged.mean():.2f}, floor {floor.mean():.2f}"
    )
    low, high = interval(np.array(medians))
    print(
        f"  of the excess of the base over the floor, median {100 * np.median(share):.1f} % "
        f"[{100 * low:.1f}, {100 * high:.1f}] is gone (of single songs "
        f"{100 * np.median(of_songs):.1f} %, 5th percentile of runs "
        f"{100 * np.percentile(share, 5):.1f} %)"
    )
    change = studio / base - 1.0
    upper = np.percentile(resampled_means(change, weights, counts), 95.0)
    print(
        f"  mean change {100 * change.mean():+.1f} %, 95 % upper bound {100 * upper:+.1f} %, "
        f"worst run {100 * change.max():+.1f} %"
    )
    for name, other in (("mean settings", mean), ("base", base), ("unchanged", unchanged)):
        found = paired_estimate(studio, other, weights, counts)
        print(
            f"  against {name}: {found.mean:+.2f} dB [{found.low:+.2f}, {found.high:+.2f}], better "
            f"in {100 * found.wins:.0f} % of runs"
        )
    verdicts = [each["decision"]["verdict"] for each in learned]
    told = {verdict: verdicts.count(verdict) for verdict in sorted(set(verdicts))}
    print(f"  decided among the pairs alone: {told}")
    for group in learned[0]["choices"]:
        tiers = [each["choices"][group]["tier"] for each in learned]
        print(f"  tiers of {group}: { ({tier: tiers.count(tier) for tier in sorted(set(tiers))}) }")


def tell_null(kind: str, runs: Sequence[dict[str, Any]]) -> None:
    """Tell how often something was found where there is nothing."""
    verdicts = [run["decision"]["verdict"] if run["decision"] else "refused" for run in runs]
    unguarded = [run["unguarded"]["verdict"] for run in runs]
    print(
        f"{kind}: {len(runs)} runs, accepted {verdicts.count('accepted')}, refused "
        f"{verdicts.count('refused')}; if no pair were refused, accepted "
        f"{unguarded.count('accepted')}"
    )


def means(rows: Sequence[dict[str, Any]], name: str) -> Array:
    """Return the mean over songs of each row."""
    return np.array([np.mean(row[name]) for row in rows])


def song_shares(run: dict[str, Any], place: int) -> Array:
    """Return the share of the excess that is gone, of each song that has some."""
    base, floor = np.array(run["base_db"]), np.array(run["floor_db"])
    excess = base - floor
    kept = excess > 0.1
    gone: Array = (base - np.array(run["learned"][place]["studio_db"]))[kept] / excess[kept]
    return gone


if __name__ == "__main__":
    main()
