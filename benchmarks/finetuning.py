"""What it costs to scan a studio's folders, and to learn from all of its pairs.

    python benchmarks/finetuning.py [--pairs 200] [--seconds 180] [--keep FOLDER]

Mixes are songs of the generator; masters are darker by a tilt of 8 dB, narrower and limited, each a
little otherwise. Albums have eight songs, artists five albums; files are FLAC of 16 bit, 33 MB a
pair of three minutes. Two processes work. Where FOLDER holds songs of an earlier run, those stand.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from itertools import product
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import soundfile
from catalogue_names import FIRST_WORDS, SECOND_WORDS
from processes import run

from glassmaster.data.synthetic import STYLES, compose
from glassmaster.models.spectrum import THIRD_CENTERS_HZ
from glassmaster.training.benchmark.delivery import deliver_audio
from glassmaster.training.benchmark.methods.matching import matched_audio

TITLES = [f"{one} {two}" for one, two in product(FIRST_WORDS, SECOND_WORDS)]
ALBUM_SONGS = 8
ARTIST_SONGS = 40
SEED = 77
FIRST_SONG = 5000
KNOTS = 6
"""Of what a master has beside the tilt, over the spectrum."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--pairs", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=180.0)
    parser.add_argument("--keep", type=Path, help="folder for the songs; else a temporary one")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        root = (arguments.keep or Path(name)).absolute()
        items = [(root / "studio", song, arguments.seconds) for song in range(arguments.pairs)]
        with get_context("spawn").Pool(2) as pool:
            pool.starmap(write_pair, items, chunksize=1)
        catalogue = root / "studio.glassmaster"
        program = [sys.executable, "-m", "glassmaster.inference.program"]
        tell("scan", [*program, "catalogue", "scan", str(root / "studio"), "-o", str(catalogue)])
        words = [f"run={root / 'run'}", "logging=none", "--force"]
        for again in ("fine-tuning", "once more, studied before"):
            tell(again, [*program, "finetune", str(catalogue), *words])


def tell(what: str, command: list[str]) -> None:
    """Run a command and print its cost."""
    cost = run(command)
    load = " ".join(f"{each:.1f}" for each in os.getloadavg())
    print(
        f"{what}: {cost.wall_s / 60.0:.1f} min, {cost.cpu_s:.0f} CPU-s, largest process "
        f"{cost.peak_mb:.0f} MiB; load averages at the end {load}",
        flush=True,
    )


def write_pair(root: Path, song: int, duration_s: float) -> None:
    """Write a mix and its master, unless they are there."""
    folder = root / f"Artist {song // ARTIST_SONGS}" / f"Album {song // ALBUM_SONGS}"
    title = TITLES[song]
    mix_path, master_path = (folder / f"{title} {role}.flac" for role in ("mix", "master"))
    if master_path.exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng((SEED, song))
    style = STYLES[song % len(STYLES)]
    mix = compose(FIRST_SONG + song, style=style, duration_s=duration_s).mix
    thirds = np.arange(len(THIRD_CENTERS_HZ))
    knots = np.linspace(0.0, thirds[-1], KNOTS)
    tilt_db = (
        4.0 - 8.0 * thirds / thirds[-1] + np.interp(thirds, knots, rng.normal(0.0, 0.5, KNOTS))
    )
    tilted = matched_audio(mix.samples, mix.sample_rate, tilt_db)
    mid, side = 0.5 * (tilted[0] + tilted[1]), 0.35 * (tilted[0] - tilted[1])
    narrow = np.stack((mid + side, mid - side)).astype(np.float32)
    made = deliver_audio(narrow, mix.sample_rate, -12.0 + rng.normal(0.0, 0.5)).samples
    soundfile.write(mix_path, mix.samples.T, mix.sample_rate, subtype="PCM_16")
    partial = master_path.with_suffix(".part.flac")
    soundfile.write(partial, made.T, mix.sample_rate, subtype="PCM_16")
    partial.rename(master_path)


if __name__ == "__main__":
    main()
