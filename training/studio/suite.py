"""Simulated studios, from their songs to what was learned of them and whether it helped."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ...models.differentiable.resolving import SpectrumBatch
from ...models.errors import CatalogueError
from ...models.moves import NEUTRAL
from ...models.network.loudness import frames_lufs
from ..recovery.explaining import MasteredFrames, frame_distances
from ..recovery.twin_moves import RecoveredMoves
from .adapting import Choice, adapt, mean_settings
from .deciding import Decision, decide
from .judging import TwinJudge
from .pairs import StudioPairs, explained_pairs
from .simulating.frames import stacked
from .simulating.mixes import Mixes
from .simulating.rules import StudioRules
from .simulating.studios import Kind, Plan, draw_plan, masters
from .validating import cross_validated

Array: TypeAlias = npt.NDArray[np.float64]
Recover: TypeAlias = Callable[[MasteredFrames], RecoveredMoves]


@dataclass(frozen=True, slots=True)
class Learned:
    """What some pairs were worth.

    Attributes:
        pairs: How many.
        studio_db: Errors on the songs that are unseen.
        mean_settings_db: The same of the mean of what explains the masters.
        choices: Of each group of moves.
        decision: Among the pairs themselves, their albums left out in turn.

    """

    pairs: int
    studio_db: tuple[float, ...]
    mean_settings_db: tuple[float, ...]
    choices: dict[str, Choice]
    decision: Decision


@dataclass(frozen=True, slots=True)
class StudioResult:
    """What came of one studio with taste.

    Attributes:
        studio: Its number.
        draw: Number of the draw of its songs.
        floor_db: Distance of the studio's taste from its masters, of each song unseen.
        base_db: Error of the base model.
        unchanged_db: Error of doing nothing.
        residual_db: What the best moves leave of each master that was learned from.
        learned: By number of pairs.

    """

    studio: int
    draw: int
    floor_db: tuple[float, ...]
    base_db: tuple[float, ...]
    unchanged_db: tuple[float, ...]
    residual_db: tuple[float, ...]
    learned: tuple[Learned, ...]


@dataclass(frozen=True, slots=True)
class NullResult:
    """What was decided of a studio from which nothing is to be learned.

    Attributes:
        kind: What it does.
        studio: Its number.
        draw: Number of the draw of its songs.
        explained: How many of its masters can be those of their mixes.
        decision: Of its pairs; None where too few of them belong together.
        unguarded: Of all its pairs, were none refused.

    """

    kind: Kind
    studio: int
    draw: int
    explained: int
    decision: Decision | None
    unguarded: Decision


def plan_studios(mixes: Mixes, rules: StudioRules) -> list[Plan]:
    """Return every run: studios with taste, those without, and those whose masters are others."""
    numbers = [(studio, draw) for studio in range(rules.studios) for draw in range(rules.draws)]
    plans = [draw_plan(mixes, rules, Kind.TASTE, *number) for number in numbers]
    for place in range(rules.nulls):
        number = divmod(place, rules.draws)
        none = Kind.BASE if place % 2 == 0 else Kind.NOTHING
        plans += [draw_plan(mixes, rules, kind, *number) for kind in (none, Kind.SHUFFLED)]
    return plans


def measure_studio(
    mixes: Mixes, rules: StudioRules, plan: Plan, center: Array, recover: Recover
) -> StudioResult:
    """Learn a studio's taste, and measure it on songs of other packages.

    Args:
        mixes: All there are.
        rules: How studios are simulated.
        plan: Of a studio with taste.
        center: Statistics of a usual song, shape ``(statistics,)``.
        recover: Finds moves.

    """
    own = mastered(mixes, rules, plan, plan.pairs)
    pairs = known_pairs(mixes, plan.pairs, own, recover(own))
    unseen = list(plan.unseen)
    shown = mastered(mixes, rules, plan, unseen)
    clean = stacked(masters(mixes, rules, plan, unseen, noisy=False))
    judge = TwinJudge(shown)
    learned = []
    for count in rules.pairs:
        known, kept = _explained(pairs.rows(list(range(count))), own)
        model = adapt(known, center)
        moves = model.moves(mixes.base[unseen], mixes.statistics[unseen])
        usual = np.tile(mean_settings(known), (len(unseen), 1))
        learned.append(
            Learned(
                count,
                _floats(judge.distances(moves)),
                _floats(judge.distances(usual)),
                dict(model.choices),
                decide(cross_validated(known, TwinJudge(kept), center)),
            )
        )
    return StudioResult(
        studio=plan.studio,
        draw=plan.draw,
        floor_db=_floats(frame_distances(clean, shown.master).double().numpy()),
        base_db=_floats(judge.distances(mixes.base[unseen])),
        unchanged_db=_floats(judge.distances(np.tile(NEUTRAL, (len(unseen), 1)))),
        residual_db=_floats(pairs.residual_db),
        learned=tuple(learned),
    )


def measure_null(
    mixes: Mixes, rules: StudioRules, plan: Plan, center: Array, recover: Recover
) -> NullResult:
    """Decide on a studio from which nothing is to be learned; arguments as of `measure_studio`."""
    own = mastered(mixes, rules, plan, plan.pairs)
    pairs = known_pairs(mixes, plan.pairs, own, recover(own))
    unguarded = decide(cross_validated(pairs, TwinJudge(own), center))
    decision, explained = None, 0
    try:
        known, kept = _explained(pairs, own)
        explained = len(known)
        decision = decide(cross_validated(known, TwinJudge(kept), center))
    except CatalogueError as error:
        if error.code not in ("unexplained", "few_pairs"):
            raise
    return NullResult(plan.kind, plan.studio, plan.draw, explained, decision, unguarded)


def mastered(mixes: Mixes, rules: StudioRules, plan: Plan, chosen: Sequence[int]) -> MasteredFrames:
    """Return mixes with the studio's masters of them."""
    rows = list(chosen)
    return MasteredFrames(
        stacked([mixes.frames[song] for song in rows]),
        SpectrumBatch(mixes.spectra.mid[rows], mixes.spectra.side[rows]),
        stacked(masters(mixes, rules, plan, rows)),
        mixes.sample_rate,
    )


def known_pairs(
    mixes: Mixes, chosen: Sequence[int], own: MasteredFrames, found: RecoveredMoves
) -> StudioPairs:
    """Return what is known of pairs, given what was recovered of them."""
    rows = list(chosen)
    return StudioPairs(
        names=tuple(mixes.identities[song] for song in rows),
        songs=tuple(mixes.identities[song] for song in rows),
        albums=tuple(mixes.albums[song] for song in rows),
        statistics=mixes.statistics[rows],
        base=mixes.base[rows],
        moves=found.moves,
        sigma=found.sigma,
        residual_db=found.residual_db,
        loudness_lufs=frames_lufs(own.master).double().numpy(),
    )


def _explained(pairs: StudioPairs, own: MasteredFrames) -> tuple[StudioPairs, MasteredFrames]:
    """Return the pairs that belong together, with their frames."""
    known = explained_pairs(pairs)
    places = {name: place for place, name in enumerate(pairs.names)}
    return known, own.rows([places[name] for name in known.names])


def _floats(values: Array) -> tuple[float, ...]:
    return tuple(float(value) for value in values)
