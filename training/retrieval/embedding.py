"""Learning the embeddings in which songs that are alike, or produced alike, lie near each other.

By content: a ridge tells the long-term spectrum of finished songs from their content, packages left
out to choose its penalty; its principal directions are the axes. Nothing else of a production is
told well enough by content to help. By production: its principal directions, whitened.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from omegaconf import DictConfig
from safetensors.numpy import save

from ...data.corpus.shard import ShardSong
from ...data.features.content import CONTENT_SHA256
from ...data.files.replacing import replace_file
from ...data.files.tensors import in_order
from ...data.reference.embedding import (
    KINDS,
    MOST_DEVIATIONS,
    Embedding,
    Projection,
    production_numbers,
)
from ...data.reference.production import Production, production_of
from ...models.errors import ParameterError
from ...models.moves import RESPONSE_HZ, level_free
from ...models.spectrum import levels_db, third_octaves
from ..learning.identity import run_facts
from ..learning.songs import split_songs
from ..learning.tracking import MODEL_FOLDER
from ..linear.ridge import Labels, best_penalty, left_out, ridge

Array: TypeAlias = npt.NDArray[np.float64]
Report: TypeAlias = Callable[[str], None]

DIMENSION = 16
"""Axes: the error of the spectra of neighbors no longer falls with more."""

_THIRDS = slice(2, 2 + len(RESPONSE_HZ))


def song_tones_db(songs: Sequence[ShardSong]) -> Array:
    """Return the level-free spectra of songs at `RESPONSE_HZ` in dB, shape ``(song, 27)``."""
    rows = [levels_db(third_octaves(song.spectrum.total))[_THIRDS] for song in songs]
    return level_free(np.array(rows))


def learn_embedding(songs: Sequence[ShardSong], report: Report) -> Embedding:
    """Learn the embedding.

    Args:
        songs: To learn from.
        report: Told the penalty, and how well packages that were left out are told.

    Raises:
        ParameterError: There are too few songs to leave packages out.

    """
    packages = np.unique([song.package for song in songs], return_inverse=True)[1]
    if packages.max(initial=0) < 1:
        raise ParameterError(
            "an embedding is learned from songs of several packages", code="too_few"
        )
    content = np.array([song.content for song in songs])
    mean, spread = content.mean(axis=0), content.std(axis=0)
    scale = np.where(spread > 1e-6, spread, 1.0)
    standard = np.clip((content - mean) / scale, -MOST_DEVIATIONS, MOST_DEVIATIONS)
    tones_db = song_tones_db(songs)
    labels: Labels = packages.astype(np.int64)
    penalty = best_penalty(standard, tones_db, labels)
    told = left_out(standard, tones_db, labels, penalty)
    error_db = np.abs(told - tones_db).mean()
    blind_db = np.abs(left_out(standard[:, :1] * 0.0, tones_db, labels, 1.0) - tones_db).mean()
    report(
        f"penalty {penalty}: spectra told within {error_db:.2f} dB, by their mean {blind_db:.2f}"
    )
    line = ridge(standard, tones_db, penalty)
    estimates = standard @ line.weights.T
    _, _, axes = np.linalg.svd(estimates - estimates.mean(axis=0), full_matrices=False)
    by_content = Projection(mean, scale, axes[:DIMENSION] @ line.weights)
    return Embedding(by_content, _by_production(songs))


def _by_production(songs: Sequence[ShardSong]) -> Projection:
    """Return the directions in which productions differ most, each with a spread of one."""
    rows = np.array([production_numbers(_production(song)) for song in songs])
    mean, spread = np.nanmean(rows, axis=0), np.nanstd(rows, axis=0)
    scale = np.where(spread > 1e-6, spread, 1.0)
    standard = np.clip(np.nan_to_num((rows - mean) / scale), -MOST_DEVIATIONS, MOST_DEVIATIONS)
    _, spreads, axes = np.linalg.svd(standard - standard.mean(axis=0), full_matrices=False)
    dimension = min(DIMENSION, int(np.count_nonzero(spreads > 1e-6 * spreads[0])))
    apart = spreads[:dimension] / np.sqrt(len(rows))
    return Projection(mean, scale, axes[:dimension] / apart[:, None])


def _production(song: ShardSong) -> Production:
    levels = (song.integrated_lufs, song.range_lu, song.plr_db, None)
    return production_of(levels, song.spectrum, song.statistics)


def export_embedding(path: Path, embedding: Embedding, facts: Mapping[str, str]) -> Path:
    """Write the file that `shipped_embedding` reads.

    Args:
        path: Of the file, ending in ``.safetensors``.
        embedding: What was learned.
        facts: What a person should know: command, seed, hashes of the shard and the like.

    """
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays = {
        f"{kind}_{part}": np.ascontiguousarray(getattr(getattr(embedding, kind), part), np.float64)
        for kind in KINDS
        for part in ("mean", "scale", "matrix")
    }
    told = {**facts, "kind": "embedding", "content_sha256": CONTENT_SHA256}
    replace_file(path, in_order(save(arrays, told)))
    return path


def train_embedding(config: DictConfig, command: str, report: Report) -> Path:
    """Learn and export the embedding as configured, and return its file.

    Raises:
        GlassmasterError: Something in the configuration or in the songs is not as it must be.

    """
    report("reading songs")
    songs = split_songs(config.data.path, config.data.get("splits"))
    embedding = learn_embedding(songs.by_split["fit"], report)
    path = Path(config.run) / MODEL_FOLDER / f"{config.name}.safetensors"
    return export_embedding(path, embedding, run_facts(config, command, songs.hashes))
