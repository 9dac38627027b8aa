"""What a studio's model is held against beside the base: matching of spectra, and the mix itself.

Matching knows the masters of the other albums, as someone does who gives a matching program the
studio's own releases; the album at hand it does not know.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import torch

from ....models.moves import NEUTRAL, RESPONSE, bounded
from ....models.network.statistics import frame_statistics
from ...recovery.explaining import MasteredFrames, frame_distances
from ..content import LEVELS, directions
from ..judging import Judge
from ..validating import HeldOut

Array: TypeAlias = npt.NDArray[np.float64]

SPECTRUM_MATCH = "spectrum match"
"""An equalizer that gives the mix the mean spectrum of the studio's other masters."""

MATCHERING = "matchering"
"""That program, given the master of another album that is most like the mix."""

AS_IS = "mix as it is"
"""The mix without even a limiter: loudness is left out of errors, so that it needs no gain."""


def compared(held_out: HeldOut, frames: MasteredFrames, judge: Judge) -> HeldOut:
    """Add what needs no model.

    Args:
        held_out: Of a studio's pairs.
        frames: Of the same pairs in the same order.
        judge: Of the same.

    """
    matching = spectrum_matches(held_out, frames)
    unprocessed = np.concatenate(
        [frame_distances(part.mix, part.master).double().numpy() for part in frames.parts()]
    )
    return replace(
        held_out,
        errors_db={
            **held_out.errors_db,
            SPECTRUM_MATCH: judge.distances(matching),
            AS_IS: unprocessed,
        },
        moves={**held_out.moves, SPECTRUM_MATCH: matching},
    )


@torch.no_grad()
def spectrum_matches(held_out: HeldOut, frames: MasteredFrames) -> Array:
    """Return moves that give each mix the mean spectrum of masters elsewhere, ``(song, moves)``."""
    heard = directions()[LEVELS]
    statistics = [
        [frame_statistics(each, frames.sample_rate) for each in (part.mix, part.master)]
        for part in frames.parts()
    ]
    mixes_db, masters_db = (
        torch.cat(each).double().numpy() @ heard.T for each in zip(*statistics, strict=True)
    )
    units = np.array(held_out.units)
    moves = np.tile(NEUTRAL, (len(units), 1))
    for unit in np.unique(units):
        out = units == unit
        moves[out, RESPONSE] = masters_db[~out].mean(axis=0) - mixes_db[out]
    return bounded(moves)
