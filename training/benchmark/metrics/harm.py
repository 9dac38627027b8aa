"""What a master must not do to a real mix, whose target nobody knows: counters, all to be 0.

And the distance from commercial masters, which should fall for a mix that is far from them and must
not rise for one that is not.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.stats import chi2

from ....data.audio import Samples
from ....models.moves import RESPONSE_HZ
from ....models.settings import ChainSettings
from ...weighting.commercial import commercial_masters, master_features
from ..delivery import DeliveredAudio, analysis_of
from .modulation import modulation_db
from .response import effective_response_db, settings_response_db

Array: TypeAlias = npt.NDArray[np.float64]

HARMS: Mapping[str, str] = {
    "HARM-EQ": "the equalizer moves a third octave by more than 6 dB",
    "HARM-MULTIBAND": "95th percentile of a band's gain reduction above 6 dB",
    "HARM-LIMITER": "95th percentile of the limiter's gain reduction above 4 dB",
    "HARM-MONO": "folding to mono loses over 1 dB more than it does with the mix",
    "HARM-MODULATION": "gains of the bands move by more than 1 dB rms between 1 and 8 Hz",
    "HARM-PUMPING": "the same, measured against the same chain with its gains at rest",
    "HARM-PEAK": "true peak above the ceiling",
}
"""Names and meanings; each is 0 or 1."""

MOST_MOVE_DB = 6.0
MOST_MULTIBAND_DB = 6.0
MOST_LIMITER_DB = 4.0
MOST_MONO_LOSS_DB = 1.0
MOST_MODULATION_DB = 1.0

NORMAL_SHARE = 0.80
"""Share of commercial masters that lies within the region that counts as normal."""

_LOWEST_MOVE_HZ = 36.0  # below, a high-pass is no move of the balance


def harm_counters(
    mix: Samples,
    delivered: DeliveredAudio,
    *,
    ceiling_dbtp: float,
    settings: ChainSettings | None = None,
    resting: Samples | None = None,
) -> dict[str, float]:
    """Return 1 for every harm that was done, 0 for the others, by name of `HARMS`.

    Args:
        mix: Shape ``(2, time)``.
        delivered: What became of it.
        ceiling_dbtp: Highest true peak allowed.
        settings: Of the chain, where it made the master: the equalizer's move is taken from them,
            and otherwise from how long-term levels changed.
        resting: What the chain makes of the mix with its gains at rest, same shape; by default the
            mix.

    """
    rate = delivered.sample_rate
    if settings is None:
        moves_db = effective_response_db(mix, delivered.samples, rate)
    else:
        moves_db = settings_response_db(settings, rate)
    moves_db = moves_db[RESPONSE_HZ > _LOWEST_MOVE_HZ]
    bands_db = [high for _, high in delivered.reductions.bands_db.values()]
    lost_db = mono_loss_db(delivered.samples) - mono_loss_db(mix)
    peak_dbtp = delivered.loudness.true_peak_dbtp
    steady = mix if resting is None else resting
    found = {
        "HARM-EQ": bool(np.nanmax(np.abs(moves_db)) > MOST_MOVE_DB),
        "HARM-MULTIBAND": max(bands_db) > MOST_MULTIBAND_DB,
        "HARM-LIMITER": delivered.limiting.reduction_db > MOST_LIMITER_DB,
        "HARM-MONO": lost_db > MOST_MONO_LOSS_DB,
        "HARM-MODULATION": modulation_db(mix, delivered.samples, rate) > MOST_MODULATION_DB,
        "HARM-PUMPING": modulation_db(steady, delivered.samples, rate) > MOST_MODULATION_DB,
        "HARM-PEAK": peak_dbtp is not None and peak_dbtp > ceiling_dbtp,
    }
    return {name: float(found[name]) for name in HARMS}


def mono_loss_db(samples: Samples) -> float:
    """Return by how much the power of a mono fold lies below that of both channels, in dB."""
    mid, side = (0.5 * (samples[0] + sign * samples[1]) for sign in (1.0, -1.0))
    of_mid, of_side = (float(np.mean(np.square(part, dtype=np.float64))) for part in (mid, side))
    return 10.0 * math.log10((of_mid + of_side) / max(of_mid, 1e-20))


def commercial_distance(samples: Samples, sample_rate: int) -> float:
    """Return the Mahalanobis distance of a track from commercial masters.

    Args:
        samples: Shape ``(2, time)``.
        sample_rate: In Hz.

    """
    analysis = analysis_of(samples, sample_rate)
    plr_db = analysis.loudness.plr_db
    features = master_features(analysis.spectrum, math.nan if plr_db is None else plr_db)
    return float(commercial_masters().distance(features))


def normal_distance() -> float:
    """Return the distance within which `NORMAL_SHARE` of commercial masters lies."""
    return math.sqrt(float(chi2.ppf(NORMAL_SHARE, len(commercial_masters().mean))))
