"""What is found about a model after training: how far to shrink it, how wide its intervals are.

Moves are shrunk by one factor a block, chosen on validation. Intervals are conformal: on songs that
nothing else was chosen by, the error over the model's own spread is measured, and the factor taken
that holds 90 % of it, each song counting once (V. Vovk, A. Gammerman, G. Shafer, "Algorithmic
Learning in a Random World", 2005; with the finite-sample correction of split conformal
prediction). Response and width are calibrated where mixes were made of masters, reductions where
settings are known, because nothing else tells them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from safetensors.numpy import load_file, save

from ..inference.learned.estimate import Estimator
from ..inference.learned.loading import load_estimator
from ..inference.learned.model_file import read_model_file
from ..models.mel_statistics import STATISTICS
from ..models.moves import MOVES, QUANTITIES, SLOPE, WIDTH
from .export import in_order, replace_file
from .learning.plans import PlanRules
from .learning.songs import Songs
from .linear.examples import Examples, draw_examples
from .linear.tuning import choose_shrinkage, one_click_pairs, statistics_of

Array: TypeAlias = npt.NDArray[np.float64]

COVERAGE = 0.9
"""Share of the truth that intervals are to hold."""

_HIGHEST_SCALE = 20.0
_LEAST_WIDTH_DB = 0.2  # of a prior's interval: nothing varies where it is narrower


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """What goes into the file of weights.

    Attributes:
        arrays: By name, as `glassmaster.inference.learned.calibration` reads them.
        distance_db: Mean mel distance of validation examples, shrunk.
        unchanged_db: The same of doing nothing.
        relative_width: Mean width of intervals over that of the prior's.

    """

    arrays: dict[str, Array]
    distance_db: float
    unchanged_db: float
    relative_width: float


def calibrate(
    path: Path, songs: Songs, rules: PlanRules, *, count: int, tried: int, seed: int
) -> Calibration:
    """Measure a model's shrinkage and intervals and add them to its file.

    Args:
        path: Of the weights, of either kind.
        songs: Those for calibration are for intervals, those for validation for shrinkage.
        rules: How examples are drawn.
        count: Number of examples of each kind for intervals.
        tried: Number of examples for shrinkage.
        seed: Of all draws.

    Raises:
        ModelError: The file is damaged or was made for another chain.

    """
    estimator = load_estimator(read_model_file(path))
    pairs = one_click_pairs(songs.validation, rules, count=tried, seed=seed)
    moves = estimates(estimator, statistics_of(pairs))[0]
    rate = songs.validation.sample_rate
    factors, distance_db, unchanged_db = choose_shrinkage(moves, pairs, rate)
    drawn = {
        forward: draw_examples(
            songs.calibration, rules, count=count, seed=seed, forward=forward, references=False
        )
        for forward in (False, True)
    }
    scale, width, sigma = _quantities(estimator, drawn)
    arrays = {
        "calibration.shrink": np.append(factors, 1.0),
        "calibration.interval_scale": scale,
        "calibration.prior_width": width,
        **_knobs(estimator, drawn[True]),
    }
    add_arrays(path, arrays)
    relative = 2.0 * scale * sigma / width
    return Calibration(arrays, distance_db, unchanged_db, float(np.minimum(relative, 1.0).mean()))


def estimates(estimator: Estimator, statistics: Array) -> tuple[Array, Array, Array]:
    """Return moves, means of quantities and their spreads, each of shape ``(row, …)``."""
    none = np.zeros((0, len(STATISTICS)))
    found = [estimator.estimate(row, none) for row in statistics]
    return (
        np.array([each.moves for each in found]),
        np.array([each.quantities for each in found]),
        np.array([each.sigma for each in found]),
    )


def conformal_scale(ratios: Array, songs: npt.NDArray[np.int64]) -> float:
    """Return the factor that holds `COVERAGE` of errors, each song counting once.

    Args:
        ratios: Absolute errors over spreads, NaN where nothing is known, shape ``(row,)``.
        songs: Of each row, shape ``(row,)``.

    Returns:
        The smallest ratio that the share ``0.9 (n + 1) / n`` of the weight of ``n`` songs does not
        exceed; the largest one where there are too few songs for that.

    """
    known = ~np.isnan(ratios)
    if not known.any():
        return _HIGHEST_SCALE
    ratios, songs = ratios[known], songs[known]
    names, inverse, counts = np.unique(songs, return_inverse=True, return_counts=True)
    order = np.argsort(ratios)
    held = np.cumsum(1.0 / counts[inverse[order]]) / len(names)
    wanted = min(COVERAGE * (len(names) + 1) / len(names), 1.0)
    place = min(int(np.searchsorted(held, wanted - 1e-9)), len(ratios) - 1)
    return float(min(ratios[order[place]], _HIGHEST_SCALE))


def prior_width(values: Array) -> float:
    """Return the width of the central 90 % of what is known, NaN elsewhere, shape ``(row,)``."""
    known = values[~np.isnan(values)]
    if len(known) == 0:
        return math.inf
    low, high = np.quantile(known, (0.5 - 0.5 * COVERAGE, 0.5 + 0.5 * COVERAGE))
    return max(float(high - low), _LEAST_WIDTH_DB)


def add_arrays(path: Path, arrays: Mapping[str, Array]) -> None:
    """Add arrays to a file of weights, or replace those of the same name."""
    file = read_model_file(path)
    kept = load_file(path) | {name: np.ascontiguousarray(v) for name, v in arrays.items()}
    replace_file(path, in_order(save(kept, dict(file.metadata))))


def _quantities(estimator: Estimator, drawn: Mapping[bool, Examples]) -> tuple[Array, Array, Array]:
    """Return conformal factors, widths of the prior's intervals, and mean spreads, ``(39,)``."""
    scale, width, spread = (np.empty(len(QUANTITIES)) for _ in range(3))
    for forward, part in ((False, slice(0, WIDTH.stop)), (True, slice(WIDTH.stop, None))):
        examples = drawn[forward]
        _, means, sigma = estimates(estimator, examples.statistics)
        for index in range(*part.indices(len(QUANTITIES))):
            truth = examples.quantities[:, index]
            ratios = np.abs(truth - means[:, index]) / sigma[:, index]
            scale[index] = conformal_scale(ratios, examples.songs)
            width[index] = prior_width(truth)
            spread[index] = sigma[:, index].mean()
    return scale, width, spread


def _knobs(estimator: Estimator, examples: Examples) -> dict[str, Array]:
    """Return what intervals of knobs are made of, for known settings of active bands."""
    moves = estimates(estimator, examples.statistics)[0][:, SLOPE.start :]
    truth = examples.moves[:, SLOPE.start :]
    count = len(MOVES) - SLOPE.start
    sigma, scale, width = (np.empty(count) for _ in range(3))
    for knob in range(count):
        errors = np.abs(truth[:, knob] - moves[:, knob])
        known = errors[~np.isnan(errors)]
        sigma[knob] = max(float(np.sqrt(np.mean(known**2))), 1e-3) if len(known) else 1.0
        scale[knob] = conformal_scale(errors / sigma[knob], examples.songs)
        width[knob] = prior_width(truth[:, knob])
    width[~np.isfinite(width)] = 1e-3  # nothing is known of it, so no interval says anything
    return {
        "calibration.knob_sigma": sigma,
        "calibration.knob_interval_scale": scale,
        "calibration.knob_prior_width": width,
    }
