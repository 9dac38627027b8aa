"""What an example is made of: a pure function of seed, step and index, drawn before any tensor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from ...models.moves import NEUTRAL
from ..degradation.drawing import MEL_HZ, Degradation, draw_degradation, smooth_process
from ..degradation.prior import DegradationPrior
from ..randomness import generator
from .curriculum import Curriculum, Phase
from .intents import INTENT_LOUDNESS_LU, draw_intent, intended_moves
from .pool import Indices, SongPool
from .styles import StylePrior, draw_style

Array = npt.NDArray[np.float64]

REFERENCE_SEGMENTS = 2
"""So many segments stand for a reference that goes through known settings."""

QUIET_LUFS = -26.0
"""Loudness of a result whose limiter rests."""

LOUDEST_LUFS = -7.0
SOFTEST_LUFS = -20.0


@dataclass(frozen=True, slots=True)
class PlanRules:
    """How examples are drawn.

    Attributes:
        segments: So many of a song's segments, joined, stand for the song.
        heard: So many of them are compared with the target; all count for the statistics.
        references: Most references of known settings.
        company: So many finished songs that a mix made of a master is like are its references.
        no_reference: Probability that it has none.
        no_intent: Probability that nothing is asked for.
        loudness_lu: Spread of the loudness of known settings around the release's.
        variation_db: Spread of the smooth random response by which a release is made another one
            that might have been: with few songs, their balance is learned by heart otherwise.
        variation_octaves: Shortest and longest length of its correlation.
        degradation: Distribution of degradations.
        style: Distribution of known settings.

    """

    segments: int = 4
    heard: int = 2
    references: int = 3
    company: int = 16
    no_reference: float = 0.15
    no_intent: float = 0.60
    loudness_lu: float = 1.5
    variation_db: float = 2.0
    variation_octaves: tuple[float, float] = (0.7, 2.0)
    degradation: DegradationPrior = field(default_factory=DegradationPrior)
    style: StylePrior = field(default_factory=StylePrior)


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What one example is made of.

    Attributes:
        song: Its index in the pool.
        segments: Indices of the segments that stand for it, shape ``(segments,)``: in random order,
            and repeated if there are few.
        heard: So many of them, from the first on, are compared; the same in all of a batch.
        variation_db: What the song's balance is changed by before all else, in each mel band, shape
            ``(80,)``.
        forward: Whether the song is the mix and goes through known settings; otherwise it is the
            target, and the mix is made of it.
        style: Moves that make the target of the song, without intents, shape ``(moves,)``.
        moves: The same with intents, shape ``(moves,)``.
        degradation: What makes a mix of the target.
        references: Shape ``(reference,)``: songs of the pool that go through ``style`` in a forward
            example, and otherwise tracks of its library.
        reference_segments: Of each in a forward example, shape ``(reference,
            REFERENCE_SEGMENTS)``; where the reference is the song itself, none of ``segments`` is
            among them.
        intent: What is asked for, shape ``(8,)``.
        loudness_lufs: Of the target.

    """

    song: int
    segments: Indices
    heard: int
    variation_db: Array
    forward: bool
    style: Array
    moves: Array
    degradation: Degradation
    references: Indices
    reference_segments: Indices
    intent: Array
    loudness_lufs: float


def draw_plan(
    pool: SongPool, rules: PlanRules, curriculum: Curriculum, progress: float, *counters: int
) -> Plan:
    """Draw an example; equal arguments give equal bits, whatever else was drawn.

    Args:
        pool: Songs.
        rules: How examples are drawn.
        curriculum: What they are made of.
        progress: Share of all steps that are done.
        counters: What the example is a function of: seed, stream, step, index.

    """
    phase = curriculum.at(progress)
    drawn = generator(*counters)
    forward = bool(drawn.random() < phase.forward)
    place = drawn.choice(len(pool.targets), p=pool.weights)
    song = int(drawn.integers(len(pool))) if forward else int(pool.targets[place])
    parts = pool.first[song] + drawn.permutation(pool.count[song])
    style = draw_style(drawn, rules.style, compression=phase.compression)
    if not forward:
        style = NEUTRAL
    degradation = draw_degradation(drawn, rules.degradation)
    if not phase.degradation:
        idle = np.zeros_like(degradation.exponents)
        degradation = replace(degradation, exponents=idle, peak_db=0.0)
    references = _references(pool, song, rules, phase, drawn, forward=forward)
    styled = references if forward else references[:0]
    shown = [pool.first[s] + drawn.permutation(pool.count[s]) for s in styled]
    if song in styled:  # other parts of it than are the mix, if it has any
        apart = min(REFERENCE_SEGMENTS, len(parts) // 2)
        parts, shown = parts[: len(parts) - apart], [parts[len(parts) - apart :]]
        references = references[: min(apart, 1)]
    reference_segments = [np.resize(some, REFERENCE_SEGMENTS) for some in shown if len(some)]
    variation = rules.variation_db * smooth_process(MEL_HZ, drawn, rules.variation_octaves)
    asks = drawn.random() >= rules.no_intent
    intent = draw_intent(drawn) * asks
    wanted = pool.loudness_lufs[song] + rules.loudness_lu * drawn.standard_normal() * forward
    wanted += float(intent @ INTENT_LOUDNESS_LU)
    return Plan(
        song=song,
        segments=np.resize(parts, rules.segments),
        heard=min(rules.heard, rules.segments),
        variation_db=variation,
        forward=forward,
        style=style,
        moves=intended_moves(style, intent),
        degradation=degradation,
        references=references,
        reference_segments=np.array(reference_segments, np.int64).reshape(-1, REFERENCE_SEGMENTS),
        intent=intent,
        loudness_lufs=float(np.clip(wanted, SOFTEST_LUFS, LOUDEST_LUFS))
        if phase.limiting
        else QUIET_LUFS,
    )


def stacked_references(plans: Sequence[Plan]) -> tuple[Indices, Indices]:
    """Return the example and the place of each reference of a batch, both ``(reference,)``."""
    counts = [len(plan.references) for plan in plans]
    rows = np.repeat(np.arange(len(plans)), counts)
    places = np.concatenate([np.arange(count) for count in counts]).astype(np.int64)
    return rows, places


def without_references(plan: Plan) -> Plan:
    """Return a plan whose references are left out, all else being equal."""
    return replace(
        plan, references=plan.references[:0], reference_segments=plan.reference_segments[:0]
    )


def plain(rules: PlanRules) -> PlanRules:
    """Return the rules of one click: songs as they are, without references and intents."""
    return replace(rules, no_reference=1.0, no_intent=1.0, variation_db=0.0)


def _references(
    pool: SongPool,
    song: int,
    rules: PlanRules,
    phase: Phase,
    drawn: np.random.Generator,
    *,
    forward: bool,
) -> Indices:
    """Draw references; known settings have some, since nothing else tells of them.

    Before references are other songs, the reference of known settings is the song itself. Of the
    finished songs that a mix is like some are left out, so that they do not tell which song it is.
    """
    none, count = drawn.random(), int(drawn.integers(1, rules.references + 1))
    if forward:
        others = np.delete(np.arange(len(pool)), song) if phase.references else np.array([song])
    else:
        others, count = pool.company[song], rules.company
        if none < rules.no_reference or not phase.references:
            return np.zeros(0, np.int64)
    chosen: Indices = drawn.permutation(others)[:count].astype(np.int64)
    return chosen
