"""Filters of another equalizer onto those of the chain.

Where each filter finds one of its kind in the chain, it is taken over as it is. Else the response
is fitted, and what remains is measured. The level that filters add is left out of it: the chain's
equalizer moves balance, and loudness is solved for afterwards.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from ...data.findings import Finding
from ...models.parameters import ParameterSpec
from ...models.processors.equalizer import (
    BUTTERWORTH_Q,
    FILTERS,
    HIGH_PASS,
    SPECS,
    Filter,
    ResolvedEqualizer,
)
from ..equalizer_fit import fit_equalizer
from .bands import Band, Part, level_db, total_response_db

Array: TypeAlias = npt.NDArray[np.float64]

HEARD_HZ: Final[Array] = np.geomspace(20.0, 20_000.0, 241)
"""Where the error is measured, 24 points an octave."""

LOWEST_DB: Final = -24.0
"""Below this, a response is not told from another."""

EXACT_DB: Final = 0.05
_Q_TOLERANCE: Final = 0.02
_FIT_HZ: Final[Array] = HEARD_HZ[::3]
_FIT_RATE: Final = 48_000
"""A sample rate at which no filter of the chain is left out."""

_SPEC: Final[Mapping[str, ParameterSpec]] = {spec.key: spec for spec in SPECS}


@dataclass(frozen=True, slots=True)
class Equalized:
    """What the chain's equalizer makes of filters.

    Attributes:
        values: Of the equalizer, complete.
        level_db: Gain that was left out.
        worst_db: Largest error at `HEARD_HZ`.
        mean_db: Mean error there.
        is_exact: Whether every filter found one of its kind.

    """

    values: Mapping[str, float]
    level_db: float
    worst_db: float
    mean_db: float
    is_exact: bool

    def finding(self, count: int) -> Finding:
        """Say how well ``count`` filters were met."""
        error = f"{self.worst_db:.2f} dB at most and {self.mean_db:.2f} dB on average"
        filters = f"{count} filter{'' if count == 1 else 's'}"
        if self.is_exact:
            message = (
                f"{filters} of the equalizer stand{'s' * (count == 1)} one to one in the chain's: "
                f"the response differs by {error}, 20 Hz to 20 kHz."
            )
            return Finding("equalizer_taken_over", message)
        message = (
            f"{filters} of the equalizer {'was' if count == 1 else 'were'} fitted by the chain's, "
            f"which has other ones: the response differs by {error}, 20 Hz to 20 kHz."
        )
        return Finding("equalizer_fitted", message)


def equalize(parts: Sequence[Part]) -> Equalized:
    """Return the chain's settings for the response of filters."""
    active = [part for part in parts if part.is_active]
    wanted_db = total_response_db(active, HEARD_HZ) - level_db(active)
    placed, left = _placed(active)
    if not left:
        worst_db, mean_db = _errors_db(placed, wanted_db)
        if worst_db <= EXACT_DB:
            return Equalized(placed, level_db(active), worst_db, mean_db, True)
    values = _fitted(active, placed)
    worst_db, mean_db = _errors_db(values, wanted_db)
    return Equalized(values, level_db(active), worst_db, mean_db, False)


def _placed(parts: Sequence[Part]) -> tuple[dict[str, float], list[Part]]:
    """Give each filter to one of its kind, low to high, and return those that found none."""
    values = {spec.key: spec.default for spec in SPECS}
    free = list(FILTERS)
    left: list[Part] = []
    is_free = True  # the high-pass
    bands = sorted(
        (part for part in parts if isinstance(part, Band)), key=lambda band: band.frequency_hz
    )
    for band in bands:
        if band.kind == "high_pass":
            if is_free and _is_like(band) and _holds(HIGH_PASS.key, band.frequency_hz):
                values[HIGH_PASS.key], is_free = band.frequency_hz, False
                continue
        else:
            given = {"gain_db": band.gain_db, "frequency_hz": band.frequency_hz}
            if band.kind == "bell":
                given["q"] = band.q
            for place in free:
                own = {f"{place.name}_{key}": value for key, value in given.items()}
                fits = place.shape == band.kind and (band.kind == "bell" or _is_like(band))
                if fits and all(_holds(key, value) for key, value in own.items()):
                    values |= own
                    free.remove(place)
                    break
            else:
                left.append(band)
            continue
        left.append(band)
    left += [part for part in parts if not isinstance(part, Band)]
    return values, left


def _is_like(band: Band) -> bool:
    """Return whether a shelf or a high-pass has the shape of the chain's."""
    return band.order == 2 and abs(math.log(band.q / BUTTERWORTH_Q)) <= _Q_TOLERANCE


def _holds(key: str, value: float) -> bool:
    return _SPEC[key].low <= value <= _SPEC[key].high


def _fitted(parts: Sequence[Part], placed: Mapping[str, float]) -> Mapping[str, float]:
    """Fit the response from three beginnings and return the best."""
    wanted_db = np.maximum(total_response_db(parts, _FIT_HZ) - level_db(parts), LOWEST_DB)
    corners_hz = [p.frequency_hz for p in parts if isinstance(p, Band) and p.kind == "high_pass"]
    beginnings = (placed, _largest(parts), {spec.key: spec.default for spec in SPECS})
    corner_hz = min(max(corners_hz, default=HIGH_PASS.default), HIGH_PASS.high)
    fits = [
        fit_equalizer(
            wanted_db,
            _FIT_HZ,
            np.ones(len(_FIT_HZ)),
            most_db=math.inf,
            sample_rate=_FIT_RATE,
            beginning={**beginning, HIGH_PASS.key: corner_hz},
        )
        for beginning in beginnings
    ]
    return min(fits, key=lambda fit: fit.residual_db).values


def _largest(parts: Sequence[Part]) -> dict[str, float]:
    """Give the largest filters to the nearest of their kind, held within its region."""
    values = {spec.key: spec.default for spec in SPECS}
    free = list(FILTERS)
    bands = [part for part in parts if isinstance(part, Band) and part.kind != "high_pass"]
    for band in sorted(bands, key=lambda band: -abs(band.gain_db) / math.sqrt(band.q)):
        ours = [place for place in free if place.shape == band.kind]
        if not ours:
            continue
        place = min(ours, key=partial(_octaves_off, band.frequency_hz))
        free.remove(place)
        given = {"gain_db": band.gain_db, "frequency_hz": band.frequency_hz, "q": band.q}
        for key, value in given.items():
            if spec := _SPEC.get(f"{place.name}_{key}"):
                values[spec.key] = min(max(value, spec.low), spec.high)
    return values


def _octaves_off(frequency_hz: float, place: Filter) -> float:
    """Return how far a frequency is from a filter's region; 0 within."""
    held_hz = min(max(frequency_hz, place.low_hz), place.high_hz)
    return abs(math.log2(frequency_hz / held_hz))


def _errors_db(values: Mapping[str, float], wanted_db: Array) -> tuple[float, float]:
    """Return the largest and the mean error, where anything is left to be heard."""
    response_db = ResolvedEqualizer(values).response_db(HEARD_HZ, _FIT_RATE)
    held = np.maximum(np.stack((response_db, wanted_db)), LOWEST_DB)
    error_db = np.abs(held[0] - held[1])
    return float(error_db.max()), float(error_db.mean())
