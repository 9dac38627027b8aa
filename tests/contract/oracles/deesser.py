"""The de-esser: ``y = x + (g - 1) B x``."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy import signal

from .ballistics import hop_samples, ramps, smoothed_gain_db
from .filters import MATCHED_SHARES, NYQUIST_SHARE, Array, matched

KNEE_DB = 6.0
MOST_DB = 10.0
EXACT_CUT_DB = -8.0


def turned_section(values: Mapping[str, float], sample_rate: int) -> Array:
    """Band that is turned down: a cut of 8 dB is exact at DC, at its center and near Nyquist."""
    q, center_hz = values["q"], values["frequency_hz"]
    depth = 10.0 ** (EXACT_CUT_DB / 20.0)
    share = 0.4 if center_hz < 0.37 * sample_rate else 0.49
    bell = matched(
        (1.0, depth / q, 1.0),
        (1.0, 1.0 / q, 1.0),
        center_hz,
        sample_rate,
        (center_hz, share * sample_rate),
    )
    return np.concatenate(((bell[:3] - bell[3:]) / (depth - 1.0), bell[3:]))


def heard_section(values: Mapping[str, float], sample_rate: int) -> Array:
    """Band that is measured: matched as a band-pass, with a zero at DC."""
    width, center_hz = 1.0 / values["q"], values["frequency_hz"]
    corner_share, rate_share = MATCHED_SHARES
    at_hz = (corner_share * center_hz, rate_share * sample_rate)
    return matched((0.0, width, 0.0), (1.0, width, 1.0), center_hz, sample_rate, at_hz)


def render(values: Mapping[str, float], anchor_dbfs: float, x: Array, sample_rate: int) -> Array:
    if values["frequency_hz"] > NYQUIST_SHARE * sample_rate:
        return x
    turned, heard = (
        np.asarray(signal.sosfilt(section(values, sample_rate)[np.newaxis], x))
        for section in (turned_section, heard_section)
    )
    gains_db = smoothed_gain_db(
        heard,
        sample_rate,
        threshold_dbfs=anchor_dbfs + values["threshold_db"],
        ratio=values["ratio"],
        knee_db=KNEE_DB,
        attack_ms=values["attack_ms"],
        release_ms=values["release_ms"],
        most_db=MOST_DB,
    )
    change: Array = (ramps(gains_db, 0.0, hop_samples(sample_rate)) - 1.0) * turned
    return x + change
