"""From moves to the imager: widened no further than mono playback allows, and told in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import numpy as np

from ...data.analysis import Analysis
from ...models.decibel import decibel_to_amplitude, decibel_to_power, power_to_decibel
from ...models.moves import WIDTH
from ...models.processors.imager import BANDS, CORNERS
from ...models.settings import specification
from ...models.spectrum import CENTERS_HZ
from ..equalizer_fit import rounded
from ..predictor import NOT_DETERMINED, Reason
from .tone import Wish

Choice: TypeAlias = tuple[Mapping[str, float] | None, tuple[Reason, ...]]

BLOCK = "imager"

LEAST_WIDTH_DB = 0.5
"""Widths that all change by less are left alone: nobody hears it."""

MOST_FOLD_LOSS_DB = 0.9
"""No band may lose more in mono than it did, see `_widest_db`."""


def choose_imager(analysis: Analysis, wish: Wish) -> Choice:
    """Decide on widths.

    Returns:
        Physical values by key, None for a bypass; and why.

    """
    if analysis.channels == 1:
        return None, (Reason(BLOCK, "The mix is mono, so there is no width to change."),)
    side, total = analysis.spectrum.side, analysis.spectrum.total
    share = float(side.sum()) / max(float(total.sum()), 1e-30)
    measured = f"Side makes {100 * share:.1f} % of the power"
    if BLOCK in wish.bypassed:
        text = f"{measured}; the model expects that a master of this mix keeps its width."
        return None, (Reason(BLOCK, text),)
    corners_hz = [specification(BLOCK, key).default for key in CORNERS]
    parts = np.digitize(CENTERS_HZ, corners_hz)
    widths_db = []
    for part, width_db in enumerate(wish.moves[WIDTH]):
        inside = parts == part
        widest_db = _widest_db(float(total[inside].sum()), float(side[inside].sum()))
        widths_db.append(min(float(width_db), widest_db))
    if max(abs(width_db) for width_db in widths_db) < LEAST_WIDTH_DB:
        text = (
            f"{measured}; the model would change it by less than {LEAST_WIDTH_DB:.1f} dB in every "
            "band, so the width stays as it is."
        )
        return None, (Reason(BLOCK, text),)
    values = {}
    told = []
    for name, width_db in zip(BANDS, widths_db, strict=True):
        spec = specification(BLOCK, f"{name}_width")
        values[spec.key] = rounded(spec, float(decibel_to_amplitude(width_db)))
        told.append(f"{name} by {width_db:+.1f} dB{_sureness(name, wish)}")
    return values, (Reason(BLOCK, f"{measured}; the model changes side: {', '.join(told)}."),)


def _sureness(band: str, wish: Wish) -> str:
    if wish.is_finished:
        return ""
    interval = wish.intervals.get(f"width_db@{band}", NOT_DETERMINED)
    if interval == NOT_DETERMINED:
        return f" ({NOT_DETERMINED})"
    return f" (90 % of masters: {interval[0]:+.1f} to {interval[1]:+.1f} dB)"


def _widest_db(total: float, side: float) -> float:
    """Return the width in dB at which a band's level over that of its mid has risen by the most.

    With side's power ``S`` and mid's ``M``: ``10 log10 (M + w² S) / (M + S)``.
    """
    if side <= 0.0:
        return 0.0
    most = total * decibel_to_power(MOST_FOLD_LOSS_DB) - (total - side)
    return float(power_to_decibel(most / side))
