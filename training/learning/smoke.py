"""A corpus of its own: a few generated songs, for trying out everything without any music."""

from __future__ import annotations

import numpy as np

from ...data.analysis import analyze
from ...data.audio import ArrayReader
from ...data.corpus.shard import Segment, ShardSong
from ...data.features.frames import mel_frames
from ...data.synthetic import STYLES, compose
from ...models.chain import REFERENCE_LUFS
from ...models.decibel import decibel_to_amplitude
from ...models.errors import CatalogueError

SEGMENT_S = 3.0


def generated_songs(count: int, duration_s: float, *, split: str, first: int) -> list[ShardSong]:
    """Compose songs and measure them as a corpus would be; equal arguments give equal songs.

    Args:
        count: How many.
        duration_s: Length of each, at least twice `SEGMENT_S`.
        split: Which they belong to.
        first: Seed of the first.

    """
    return [
        _song(seed, STYLES[seed % len(STYLES)], duration_s, split)
        for seed in range(first, first + count)
    ]


def _song(seed: int, style: str, duration_s: float, split: str) -> ShardSong:
    mix = compose(seed, style=style, duration_s=duration_s).mix
    found = analyze(ArrayReader(mix))
    loudness_lufs, peak_dbtp = found.loudness.integrated_lufs, found.loudness.true_peak_dbtp
    if loudness_lufs is None or peak_dbtp is None:
        raise CatalogueError(
            f"a generated song of {duration_s} s has no loudness; make songs longer",
            code="too_short",
        )
    gain_db = REFERENCE_LUFS - loudness_lufs
    normalized = (mix.samples * decibel_to_amplitude(gain_db)).astype(np.float32)
    length = round(SEGMENT_S * mix.sample_rate)
    segments = []
    for number in range(int(duration_s / SEGMENT_S)):
        cut = normalized[:, number * length : (number + 1) * length]
        frames = mel_frames(cut, mix.sample_rate)
        segments.append(Segment(number * SEGMENT_S, frames.mid, frames.side, frames.peak))
    return ShardSong(
        identity=f"generated/{style}-{seed}",
        split=split,
        package=f"generated-{style}",
        artist="",
        sample_rate=mix.sample_rate,
        statistics=found.statistics,
        content=found.content,
        spectrum=found.spectrum.scaled(gain_db),
        integrated_lufs=loudness_lufs,
        range_lu=found.loudness.range_lu or 0.0,
        true_peak_dbtp=peak_dbtp,
        plr_db=peak_dbtp - loudness_lufs,
        segments=tuple(segments),
    )
