"""What a studio does otherwise than the base model: heard in its masters, song by song.

Tone and peaks are those of the masters against what the base model makes of the same mixes at the
same loudness, in the spectral twin; widths and reductions are those of the moves that best explain
the masters against the base model's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import torch

from ....models.differentiable.frames import SpectralFrames
from ....models.mel_statistics import STATISTICS
from ....models.moves import RESPONSE_HZ, WIDTH
from ....models.network.loudness import frames_lufs
from ....models.network.moves import apply_moves
from ....models.network.statistics import frame_statistics
from ....models.processors import imager
from ....models.processors.multiband_compressor import BANDS
from ...benchmark.bootstrap import estimate, resampled_counts
from ...recovery.explaining import MasteredFrames
from ..catalogued.collecting import Collected
from ..content import LEVELS, directions
from ..validating import FEWEST_ALBUMS

Array: TypeAlias = npt.NDArray[np.float64]

BASS_HZ, TREBLE_HZ = 160.0, 4000.0
"""Tone below and above is summed up as bass and treble."""

_PEAK = STATISTICS.index("peak_p99_db")


@dataclass(frozen=True, slots=True, eq=False)
class Trait:
    """A figure in which a studio may differ.

    Attributes:
        name: What it is.
        unit: Its unit.
        values: Of each song, shape ``(song,)``.
        mean: Over songs.
        low: Lower end of the 95 % interval of the mean over units and songs.
        high: Upper end.
        spread: Standard deviation over songs.

    """

    name: str
    unit: str
    values: Array
    mean: float
    low: float
    high: float
    spread: float


@dataclass(frozen=True, slots=True, eq=False)
class HouseStyle:
    """What a studio does otherwise.

    Attributes:
        songs: How many it is drawn from.
        units: What each belongs to: albums, or the songs themselves where there are few albums.
        by_song: Whether they are songs.
        tone: Level of masters above what the base makes, without the overall level, at each of
            `RESPONSE_HZ`.
        traits: Bass, treble, peaks, widths, reductions and loudness.

    """

    songs: int
    units: tuple[str, ...]
    by_song: bool
    tone: tuple[Trait, ...]
    traits: tuple[Trait, ...]


def house_style(collected: Collected) -> HouseStyle:
    """Find what a studio does otherwise than the base model."""
    pairs = collected.pairs
    by_song = len(set(pairs.albums)) < FEWEST_ALBUMS
    units = pairs.songs if by_song else pairs.albums
    counts, weights = resampled_counts(units), np.ones(len(pairs))

    def trait(name: str, unit: str, values: Array) -> Trait:
        found = estimate(values, weights, counts)
        spread = float(values.std(ddof=1)) if len(values) > 1 else float("nan")
        return Trait(name, unit, values, found.mean, found.low, found.high, spread)

    tone_db, peaks_db = _heard(collected.frames, pairs.base)
    own, others = (_reductions_db(collected.frames, moves) for moves in (pairs.moves, pairs.base))
    reductions_db = own - others
    widths_db = (pairs.moves - pairs.base)[:, WIDTH]
    traits = [
        trait("bass", "dB", tone_db[:, RESPONSE_HZ < BASS_HZ].mean(axis=1)),
        trait("treble", "dB", tone_db[:, RESPONSE_HZ > TREBLE_HZ].mean(axis=1)),
        trait("peaks over loudness", "dB", peaks_db),
        *(
            trait(f"width, {name} band", "dB", widths_db[:, band])
            for band, name in enumerate(imager.BANDS)
        ),
        *(
            trait(f"gain reduction, {name.replace('_', ' ')} band", "dB", reductions_db[:, band])
            for band, name in enumerate(BANDS)
        ),
        trait("loudness", "LUFS", pairs.loudness_lufs),
    ]
    tone = [trait(f"{hz:.0f} Hz", "dB", tone_db[:, place]) for place, hz in enumerate(RESPONSE_HZ)]
    return HouseStyle(len(pairs), tuple(units), by_song, tuple(tone), tuple(traits))


@torch.no_grad()
def _heard(frames: MasteredFrames, base: Array) -> tuple[Array, Array]:
    """Return by how much masters differ from what the base makes: tone and peaks, in dB."""
    made = frames.rendered(torch.from_numpy(base).to(frames.mix.mid))
    own, others = (_statistics(each, frames.sample_rate) for each in (frames.master, made))
    tone_db: Array = (own - others) @ directions()[LEVELS].T
    peaks_db: Array = (own - others)[:, _PEAK]
    return tone_db, peaks_db


@torch.no_grad()
def _reductions_db(frames: MasteredFrames, moves: Array) -> Array:
    """Return the median gain reduction in each band of the compressor, shape ``(song, 4)``."""
    result = apply_moves(
        frames.mix,
        frames.spectra,
        torch.from_numpy(moves).to(frames.mix.mid),
        sample_rate=frames.sample_rate,
        loudness_lufs=frames_lufs(frames.master),
    )
    found: Array = -result.compressor_gain_db.median(dim=-1).values.double().numpy()
    return found


def _statistics(frames: SpectralFrames, sample_rate: int) -> Array:
    found: Array = frame_statistics(frames, sample_rate).double().numpy()
    return found
