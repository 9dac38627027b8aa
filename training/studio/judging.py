"""How far moves leave mixes from their masters, in the spectral twin, loudness left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt
import torch

from ...models.differentiable.frames import SpectralFrames
from ...models.differentiable.resolving import SpectrumBatch
from ...models.distances.measures import mel_distance
from ...models.network.loudness import aligned_frames, frames_lufs
from ...models.network.moves import apply_moves

Array: TypeAlias = npt.NDArray[np.float64]

_CHUNK = 16  # mixes rendered at once


class Judge(Protocol):
    """Holds moves against what a studio did."""

    def distances(self, moves: Array) -> Array:
        """Return the error of each song in dB, shape ``(song,)``.

        Args:
            moves: For each song, shape ``(song, moves)``.

        """
        ...


@dataclass(frozen=True, slots=True, eq=False)
class TwinJudge:
    """Masters excerpts in the twin.

    Attributes:
        mix: Frames at -18 LUFS.
        spectra: Of the mixes, or of the songs that they are parts of.
        master: Frames of the studio's masters, aligned with the mixes.
        sample_rate: In Hz.

    """

    mix: SpectralFrames
    spectra: SpectrumBatch
    master: SpectralFrames
    sample_rate: int

    @torch.no_grad()
    def distances(self, moves: Array) -> Array:
        """See `Judge`: the mel distance of results at the loudness of the masters."""
        found = []
        for start in range(0, len(moves), _CHUNK):
            rows = slice(start, start + _CHUNK)
            mix, master = (_rows(each, rows) for each in (self.mix, self.master))
            result = apply_moves(
                mix,
                SpectrumBatch(self.spectra.mid[rows], self.spectra.side[rows]),
                torch.from_numpy(moves[rows]).to(mix.mid),
                sample_rate=self.sample_rate,
                loudness_lufs=frames_lufs(master),
            )
            found.append(frame_distances(result.frames, master))
        return np.concatenate(found)


def frame_distances(frames: SpectralFrames, master: SpectralFrames) -> Array:
    """Return the mel distance of frames from their master at its loudness, shape ``(song,)``."""
    aligned = aligned_frames(frames, master)
    distance = mel_distance(aligned.mid, aligned.side, master.mid, master.side)
    found: Array = distance.double().numpy()
    return found


def _rows(frames: SpectralFrames, rows: slice) -> SpectralFrames:
    return SpectralFrames(frames.mid[rows], frames.side[rows], frames.peak[rows])
