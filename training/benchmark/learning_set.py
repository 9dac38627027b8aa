"""What an evaluation takes from a corpus: floors, neighbors and the weights of its songs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from ...data.corpus.attribution import is_unclear
from ...data.corpus.shard import ShardSong, read_shard
from ...models.errors import CatalogueError
from ..weighting.commercial import song_features
from ..weighting.weights import fit_weights
from .audio_source import ExcerptSource
from .delivery import analysis_of
from .floors import Floor, gaussian_floor, lmmse_floor
from .leaks import SHARD_FILE
from .methods.examples import SPLIT, write_examples
from .provenance import file_fingerprint
from .suites.planning import OF_SONGS
from .tasks import Plan, Song

Step = Callable[[str, int, int], None]
"""Told what is under way, how much of it is done, and of how much."""


def find_shard(corpus: Path) -> Path:
    """Return the shard of a corpus, given its folder or the file itself.

    Raises:
        CatalogueError: There is none.

    """
    shard = corpus / SHARD_FILE if corpus.is_dir() else corpus
    if not shard.is_file():
        raise CatalogueError(
            f"{shard}: there is no shard; build one with glassmaster corpus build, or leave "
            "corpus out",
            code="no_shard",
            path=shard,
        )
    return shard


def learned_songs(shard: Path, targets: Iterable[Song]) -> tuple[ShardSong, ...]:
    """Return the finished songs of a shard that may be learned from, by identity.

    Those whose licence is unclear may not.

    Args:
        shard: See `find_shard`.
        targets: Songs of the split to learn from that sound finished.

    """
    names = {song.identity for song in targets}
    found = [song for song in read_shard(shard) if song.split == SPLIT and song.identity in names]
    clear = (song for song in found if not is_unclear(*song.identity.split("/", 1)))
    return tuple(sorted(clear, key=lambda each: each.identity))


def song_weights(
    learned: Sequence[ShardSong], source: ExcerptSource, plans: Sequence[Plan], step: Step
) -> Mapping[str, float]:
    """Return the weights of the songs that tasks are about, by the rule of those learned from.

    Args:
        learned: See `learned_songs`; without any, no song has a weight.
        source: Of the songs' audio.
        plans: Of all tasks.
        step: Told the progress.

    """
    if not learned:
        return {}
    rule = fit_weights(np.array([song_features(s.spectrum, s.plr_db) for s in learned]))
    identities = sorted({plan.identity for plan in plans if plan.suite in OF_SONGS})
    weights = {}
    for index, identity in enumerate(identities):
        step("weighting songs", index, len(identities))
        audio = source(identity)
        analysis = analysis_of(audio.samples, audio.sample_rate)
        plr_db = analysis.loudness.plr_db
        if plr_db is not None:
            features = song_features(analysis.spectrum, plr_db)[None]
            weights[identity] = float(rule.of(features)[0])
    return weights


def floors_of(learned: Sequence[ShardSong]) -> Mapping[str, Floor]:
    """Return both floors by name; none without songs that have statistics."""
    known = [song for song in learned if song.statistics.any()]
    if not known:
        return {}
    statistics = np.array([song.statistics for song in known])
    packages = [song.package for song in known]
    found = (each(statistics, packages) for each in (lmmse_floor, gaussian_floor))
    return {floor.name: floor for floor in found}


def kept_examples(shard: Path, targets: Iterable[Song], folder: Path, step: Step) -> Path:
    """Return a file of degraded examples of a shard, made where it is not there yet.

    Args:
        shard: See `find_shard`.
        targets: As of `learned_songs`.
        folder: Where it lies.
        step: Told the progress.

    """
    path = folder / f"examples-{file_fingerprint(shard)[:16]}.npz"
    if not path.exists():
        step("degrading examples", 0, 1)
        write_examples(shard, (song.identity for song in targets), path)
    return path
