"""Songs to learn from, as tensors: segments of frames, whole-song statistics and spectra."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ...data.corpus.shard import Segment, ShardSong
from ...data.corpus.splits import read_split
from ...data.features.frames import CELLS_PER_FRAME
from ...models.differentiable.frames import SpectralFrames
from ...models.differentiable.resolving import SpectrumBatch
from ...models.errors import CatalogueError
from ...models.mel_statistics import STATISTICS
from .library import Library

Array = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class SongPool:
    """The songs of one split.

    Attributes:
        identities: Of each song.
        segments: Of all songs one after the other, at their song's level of -18 LUFS.
        first: Index of each song's first segment, shape ``(song,)``.
        count: Of each song's segments, shape ``(song,)``.
        statistics: Of whole songs, shape ``(song, statistics)``, float32.
        spectra: Of whole songs at -18 LUFS.
        loudness_lufs: As released, shape ``(song,)``.
        targets: Indices of the songs that are good enough to be a target.
        weights: How often a target is drawn relative to others, shape ``(target,)``; adds up to 1.
        library: Statistics of finished songs, shape ``(track, statistics)``, float32.
        company: For each song those of the library that it is most like, the nearest first; none
            of the same package or artist.
        sample_rate: Of all songs, in Hz.

    """

    identities: tuple[str, ...]
    segments: SpectralFrames
    first: Indices
    count: Indices
    statistics: Tensor
    spectra: SpectrumBatch
    loudness_lufs: Array
    targets: Indices
    weights: Array
    library: Tensor
    company: tuple[Indices, ...]
    sample_rate: int

    def __len__(self) -> int:
        return len(self.identities)

    def frames(self, segments: Indices) -> SpectralFrames:
        """Return segments joined in time.

        Args:
            segments: Their indices, shape ``(example, joined)``.

        """
        chosen = torch.as_tensor(segments, device=self.segments.mid.device)

        def joined(track: Tensor) -> Tensor:
            picked = track[chosen].movedim(1, -2)
            return picked.flatten(-2)

        return SpectralFrames(*(joined(getattr(self.segments, n)) for n in ("mid", "side", "peak")))

    def to(self, device: torch.device | str) -> SongPool:
        """Return the pool with its tensors on a device."""
        tracks = (getattr(self.segments, name) for name in ("mid", "side", "peak"))
        return SongPool(
            self.identities,
            SpectralFrames(*(track.to(device) for track in tracks)),
            self.first,
            self.count,
            self.statistics.to(device),
            SpectrumBatch(self.spectra.mid.to(device), self.spectra.side.to(device)),
            self.loudness_lufs,
            self.targets,
            self.weights,
            self.library.to(device),
            self.company,
            self.sample_rate,
        )


def pool_songs(
    songs: Sequence[ShardSong],
    library: Library | None = None,
    *,
    targets: Mapping[str, bool] | None = None,
    weights: Mapping[str, float] | None = None,
) -> SongPool:
    """Put songs together.

    Args:
        songs: Of one split and one sample rate.
        library: Finished songs that they are compared with; none by default.
        targets: Whether a song is good enough to be a target, by identity; without it all are.
        weights: How often a target is drawn, by identity; without it all equally.

    Raises:
        CatalogueError: There is no song with segments, or none that may be a target.

    """
    kept = sorted((song for song in songs if song.segments), key=lambda song: song.identity)
    is_target = np.array([targets is None or targets.get(s.identity, False) for s in kept], bool)
    if not is_target.any():
        raise CatalogueError(
            f"of {len(songs)} songs none has segments and may be a target; build the corpus again",
            code="no_songs",
        )
    places = np.flatnonzero(is_target)
    drawn = np.array([1.0 if weights is None else weights[kept[i].identity] for i in places])
    tracks = [_tracks(segment) for song in kept for segment in song.segments]
    shortest = min(mid.shape[1] for mid, _, _ in tracks)
    frames = SpectralFrames(
        torch.from_numpy(np.stack([mid[:, :shortest] for mid, _, _ in tracks])),
        torch.from_numpy(np.stack([side[:, :shortest] for _, side, _ in tracks])),
        torch.from_numpy(np.stack([peak[: CELLS_PER_FRAME * shortest] for _, _, peak in tracks])),
    )
    count = np.array([len(song.segments) for song in kept])
    spectra = [song.spectrum for song in kept]
    none = np.zeros(0, np.int64)
    known = np.zeros((0, len(STATISTICS))) if library is None else library.statistics
    return SongPool(
        identities=tuple(song.identity for song in kept),
        segments=frames,
        first=np.cumsum(count) - count,
        count=count,
        statistics=torch.from_numpy(np.stack([s.statistics for s in kept]).astype(np.float32)),
        spectra=SpectrumBatch(
            torch.from_numpy(np.stack([spectrum.mid for spectrum in spectra])),
            torch.from_numpy(np.stack([spectrum.side for spectrum in spectra])),
        ),
        loudness_lufs=np.array([song.integrated_lufs for song in kept]),
        targets=places,
        weights=drawn / drawn.sum(),
        library=torch.from_numpy(known.astype(np.float32)),
        company=tuple(none if library is None else library.nearest(song) for song in kept),
        sample_rate=kept[0].sample_rate,
    )


def package_labels(pool: SongPool) -> Indices:
    """Return a number for the package of each song, shape ``(song,)``."""
    names = [identity.split("/", 1)[0] for identity in pool.identities]
    labels: Indices = np.unique(names, return_inverse=True)[1].astype(np.int64)
    return labels


def read_targets(path: Path) -> dict[str, bool]:
    """Read from a split file whether each song is good enough to be a target.

    Raises:
        CatalogueError: It is no split file.

    """
    return {track.identity: track.is_target for track in read_split(path)}


def _tracks(segment: Segment) -> tuple[npt.NDArray[np.float32], ...]:
    """Return the frames of a segment, with exactly the cells that follow their centers.

    The outer frames of a segment that was cut out before it was measured hold silence in part; such
    a segment has fewer cells.
    """
    frames, cells = segment.mid.shape[1], len(segment.peak)
    first, last = (0, frames) if cells >= CELLS_PER_FRAME * frames else (1, frames - 1)
    peak = segment.peak[CELLS_PER_FRAME * first : CELLS_PER_FRAME * last]
    return segment.mid[:, first:last], segment.side[:, first:last], peak
