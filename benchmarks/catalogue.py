"""What scanning a messy library finds, and how exactly mixes and masters are aligned.

    python benchmarks/catalogue.py [--files 300] [--pairs 300] [--seed 0] [--seconds 40]
        [--music FOLDER]

Writes a library of songs of the generator (and half of them, with ``--music``, real music with a
voice of the generator): revisions, masters by processors of its own or by this project's chain,
copies, instrumentals, edits, other takes, covers, stems, listening copies; names as studios have
them. Then it scans the library and holds what is sure against the truth. A pair is right if it is
this master and the very revision it was made of. The second part shifts, resamples, flips, fades
and drifts masters at random: an alignment is exact if its offset is within half a sample of the
true one and its polarity is right. Songs last from ``--seconds`` to half as much again.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import soxr
from catalogue_library import RATES_HZ, Library, build, materials, music_files
from catalogue_masters import Signal, master

from glassmaster.data.alignment.aligning import align
from glassmaster.data.alignment.track import audio_track
from glassmaster.data.audio import Audio
from glassmaster.data.catalogue.records import Status
from glassmaster.data.catalogue.scanning import scan
from glassmaster.data.catalogue.store import Catalogue, open_catalogue
from glassmaster.inference.warming import ensure_warm
from glassmaster.models.errors import CatalogueError

_SOURCES = 40


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--files", type=int, default=300)
    parser.add_argument("--pairs", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=40.0)
    parser.add_argument("--music", type=Path, help="folder, or file with a path a line")
    parser.add_argument("--keep", type=Path, help="folder for the library; else a temporary one")
    arguments = parser.parse_args()
    ensure_warm()
    music = music_files(arguments.music)
    if arguments.files:
        with tempfile.TemporaryDirectory() as name:
            root = arguments.keep or Path(name)
            find(root, arguments.files, arguments.seed, music, arguments.seconds)
    if arguments.pairs:
        exactness(arguments.pairs, arguments.seed, music, arguments.seconds)


def find(root: Path, count: int, seed: int, music: list[Path], shortest_s: float) -> None:
    """Build a library, scan it, and print what was found."""
    started = time.process_time()
    library = build(root / "library", count, seed, music, shortest_s)
    print(
        f"built {len(library.sound_of)} files in {time.process_time() - started:.0f} s", flush=True
    )
    path = root / "catalogue.glassmaster"
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:  # memory of its own
        print(pool.submit(_scan, path, library.root).result(), flush=True)
    with open_catalogue(path) as catalogue:
        _judge(library, catalogue)


def _scan(path: Path, root: Path) -> str:
    """Scan a library and tell what it cost."""
    ensure_warm()
    before = _most_resident_mib()
    started, cpu_s = time.perf_counter(), time.process_time()
    with open_catalogue(path, create=True, alone=True) as catalogue:
        scanned = scan(catalogue, [root], lambda step, done: None)
    elapsed_s, cpu_s = time.perf_counter() - started, time.process_time() - cpu_s
    peak = _most_resident_mib()
    return (
        f"scanned in {elapsed_s:.0f} s (CPU {cpu_s:.0f} s), {scanned.compared} comparisons, peak "
        f"memory {peak:.0f} MiB, {before:.0f} of them before the scan"
    )


def _most_resident_mib() -> float:
    """Return the highest resident memory of this process, or nan where the system does not say."""
    status = Path("/proc/self/status")
    lines = status.read_text("utf-8").splitlines() if status.exists() else []
    found = (int(line.split()[1]) / 1024.0 for line in lines if line.startswith("VmHWM"))
    return next(found, float("nan"))


def _judge(library: Library, catalogue: Catalogue) -> None:
    found: dict[tuple[str, str], Status] = {}
    wrong: list[str] = []
    for pair in catalogue.pairs():
        sounds = (library.sound_of[pair.mix_path], library.sound_of[pair.master_path])
        found[sounds] = pair.status
        if pair.status is Status.SURE and sounds not in library.truth:
            wrong.append(f"wrong: {pair.mix_path.name} + {pair.master_path.name} {sounds}")
    sure = {sounds for sounds, status in found.items() if status is Status.SURE}
    right = len(sure & library.truth)
    unsure = Counter(sounds in library.truth for sounds in found if sounds not in sure)
    print(f"truth {len(library.truth)}, sure {len(sure)}, right {right}")
    print(f"precision {right / max(len(sure), 1):.4f}, recall {right / len(library.truth):.4f}")
    print(f"unsure {unsure.total()}: {unsure[True]} of them true")
    for line in wrong:
        print(line)
    for mix, master_sound in sorted(library.truth - sure):
        names = [
            path.relative_to(library.root)
            for path, sound in library.sound_of.items()
            if sound in (mix, master_sound)
        ]
        reasons = [
            pair.reasons
            for pair in catalogue.pairs()
            if library.sound_of[pair.master_path] == master_sound
        ]
        print(f"missed: {', '.join(map(str, names))}: {reasons}")


def exactness(count: int, seed: int, music: list[Path], shortest_s: float) -> None:
    """Align random pairs and print how many are exact."""
    rng = np.random.default_rng((seed, 1))
    songs = islice(materials(rng, music, shortest_s), min(_SOURCES, count))
    sources = [(song.mix().astype(np.float32), song.sample_rate) for song in songs]
    errors, refused, times_s = [], 0, []
    flipped = 0
    for number in range(count):
        mix, rate = sources[number % len(sources)]
        try:
            error, is_upright, seconds = _aligned(mix.astype(np.float64), rate, rng)
        except CatalogueError as problem:
            refused += 1
            print(f"refused: {problem}")
            continue
        errors.append(abs(error))
        flipped += not is_upright
        times_s.append(seconds)
        if abs(error) >= 0.5 or not is_upright:
            print(f"pair {number}: off by {error:+.3f} samples, polarity right: {is_upright}")
    exact = sum(error < 0.5 for error in errors)
    print(
        f"aligned exactly {exact} of {count} ({exact / count:.4f}), polarity wrong {flipped}, "
        f"refused {refused}; error median {np.median(errors):.3f}, 99 % "
        f"{np.percentile(errors, 99):.3f} samples; CPU {np.mean(times_s):.2f} s a pair"
    )


def _aligned(mix: Signal, rate: int, rng: np.random.Generator) -> tuple[float, bool, float]:
    """Return the error of an alignment in samples, whether its polarity is right, and its time."""
    shift = int(rng.integers(-2 * rate, 2 * rate))
    sign = int(rng.choice((-1, 1)))
    made = sign * master(mix, rate, rng)
    made = np.pad(made, ((0, 0), (shift, 0))) if shift >= 0 else made[:, -shift:].copy()
    _fade(made, rate, rng)
    ppm = float(rng.uniform(-200.0, 200.0)) if rng.random() < 0.2 else 0.0
    target = int(rng.choice(RATES_HZ)) if rng.random() < 0.4 else rate
    if target != rate or ppm != 0.0:
        made = soxr.resample(made.T, rate, target * (1.0 + 1e-6 * ppm), quality="VHQ").T
    steps = 2.0 ** int(rng.choice((15, 23)))
    noise = rng.random(made.shape) + rng.random(made.shape) - 1.0
    made = np.clip(np.round(made * steps + noise) / steps, -1.0, 1.0 - 1.0 / steps)
    tracks = [
        audio_track(name, Audio(np.ascontiguousarray(x, np.float32), at))
        for name, x, at in (("mix", mix, rate), ("master", made, target))
    ]
    started = time.process_time()
    found = align(*tracks)
    seconds = time.process_time() - started
    start = found.longest.start
    true = (start + shift) * (1.0 + 1e-6 * ppm) - start
    return found.longest.offset - true, found.polarity == sign, seconds


def _fade(x: Signal, rate: int, rng: np.random.Generator) -> None:
    if rng.random() < 0.4:
        frames = int(rng.uniform(1.0, 6.0) * rate)
        x[:, -frames:] *= np.linspace(1.0, 0.0, frames) ** 2
    if rng.random() < 0.2:
        frames = int(rng.uniform(0.2, 3.0) * rate)
        x[:, :frames] *= np.linspace(0.0, 1.0, frames)


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
