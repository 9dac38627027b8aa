"""From a response to the equalizer: bounded, fitted where music is heard, and told in words.

What no model was asked about, rumble below the music and an offset, is decided as the baseline
does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ...data.analysis import Analysis
from ...models.moves import RESPONSE, RESPONSE_HZ, level_free
from ...models.processors.equalizer import ResolvedEqualizer
from ..baseline.equalizer import choose_high_pass, region_reasons
from ..baseline.prior import Prior
from ..baseline.tone import Mask, ToneModel, measure_balance
from ..equalizer_fit import fit_response
from ..predictor import NOT_DETERMINED, Interval, Reason, response_quantity

Array: TypeAlias = npt.NDArray[np.float64]
Choice: TypeAlias = tuple[Mapping[str, float] | None, tuple[Reason, ...]]

BLOCK = "equalizer"


LEAST_SHOWN_DB = 0.1
"""A balance that references show is brought to a finished song from so many dB rms on: what is sure
of it is little, and has been weighed already."""


@dataclass(frozen=True, slots=True, eq=False)
class Wish:
    """What a model wants of a mix.

    Attributes:
        moves: Shrunk and within the chain's ranges, shape ``(moves,)``.
        bypassed: Blocks that it leaves out.
        intervals: By quantity.
        is_finished: Whether the mix is a finished song: nothing of it is to be mended, and nobody
            asks what a master of it would show.

    """

    moves: Array
    bypassed: frozenset[str]
    intervals: Mapping[str, Interval]
    is_finished: bool = False


class Equalizing:
    """Chooses the equalizer.

    Args:
        prior: Bounds of moves, and what is normal.

    """

    def __init__(self, prior: Prior) -> None:
        self._prior = prior

    @cached_property
    def _model(self) -> ToneModel:
        return ToneModel(self._prior)

    def choose(self, analysis: Analysis, wish: Wish) -> Choice:
        """Decide on balance and high-pass.

        Returns:
            Physical values by key, None for a bypass; and why.

        """
        tone, rate = self._prior.tone, analysis.sample_rate
        high_pass, why_high_pass = (
            (None, ()) if wish.is_finished else choose_high_pass(analysis, self._prior)
        )
        balance = measure_balance(analysis.spectrum.total, self._prior, rate)
        if balance is None:
            text = "Too few third octaves hold music to judge the balance, so it is left alone."
            return high_pass, (Reason(BLOCK, text), *why_high_pass)
        if BLOCK in wish.bypassed:
            text = "The model expects that a master of this mix keeps its balance."
            return high_pass, (Reason(BLOCK, text), *why_high_pass)
        wanted_db = level_free(np.where(balance.heard, wish.moves[RESPONSE], 0.0))
        wanted_db = np.clip(wanted_db, -tone.most_db, tone.most_db)
        rms_db = float(np.sqrt(np.mean(wanted_db[balance.heard] ** 2)))
        departure = self._model.estimate(balance, analysis.loudness.plr_db)
        place = (
            f"its distance from finished songs is {departure.distance:.0f} (four in five of them "
            f"lie within {departure.normal_distance:.0f})"
        )
        least_db = tone.inside_rms_db if departure.is_inside else tone.outside_rms_db
        if rms_db < (LEAST_SHOWN_DB if wish.is_finished else least_db):
            text = (
                f"The balance is left alone: {place}, and the model would change no more than "
                f"{rms_db:.1f} dB rms."
            )
            return high_pass, (Reason(BLOCK, text), *why_high_pass)
        fit = fit_response(wanted_db, balance.heard, most_db=tone.most_db, sample_rate=rate)
        response_db = ResolvedEqualizer(fit.values).response_db(RESPONSE_HZ, rate)
        text = (
            f"The model moves the balance by {rms_db:.1f} dB rms: {place}; the filters follow "
            f"within {fit.residual_db:.1f} dB rms."
        )

        def how_sure(inside: Mask) -> str:
            if wish.is_finished:
                return ", as the references show"
            return sureness(RESPONSE_HZ[inside], wish.intervals)

        told = region_reasons(balance, departure, response_db, self._model, how_sure)
        values = {**fit.values, **(high_pass or {})}
        return values, (Reason(BLOCK, text), *told, *why_high_pass)


def sureness(frequency_hz: Array, intervals: Mapping[str, Interval]) -> str:
    """Say what the model expects over some third octaves; empty where nothing is known of any."""
    found = [intervals.get(response_quantity(float(hz)), NOT_DETERMINED) for hz in frequency_hz]
    known = np.array([each for each in found if each != NOT_DETERMINED])
    if 2 * len(known) < len(found):
        return "; how a master of this mix would differ here is not determined"
    low_db, high_db = known.mean(axis=0)
    middle_db, half_db = 0.5 * (low_db + high_db), 0.5 * (high_db - low_db)
    return f"; 90 % of masters lie within {half_db:.1f} dB of the {middle_db:+.1f} dB it expects"
