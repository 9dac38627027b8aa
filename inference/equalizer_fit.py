"""Fit the equalizer's filters to a wanted response.

Minimizes the weighted squared error in dB plus a pull of gains to 0 and of corners and widths to
their defaults, by damped Gauss-Newton steps (K. Levenberg 1944, D. Marquardt 1963) on parameters
normalized to their ranges. It starts from the defaults, so that equal wishes give equal settings.
A response that a person chose is met as closely as can be: from a beginning near it, and hardly
pulled.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ..models.moves import RESPONSE_HZ
from ..models.parameters import ParameterSpec
from ..models.processors.equalizer import FILTERS, HIGH_PASS, SPECS, ResolvedEqualizer
from ..models.rates import NYQUIST_MARGIN
from ..models.spectrum import THIRD_CENTERS_HZ

Array: TypeAlias = npt.NDArray[np.float64]
Mask: TypeAlias = npt.NDArray[np.bool_]

_GAIN_PULL = 0.04  # cost in dB of error for a gain of 1 dB
_SHAPE_PULL = 1.2  # cost in dB of error for a corner or a Q across its whole range
_STEPS = 12
_CLOSE_PULL = 0.02  # share of the pulls where a response is to be met closely
_CLOSE_STEPS = 60
_GOOD_ENOUGH = 1e-3  # relative improvement of the cost that ends the search
_DIFFERENCE = 1e-4
_DAMPING = 1e-2
_UNHEARD_WEIGHT = 0.1
_ABOVE_HZ: Array = THIRD_CENTERS_HZ[RESPONSE_HZ[-1] < THIRD_CENTERS_HZ]


@dataclass(frozen=True, slots=True)
class EqualizerFit:
    """Settings of the equalizer and how well they do what was wanted.

    Attributes:
        values: Physical values by key, all of them.
        residual_db: Root mean square of the error, with the weights of the fit.

    """

    values: Mapping[str, float]
    residual_db: float


@dataclass(frozen=True, slots=True)
class _Free:
    """One parameter that moves, and its highest normalized value at this sample rate."""

    spec: ParameterSpec
    rest: float
    top: float
    pull: float


def fit_response(
    wanted_db: Array, heard: Mask, *, most_db: float, sample_rate: int
) -> EqualizerFit:
    """Fit shelves and bells to a response in third octaves, chiefly where music is heard.

    Above the highest of them nothing is wanted, but little weight is given to it.

    Args:
        wanted_db: Response at `RESPONSE_HZ`, level-free, shape ``(27,)``.
        heard: Which of them hold music, shape ``(27,)``.
        most_db: See `fit_equalizer`.
        sample_rate: See `fit_equalizer`.

    """
    above = np.zeros(len(_ABOVE_HZ))
    weight = np.where(heard, 1.0, _UNHEARD_WEIGHT)
    return fit_equalizer(
        np.append(wanted_db, above),
        np.append(RESPONSE_HZ, _ABOVE_HZ),
        np.append(weight, above + _UNHEARD_WEIGHT),
        most_db=most_db,
        sample_rate=sample_rate,
    )


def fit_equalizer(
    wanted_db: Array,
    frequency_hz: Array,
    weight: Array,
    *,
    most_db: float,
    sample_rate: int,
    beginning: Mapping[str, float] | None = None,
) -> EqualizerFit:
    """Fit shelves and bells to a response; the high-pass stays out of the way.

    Args:
        wanted_db: Response, shape ``(frequency,)``; its mean over the
            equalizer's level bands should be 0, because the equalizer takes that mean out.
        frequency_hz: Where it is wanted, shape ``(frequency,)``.
        weight: Importance of each error, 0 or more, shape ``(frequency,)``.
        most_db: Gains are scaled back until the response stays within this.
        sample_rate: Filters that this rate cannot hold are left at 0 dB.
        beginning: Values near which the response is met as closely as can be, by the high-pass too
            where it is above its lowest corner; None for the defaults.

    """
    free = _free_parameters(sample_rate, beginning)
    fixed = {spec.key: spec.default for spec in SPECS}
    scale = np.sqrt(weight / weight.sum() * len(weight))
    rest = np.array([item.rest for item in free])
    pull = np.array([item.pull for item in free])
    bottom, top = np.zeros(len(free)), np.array([item.top for item in free])

    def values_at(z: Array) -> dict[str, float]:
        moved = {p.spec.key: p.spec.denormalize(float(v)) for p, v in zip(free, z, strict=True)}
        return fixed | moved

    def response_db(values: Mapping[str, float]) -> Array:
        gain_db: Array = ResolvedEqualizer(values).response_db(frequency_hz, sample_rate)
        return gain_db

    def residual(z: Array) -> Array:
        return np.concatenate((scale * (response_db(values_at(z)) - wanted_db), pull * (z - rest)))

    z, error, damping = rest.copy(), residual(rest), _DAMPING
    for _ in range(_STEPS if beginning is None else _CLOSE_STEPS):
        slope = np.stack([residual(z + step) for step in _DIFFERENCE * np.eye(len(z))], axis=1)
        slope = (slope - error[:, None]) / _DIFFERENCE
        normal = slope.T @ slope
        normal += damping * np.diag(np.diag(normal))
        trial = np.clip(z - np.linalg.solve(normal, slope.T @ error), bottom, top)
        trial_error = residual(trial)
        gained = 1.0 - float(trial_error @ trial_error) / max(float(error @ error), 1e-12)
        if gained > 0.0:
            z, error, damping = trial, trial_error, 0.2 * damping
            if gained < _GOOD_ENOUGH:
                break
        else:
            damping *= 10.0

    values = _bounded(values_at(z), response_db, most_db)
    values = {spec.key: rounded(spec, values[spec.key]) for spec in SPECS}
    error = scale * (response_db(values) - wanted_db)
    return EqualizerFit(values, float(np.sqrt(np.mean(error**2))))


def _free_parameters(sample_rate: int, beginning: Mapping[str, float] | None) -> list[_Free]:
    highest_hz = NYQUIST_MARGIN * sample_rate
    specs = [spec for item in FILTERS if item.default_hz <= highest_hz for spec in item.specs]
    if beginning is not None and beginning[HIGH_PASS.key] > HIGH_PASS.default:
        specs.append(HIGH_PASS)
    free = []
    for spec in specs:
        top = 1.0
        if spec.unit == "Hz":
            top = min(1.0, spec.normalize(highest_hz))
        pull = _GAIN_PULL * (spec.high - spec.low) if spec.unit == "dB" else _SHAPE_PULL
        if beginning is None:
            free.append(_Free(spec, spec.normalize(spec.default), top, pull))
        else:
            rest = min(spec.normalize(beginning[spec.key]), top)
            free.append(_Free(spec, rest, top, _CLOSE_PULL * pull))
    return free


def _bounded(
    values: Mapping[str, float],
    response_db: Callable[[Mapping[str, float]], Array],
    most_db: float,
) -> dict[str, float]:
    """Scale gains back until the response stays within ``most_db``."""
    gains = [spec.key for spec in SPECS if spec.unit == "dB"]
    bounded = dict(values)
    while True:
        peak_db = float(np.max(np.abs(response_db(bounded))))
        if peak_db <= most_db:
            return bounded
        # the response is nearly proportional to the gains; a little more makes it end
        bounded |= {key: bounded[key] * 0.995 * most_db / peak_db for key in gains}


def rounded(spec: ParameterSpec, value: float) -> float:
    """Round to what a person would type: 0.01 dB, three digits of a frequency or a Q.

    It also makes settings equal on processors that round differently in the last place.
    """
    digits = 2 if spec.unit == "dB" else 2 - math.floor(math.log10(value))
    return min(max(round(value, digits), spec.low), spec.high)
