"""Examples of degraded masters with what undoes them: where a nearest neighbor is looked for."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ....data.corpus.shard import ShardSong, read_shard
from ....models.moves import NEUTRAL
from ....models.network.statistics import frame_statistics
from ...degradation.applying import batch_degradations, degrade_frames
from ...degradation.drawing import draw_degradation, undoing_moves
from ...degradation.prior import DegradationPrior
from ...learning.pool import pool_songs
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
    """Degrade each song several times, as training does, in the order of their identities.

    Raises:
        CatalogueError: There is no song that has segments.

    """
    pool = pool_songs(list(songs))
    prior, statistics, moves = DegradationPrior(), [], []
    for index in range(len(pool)):
        draws = [draw_degradation(generator(SEED, index, k), prior) for k in range(DRAWS)]
        count = int(pool.count[index])
        shown = pool.first[index] + np.arange(count)[:: max(1, count // SEGMENTS)][:SEGMENTS]
        frames = degrade_frames(pool.frames(np.tile(shown, (DRAWS, 1))), batch_degradations(draws))
        statistics.append(frame_statistics(frames, pool.sample_rate).numpy())
        undone = np.array([undoing_moves(each) for each in draws])
        moves.append(np.where(np.isnan(undone), NEUTRAL, undone))
    return Examples(np.concatenate(statistics).astype(np.float64), np.concatenate(moves))
