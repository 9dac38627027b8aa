"""The multiband compressor: Linkwitz-Riley bands from scipy's Butterworth filters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from .ballistics import hop_samples, ramps, smoothed_gain_db, static_gain_db
from .filters import NYQUIST_SHARE, Array, all_pass, high_pass, low_pass

BANDS = ("low", "low_mid", "high_mid", "high")


def split(values: Mapping[str, float], x: Array, sample_rate: int) -> list[Array]:
    """Four bands that add up to an all-pass."""
    limit_hz = NYQUIST_SHARE * sample_rate
    low_hz, middle_hz, high_hz = (
        min(values[f"{name}_corner_hz"], limit_hz) for name in ("low", "middle", "high")
    )
    lower = all_pass(low_pass(x, middle_hz, sample_rate), high_hz, sample_rate)
    upper = all_pass(high_pass(x, middle_hz, sample_rate), low_hz, sample_rate)
    return [
        low_pass(lower, low_hz, sample_rate),
        high_pass(lower, low_hz, sample_rate),
        low_pass(upper, high_hz, sample_rate),
        high_pass(upper, high_hz, sample_rate),
    ]


def render(
    values: Mapping[str, float], anchors_dbfs: Sequence[float], x: Array, sample_rate: int
) -> Array:
    hop = hop_samples(sample_rate)
    knee_db = values["knee_db"]
    total = np.zeros_like(x)
    held = values["high_corner_hz"] > NYQUIST_SHARE * sample_rate
    for name, anchor_dbfs, band in zip(
        BANDS, anchors_dbfs, split(values, x, sample_rate), strict=True
    ):
        if held and name == "high":
            total += band
            continue
        ratio, threshold_db = values[f"{name}_ratio"], values[f"{name}_threshold_db"]
        makeup_db = values[f"{name}_trim_db"] - static_gain_db(3.0 - threshold_db, ratio, knee_db)
        gains_db = smoothed_gain_db(
            band,
            sample_rate,
            threshold_dbfs=anchor_dbfs + threshold_db,
            ratio=ratio,
            knee_db=knee_db,
            attack_ms=values[f"{name}_attack_ms"],
            release_ms=values[f"{name}_release_ms"],
        )
        total += band * ramps(gains_db + makeup_db, makeup_db, hop)
    return total
