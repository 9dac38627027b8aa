"""Examples of degraded masters with what undoes them: where a nearest neighbor is looked for."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import torch

from ....data.corpus.shard import Segment, ShardSong, read_shard
from ....models.differentiable.frames import SpectralFrames
from ....models.errors import CatalogueError
from ....models.moves import NEUTRAL
from ....models.network.statistics import frame_statistics
from ...degradation.applying import batch_degradations, degrade_frames
from ...degradation.drawing import draw_degradation, undoing_moves
from ...degradation.prior import DegradationPrior
from ...randomness import generator

Array: TypeAlias = npt.NDArray[np.float64]

DRAWS = 6
"""Degradations of each song."""

SEGMENTS = 4
"""Segments of a song that its statistics are taken from."""

SEED = 13
SPLIT = "fit"


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """What was seen, and what was right.

    Attributes:
        statistics: Shape ``(example, statistics)``.
        moves: Shape ``(example, moves)``.

    """

    statistics: Array
    moves: Array


def write_examples(shard: Path, targets: Iterable[str], path: Path) -> None:
    """Make the examples of a shard's songs to learn from, and keep them in a file.

    Args:
        shard: See `glassmaster.data.corpus.shard`.
        targets: Identities of the songs that sound finished.
        path: Where the examples are kept.

    Raises:
        CatalogueError: The shard is damaged or holds no such song.

    """
    wanted = set(targets)
    songs = [s for s in read_shard(shard) if s.split == SPLIT and s.identity in wanted]
    found = degraded_examples(songs)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part.npz")
    np.savez(unfinished, statistics=found.statistics, moves=found.moves)
    unfinished.replace(path)


def load_examples(path: Path) -> tuple[Examples, str]:
    """Return what `write_examples` kept, and the SHA-256 of it."""
    with np.load(path, allow_pickle=False) as kept:
        examples = Examples(kept["statistics"], kept["moves"])
    digest = hashlib.sha256(examples.statistics.tobytes() + examples.moves.tobytes())
    return examples, digest.hexdigest()


def degraded_examples(songs: Iterable[ShardSong]) -> Examples:
    """Degrade each song several times, as training does.

    Raises:
        CatalogueError: There is no song.

    """
    prior, statistics, moves = DegradationPrior(), [], []
    for index, song in enumerate(sorted(songs, key=lambda each: each.identity)):
        draws = [draw_degradation(generator(SEED, index, k), prior) for k in range(DRAWS)]
        frames = degrade_frames(_repeated(song), batch_degradations(draws))
        statistics.append(frame_statistics(frames, song.sample_rate).numpy())
        undone = np.array([undoing_moves(each) for each in draws])
        moves.append(np.where(np.isnan(undone), NEUTRAL, undone))
    if not statistics:
        raise CatalogueError(
            "the shard holds no finished song to learn from; build the corpus again",
            code="no_songs",
        )
    return Examples(np.concatenate(statistics).astype(np.float64), np.concatenate(moves))


def _repeated(song: ShardSong) -> SpectralFrames:
    """Return the segments of a song, one after the other, once for each draw."""
    parts = song.segments[:: max(1, len(song.segments) // SEGMENTS)][:SEGMENTS]
    mid, side = (np.concatenate([getattr(s, n) for s in parts], 1) for n in ("mid", "side"))
    peak = np.concatenate([_four_a_frame(each) for each in parts])
    joined = (torch.as_tensor(part) for part in (mid, side, peak))
    return SpectralFrames(*(part.expand(DRAWS, *part.shape) for part in joined))


def _four_a_frame(segment: Segment) -> npt.NDArray[np.float32]:
    """Return a segment's peaks with its last one repeated where the last frame lacks cells."""
    missing = 4 * segment.mid.shape[1] - len(segment.peak)
    return np.pad(segment.peak, (0, missing), mode="edge")
