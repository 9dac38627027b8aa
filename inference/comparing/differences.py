"""Where two masters differ: quantity by quantity with intervals, and effect by effect by ear."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import NormalDist

from ...models.moves import QUANTITIES
from ...models.settings import BLOCKS
from ..predictor import NOT_DETERMINED, Interval
from ..recipe import Recipe
from .audibility import Heard

EQUAL_DB = 0.01
"""Exact quantities that differ by less are the same."""

SAME_DB = 0.05
"""What is heard less than this on average is the same."""

MISSED = 0.1
"""So often an interval misses."""


class Verdict(StrEnum):
    """Whether a difference is one."""

    SAME = "the same"
    NOT_DISTINGUISHABLE = "not distinguishable"
    DIFFERENT = "different"


class Expected(StrEnum):
    """What the model's own interval says of what the human did."""

    INSIDE = "inside"
    OUTSIDE = "outside"
    NOT_DETERMINED = NOT_DETERMINED


@dataclass(frozen=True, slots=True)
class QuantityDifference:
    """One effective quantity of both.

    Attributes:
        name: Of `glassmaster.models.moves.QUANTITIES`.
        model_db: What the model's settings do to this mix.
        human_db: What the human's do.
        human_interval: 90 % interval of it, where it was recovered; None where it is exact.
        expected: Where 90 % of masters of this mix lie, as the model knows.
        verdict: Whether the human's interval tells both apart.
        view: Whether the human's value lies in what the model expects.

    """

    name: str
    model_db: float
    human_db: float
    human_interval: Interval | None
    expected: Interval
    verdict: Verdict
    view: Expected

    @property
    def difference_db(self) -> float:
        """The human's value minus the model's."""
        return self.human_db - self.model_db


class Kind(StrEnum):
    """In what two masters can differ by ear."""

    TONE = "tone"
    DEESSING = "de-essing"
    DYNAMICS = "dynamics"
    SATURATION = "saturation"
    WIDTH = "width"
    LIMITING = "limiting"

    @property
    def stage(self) -> str:
        """The block that is there for it."""
        return STAGE_OF_KIND[self]


STAGE_OF_KIND: Mapping[Kind, str] = dict(zip(Kind, BLOCKS, strict=True))


@dataclass(frozen=True, slots=True, eq=False)
class Difference:
    """What one effect makes for a difference.

    Attributes:
        kind: The effect.
        in_model: What is heard where the model's master has the human's in place of its own.
        in_human: What is heard where the human's has the model's.
        verdict: Whether the effects can be told apart.

    """

    kind: Kind
    in_model: Heard
    in_human: Heard
    verdict: Verdict

    @property
    def size_db(self) -> float:
        """Mean of both ways: what differences are ranked by."""
        return 0.5 * (self.in_model.mean_db + self.in_human.mean_db)

    @property
    def largest(self) -> Heard:
        """The way in which a single band changes by more."""
        return max((self.in_model, self.in_human), key=lambda heard: heard.most_db)


def quantity_differences(
    model: Sequence[float],
    human: Sequence[float],
    human_intervals: Mapping[str, Interval],
    expected: Mapping[str, Interval],
    *,
    is_recovered: bool,
) -> tuple[QuantityDifference, ...]:
    """Compare effective quantities.

    Args:
        model: Values of `QUANTITIES` of the model's settings.
        human: Of the human's.
        human_intervals: Of recovered quantities, by name.
        expected: What the model knows of masters of this mix, by name.
        is_recovered: Whether the human's values are recovered, or else exact.

    """
    rows = []
    for name, ours, theirs in zip(QUANTITIES, model, human, strict=True):
        interval = human_intervals.get(name, NOT_DETERMINED) if is_recovered else None
        known = expected.get(name, NOT_DETERMINED)
        rows.append(
            QuantityDifference(
                name,
                float(ours),
                float(theirs),
                interval,
                known,
                _verdict(float(ours), float(theirs), interval),
                _view(float(theirs), known),
            )
        )
    return tuple(rows)


def verdict_of(
    kind: Kind,
    sizes: tuple[Heard, Heard],
    quantities: Sequence[QuantityDifference],
    rest: Heard | None,
) -> Verdict:
    """Tell whether one effect differs by more than is known of it.

    Of many intervals some miss by chance, so all of an effect's are widened to hold together in
    nine cases of ten (C. E. Bonferroni, 1936). Nor is a difference told that is heard less than
    what the recovery leaves unexplained.

    Args:
        kind: The effect.
        sizes: What is heard of it, both ways.
        quantities: Of both masters.
        rest: From what was recovered to the human's master; None for exact settings.

    """
    size_db = 0.5 * sum(each.mean_db for each in sizes)
    if rest is None:
        return Verdict.SAME if size_db < SAME_DB else Verdict.DIFFERENT
    if size_db <= max(rest.mean_db, SAME_DB):
        return Verdict.NOT_DISTINGUISHABLE
    rows = [each for each in quantities if kind_of(each.name) is kind]
    if rows and not any(_is_outside(each, len(rows)) for each in rows):
        return Verdict.NOT_DISTINGUISHABLE
    return Verdict.DIFFERENT


def _is_outside(row: QuantityDifference, among: int) -> bool:
    """Return whether the model's value lies outside the human's interval, one of several."""
    interval = row.human_interval
    if interval is None or interval == NOT_DETERMINED:
        return False
    normal = NormalDist()
    wider = normal.inv_cdf(1.0 - 0.5 * MISSED / among) / normal.inv_cdf(1.0 - 0.5 * MISSED)
    off_db = [abs(bound - row.human_db) for bound in interval]
    half_db = wider * max(off_db)
    return abs(row.model_db - row.human_db) > half_db


def kind_of(quantity: str) -> Kind:
    """Return the effect that a quantity is part of."""
    return {
        "response": Kind.TONE,
        "width": Kind.WIDTH,
        "reduction": Kind.DYNAMICS,
        "limiter": Kind.LIMITING,
    }[quantity.partition("_")[0]]


def stages_in_use(model: Recipe, human: Recipe) -> tuple[str, ...]:
    """Return the stages that run in either of two masters, in signal order; always the limiter."""
    return tuple(
        stage
        for stage in BLOCKS
        if stage == "limiter" or not (model.settings[stage].bypass and human.settings[stage].bypass)
    )


def ranked(differences: Sequence[Difference]) -> tuple[Difference, ...]:
    """Return the most audible difference first."""
    return tuple(sorted(differences, key=lambda each: -each.size_db))


def _verdict(model_db: float, human_db: float, interval: Interval | None) -> Verdict:
    if interval is None:
        return Verdict.SAME if abs(model_db - human_db) < EQUAL_DB else Verdict.DIFFERENT
    if interval == NOT_DETERMINED or interval[0] <= model_db <= interval[1]:
        return Verdict.NOT_DISTINGUISHABLE
    return Verdict.DIFFERENT


def _view(human_db: float, expected: Interval) -> Expected:
    if expected == NOT_DETERMINED:
        return Expected.NOT_DETERMINED
    return Expected.INSIDE if expected[0] <= human_db <= expected[1] else Expected.OUTSIDE
