"""What is found about a model after training: how far to shrink it, how wide its intervals are.

All of it is found on the moves that users get, from the same statistics, held within the same
bounds, with the same blocks left out. What the chain adds to that, which leaves out moves that
nobody would hear and holds those that would do harm, needs sound and is not in it. Shrinking is
chosen on validation; intervals are conformal on songs that nothing else was chosen by. Response and
width are calibrated where mixes were made of masters, reductions and knobs where settings are
known, because nothing else tells them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from safetensors.numpy import load_file, save

from ..data.files.replacing import replace_file
from ..data.files.tensors import in_order
from ..inference.learned.calibration import Calibration as Reader
from ..inference.learned.estimate import Estimate, Estimator, decided_moves
from ..inference.learned.loading import load_estimator
from ..inference.learned.model_file import read_model_file
from ..inference.predictor import Company
from ..models.mel_statistics import STATISTICS
from ..models.moves import (
    MOVES,
    QUANTITIES,
    SLOPE,
    THRESHOLD,
    WIDTH,
    active_quantities,
    shrunk,
)
from .conformal import conformal_scale, grouped_scales, prior_widths, storable
from .learning.plans import PlanRules
from .learning.songs import Songs
from .linear.examples import Examples, draw_examples
from .linear.tuning import (
    choose_finished,
    choose_shrinkage,
    distances_by_amount,
    one_click_pairs,
    released_pairs,
    statistics_of,
)

Array: TypeAlias = npt.NDArray[np.float64]

_LEAST_WIDTH_DB, _LEAST_SLOPE, _LEAST_LOG = 0.2, 0.02, 0.1  # of a prior's interval, by unit


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """What goes into the file of weights.

    Attributes:
        arrays: By name, as `glassmaster.inference.learned.calibration` reads them.
        distance_db: Mean mel distance of validation examples, shrunk.
        unchanged_db: The same of doing nothing.
        moved_db: Mean mel distance of finished masters from themselves.
        relative_width: Mean width of intervals over that of the prior's, where blocks are active.

    """

    arrays: dict[str, Array]
    distance_db: float
    unchanged_db: float
    moved_db: float
    relative_width: float


@dataclass(frozen=True, slots=True)
class Trials:
    """How a model is calibrated.

    Attributes:
        examples: Number of each kind for intervals.
        tried: Number on which shrinkage and protection are chosen, and results reported.
        shrink: Factors of `glassmaster.models.moves.BLOCK_MOVES`; None to choose them in the twin.
        protect: Whether masters that seem finished may be moved less.

    """

    examples: int = 800
    tried: int = 192
    shrink: Sequence[float] | None = None
    protect: bool = False


def calibrate(
    path: Path, songs: Songs, rules: PlanRules, trials: Trials, *, seed: int
) -> Calibration:
    """Measure a model's shrinkage and intervals and add them to its file.

    Args:
        path: Of the weights, of either kind.
        songs: Those for calibration are for intervals, those for validation for shrinkage.
        rules: How examples are drawn.
        trials: On how much, and what is given.
        seed: Of all draws.

    Raises:
        ModelError: The file is damaged or was made for another chain.

    """
    file = read_model_file(path)
    estimator, reader = load_estimator(file), Reader(file)
    pairs = one_click_pairs(songs.validation, rules, count=trials.tried, seed=seed)
    releases = released_pairs(songs.validation, rules, count=trials.tried, seed=seed)
    rate = songs.validation.sample_rate
    statistics = [statistics_of(each) for each in (pairs, releases)]
    moves = [
        np.array([decided_moves(each) for each in estimates(estimator, reader, rows)])
        for rows in statistics
    ]
    given = trials.shrink
    factors = choose_shrinkage(moves[0], pairs, rate) if given is None else np.array(given, float)
    tracks = [
        distances_by_amount(each, shrunk(rows, factors), rate)
        for each, rows in zip((pairs, releases), moves, strict=True)
    ]
    unchanged_db, distance_db = (float(tracks[0][:, place].mean()) for place in (0, -1))
    moved_db = float(tracks[1][:, -1].mean())
    arrays = {"calibration.shrink": factors}
    if trials.protect:
        parts = ((statistics[0], tracks[0]), (statistics[1], tracks[1]))
        finished, moved_db = choose_finished(*parts)
        if finished is not None:
            arrays["calibration.finished"] = finished
    as_they_are = replace(rules, variation_db=0.0)
    undone, undone_referred, known = (
        draw_examples(
            songs.calibration,
            as_they_are,
            count=trials.examples,
            seed=seed,
            forward=forward,
            references=references,
        )
        for forward, references in ((False, False), (False, True), (True, True))
    )
    alone, relative = quantity_arrays(estimator, reader, undone, known.alone())
    arrays |= {f"calibration.{name}": values for name, values in alone.items()}
    if len(undone_referred.songs):
        referred, _ = quantity_arrays(estimator, reader, undone_referred, known)
        arrays |= {f"calibration.referred_{name}": v for name, v in referred.items()}
    arrays |= _knobs(estimator, reader, known.alone())
    add_arrays(path, arrays)
    return Calibration(arrays, distance_db, unchanged_db, moved_db, relative)


def estimates(
    estimator: Estimator,
    reader: Reader,
    statistics: Array,
    references: tuple[Array, ...] | None = None,
) -> list[Estimate]:
    """Return what a model says of each mix, its statistics held as they are for users.

    Args:
        estimator: The model.
        reader: Its file's calibration, which holds statistics.
        statistics: Shape ``(row, statistics)``.
        references: Of each row, shape ``(reference, statistics)``; without them there are none.

    """
    none = np.zeros((0, len(STATISTICS)))
    found = []
    for place, row in enumerate(statistics):
        shown = none if references is None else references[place]
        others = np.array([reader.held(each) for each in shown]).reshape(-1, len(STATISTICS))
        found.append(estimator.estimate(reader.held(row), Company(others, np.ones(len(others)))))
    return found


def quantity_arrays(
    estimator: Estimator, reader: Reader, undone: Examples, known: Examples
) -> tuple[dict[str, Array], float]:
    """Return what intervals of quantities are made of, and how wide they are.

    Args:
        estimator: The model.
        reader: Its file's calibration, which holds statistics.
        undone: Mixes made of masters, for response and widths.
        known: Known settings, for reductions.

    Returns:
        Factors, those of idle blocks, and widths of the prior's intervals by name, each of shape
        ``(quantities,)``; and the mean width of intervals over the prior's where the truth uses the
        block, an interval that is not determined counting as the prior's.

    """
    names = ("interval_scale", "idle_interval_scale", "prior_width")
    arrays = {name: np.zeros(len(QUANTITIES)) for name in names}
    relative = np.full(len(QUANTITIES), np.nan)
    for rows, part in ((undone, slice(0, WIDTH.stop)), (known, slice(WIDTH.stop, None))):
        found = estimates(estimator, reader, rows.statistics, rows.references)
        sigma = np.array([each.sigma for each in found])[:, part]
        truth = rows.quantities[:, part]
        ratios = np.abs(truth - np.array([each.quantities for each in found])[:, part]) / sigma
        used = active_quantities(np.array([decided_moves(each) for each in found]))[:, part]
        active, idle = grouped_scales(ratios, rows.songs, used)
        width = prior_widths(truth, np.full(truth.shape[1], _LEAST_WIDTH_DB))
        for name, values in zip(names, (storable(active), storable(idle), width), strict=True):
            arrays[name][part] = values
        shares = np.minimum(
            2.0 * np.where(used, active, idle) * sigma / np.maximum(width, 1e-9), 1.0
        )
        wanted = active_quantities(rows.moves)[:, part]
        relative[part] = [
            shares[rows_of, number].mean() if rows_of.any() else np.nan
            for number, rows_of in enumerate(wanted.T)
        ]
    return arrays, float(np.nanmean(relative))


def add_arrays(path: Path, arrays: Mapping[str, Array]) -> None:
    """Replace the calibration in a file of weights."""
    file = read_model_file(path)
    kept = {k: v for k, v in load_file(path).items() if not k.startswith("calibration.")}
    kept |= {name: np.ascontiguousarray(values) for name, values in arrays.items()}
    replace_file(path, in_order(save(kept, dict(file.metadata))))


def _knobs(estimator: Estimator, reader: Reader, known: Examples) -> dict[str, Array]:
    """Return what intervals of knobs are made of, for known settings of active bands."""
    found = estimates(estimator, reader, known.statistics, known.references)
    truth = known.moves[:, SLOPE.start :]
    errors = np.abs(truth - np.array([each.moves for each in found])[:, SLOPE.start :])
    least = np.full(len(MOVES), _LEAST_LOG)
    least[SLOPE], least[THRESHOLD] = _LEAST_SLOPE, _LEAST_WIDTH_DB
    least = least[SLOPE.start :]
    count = np.maximum((~np.isnan(errors)).sum(axis=0), 1)
    sigma = np.maximum(np.sqrt(np.nansum(errors**2, axis=0) / count), 0.1 * least)
    scale = [conformal_scale(column, known.songs) for column in (errors / sigma).T]
    return {
        "calibration.knob_sigma": sigma,
        "calibration.knob_interval_scale": storable(np.array(scale)),
        "calibration.knob_prior_width": prior_widths(truth, least),
    }
