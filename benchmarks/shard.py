"""What a shard costs and loses, on real songs.

    python benchmarks/shard.py SONG|FOLDER... [--songs 30]

Of each song, 6 s from the middle are written to a shard and read again. Loss is how much it changes
the statistics, and the mel distance of these frames to those of the same excerpt after an
equalizer's tilt and some compression: what training would measure with and without a shard.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
from excerpts import Excerpt, excerpts

from glassmaster.data.corpus.shard import Segment, ShardSong, read_shard, write_shard
from glassmaster.data.features.content import CONTENT
from glassmaster.data.features.frames import MelFrames, mel_frames
from glassmaster.data.features.statistics import StatisticsMeter
from glassmaster.models.decibel import decibel_to_amplitude
from glassmaster.models.distances.measures import mel_distance
from glassmaster.models.mel import MEL_BANDS
from glassmaster.models.mel_statistics import STATISTICS

Array = npt.NDArray[np.float64]

FRAMES = 258
FIRST = 64
MIB = 2**20
TILT_DB = 3.0
COMPRESSION = 0.2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--songs", type=int, default=30, help="at most so many, drawn at random")
    arguments = parser.parse_args()
    songs = [_song(excerpt) for excerpt in excerpts(arguments.paths, arguments.songs)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "songs.shard"
        started = time.process_time()
        write_shard(path, songs)
        written = time.process_time()
        stored = read_shard(path)
        read = time.process_time()
        size = path.stat().st_size
    seconds = sum(FRAMES * 1024 / song.sample_rate for song in songs)
    print(f"{len(songs)} segments, {seconds:.0f} s of audio")
    print(f"bytes per second of audio     {size / seconds:8.0f}")
    print(f"hours of audio in 48 MiB      {48 * MIB / size * seconds / 3600.0:8.2f}")
    print(f"writing, ms per segment       {1e3 * (written - started) / len(songs):8.1f}")
    print(f"reading, ms per segment       {1e3 * (read - written) / len(songs):8.1f}")
    pairs = [(a.segments[0], b.segments[0]) for a, b in zip(songs, stored, strict=True)]
    cells = [mel_distance(*_powers(b), *_powers(a))[0] for a, b in pairs]
    print(f"mel distance to itself, dB    {np.mean(cells):8.4f}")
    changes = [_distance(b) - _distance(a) for a, b in pairs]
    print(f"change of a distance, dB      {np.mean(np.abs(changes)):8.4f}")
    off = np.abs([_statistics(b) - _statistics(a) for a, b in pairs])
    print(f"change of statistics, dB      {off.mean():8.4f}")
    order = np.argsort(off.mean(axis=0))[::-1]
    for index in order[:5]:
        print(f"  {STATISTICS[index]:28s}{off[:, index].mean():8.4f}")


def _song(excerpt: Excerpt) -> ShardSong:
    gain = decibel_to_amplitude(excerpt.normalization_db)
    samples = (gain * excerpt.samples).astype(np.float32)
    frames = mel_frames(samples, excerpt.sample_rate).part(FIRST, FRAMES)
    return ShardSong(
        identity=excerpt.name,
        split="fit",
        package="",
        artist="",
        sample_rate=excerpt.sample_rate,
        statistics=_statistics(frames),
        content=np.zeros(len(CONTENT)),
        spectrum=excerpt.spectrum,
        integrated_lufs=-18.0,
        range_lu=0.0,
        true_peak_dbtp=0.0,
        plr_db=0.0,
        segments=(Segment(0.0, frames.mid, frames.side, frames.peak),),
    )


def _statistics(frames: MelFrames | Segment) -> Array:
    meter = StatisticsMeter(44_100, 2)
    meter.feed_frames(MelFrames(frames.mid, frames.side, frames.peak))
    return meter.result()


def _powers(segment: Segment) -> tuple[Array, Array]:
    return segment.mid[None].astype(np.float64), segment.side[None].astype(np.float64)


def _distance(segment: Segment) -> float:
    """Return how far the segment is from itself with a tilt and a gain that follows its level."""
    mid, side = _powers(segment)
    level = np.maximum((mid + side).sum(axis=1, keepdims=True), 1e-9)
    tilt_db = np.linspace(-TILT_DB, TILT_DB, MEL_BANDS)[None, :, None]
    gain = 10.0 ** (0.1 * tilt_db) * (level / level.mean()) ** -COMPRESSION
    return float(mel_distance(gain * mid, gain * side, mid, side)[0])


if __name__ == "__main__":
    main()
