"""Mel frames of an excerpt, by plain transforms of whole arrays.

The grid is that of `glassmaster.models.mel`; the way there is this file's own, so that a fault in
the twin's transforms cannot hide in the yardstick.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import fft

from ....models.mel import filter_bank, frame_count, frame_hop_samples, frame_samples, hann

Array: TypeAlias = npt.NDArray[np.float64]

_FRAMES_AT_ONCE = 512


@dataclass(frozen=True, slots=True, eq=False)
class MelFrames:
    """Powers in the mel bands of mid and side.

    Attributes:
        mid: Of ``(l + r) / 2``, shape ``(80, frame)``; a full-scale sine in both channels has 1.
        side: Of ``(l - r) / 2``, same shape.

    """

    mid: Array
    side: Array

    def scaled(self, gain_db: float) -> MelFrames:
        """Return the frames of the same audio ``gain_db`` louder."""
        power = 10.0 ** (gain_db / 10.0)
        return MelFrames(self.mid * power, self.side * power)


def mel_frames(samples: npt.NDArray[np.floating], sample_rate: int) -> MelFrames:
    """Return the mel frames of audio; frame ``n`` is centered at ``n`` hops.

    Args:
        samples: Shape ``(2, time)``.
        sample_rate: In Hz.

    """
    left, right = samples.astype(np.float64)
    mid, side = (_bands(part, sample_rate) for part in (0.5 * (left + right), 0.5 * (left - right)))
    return MelFrames(mid, side)


def _bands(signal: Array, sample_rate: int) -> Array:
    length, hop = frame_samples(sample_rate), frame_hop_samples(sample_rate)
    count = frame_count(len(signal), sample_rate)
    padded = np.pad(signal, (length // 2, length))
    cut = np.lib.stride_tricks.sliding_window_view(padded, length)[::hop][:count]
    bands = np.empty((_bank(sample_rate).shape[0], count))
    for start in range(0, count, _FRAMES_AT_ONCE):
        spectra = fft.rfft(cut[start : start + _FRAMES_AT_ONCE] * hann(length), axis=1)
        power = spectra.real**2 + spectra.imag**2
        bands[:, start : start + _FRAMES_AT_ONCE] = _bank(sample_rate) @ power.T
    return bands


@cache
def _bank(sample_rate: int) -> Array:
    return filter_bank(sample_rate)
