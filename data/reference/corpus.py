"""A reference corpus: what is known of finished tracks, a row a track, in one file.

No audio and nothing from which it could be made again: figures of whole tracks, statistics, and
what the music is like. The file is safetensors: arrays, and the names of tracks in its metadata.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from ...models.errors import CatalogueError
from ...models.mel_statistics import STATISTICS
from ..features.content import CONTENT
from ..files.names import display_name
from ..files.replacing import replace_file
from ..files.tensors import in_order
from .production import BANDS, FIGURES, Production

Array: TypeAlias = npt.NDArray[np.float64]
Mask: TypeAlias = npt.NDArray[np.bool_]

FORMAT = "1"

DEFINITION = hashlib.sha256("\n".join((*CONTENT, *STATISTICS, *FIGURES)).encode()).hexdigest()
"""What tells corpora of which other things were measured."""

_KIND = "glassmaster corpus"


@dataclass(frozen=True, slots=True)
class Track:
    """Who a track is.

    Attributes:
        identity: Name within the corpus: album and file.
        album: Package or folder it came in.
        title: Empty where unknown.
        artist: Empty where unknown.
        licence: As its source states it; empty where it does not.
        source: The package or folder it was read from.
        sha256: Of the file, in hexadecimal.
        duration_s: In seconds.
        tempo_bpm: Beats a minute; None where there is no pulse, or nobody looked.
        version: Changes when the file may have changed; empty where nobody will look again.

    """

    identity: str
    album: str
    title: str
    artist: str
    licence: str
    source: str
    sha256: str
    duration_s: float
    tempo_bpm: float | None = None
    version: str = ""

    @property
    def label(self) -> str:
        """What a person calls it: artist and title, as far as they are known."""
        title = self.title or self.identity.rpartition("/")[2]
        return f"{self.artist}: {title}" if self.artist else title


@dataclass(frozen=True, slots=True, eq=False)
class ReferenceCorpus:
    """Tracks and what is known of them; every array has a row for each.

    Attributes:
        name: Of the corpus, as reports show it.
        tracks: In the order of their identities.
        production: How each was produced.
        statistics: See `models.mel_statistics`, shape ``(track, statistics)``.
        content: See `features.content`, shape ``(track, content)``.

    """

    name: str
    tracks: tuple[Track, ...]
    production: Production
    statistics: Array
    content: Array

    def __len__(self) -> int:
        return len(self.tracks)

    def rows(self, chosen: Sequence[int] | npt.NDArray[np.int64]) -> ReferenceCorpus:
        """Return the tracks of these indices, in their order."""
        index = np.asarray(chosen, np.int64)
        return replace(
            self,
            tracks=tuple(self.tracks[i] for i in index),
            production=self.production.at(index),
            statistics=self.statistics[index],
            content=self.content[index],
        )

    def without(self, left_out: Mask) -> ReferenceCorpus:
        """Return the corpus without the tracks that are marked, shape ``(track,)``."""
        return self.rows(np.flatnonzero(~left_out))


def empty_corpus(name: str) -> ReferenceCorpus:
    """Return a corpus without tracks."""
    none = np.zeros((0, BANDS))
    production = Production(np.zeros((0, len(FIGURES))), none, none, none)
    statistics, content = np.zeros((0, len(STATISTICS))), np.zeros((0, len(CONTENT)))
    return ReferenceCorpus(name, (), production, statistics, content)


def merged(corpus: ReferenceCorpus, other: ReferenceCorpus) -> ReferenceCorpus:
    """Return a corpus with the tracks of another, which replace those of the same identity."""
    replaced = {track.identity for track in other.tracks}
    kept = [i for i, track in enumerate(corpus.tracks) if track.identity not in replaced]
    old = corpus.rows(kept)
    pairs = zip(old.production.arrays().values(), other.production.arrays().values(), strict=True)
    whole = ReferenceCorpus(
        corpus.name,
        old.tracks + other.tracks,
        Production(*(np.concatenate(pair) for pair in pairs)),
        np.concatenate((old.statistics, other.statistics)),
        np.concatenate((old.content, other.content)),
    )
    return whole.rows(sorted(range(len(whole)), key=lambda i: whole.tracks[i].identity))


def write_corpus(path: Path, corpus: ReferenceCorpus) -> None:
    """Write a corpus whole or not at all; equal corpora give equal bytes.

    Raises:
        OutputError: The file cannot be written.

    """
    from safetensors.numpy import save

    arrays = {**corpus.production.arrays(), "statistics": corpus.statistics}
    arrays["content"] = corpus.content
    held = {key: np.ascontiguousarray(value, np.float32) for key, value in arrays.items()}
    tracks = json.dumps([asdict(track) for track in corpus.tracks], ensure_ascii=False)
    told = {
        "kind": _KIND,
        "format": FORMAT,
        "definition_sha256": DEFINITION,
        "name": corpus.name,
        "tracks": tracks,
    }
    replace_file(path, in_order(save(held, told)))


def read_corpus(path: Path) -> ReferenceCorpus:
    """Read a corpus.

    Raises:
        CatalogueError: ``no_corpus``: there is none; ``corpus_version``: it was made by another
            version; ``corpus_damaged``: it cannot be read.

    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            metadata = dict(file.metadata() or {})
            arrays = {name: np.array(file.get_tensor(name)) for name in file.keys()}  # noqa: SIM118
    except FileNotFoundError as error:
        raise _unreadable(path, "there is no such corpus", "no_corpus") from error
    except (OSError, SafetensorError, TypeError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise _unreadable(path, f"is no corpus or is damaged ({reason})", _DAMAGED) from error
    if metadata.get("kind") != _KIND:
        raise _unreadable(path, "is no reference corpus", _DAMAGED)
    if (metadata.get("format"), metadata.get("definition_sha256")) != (FORMAT, DEFINITION):
        what = "was made by another version, which measured other things; build it again"
        raise _unreadable(path, what, "corpus_version")
    try:
        rows = json.loads(metadata["tracks"])
        tracks = tuple(_track(row) for row in rows)
        count = len(tracks)
        production = Production(
            *(_array(arrays, field.name, count) for field in fields(Production))
        )
        return ReferenceCorpus(
            metadata["name"],
            tracks,
            production,
            _array(arrays, "statistics", count, len(STATISTICS)),
            _array(arrays, "content", count, len(CONTENT)),
        )
    except (KeyError, TypeError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise _unreadable(path, f"is damaged ({reason}); build it again", _DAMAGED) from error


def _track(row: dict[str, Any]) -> Track:
    track = Track(**row)
    texts = (track.identity, track.album, track.title, track.artist, track.licence, track.source)
    if not all(isinstance(text, str) for text in texts) or not track.identity:
        raise TypeError(f"{row.get('identity')!r} is no track")
    return track


_DAMAGED = "corpus_damaged"
_WIDTHS = {"figures": len(FIGURES), "mid_db": BANDS, "side_db": BANDS, "correlation": BANDS}


def _array(arrays: dict[str, Any], name: str, rows: int, width: int | None = None) -> Array:
    found: Array = arrays[name].astype(np.float64)
    wanted = (rows, _WIDTHS[name] if width is None else width)
    if found.shape != wanted:
        raise ValueError(f"{name} has the shape {found.shape}, not {wanted}")
    if name != "figures" and not np.isfinite(found).all():  # some of them may be undefined
        raise ValueError(f"{name} is not finite")
    return found


def _unreadable(path: Path, what: str, code: str) -> CatalogueError:
    return CatalogueError(f"{display_name(path)}: {what}", code=code, path=path)
