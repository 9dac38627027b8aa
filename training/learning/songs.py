"""Where songs come from: a shard of the corpus, or songs composed on the spot."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np

from ...data.corpus.attribution import is_unclear
from ...data.corpus.shard import ShardSong, read_shard, shard_sha256
from ...data.reference.embedding import shipped_embedding
from ...models.errors import CatalogueError, ParameterError
from ..weighting.commercial import song_features
from ..weighting.weights import fit_weights
from .library import song_library
from .pool import SongPool, pool_songs, read_targets
from .smoke import generated_songs

WEIGHTINGS = ("commercial", "flat")

_FARTHER = 1000  # seeds of the songs of one split lie so far from those of another


@dataclass(frozen=True, slots=True, eq=False)
class Songs:
    """What a training run learns from.

    Attributes:
        fit: Songs to learn from.
        validation: Songs to choose by.
        calibration: Songs for intervals alone.
        hashes: SHA-256 in hexadecimal of the files they came from, by what they are.
        linear: File of a linear estimate to start from, if any.

    """

    fit: SongPool
    validation: SongPool
    calibration: SongPool
    hashes: dict[str, str]
    linear: Path | None


@dataclass(frozen=True, slots=True, eq=False)
class SplitSongs:
    """Songs of a shard.

    Attributes:
        by_split: Of ``fit``, ``validation`` and ``calibration``.
        targets: Whether a song is good enough to be a target, by identity.
        hashes: SHA-256 in hexadecimal of the files they came from, by what they are.

    """

    by_split: Mapping[str, Sequence[ShardSong]]
    targets: Mapping[str, bool]
    hashes: dict[str, str]


def shard_songs(
    path: str, splits: str | None = None, linear: str | None = None, weighting: str = "commercial"
) -> Songs:
    """Read songs from a shard, and find finished ones of ``fit`` that each of them is like.

    Args:
        path: Of the shard.
        splits: Folder of split files, which say what may be a target; without it those beside the
            shard, if its songs were divided anew when it was built, or else those that ship.
        linear: File of a linear estimate to start from.
        weighting: ``commercial`` draws songs the more often the more they are like commercial
            masters, ``flat`` draws all alike.

    Raises:
        CatalogueError: A file cannot be read, or there are too few songs.
        ParameterError: There is no such weighting.

    """
    if weighting not in WEIGHTINGS:
        raise ParameterError(
            f"data.weighting is {weighting!r}; choose one of {', '.join(WEIGHTINGS)}",
            code="unknown_weighting",
        )
    found = split_songs(path, splits)
    library = song_library(found.by_split["fit"], shipped_embedding())
    pools = []
    for songs in found.by_split.values():
        kept = [song for song in songs if found.targets[song.identity]]
        weights = _commercial_weights(kept) if weighting == "commercial" else None
        pools.append(pool_songs(songs, library, targets=found.targets, weights=weights))
    fit, validation, calibration = pools
    return Songs(fit, validation, calibration, found.hashes | linear_hash(linear), _path(linear))


def split_songs(path: str, splits: str | None = None) -> SplitSongs:
    """Read a shard's songs by split; those whose licence nobody could find are left out.

    Args:
        path: Of the shard.
        splits: Folder of split files; see `shard_songs`.

    Raises:
        CatalogueError: A file cannot be read.

    """
    try:
        songs = read_shard(path)
    except OSError as error:
        raise CatalogueError(
            f"{path} cannot be read: {error.strerror}; make it with `glassmaster corpus build` and "
            "name it with data.path=…",
            code="no_shard",
            path=path,
        ) from error
    folder = _splits_beside(Path(path)) if splits is None else Path(splits)
    hashes, by_split, known = {"shard": shard_sha256(path)}, {}, {}
    for split in ("fit", "validation", "calibration"):
        file = folder / f"{split}.csv"
        targets = read_targets(file)
        hashes[f"split_{split}"] = hashlib.sha256(file.read_bytes()).hexdigest()
        # the file decides, so that a shard of other splits cannot leak a song
        by_split[split] = [
            song for song in songs if song.identity in targets and not _is_unclear(song)
        ]
        known.update(targets)
    return SplitSongs(by_split, known, hashes)


def _is_unclear(song: ShardSong) -> bool:
    return is_unclear(*song.identity.split("/", 1))


def _splits_beside(shard: Path) -> Path:
    beside = shard.parent / "splits"
    return beside if beside.is_dir() else Path(str(files("glassmaster.configs") / "splits"))


def composed_songs(count: int, duration_s: float, linear: str | None = None) -> Songs:
    """Compose songs; half as many for validation.

    Args:
        count: To learn from.
        duration_s: Length of each.
        linear: File of a linear estimate to start from.

    """
    few = max(count // 2, 1)
    sets = (("fit", count), ("validation", few), ("calibration", few))
    fit, validation, calibration = (
        generated_songs(songs, duration_s, split=split, first=place * _FARTHER)
        for place, (split, songs) in enumerate(sets)
    )
    library = song_library(fit, shipped_embedding())
    pools = [pool_songs(songs, library) for songs in (fit, validation, calibration)]
    return Songs(pools[0], pools[1], pools[2], linear_hash(linear), _path(linear))


def _path(linear: str | None) -> Path | None:
    return None if linear is None else Path(linear)


def linear_hash(linear: str | Path | None) -> dict[str, str]:
    """Return the SHA-256 of the file of a linear estimate as one of `Songs.hashes`, if any.

    Raises:
        CatalogueError: It cannot be read.

    """
    if linear is None:
        return {}
    try:
        content = Path(linear).read_bytes()
    except OSError as error:
        raise CatalogueError(
            f"{linear} cannot be read: {error.strerror}; make it with `glassmaster train "
            "experiment=linear` and name it with data.linear=…",
            code="no_linear",
            path=str(linear),
        ) from error
    return {"linear": hashlib.sha256(content).hexdigest()}


def _commercial_weights(songs: Sequence[ShardSong]) -> dict[str, float]:
    features = np.stack([song_features(song.spectrum, song.plr_db) for song in songs])
    weights = fit_weights(features).of(features)
    return {song.identity: float(w) for song, w in zip(songs, weights, strict=True)}
