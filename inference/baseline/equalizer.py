"""The baseline's equalizer: the estimated departure undone in part, and a high-pass for rumble."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ...data.analysis import Analysis
from ...models.processors.equalizer import SPECS, resolve_equalizer
from ...models.spectrum import CENTERS_HZ as TWELFTH_CENTERS_HZ
from ...models.spectrum import THIRD_CENTERS_HZ
from ..predictor import Reason, response_quantity
from .fit import EqualizerFit, fit_equalizer
from .prior import Prior
from .tone import CENTERS_HZ, IN_MEAN, Balance, Departure, ToneModel, measure_balance

Array: TypeAlias = npt.NDArray[np.float64]

REGIONS = (
    ("lows", 30.0, 140.0),
    ("low mids", 140.0, 550.0),
    ("mids", 550.0, 2200.0),
    ("presence", 2200.0, 7000.0),
    ("treble", 7000.0, 14_000.0),
)
"""Names of parts of the spectrum, and their edges in Hz, as reasons speak of them."""

_FIT_HZ: Array = np.append(CENTERS_HZ, THIRD_CENTERS_HZ[CENTERS_HZ[-1] < THIRD_CENTERS_HZ])
_UNHEARD_WEIGHT = 0.1
_NORMAL_Z = 1.6449  # of a two-sided interval that holds 90 %
_TOLD_DB = 0.3


@dataclass(frozen=True, slots=True)
class EqualizerChoice:
    """What the equalizer is to do.

    Attributes:
        values: Physical values by key; None where it is bypassed.
        intervals: Of the response a finished master shows, by `response_quantity`.
        reasons: One for each decision.

    """

    values: Mapping[str, float] | None
    intervals: Mapping[str, tuple[float, float]]
    reasons: tuple[Reason, ...]


def choose_equalizer(
    analysis: Analysis, plr_db: float | None, model: ToneModel, prior: Prior
) -> EqualizerChoice:
    """Decide on balance and high-pass.

    Args:
        analysis: Of the mix.
        plr_db: Its peak-to-loudness ratio as heard in stereo; None where undefined.
        model: Made of ``prior``.
        prior: See `Prior`.

    """
    power = analysis.spectrum.total
    high_pass_hz, rumble = _choose_high_pass(power, prior)
    balance = measure_balance(power, prior, analysis.sample_rate)
    if balance is None:
        text = "Too few third octaves hold music to judge the balance, so it is left alone."
        return EqualizerChoice(
            _high_pass_alone(high_pass_hz), {}, (Reason("equalizer", text), rumble)
        )
    departure = model.estimate(balance, plr_db)
    wanted_db = _wanted(balance, departure, prior)
    intervals = _intervals(balance, departure)
    rms_db = float(np.sqrt(np.mean(wanted_db[balance.heard] ** 2)))
    tone = prior.tone
    if rms_db < (tone.inside_rms_db if departure.is_inside else tone.outside_rms_db):
        text = (
            f"The balance is left alone: {_place(departure)}, and no more than {rms_db:.1f} dB rms "
            "would be changed."
        )
        return EqualizerChoice(
            _high_pass_alone(high_pass_hz), intervals, (Reason("equalizer", text), rumble)
        )
    fit = fit_equalizer(
        np.append(wanted_db, np.zeros(len(_FIT_HZ) - len(CENTERS_HZ))),
        _FIT_HZ,
        np.append(
            np.where(balance.heard, 1.0, _UNHEARD_WEIGHT),
            np.full(len(_FIT_HZ) - len(CENTERS_HZ), _UNHEARD_WEIGHT),
        ),
        most_db=tone.most_db,
        sample_rate=analysis.sample_rate,
    )
    text = (
        f"The balance is moved by {rms_db:.1f} dB rms, {100 * tone.shrink:.0f} % of the estimated "
        f"departure: {_place(departure)}; the filters follow within {fit.residual_db:.1f} dB rms."
    )
    return EqualizerChoice(
        {**fit.values, "high_pass_frequency_hz": high_pass_hz},
        intervals,
        (Reason("equalizer", text), *_regions(balance, departure, fit, model), rumble),
    )


def _wanted(balance: Balance, departure: Departure, prior: Prior) -> Array:
    """Return the response that undoes the departure in part, 0 where nothing is heard."""
    tone = prior.tone
    wanted_db = np.where(balance.heard, -tone.shrink * departure.mean_db, 0.0)
    wanted_db -= np.mean(wanted_db[IN_MEAN])
    bounded: Array = np.clip(wanted_db, -tone.most_db, tone.most_db)
    return bounded


def _intervals(balance: Balance, departure: Departure) -> dict[str, tuple[float, float]]:
    return {
        response_quantity(float(f)): (float(-mean - _NORMAL_Z * sd), float(-mean + _NORMAL_Z * sd))
        for f, mean, sd, heard in zip(
            CENTERS_HZ, departure.mean_db, departure.sd_db, balance.heard, strict=True
        )
        if heard
    }


def _choose_high_pass(power: Array, prior: Prior) -> tuple[float, Reason]:
    """Return the corner, at its lowest value where there is no rumble."""
    rumble = prior.rumble
    share = float(power[rumble.below_hz > TWELFTH_CENTERS_HZ].sum() / max(power.sum(), 1e-30))
    level_db = 10.0 * float(np.log10(max(share, 1e-10)))
    found = level_db > rumble.normal_db
    corner_hz = rumble.high_pass_hz if found else _rest("high_pass_frequency_hz")
    done = f"a high-pass at {corner_hz:.0f} Hz removes it" if found else "no high-pass is needed"
    text = (
        f"Energy below {rumble.below_hz:.0f} Hz stands at {level_db:.0f} dB of the whole "
        f"(normal: up to {rumble.normal_db:.0f} dB): {done}."
    )
    return corner_hz, Reason("equalizer", text)


def _rest(key: str) -> float:
    return next(spec.default for spec in SPECS if spec.key == key)


def _high_pass_alone(corner_hz: float) -> dict[str, float] | None:
    key = "high_pass_frequency_hz"
    return None if corner_hz == _rest(key) else {key: corner_hz}


def _place(departure: Departure) -> str:
    where = "inside" if departure.is_inside else "outside"
    return (
        f"its distance from finished songs is {departure.distance:.0f}, {where} the range of four "
        f"in five of them (up to {departure.normal_distance:.0f})"
    )


def _regions(
    balance: Balance, departure: Departure, fit: EqualizerFit, model: ToneModel
) -> list[Reason]:
    """Say for each region that moves how far it was from normal."""
    response_db = resolve_equalizer(fit.values).response_db(CENTERS_HZ)
    reasons = []
    for name, low_hz, high_hz in REGIONS:
        inside = (low_hz < CENTERS_HZ) & (high_hz > CENTERS_HZ) & balance.heard
        if not inside.any():
            continue
        move_db = float(response_db[inside].mean())
        if abs(move_db) < _TOLD_DB:
            continue
        deviation_db = float(departure.deviation_db[inside].mean())
        side = "above" if deviation_db >= 0.0 else "below"
        text = (
            f"In the {name}, {low_hz:.0f}-{high_hz:.0f} Hz, the mix stands "
            f"{abs(deviation_db):.1f} dB {side} the mean of finished masters (four in five lie "
            f"within {model.normal_deviation_db(balance, inside):.1f} dB of it) and is moved by "
            f"{move_db:+.1f} dB."
        )
        reasons.append(Reason("equalizer", text))
    return reasons
