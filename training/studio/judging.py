"""How far moves leave mixes from their masters, in the spectral twin, loudness left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt
import torch

from ..recovery.explaining import AT_ONCE, MasteredFrames

Array: TypeAlias = npt.NDArray[np.float64]


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
        pairs: Mixes and masters.

    """

    pairs: MasteredFrames

    @torch.no_grad()
    def distances(self, moves: Array) -> Array:
        """See `Judge`: the mel distance of results at the loudness of the masters."""
        given = torch.from_numpy(moves).to(self.pairs.mix.mid)
        parts = zip(self.pairs.parts(), torch.split(given, AT_ONCE), strict=True)
        return np.concatenate([part.distances(own).double().numpy() for part, own in parts])
