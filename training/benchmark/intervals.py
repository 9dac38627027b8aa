"""Intervals against what is true: which quantities a task tells of, and which are active in it.

What a task does not tell (the reductions of a degradation, the width of mono) is left out. A
predictor chooses the equalizer's response; of recovered settings only the response of all blocks
together is known. So there are two definitions of what is true, and each method is held against its
own. What is active is decided by `glassmaster.models.moves.active_quantities`, as where intervals
are made.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ...inference.effects import Effects
from ...inference.predictor import Interval
from ...models.errors import ParameterError
from ...models.moves import (
    HIGHEST,
    LEAST_WIDTH_DB,
    NEUTRAL,
    QUANTITIES,
    RESPONSE,
    SLOPE,
    WIDTH,
    active_quantities,
    width_levels_db,
)
from ...models.processors.imager import BANDS as WIDTH_BANDS
from ...models.processors.multiband_compressor import BANDS
from ...models.settings import ChainSettings
from .tasks import Task

Array: TypeAlias = npt.NDArray[np.float64]

INSIDE, TRUE, ACTIVE, WIDE = "IN ", "TRUE ", "ACTIVE ", "WIDTH "
"""Heads of figures of single quantities: whether the interval holds the truth, the truth itself,
whether it is active, and the interval's width; the first and the last only where there is one."""

HEADS = (INSIDE, TRUE, ACTIVE, WIDE)

_LEAST_SIDE = 1e-6  # of the energy of mid: below, nobody hears a width


@dataclass(frozen=True, slots=True)
class Known:
    """What is true of one quantity.

    Attributes:
        value: In dB.
        active: Whether the block that decides it did something.

    """

    value: float
    active: bool


def known_quantities(task: Task) -> dict[str, Known]:
    """Return what a task tells of how mix and target differ, by name of the quantity."""
    truth = task.truth
    values: dict[str, float] = {}
    moves = NEUTRAL.copy()
    if truth.response_db is not None:
        moves[RESPONSE] = truth.response_db
        values |= zip(QUANTITIES[RESPONSE], truth.response_db, strict=True)
    widths_db = None
    if truth.settings is not None:
        widths_db = _widths_db(truth.settings)
    elif truth.degradation is not None:
        widths_db = np.clip(-truth.degradation.side_gain_db, LEAST_WIDTH_DB, HIGHEST[WIDTH])
    if widths_db is not None and _has_side(task):
        moves[WIDTH] = widths_db
        values |= zip(QUANTITIES[WIDTH], widths_db.tolist(), strict=True)
    if truth.settings is not None and truth.master is not None:
        moves[SLOPE] = _slopes(truth.settings)
        values["limiter_p95_db"] = truth.master.limiting.reduction_db
        for band, pair in truth.master.reductions.bands_db.items():
            values |= {f"reduction_p50_db@{band}": pair[0], f"reduction_p95_db@{band}": pair[1]}
    active = dict(zip(QUANTITIES, active_quantities(moves).tolist(), strict=True))
    return {name: Known(value, active[name]) for name, value in values.items()}


def effective_quantities(task: Task, effects: Effects) -> dict[str, Known]:
    """Return what the true settings do to a task's mix, by name of the quantity.

    Here the response is that of all blocks up to the limiter, and reductions are means over 50 ms:
    the definitions of intervals that come from recovered settings.

    Args:
        task: Whose true settings are known.
        effects: Of the true settings on the mix.

    Raises:
        ParameterError: The true settings are unknown.

    """
    settings = task.truth.settings
    if settings is None:
        raise ParameterError(
            f"{task.plan.key}: its true settings are unknown; ask for what a task tells instead",
            code="no_truth",
        )
    values = dict(zip(QUANTITIES, effects.quantities.tolist(), strict=True))
    moves = NEUTRAL.copy()
    moves[RESPONSE] = effects.quantities[RESPONSE]
    moves[SLOPE] = _slopes(settings)
    if _has_side(task):
        moves[WIDTH] = effects.widths_db
    else:
        for name in QUANTITIES[WIDTH]:
            del values[name]
    active = dict(zip(QUANTITIES, active_quantities(moves).tolist(), strict=True))
    return {name: Known(value, active[name]) for name, value in values.items()}


def interval_figures(
    known: Mapping[str, Known], intervals: Mapping[str, Interval]
) -> dict[str, float]:
    """Compare a predictor's intervals with what is true.

    Args:
        known: See `known_quantities`.
        intervals: See `glassmaster.inference.predictor.Prediction`.

    Returns:
        ``COVERAGE`` and ``INTERVAL``, the share of intervals that hold the truth and their mean
        width in dB, and the figures of single quantities under `HEADS`; nothing for a predictor
        that speaks of none of them.

    """
    found: dict[str, float] = {}
    inside: list[float] = []
    widths_db: list[float] = []
    for name in sorted(known.keys() & intervals.keys()):
        found |= {TRUE + name: known[name].value, ACTIVE + name: float(known[name].active)}
        interval = intervals[name]
        if isinstance(interval, tuple):
            low, high = interval
            inside.append(float(low <= known[name].value <= high))
            widths_db.append(high - low)
            found |= {INSIDE + name: inside[-1], WIDE + name: widths_db[-1]}
    if inside:
        found |= {"COVERAGE": float(np.mean(inside)), "INTERVAL": float(np.mean(widths_db))}
    return found


def _has_side(task: Task) -> bool:
    left, right = task.mix.astype(np.float64)
    mid, side = (float(np.square(each).mean()) for each in (left + right, left - right))
    return side > _LEAST_SIDE * mid


def _widths_db(settings: ChainSettings) -> Array:
    block = settings["imager"]
    widths = [1.0 if block.bypass else block.values[f"{band}_width"] for band in WIDTH_BANDS]
    return width_levels_db(widths)


def _slopes(settings: ChainSettings) -> Array:
    block = settings["multiband_compressor"]
    if block.bypass:
        return np.zeros(len(BANDS))
    return np.array([1.0 - 1.0 / block.values[f"{band}_ratio"] for band in BANDS])
