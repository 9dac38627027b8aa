"""How sure recovered settings are: what else would explain the master nearly as well.

Around the end of a descent the residual is taken to be quadratic. A *likely* change is one that at
most doubles what is left, or that the prior allows where nothing can be heard; changes are drawn
from the normal distribution with that precision, and what each would do to the song is measured.
The standard deviations that come of it are stretched by factors found on songs whose true settings
are known (`configs/recovery/intervals_v2.yaml`), so that nine in ten intervals hold the truth.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from ...data.audio import Samples
from ...inference.effects import Effects, effects_of
from ...inference.predictor import NOT_DETERMINED, Interval
from ...models.moves import QUANTITIES
from ...models.settings import PARAMETERS
from ..frozen import load_configuration
from .places import loud_places
from .recovering import Recovered
from .vector import GAIN, Array, free_places

DRAWS = 24
PART_S = 10.0
FLOOR_DB = 0.005
"""Of a quantity's standard deviation: settings that nothing is drawn around are not exact."""

FLOOR = 0.002
"""Of a knob's standard deviation, in parts of its range."""

NOT_DETERMINED_SHARE = 0.8
"""An interval as wide as this part of the prior's says nothing."""


@dataclass(frozen=True, slots=True)
class Factors:
    """What stretches each of `QUANTITIES`, in their order, and knobs."""

    response: tuple[float, ...]
    width: tuple[float, ...]
    reduction: tuple[float, ...]
    limiter: float
    knob: float

    @property
    def quantities(self) -> Array:
        """Those of `QUANTITIES`."""
        return np.array([*self.response, *self.width, *self.reduction, self.limiter])


@dataclass(frozen=True, slots=True)
class PriorWidths:
    """A width for each group of quantities, and for knobs."""

    response: float
    width: float
    reduction: float
    limiter: float
    knob: float


@dataclass(frozen=True, slots=True)
class IntervalRules:
    """All of ``recovery/intervals_v2.yaml``; what each entry means stands there."""

    version: int
    factors: Factors
    prior: PriorWidths


@dataclass(frozen=True, slots=True, eq=False)
class Spreads:
    """Standard deviations before they are stretched.

    Attributes:
        quantities_db: Of `QUANTITIES`.
        knobs: Of the places of a vector, in parts of their ranges; infinite where bypassed.

    """

    quantities_db: Array
    knobs: Array


@cache
def interval_rules() -> IntervalRules:
    """Return the committed factors."""
    return load_configuration("intervals_v2", IntervalRules, "recovery")


def measure_spreads(recovered: Recovered, mix: Samples, sample_rate: int) -> Spreads:
    """Draw likely changes of recovered settings and measure what they would do.

    Args:
        recovered: See `recover`.
        mix: The whole mix, shape ``(2, time)``.
        sample_rate: In Hz.

    """
    places = np.flatnonzero(free_places(recovered.engaged))
    spread = recovered.prior.spread[places]
    cost = max(recovered.descent.cost, 1e-12)
    precision = recovered.descent.normal[np.ix_(places, places)] / cost
    precision += np.diag(spread**-2)
    values, vectors = np.linalg.eigh(precision)
    # slopes are of single precision; no change may be less sure than the prior alone makes it
    root = vectors / np.sqrt(np.maximum(values, float((spread**-2).min())))
    start = int(loud_places(mix, sample_rate, 1, PART_S)[0] * sample_rate)
    part = mix[:, start : start + int(PART_S * sample_rate)]
    generator = np.random.default_rng(0)
    drawn = []
    for _ in range(DRAWS):
        vector = recovered.vector.copy()
        vector[places] += root @ generator.standard_normal(len(places))
        vector[:GAIN] = np.clip(vector[:GAIN], 0.0, 1.0)
        chain = recovered.chain.resolve(vector, recovered.engaged)
        drawn.append(effects_of(chain, part, sample_rate).quantities)
    own = effects_of(
        recovered.chain.resolve(recovered.vector, recovered.engaged), part, sample_rate
    )
    off_db = np.array(drawn) - own.quantities
    knobs = np.full(len(recovered.vector), np.inf)
    knobs[places] = np.sqrt(np.square(root).sum(axis=1))
    return Spreads(np.sqrt(np.mean(off_db**2, axis=0)), knobs)


def intervals_of(recovered: Recovered, quantities: Array, spreads: Spreads) -> dict[str, Interval]:
    """Return 90 % intervals of effective quantities, and of the knobs of engaged blocks.

    Args:
        recovered: See `recover`.
        quantities: Values of `QUANTITIES` in the whole song.
        spreads: See `measure_spreads`.

    """
    rules = interval_rules()
    found: dict[str, Interval] = {}
    halves_db = rules.factors.quantities * np.hypot(spreads.quantities_db, FLOOR_DB)
    for name, value, half_db in zip(QUANTITIES, quantities, halves_db.tolist(), strict=True):
        group = group_of(name)
        if 2.0 * half_db >= NOT_DETERMINED_SHARE * getattr(rules.prior, group):
            found[name] = NOT_DETERMINED
        else:
            least_db = 0.0 if group in ("reduction", "limiter") else -np.inf
            found[name] = max(float(value) - half_db, least_db), float(value) + half_db
    for place, (block, spec) in enumerate(PARAMETERS):
        if block not in recovered.engaged:
            continue
        half = rules.factors.knob * float(np.hypot(spreads.knobs[place], FLOOR))
        name = f"{block}.{spec.key}"
        if 2.0 * half >= NOT_DETERMINED_SHARE * rules.prior.knob:
            found[name] = NOT_DETERMINED
        else:
            at = float(recovered.vector[place])
            low, high = (min(max(at + side * half, 0.0), 1.0) for side in (-1.0, 1.0))
            found[name] = spec.denormalize(low), spec.denormalize(high)
    return found


def effects_with_intervals(
    recovered: Recovered, mix: Samples, sample_rate: int
) -> tuple[Effects, dict[str, Interval]]:
    """Return what recovered settings do to the whole mix, and how sure that is.

    Args:
        recovered: See `recover`.
        mix: The whole mix, shape ``(2, time)``.
        sample_rate: In Hz.

    """
    chain = recovered.chain.resolve(recovered.vector, recovered.engaged)
    effects = effects_of(chain, mix, sample_rate)
    spreads = measure_spreads(recovered, mix, sample_rate)
    return effects, intervals_of(recovered, effects.quantities, spreads)


def group_of(quantity: str) -> str:
    """Return the group that a quantity belongs to: response, width, reduction or limiter."""
    return quantity.partition("_")[0]
