"""Matchering held against a studio's model: each mix matched to one of the studio's masters.

The reference is the master whose music is most like the mix, of those that are not left out with
it: what someone would name who may give the program one file. Its limiter stays off; what it makes
is brought to the loudness of the master by the chain's limiter, as everything else is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import torch

from ....data.alignment.alignment import part_of
from ....data.audio import Samples
from ....data.reference.embedding import shipped_embedding
from ....models.differentiable.frames import SpectralFrames
from ....models.errors import CatalogueError
from ....models.moves import NEUTRAL
from ....models.network.loudness import normalized_frames
from ...benchmark.methods.matchering import Matchering
from ...recovery.explaining import MasteredFrames
from ..catalogued.collecting import Collected
from ..catalogued.excerpts import (
    RATE_HZ,
    ExcerptRules,
    at_frame_rate,
    joined_frames,
    read_excerpts,
    unfaded,
)
from ..judging import TwinJudge
from ..validating import HeldOut

Array: TypeAlias = npt.NDArray[np.float64]


def matched_errors(
    collected: Collected,
    held_out: HeldOut,
    program: Matchering,
    rules: ExcerptRules,
    progress: Callable[[str, float], None],
) -> Array:
    """Return the errors of matched mixes, shape ``(song,)``.

    Args:
        collected: The pairs.
        held_out: Of the same.
        program: That matches.
        rules: By which they were studied.
        progress: Told how far it is.

    Raises:
        ModelError: The program failed.
        AudioFileError: A file of a pair cannot be read.

    """
    nearest = nearest_masters(collected, held_out)
    made = []
    for place, reference in enumerate(nearest):
        progress("matching", place / len(nearest))
        mixes, _ = _excerpts(collected, place, rules)
        _, masters = _excerpts(collected, reference, rules)
        matched = program.match(
            np.concatenate(mixes, axis=1), np.concatenate(masters, axis=1), RATE_HZ
        )
        parts = np.split(matched, len(mixes), axis=1)
        made.append(joined_frames([np.ascontiguousarray(x) for x in parts], RATE_HZ, rules.count))
    frames = SpectralFrames(
        *(
            torch.from_numpy(np.stack([getattr(each, name) for each in made]))
            for name in ("mid", "side", "peak")
        )
    )
    own = collected.frames
    level, spectra = normalized_frames(frames, own.spectra)
    judge = TwinJudge(MasteredFrames(level, spectra, own.master, own.sample_rate))
    return judge.distances(np.tile(NEUTRAL, (len(made), 1)))


def nearest_masters(collected: Collected, held_out: HeldOut) -> list[int]:
    """Return for each mix which master of another unit is most like it."""
    embedding = shipped_embedding()
    places = np.array(
        [[embedding.of(row) for row in each.content] for each in collected.known.studied]
    )
    apart = np.linalg.norm(places[:, None, 0] - places[None, :, 1], axis=2)
    units = np.array(held_out.units)
    apart[units[:, None] == units[None]] = np.inf
    return [int(row.argmin()) for row in apart]


def _excerpts(
    collected: Collected, place: int, rules: ExcerptRules
) -> tuple[list[Samples], list[Samples]]:
    """Return the excerpts of mix and master at `RATE_HZ`."""
    pair, studied = collected.known.sources[place], collected.known.studied[place]
    alignment = pair.alignment
    if alignment is None:
        raise CatalogueError(f"{pair.title}: was never aligned; scan again", code="not_aligned")
    rate, shared = alignment.mix_rate, unfaded(alignment)
    frames = round(rules.length_s * rate)
    segments = [
        part_of(shared, alignment, round(float(start_s) * rate), frames)
        for start_s in studied.starts_s
    ]
    pairs = read_excerpts(pair.mix_path, pair.master_path, alignment, segments)
    mixes = [at_frame_rate(each.mix, rate) for each in pairs]
    return mixes, [at_frame_rate(each.master, rate) for each in pairs]
