"""Studios with their pairs: which songs they get, and what they make of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import torch

from ....models.differentiable.resolving import SpectrumBatch
from ....models.errors import CatalogueError
from ....models.mel import frame_hop_samples
from ....models.network.moves import apply_moves
from ...benchmark.seeds import stream
from ...learning.plans import QUIET_LUFS
from ...randomness import generator
from .frames import Array, Frames, stacked, unstacked
from .mastering import compressed, equalized, loudened, response_db
from .mixes import Mixes
from .rules import StudioRules
from .taste import draw_taste, smooth_curve

_SONGS, _ORDER = 53, 54  # streams of random numbers


class Kind(StrEnum):
    """What a studio does to mixes."""

    TASTE = "taste"
    BASE = "base"
    NOTHING = "nothing"
    SHUFFLED = "shuffled"


@dataclass(frozen=True, slots=True)
class Plan:
    """One studio with one draw of songs.

    Attributes:
        kind: What it does.
        studio: Its number.
        draw: Number of the draw.
        pairs: Indices of the mixes that it learns from, in the order in which they come.
        unseen: Indices of others, none of the same package.

    """

    kind: Kind
    studio: int
    draw: int
    pairs: tuple[int, ...]
    unseen: tuple[int, ...]


def draw_plan(mixes: Mixes, rules: StudioRules, kind: Kind, studio: int, draw: int) -> Plan:
    """Draw songs for a studio.

    Packages are dealt to what is unseen until they hold enough; of the others, albums come one
    after the other, of each at most so many songs.

    Raises:
        CatalogueError: There are too few songs.

    """
    drawn = generator(rules.seed, _SONGS, studio, draw)
    packages = np.array(mixes.packages)
    unseen: list[int] = []
    left = [str(name) for name in drawn.permutation(np.unique(packages))]
    while left and len(unseen) < rules.unseen:
        unseen += np.flatnonzero(packages == left.pop()).tolist()
    albums = np.array(mixes.albums)
    pairs: list[int] = []
    for album in drawn.permutation(np.unique(albums[np.isin(packages, left)])):
        songs = drawn.permutation(np.flatnonzero(albums == album))
        pairs += songs[: rules.songs_of_an_album].tolist()
    wanted = max(rules.pairs)
    if len(unseen) < rules.unseen or len(pairs) < wanted:
        raise CatalogueError(
            f"{len(packages)} songs are too few for {wanted} pairs and {rules.unseen} others",
            code="no_songs",
        )
    shown = drawn.permutation(unseen)[: rules.unseen]
    return Plan(kind, studio, draw, tuple(pairs[:wanted]), tuple(shown.tolist()))


def masters(
    mixes: Mixes, rules: StudioRules, plan: Plan, chosen: Sequence[int], *, noisy: bool = True
) -> list[Frames]:
    """Return what a studio makes of mixes.

    Args:
        mixes: All there are.
        rules: How studios are simulated.
        plan: Of the studio.
        chosen: Indices of the mixes.
        noisy: Whether each master has its noise; without it, it is the studio's taste alone.

    """
    taste, frame_s = draw_taste(rules, plan.studio), _frame_s(mixes)
    if plan.kind == Kind.BASE:
        given = _by_base(mixes, chosen)
    else:
        given = [mixes.frames[song] for song in chosen]
    found = []
    for song, frames in zip(chosen, given, strict=True):
        noise = response_noise(mixes, rules, plan, song) * noisy
        if plan.kind in (Kind.TASTE, Kind.SHUFFLED):
            wanted = response_db(taste, rules.taste, mixes.levels_db[song]) + noise
            shaped = equalized(frames, wanted, taste.width_db)
            dense = compressed(shaped, taste, rules.density, frame_s)
            found.append(loudened(dense, taste.loudness_lufs, rules.loudness, frame_s))
        else:  # a clipper of its own would be a taste
            found.append(equalized(frames, noise, np.zeros_like(noise)))
    if plan.kind == Kind.SHUFFLED:
        found = [found[place] for place in _elsewhere(rules, plan, len(found))]
    return found


def response_noise(mixes: Mixes, rules: StudioRules, plan: Plan, song: int) -> Array:
    """Return what is no taste in a studio's response to a mix, in dB, shape ``(80,)``."""
    drawn = stream(rules.seed, plan.kind, str(plan.studio), mixes.identities[song])
    return rules.taste.noise_db * smooth_curve(drawn, rules.taste.noise_octaves)


@torch.no_grad()
def _by_base(mixes: Mixes, chosen: Sequence[int]) -> list[Frames]:
    """Return mixes as the base model masters them, so quiet that limiters rest."""
    rows = list(chosen)
    result = apply_moves(
        stacked([mixes.frames[song] for song in rows]),
        SpectrumBatch(mixes.spectra.mid[rows], mixes.spectra.side[rows]),
        torch.from_numpy(mixes.base[rows]).float(),
        sample_rate=mixes.sample_rate,
        loudness_lufs=torch.full((len(rows),), QUIET_LUFS),
    )
    return unstacked(result.frames)


def _elsewhere(rules: StudioRules, plan: Plan, count: int) -> list[int]:
    """Return an order in which nothing stays in its place."""
    order = generator(rules.seed, _ORDER, plan.studio, plan.draw).permutation(count)
    places = np.empty(count, np.int64)
    places[order] = np.roll(order, 1)
    return [int(place) for place in places]


def _frame_s(mixes: Mixes) -> float:
    return frame_hop_samples(mixes.sample_rate) / mixes.sample_rate
