"""The baseline's equalizer: the estimated departure undone in part, and a high-pass for rumble."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ...data.analysis import Analysis
from ...models.decibel import amplitude_to_decibel, power_to_decibel
from ...models.processors.equalizer import ResolvedEqualizer
from ...models.settings import specification
from ...models.spectrum import CENTERS_HZ as TWELFTH_CENTERS_HZ
from ..equalizer_fit import fit_response
from ..predictor import Interval, Reason, response_quantity
from .prior import Prior
from .tone import CENTERS_HZ, IN_MEAN, Balance, Departure, Mask, ToneModel, measure_balance

Array: TypeAlias = npt.NDArray[np.float64]

REGIONS = (
    ("lows", 30.0, 140.0),
    ("low mids", 140.0, 550.0),
    ("mids", 550.0, 2200.0),
    ("presence", 2200.0, 7000.0),
    ("treble", 7000.0, 14_000.0),
)
"""Names of parts of the spectrum, and their edges in Hz, as reasons speak of them."""

_NORMAL_Z = 1.6449  # of a two-sided interval that holds 90 %
_TOLD_DB = 0.3
_HIGH_PASS = specification("equalizer", "high_pass_frequency_hz")


@dataclass(frozen=True, slots=True)
class EqualizerChoice:
    """What the equalizer is to do.

    Attributes:
        values: Physical values by key; None where it is bypassed.
        intervals: Of the response a finished master shows, by `response_quantity`.
        reasons: One for each decision.

    """

    values: Mapping[str, float] | None
    intervals: Mapping[str, Interval]
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
    high_pass, why_high_pass = choose_high_pass(analysis, prior)
    balance = measure_balance(power, prior, analysis.sample_rate)
    if balance is None:
        text = "Too few third octaves hold music to judge the balance, so it is left alone."
        return EqualizerChoice(high_pass, {}, (Reason("equalizer", text), *why_high_pass))
    departure = model.estimate(balance, plr_db)
    shrink = _shrink(plr_db, prior)
    wanted_db = _wanted(balance, departure, shrink, prior.tone.most_db)
    intervals = _intervals(balance, departure)
    rms_db = float(np.sqrt(np.mean(wanted_db[balance.heard] ** 2)))
    tone = prior.tone
    if rms_db < (tone.inside_rms_db if departure.is_inside else tone.outside_rms_db):
        text = (
            f"The balance is left alone: {_place(departure)}, and no more than {rms_db:.1f} dB rms "
            "would be changed."
        )
        return EqualizerChoice(high_pass, intervals, (Reason("equalizer", text), *why_high_pass))
    fit = fit_response(
        wanted_db, balance.heard, most_db=tone.most_db, sample_rate=analysis.sample_rate
    )
    response_db = ResolvedEqualizer(fit.values).response_db(CENTERS_HZ, analysis.sample_rate)
    text = (
        f"The balance is moved by {rms_db:.1f} dB rms, {100 * shrink:.0f} % of the estimated "
        f"departure: {_place(departure)}; the filters follow within {fit.residual_db:.1f} dB rms."
    )
    return EqualizerChoice(
        {**fit.values, **(high_pass or {})},
        intervals,
        (
            Reason("equalizer", text),
            *region_reasons(balance, departure, response_db, model),
            *why_high_pass,
        ),
    )


def _shrink(plr_db: float | None, prior: Prior) -> float:
    """Return the share of the estimate to undo: less where the mix may be a finished master."""
    tone = prior.tone
    if plr_db is None:
        return tone.finished_shrink
    ratios_db = (tone.finished_plr_db, tone.open_plr_db)
    return float(np.interp(plr_db, ratios_db, (tone.finished_shrink, tone.shrink)))


def _wanted(balance: Balance, departure: Departure, shrink: float, most_db: float) -> Array:
    """Return the response that undoes the departure in part, 0 where nothing is heard."""
    wanted_db = np.where(balance.heard, -shrink * departure.mean_db, 0.0)
    wanted_db -= np.mean(wanted_db[IN_MEAN])
    bounded: Array = np.clip(wanted_db, -most_db, most_db)
    return bounded


def _intervals(balance: Balance, departure: Departure) -> dict[str, Interval]:
    return {
        response_quantity(float(f)): (float(-mean - _NORMAL_Z * sd), float(-mean + _NORMAL_Z * sd))
        for f, mean, sd, heard in zip(
            CENTERS_HZ, departure.mean_db, departure.sd_db, balance.heard, strict=True
        )
        if heard
    }


def remove_offset(analysis: Analysis) -> tuple[Mapping[str, float] | None, tuple[Reason, ...]]:
    """Decide on the high-pass at its lowest corner, which an offset needs and nothing hears.

    Returns:
        Physical values by key, None where there is no offset; and why, if so.

    """
    if all(finding.code != "dc_offset" for finding in analysis.findings):
        return None, ()
    level_dbfs = amplitude_to_decibel(max(abs(offset) for offset in analysis.dc_offset))
    text = (
        f"The signal is off center by {level_dbfs:.0f} dBFS, and gain would raise that too: a "
        f"high-pass at {_HIGH_PASS.default:.0f} Hz or above removes it."
    )
    return {_HIGH_PASS.key: _HIGH_PASS.default}, (Reason("equalizer", text),)


def choose_high_pass(
    analysis: Analysis, prior: Prior
) -> tuple[Mapping[str, float] | None, tuple[Reason, ...]]:
    """Decide on the high-pass for rumble, or for an offset alone.

    Returns:
        Physical values by key, None where it is not needed; and why.

    """
    rumble, power = prior.rumble, analysis.spectrum.total
    below = float(power[rumble.below_hz > TWELFTH_CENTERS_HZ].sum())
    level_db = power_to_decibel(max(below / max(float(power.sum()), 1e-30), 1e-10))
    found = level_db > rumble.normal_db
    offset, why_offset = remove_offset(analysis)
    values = {_HIGH_PASS.key: rumble.high_pass_hz} if found else offset
    done = (
        f"a high-pass at {rumble.high_pass_hz:.0f} Hz removes it"
        if found
        else "it needs no high-pass"
    )
    text = (
        f"Energy below {rumble.below_hz:.0f} Hz stands at {level_db:.0f} dB of the whole "
        f"(normal: up to {rumble.normal_db:.0f} dB): {done}."
    )
    return values, (Reason("equalizer", text), *why_offset)


def _place(departure: Departure) -> str:
    return (
        f"its distance from finished songs is {departure.distance:.0f} (four in five of them lie "
        f"within {departure.normal_distance:.0f})"
    )


def region_reasons(
    balance: Balance,
    departure: Departure,
    response_db: Array,
    model: ToneModel,
    how_sure: Callable[[Mask], str] = lambda inside: "",
) -> list[Reason]:
    """Say for each region that moves how far it was from normal.

    Args:
        balance: Of the mix.
        departure: Of that balance.
        response_db: Of the equalizer at `CENTERS_HZ`, shape ``(27,)``.
        model: Of finished masters.
        how_sure: Says for some bands, shape ``(27,)``, how sure the move is; it ends the sentence.

    """
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
            f"{move_db:+.1f} dB{how_sure(inside)}."
        )
        reasons.append(Reason("equalizer", text))
    return reasons
