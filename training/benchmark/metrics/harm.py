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
from scipy.signal import butter, sosfiltfilt
from scipy.stats import chi2

from ....data.audio import Samples
from ....models.mel import frame_hop_samples
from ....models.moves import RESPONSE_HZ
from ....models.settings import ChainSettings
from ...weighting.commercial import commercial_masters, master_features
from ..delivery import DeliveredAudio, analysis_of
from .frames import mel_frames
from .response import effective_response_db, settings_response_db

Array: TypeAlias = npt.NDArray[np.float64]

HARMS: Mapping[str, str] = {
    "HARM-EQ": "the equalizer moves a third octave by more than 6 dB",
    "HARM-MULTIBAND": "95th percentile of a band's gain reduction above 6 dB",
    "HARM-LIMITER": "95th percentile of the limiter's gain reduction above 4 dB",
    "HARM-MONO": "folding to mono loses over 1 dB more than it does with the mix",
    "HARM-MODULATION": "gains of the bands move by more than 1 dB rms between 1 and 8 Hz",
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
_HEARD = 1e-4  # cells of a band 40 dB below its mean are not heard
_MOST_GAIN_DB = 20.0


def harm_counters(
    mix: Samples,
    delivered: DeliveredAudio,
    *,
    ceiling_dbtp: float,
    settings: ChainSettings | None = None,
) -> dict[str, float]:
    """Return 1 for every harm that was done, 0 for the others, by name of `HARMS`.

    Args:
        mix: Shape ``(2, time)``.
        delivered: What became of it.
        ceiling_dbtp: Highest true peak allowed.
        settings: Of the chain, where it made the master: the equalizer's move is taken from them,
            and otherwise from how long-term levels changed.

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
    found = {
        "HARM-EQ": bool(np.nanmax(np.abs(moves_db)) > MOST_MOVE_DB),
        "HARM-MULTIBAND": max(bands_db) > MOST_MULTIBAND_DB,
        "HARM-LIMITER": delivered.limiting.reduction_db > MOST_LIMITER_DB,
        "HARM-MONO": lost_db > MOST_MONO_LOSS_DB,
        "HARM-MODULATION": modulation_db(mix, delivered.samples, rate) > MOST_MODULATION_DB,
        "HARM-PEAK": peak_dbtp is not None and peak_dbtp > ceiling_dbtp,
    }
    return {name: float(found[name]) for name in HARMS}


def mono_loss_db(samples: Samples) -> float:
    """Return by how much the power of a mono fold lies below that of both channels, in dB."""
    mid, side = (0.5 * (samples[0] + sign * samples[1]) for sign in (1.0, -1.0))
    of_mid, of_side = (float(np.mean(np.square(part, dtype=np.float64))) for part in (mid, side))
    return 10.0 * math.log10((of_mid + of_side) / max(of_mid, 1e-20))


def modulation_db(mix: Samples, output: Samples, sample_rate: int) -> float:
    """Return how much the gains of the mel bands move between 1 and 8 Hz, rms in dB.

    A band's gain is the level of the output over that of the mix in each frame; bands count by
    their power in the mix. A steady filter moves nothing.

    Args:
        mix: Shape ``(2, time)``.
        output: Same shape, aligned.
        sample_rate: In Hz.

    """
    before, after = mel_frames(mix, sample_rate), mel_frames(output, sample_rate)
    power, made = before.mid + before.side, after.mid + after.side
    mean = power.mean(axis=1, keepdims=True)
    heard = power > _HEARD * np.maximum(mean, 1e-20)
    ratio = np.where(heard, made, 1.0) / np.where(heard, power, 1.0)
    gain_db = np.clip(10.0 * np.log10(np.maximum(ratio, 1e-20)), -60.0, 60.0)
    steady_db = (gain_db * heard).sum(axis=1) / np.maximum(heard.sum(axis=1), 1)
    apart_db = np.clip(gain_db - steady_db[:, None], -_MOST_GAIN_DB, _MOST_GAIN_DB) * heard
    frame_rate_hz = sample_rate / frame_hop_samples(sample_rate)
    sections = butter(2, (1.0, 8.0), "bandpass", fs=frame_rate_hz, output="sos")
    moved = np.square(sosfiltfilt(sections, apart_db, axis=1)) * heard
    shares = mean[:, 0] / max(float(mean.sum()), 1e-20)
    by_band = moved.sum(axis=1) / np.maximum(heard.sum(axis=1), 1)
    return float(np.sqrt((shares * by_band).sum()))


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
