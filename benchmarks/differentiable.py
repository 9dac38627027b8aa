"""What a step through the differentiable chain costs, stage by stage, beside other libraries.

    python benchmarks/differentiable.py [--batch 16] [--seconds 5] [--runs 3] [--threads 1]
                                        [--song SONG] [--json FILE]

Prints the processor time of forward and backward, all threads: the smallest of the runs, the median
of their sum, and the time per stereo frame. Beside each stage stands what dasp-pytorch, torchcomp
and auraloss offer for it, where they are installed, with the median of the ratios taken run by run.
Before that, the peak memory of whole steps of three lengths, each in a process of its own; after
it, the twin with a batch of 64 x 6 s, from ready frames. Without ``--song`` a song is synthesized.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections.abc import Callable
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path

import numba
import torch
from peers import PEERS
from processes import run as run_process
from stages import STAGES, WHOLE, twin_step
from steps import Step, Timing, Workload, noise_workload, song_workload, time_step

WHOLE_PEERS = "dasp + auraloss, rows above"
MEMORY = (WHOLE, "auraloss MR-STFT, default")

Builders = dict[str, Callable[[Workload], Step]]
Timings = dict[str, list[Timing]]


def main() -> None:
    arguments = _arguments()
    torch.set_num_threads(arguments.threads)
    numba.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    if arguments.once:  # a process that is measured from outside
        build = STAGES.get(arguments.once) or _peers()[arguments.once]
        time_step(build(noise_workload(arguments.batch, arguments.seconds)))
        return
    builders = {**STAGES, **_peers()}
    # first, because a new process inherits the peak of the one that starts it
    memory = {name: _memory(name, arguments) for name in MEMORY if name in builders}
    work = song_workload(arguments.song, arguments.batch, arguments.seconds)
    timings = _timings(builders, work, arguments.runs)
    _print_timings(timings, work.frames)
    twin = _twin(arguments.song, arguments.runs)
    if arguments.json:
        results = {
            "batch": arguments.batch,
            "seconds": arguments.seconds,
            "threads": arguments.threads,
            "peak_mb": memory,
            "steps": {name: [asdict(timing) for timing in runs] for name, runs in timings.items()},
            "twin": [asdict(timing) for timing in twin],
        }
        arguments.json.write_text(json.dumps(results, indent=2) + "\n")


def _peers() -> Builders:
    """Return how to make the steps of the libraries that are installed."""
    return {peer.name: peer.step for peer in PEERS if peer.installed}


def _timings(builders: Builders, work: Workload, runs: int) -> Timings:
    """Run every step in turn, so that a change of the machine's speed hits all."""
    little = noise_workload(1, 0.5)
    for build in builders.values():
        time_step(build(little))  # compiles
    steps = {name: build(work) for name, build in builders.items()}
    timings: Timings = {name: [] for name in steps}
    for _ in range(runs):
        for name, step in steps.items():
            timings[name].append(time_step(step))
    summed = [timings.get(peer.name, []) for peer in PEERS if peer.whole]
    timings[WHOLE_PEERS] = [
        Timing(sum(t.forward_s for t in turn), sum(t.backward_s for t in turn))
        for turn in zip(*summed, strict=False)
    ]
    return timings


def _print_timings(timings: Timings, frames: int) -> None:
    columns = ("forward", "backward", "step", "median", "ns/frame", "ratio")
    print(f"{'core-seconds':34s}" + "".join(f"{column:>9s}" for column in columns))
    for stage in STAGES:
        ours = timings[stage]
        _print_row(stage, ours, frames, None)
        beside = [peer.name for peer in PEERS if peer.stage == stage]
        for name in beside if stage != WHOLE else [WHOLE_PEERS]:
            _print_row(f"  {name}", timings.get(name, []), frames, ours)


def _print_row(label: str, runs: list[Timing], frames: int, ours: list[Timing] | None) -> None:
    if not runs:
        print(f"{label:34s}  not installed")
        return
    step_s = min(timing.step_s for timing in runs)
    values = (
        min(timing.forward_s for timing in runs),
        min(timing.backward_s for timing in runs),
        step_s,
        statistics.median(timing.step_s for timing in runs),
    )
    row = f"{label:34s}" + "".join(f"{value:9.3f}" for value in values)
    row += f"{1e9 * step_s / frames:9.1f}"
    if ours is not None:
        ratios = [theirs.step_s / mine.step_s for theirs, mine in zip(runs, ours, strict=True)]
        row += f"{statistics.median(ratios):9.1f}"
    print(row)


def _twin(song: Path | None, runs: int) -> list[Timing]:
    batch = 64
    step = twin_step(song_workload(song, batch, 6.0))
    timings = [time_step(step) for _ in range(runs + 1)][1:]
    forward, backward, both = (
        1e3 * min(getattr(timing, name) for timing in timings) / batch
        for name in ("forward_s", "backward_s", "step_s")
    )
    print(f"twin: {forward:.2f} + {backward:.2f} = {both:.2f} core-ms for an example of 6 s")
    return timings


def _memory(name: str, arguments: argparse.Namespace) -> dict[str, float]:
    """Return the peak of a step's process in MB by length, and print what a second adds."""
    # else the allocator keeps freed tensors of some sizes, and the peak is not what is in use
    command = ["env", "MALLOC_MMAP_THRESHOLD_=1000000", sys.executable, __file__, "--once", name]
    command += ["--batch", str(arguments.batch), "--threads", str(arguments.threads), "--seconds"]
    run_process([*command, "0.5"])  # compiling takes memory too
    lengths = [share * arguments.seconds for share in (0.5, 1.0, 1.5)]
    peaks = [run_process([*command, str(length)]).peak_mb for length in lengths]
    ends = zip(pairwise(peaks), pairwise(lengths), strict=True)
    adds = [(b - a) / (arguments.batch * (t - s)) for (a, b), (s, t) in ends]
    print(
        f"{name}: peak {peaks[0]:.0f}, {peaks[1]:.0f}, {peaks[2]:.0f} MB with {arguments.batch} x "
        f"{lengths[0]:g}, {lengths[1]:g}, {lengths[2]:g} s; "
        f"a second adds {adds[0]:.2f}, then {adds[1]:.2f} MB",
        flush=True,
    )
    return {f"{length:g}": peak for length, peak in zip(lengths, peaks, strict=True)}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=5.0, help="length of an example")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--song", type=Path, help="a song; excerpts follow each other in it")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures")
    parser.add_argument("--once", metavar="STEP", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
