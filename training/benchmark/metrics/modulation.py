"""How much the gains of bands move at the rate at which pumping is heard.

Levels of frames of 46 ms also move where all-pass crossovers delay one band against its neighbor,
which nobody hears as pumping. What a chain's gains alone do is told against the same chain with its
gains at rest: crossovers and delays are the same, and no gain moves.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.signal import butter, sosfiltfilt

from ....data.analysis import Analysis
from ....data.audio import Samples
from ....models.mel import frame_hop_samples
from ....models.settings import ChainSettings
from ..delivery import deliver_audio
from .frames import mel_frames

Array: TypeAlias = npt.NDArray[np.float64]

_HEARD = 1e-4  # cells of a band 40 dB below its mean are not heard
_MOST_GAIN_DB = 20.0
_RESTING_LUFS = -40.0  # no peak reaches the limiter

DYNAMIC_BLOCKS = ("deesser", "multiband_compressor")
"""Blocks whose gain moves, besides the limiter."""


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


def resting_audio(
    samples: Samples, sample_rate: int, settings: ChainSettings, analysis: Analysis | None = None
) -> Samples:
    """Return what a chain makes of a mix with its gains at rest: every ratio 1, no limiting.

    Args:
        samples: Shape ``(2, time)``.
        sample_rate: In Hz.
        settings: Of the chain.
        analysis: Of the mix, where it is known already.

    Returns:
        Same shape, at a low loudness.

    Raises:
        UnsupportedAudioError: The mix has no loudness.

    """
    for name in DYNAMIC_BLOCKS:
        block = settings[name]
        ratios = {key: 1.0 for key in block.values if key.endswith("ratio")}
        settings = settings.with_block(name, {**block.values, **ratios}, bypass=block.bypass)
    return deliver_audio(
        samples, sample_rate, _RESTING_LUFS, settings=settings, analysis=analysis
    ).samples
