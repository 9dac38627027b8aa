"""The stereo imager: side in three Linkwitz-Riley bands, mid through their all-pass."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from .filters import NYQUIST_SHARE, Array, all_pass, high_pass, low_pass


def render(values: Mapping[str, float], x: Array, sample_rate: int) -> Array:
    limit_hz = NYQUIST_SHARE * sample_rate
    low_hz, high_hz = values["low_corner_hz"], min(values["high_corner_hz"], limit_hz)
    high_width = 1.0 if values["high_corner_hz"] > limit_hz else values["high_width"]
    mid, side = 0.5 * (x[0] + x[1]), 0.5 * (x[0] - x[1])
    mid = all_pass(all_pass(mid, low_hz, sample_rate), high_hz, sample_rate)
    low = all_pass(low_pass(side, low_hz, sample_rate), high_hz, sample_rate)
    rest = high_pass(side, low_hz, sample_rate)
    side = (
        values["low_width"] * low
        + values["middle_width"] * low_pass(rest, high_hz, sample_rate)
        + high_width * high_pass(rest, high_hz, sample_rate)
    )
    return np.stack((mid + side, mid - side))
