"""What the statistics of a song cost, and how far excerpts are from the whole, on real songs.

    python benchmarks/song_statistics.py SONG|FOLDER... [--songs 20]

CPU seconds are those of one thread, for four minutes of stereo. Agreement is the largest difference
between the meter of a stream and the tensors of learning. For each kind of statistic follow the
standard deviation between songs, that of 6 s around the whole song, and the same of five such
excerpts laid one after the other; both with the mean difference from the whole taken out, and that
difference by itself.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile
import torch
from excerpts import SUFFIXES

from glassmaster.data.features.frames import MelFrames, mel_frames
from glassmaster.data.features.statistics import StatisticsMeter
from glassmaster.models.differentiable.frames import SpectralFrames, spectral_frames
from glassmaster.models.mel_statistics import STATISTICS
from glassmaster.models.network.statistics import frame_statistics

Array = npt.NDArray[np.float64]

RATE_HZ = 44_100
COST_S = 240.0
FRAMES = 258  # 6 s
PARTS = 5
EXCERPTS = 8


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--songs", type=int, default=20, help="at most so many, drawn at random")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    print(f"CPU seconds for {COST_S:.0f} s of audio: {_cost_s():.3f}")
    whole, single, joined, off = [], [], [], 0.0
    for samples in _songs(arguments.paths, arguments.songs):
        frames = mel_frames(samples, RATE_HZ)
        vector = _measured(frames)
        off = max(off, float(np.abs(_of_torch(samples) - vector).max()))
        rng = np.random.default_rng(len(whole))
        starts = rng.integers(0, frames.mid.shape[1] - FRAMES, (EXCERPTS, PARTS))
        parts = [[frames.part(start, FRAMES) for start in row] for row in starts]
        single.append(np.array([_measured(row[0]) for row in parts]) - vector)
        joined.append(np.array([_measured(*row) for row in parts]) - vector)
        whole.append(vector)
    print(f"largest difference between stream and tensors, {len(whole)} songs: {off:.1e}")
    _print_table(np.array(whole), np.array(single), np.array(joined))


def _cost_s() -> float:
    rng = np.random.default_rng(0)
    samples = (0.1 * rng.standard_normal((2, round(COST_S * RATE_HZ)))).astype(np.float32)
    found = []
    for _ in range(4):  # the first compiles
        meter = StatisticsMeter(RATE_HZ, 2)
        started = time.process_time()
        for block in np.array_split(samples, 160, axis=1):
            meter.feed(block)
        meter.result()
        found.append(time.process_time() - started)
    return min(found[1:])


def _songs(paths: list[Path], most: int) -> Iterator[npt.NDArray[np.float32]]:
    files = sorted(path for given in paths for path in (given, *given.rglob("*")))
    np.random.default_rng(0).shuffle(files)
    found = 0
    for path in files:
        if found == most:
            return
        if not path.is_file() or path.suffix.lower() not in SUFFIXES:
            continue
        info = soundfile.info(path)
        if info.channels == 2 and info.samplerate == RATE_HZ and info.duration > 60.0:
            samples, _ = soundfile.read(path, dtype="float32", always_2d=True)
            yield np.ascontiguousarray(samples.T)
            found += 1


def _measured(*parts: MelFrames) -> Array:
    meter = StatisticsMeter(RATE_HZ, 2)
    for part in parts:
        meter.feed_frames(part)
    return meter.result()


def _of_torch(samples: npt.NDArray[np.float32]) -> Array:
    frames: SpectralFrames = spectral_frames(torch.from_numpy(samples)[None], RATE_HZ)
    vector: Array = frame_statistics(frames, RATE_HZ)[0].double().numpy()
    return vector


def _print_table(whole: Array, single: Array, joined: Array) -> None:
    kinds = [name.split("@")[0] for name in STATISTICS]
    print(f"\n{'dB':16s}{'n':>4s}{'songs':>8s}{'6 s':>8s}{'30 s':>8s}{'bias 6':>8s}{'bias 30':>8s}")
    for kind in dict.fromkeys(kinds):
        inside = np.array([k == kind for k in kinds])
        columns = [whole[:, inside].std(axis=0).mean()]
        bias = [part[:, :, inside].mean(axis=(0, 1)) for part in (single, joined)]
        for part, mean in zip((single, joined), bias, strict=True):
            columns.append((part[:, :, inside] - mean).std(axis=(0, 1)).mean())
        columns += [mean.mean() for mean in bias]
        print(f"{kind:16s}{inside.sum():4d}" + "".join(f"{column:8.2f}" for column in columns))


if __name__ == "__main__":
    main()
