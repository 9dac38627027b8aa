"""What engines cost: eight songs mastered by whole processes, and the overhead of an item.

    python benchmarks/engines.py [--cluster]

Songs are composed, half a minute each. Times are of the wall, the better of two.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

import soundfile
from processes import run

from glassmaster.data.execution.choosing import engine_of
from glassmaster.data.synthetic import compose

SONGS = 8
SONG_S = 30.0
ITEMS = 2000
REPEATS = 2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cluster", action="store_true", help="also Ray, on this machine")
    words = ["this", "processes:2", *(["ray"] if parser.parse_args().cluster else [])]
    with tempfile.TemporaryDirectory() as folder:
        mixes = [Path(folder) / f"{place}.wav" for place in range(SONGS)]
        for place, path in enumerate(mixes):
            mix = compose(place, duration_s=SONG_S).mix
            soundfile.write(path, mix.samples.T, mix.sample_rate, subtype="PCM_24")
        for word in words:
            command = [sys.executable, "-m", "glassmaster.inference.program", "master"]
            command += [*map(str, mixes), "--force", "--engine", word]
            wall_s = min(run(command).wall_s for _ in range(REPEATS))
            print(f"{word}: {SONGS} songs of {SONG_S:.0f} s in {wall_s:.2f} s")
    for word in words:
        first_s, each_ms = map(min, zip(*(overhead(word) for _ in range(REPEATS)), strict=True))
        print(f"{word}: first result after {first_s:.2f} s, then {each_ms:.3f} ms an item")


def overhead(word: str) -> tuple[float, float]:
    """Return the seconds to the first result, and the milliseconds from each to the next."""
    started = time.perf_counter()
    running = engine_of(word).run(abs, range(ITEMS))
    next(running)
    first = time.perf_counter()
    for _ in running:
        last = time.perf_counter()
    return first - started, 1000.0 * (last - first) / (ITEMS - 1)


if __name__ == "__main__":
    main()
