"""Mixes that studios get: songs from which nothing was learned, degraded as for the benchmark.

Releases as they are would be too easy: the base model leaves them alone, so that whatever a studio
does would be news. Degraded they are what the base model is made for, and it moves them by more
than a studio's taste. The studio gets to hear the mix alone: what the release was it cannot know.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import torch

from ....data.corpus.shard import ShardSong
from ....models.differentiable.resolving import SpectrumBatch
from ....models.errors import CatalogueError
from ....models.network.loudness import normalized_frames
from ....models.network.moves import mel_to_spectrum
from ....models.network.statistics import frame_statistics
from ...benchmark.generators.degradation import Degradation, draw
from ...benchmark.generators.expansion import band_gains
from ...benchmark.generators.family import deg_v1
from ...learning.pool import SongPool, pool_songs
from ...randomness import generator
from ..base import BaseModel
from .frames import Frames, stacked, unstacked
from .mastering import equalized, followed
from .rules import MixRules
from .taste import MEL_OCTAVES

Array: TypeAlias = npt.NDArray[np.float64]

_SEGMENTS = 52  # stream of random numbers
_SILENCE = 1e-14
_QUIET = 1e-2
_FLOOR = 1e-6  # of the loudest band: what lies 60 dB below it tells of codecs, not of music


@dataclass(frozen=True, slots=True, eq=False)
class Mixes:
    """Mixes that studios get, all at -18 LUFS.

    Attributes:
        identities: Of each song.
        packages: Where each comes from.
        albums: What each is released on: package and artist.
        frames: Of the part that is mastered and compared.
        spectra: Of whole mixes.
        statistics: As the base model sees them, shape ``(mix, statistics)``.
        levels_db: Long-term spectra, level-free, relative to the mean of finished songs, shape
            ``(mix, 80)``.
        base: Moves of the base model, shape ``(mix, moves)``.
        sample_rate: In Hz.

    """

    identities: tuple[str, ...]
    packages: tuple[str, ...]
    albums: tuple[str, ...]
    frames: tuple[Frames, ...]
    spectra: SpectrumBatch
    statistics: Array
    levels_db: Array
    base: Array
    sample_rate: int


def make_mixes(
    songs: Sequence[ShardSong],
    finished: Sequence[ShardSong],
    base: BaseModel,
    rules: MixRules,
    seed: int,
) -> Mixes:
    """Make the mixes that all studios draw from.

    Args:
        songs: Of splits from which the base model has not learned.
        finished: Songs whose mean spectrum studios know.
        base: The base model.
        rules: Which part of a song is used.
        seed: Of all draws.

    Raises:
        CatalogueError: Songs of another sample rate are among them, or there is none.

    """
    kept = sorted((song for song in songs if song.segments), key=lambda song: song.identity)
    if len({song.sample_rate for song in kept}) != 1:
        raise CatalogueError("simulated studios need songs of one sample rate", code="no_songs")
    pool = pool_songs(kept)
    degradations = [draw(seed, song.identity) for song in kept]
    frames, spectra = normalized_frames(
        stacked(
            [
                degraded(each, degradation)
                for each, degradation in zip(_chosen(pool, rules, seed), degradations, strict=True)
            ]
        ),
        _degraded_spectra(pool.spectra, degradations),
    )
    statistics = base.held(frame_statistics(frames, pool.sample_rate).double().numpy())
    every = unstacked(frames)
    heard = rules.heard / rules.segments
    mean_db = np.mean([_levels_db(each) for each in unstacked(pool_songs(finished).segments)], 0)
    return Mixes(
        identities=pool.identities,
        packages=tuple(song.package for song in kept),
        albums=tuple(f"{song.package}/{song.artist}" for song in kept),
        frames=tuple(_first(each, heard) for each in every),
        spectra=spectra,
        statistics=statistics,
        levels_db=np.array([_levels_db(each) for each in every]) - mean_db,
        base=base.moves(statistics),
        sample_rate=pool.sample_rate,
    )


def degraded(frames: Frames, degradation: Degradation) -> Frames:
    """Make a mix of a master, as `training.benchmark.generators.degradation` does with audio.

    Peaks are not restored, since frames do not hold the waveform that tells which of them stand
    out; they rise with the expansion.
    """
    family = deg_v1()
    hz = 1000.0 * 2.0**MEL_OCTAVES
    gains = band_gains(hz, family.expansion)
    power = gains @ (frames.mid + frames.side) + _SILENCE
    mean = np.array([row[row >= _QUIET * row.mean()].mean() for row in power])
    excess_db = 10.0 * np.log10(power / mean[:, None])
    gain_db = np.array(degradation.expansion)[:, None] * excess_db
    held_db = np.clip(gain_db, -family.expansion.most_db, family.expansion.most_db)
    gain = 10.0 ** (0.1 * (gains.T @ held_db))
    expanded = followed(frames, frames.mid * gain, frames.side * gain)
    side_db = np.full(len(hz), degradation.side_gain_db)
    return equalized(expanded, degradation.response_db(hz), side_db)


def _chosen(pool: SongPool, rules: MixRules, seed: int) -> list[Frames]:
    """Return the segments that stand for each song, joined."""
    drawn = [generator(seed, _SEGMENTS, song) for song in range(len(pool))]
    parts = [
        first + np.resize(each.permutation(count), rules.segments)
        for each, first, count in zip(drawn, pool.first, pool.count, strict=True)
    ]
    return unstacked(pool.frames(np.stack(parts)))


def _degraded_spectra(spectra: SpectrumBatch, degradations: Sequence[Degradation]) -> SpectrumBatch:
    hz = 1000.0 * 2.0**MEL_OCTAVES
    response_db = torch.from_numpy(np.array([each.response_db(hz) for each in degradations]))
    gain = 10.0 ** (0.1 * mel_to_spectrum(response_db))
    side_db = torch.tensor([each.side_gain_db for each in degradations], dtype=gain.dtype)
    return SpectrumBatch(spectra.mid * gain, spectra.side * gain * 10.0 ** (0.1 * side_db[:, None]))


def _levels_db(frames: Frames) -> Array:
    """Return the long-term spectrum in dB, its mean taken out, shape ``(80,)``."""
    power = (frames.mid + frames.side).mean(axis=1)
    levels_db = 10.0 * np.log10(power + _FLOOR * power.max())
    free: Array = levels_db - levels_db.mean()
    return free


def _first(frames: Frames, share: float) -> Frames:
    count, cells = round(share * frames.mid.shape[1]), round(share * len(frames.peak))
    return Frames(frames.mid[:, :count], frames.side[:, :count], frames.peak[:cells])
