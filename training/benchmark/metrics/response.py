"""The static response of whatever happened between two tracks, in third octaves."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import fft

from ....data.audio import Samples
from ....models.moves import IN_LEVEL, RESPONSE_HZ, level_free
from ....models.processors.equalizer import ResolvedEqualizer
from ....models.settings import ChainSettings

Array: TypeAlias = npt.NDArray[np.float64]

_LENGTH = 8192  # 5 Hz a bin at 44.1 kHz: six of them in the lowest third octave's neighborhood
_AUDIBLE = 1e-2  # of the mean power of frames: quieter ones do not count
_RELEVANT = 1e-8  # third octaves 80 dB below the loudest tell nothing


def third_octave_powers(samples: Samples, sample_rate: int, frames: npt.NDArray[np.bool_]) -> Array:
    """Return the mean power of both channels at `RESPONSE_HZ` over the given frames.

    Args:
        samples: Shape ``(2, time)``.
        sample_rate: In Hz.
        frames: Which count, see `audible`, shape ``(frame,)``.

    Returns:
        Shape ``(27,)``.

    """
    window = np.hanning(_LENGTH + 1)[:-1]
    power = np.zeros(_LENGTH // 2 + 1)
    for channel in samples:
        spectra = fft.rfft(_cut(channel)[frames] * window.astype(np.float32), axis=1)
        power += np.square(np.abs(spectra)).mean(axis=0, dtype=np.float64)
    bins_hz = np.arange(len(power), dtype=np.float64) * (sample_rate / _LENGTH)
    return np.array([power @ _share(bins_hz, center_hz) for center_hz in RESPONSE_HZ])


def audible(samples: Samples) -> npt.NDArray[np.bool_]:
    """Return which frames of a track are not silence, shape ``(frame,)``."""
    power = sum(np.square(_cut(channel)).mean(axis=1) for channel in samples)
    return np.asarray(power > _AUDIBLE * np.mean(power))


def effective_response_db(mix: Samples, output: Samples, sample_rate: int) -> Array:
    """Return how long-term levels changed at `RESPONSE_HZ`, the level taken out, in dB.

    What a compressor or a limiter does to the balance is part of it.

    Args:
        mix: Shape ``(2, time)``.
        output: Same shape, aligned.
        sample_rate: In Hz.

    Returns:
        Shape ``(27,)``; NaN where the mix has nothing.

    """
    frames = audible(mix)
    before = third_octave_powers(mix, sample_rate, frames)
    after = third_octave_powers(output, sample_rate, frames)
    heard = before > _RELEVANT * before.max()
    response = np.full(len(before), np.nan)
    response[heard] = 10.0 * np.log10(np.maximum(after[heard], 1e-20) / before[heard])
    response -= np.nanmean(response[IN_LEVEL])
    return response


def response_error_db(response_db: Array, wanted_db: Array) -> float:
    """Return the mean absolute difference of two responses in dB, their levels taken out.

    Args:
        response_db: Shape ``(27,)``; NaN where nothing can be told.
        wanted_db: Shape ``(27,)``.

    """
    difference = response_db - wanted_db
    told = np.isfinite(difference)
    difference = difference - difference[told & IN_LEVEL].mean()
    return float(np.abs(difference[told]).mean())


def settings_response_db(settings: ChainSettings, sample_rate: int) -> Array:
    """Return the response of the equalizer of some settings, its level taken out, ``(27,)``."""
    block = settings["equalizer"]
    if block.bypass:
        return np.zeros(len(RESPONSE_HZ))
    response = ResolvedEqualizer(block.values).response_db(RESPONSE_HZ, sample_rate)
    return level_free(np.asarray(response, dtype=np.float64))


def _cut(channel: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    padded = np.pad(channel, (0, max(_LENGTH - len(channel), 0)))
    return np.lib.stride_tricks.sliding_window_view(padded, _LENGTH)[:: _LENGTH // 2]


def _share(bins_hz: Array, center_hz: float) -> Array:
    """Return how much of each bin lies in the third octave around a frequency."""
    low_hz, high_hz = center_hz * 2.0 ** (-1.0 / 6.0), center_hz * 2.0 ** (1.0 / 6.0)
    width_hz = bins_hz[1]
    inside = np.minimum(bins_hz + 0.5 * width_hz, high_hz) - np.maximum(
        bins_hz - 0.5 * width_hz, low_hz
    )
    share: Array = np.clip(inside / width_hz, 0.0, 1.0)
    return share
