"""The baseline's imager: bass that is too wide is narrowed, and nothing is ever widened."""

from __future__ import annotations

import math
from collections.abc import Mapping

from ...data.analysis import Analysis
from ...models.spectrum import CENTERS_HZ
from ..predictor import Reason
from .prior import Prior

_BLOCK = "imager"


def choose_imager(analysis: Analysis, prior: Prior) -> tuple[Mapping[str, float] | None, Reason]:
    """Decide on the width of the bass.

    Narrowing by a width ``w`` turns the share ``s`` of side in the bass into
    ``w² s / (1 - s + w² s)``.

    Returns:
        Physical values by key, None for a bypass; and why.

    """
    if analysis.channels == 1:
        return None, Reason(_BLOCK, "The mix is mono, so there is no width to change.")
    bass = prior.bass
    low = bass.below_hz > CENTERS_HZ
    total = float(analysis.spectrum.total[low].sum())
    share = float(analysis.spectrum.side[low].sum()) / total if total > 0.0 else 0.0
    measured = (
        f"Side makes {100 * share:.1f} % of the power below {bass.below_hz:.0f} Hz "
        f"(normal: up to {100 * bass.normal_share:.0f} %)"
    )
    if share <= bass.normal_share:
        return None, Reason(_BLOCK, f"{measured}, so the width stays as it is.")
    if share > bass.opposed_share:
        text = f"{measured}: its channels oppose each other, which narrowing would not cure."
        return None, Reason(_BLOCK, text)
    wanted = bass.wanted_share
    width = math.sqrt(wanted * (1.0 - share) / (share * (1.0 - wanted)))
    width = round(max(width, bass.least_width), 2)
    values = {"low_corner_hz": bass.below_hz, "low_width": width}
    return values, Reason(_BLOCK, f"{measured}, so the bass is narrowed to a width of {width:.2f}.")
