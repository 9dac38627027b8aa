"""Loudness by a meter that is not this project's, and alignment by gain."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyloudnorm

from ....models.errors import UnsupportedAudioError

_FILTER = "DeMan"
"""Of pyloudnorm's filters, the one that is BS.1770's; its default is 0.04 dB off."""


def loudness_lufs(samples: npt.NDArray[np.floating], sample_rate: int) -> float:
    """Return the integrated loudness (ITU-R BS.1770-4) of audio, shape ``(2, time)``.

    Raises:
        UnsupportedAudioError: It is shorter than 400 ms, or nothing passes the gate.

    """
    frames = np.ascontiguousarray(samples.T, np.float64)
    if len(frames) >= 0.4 * sample_rate:
        found = float(pyloudnorm.Meter(sample_rate, _FILTER).integrated_loudness(frames))
        if np.isfinite(found):
            return found
    raise UnsupportedAudioError(
        "audio is too short or too quiet for its loudness to be defined; leave the song out",
        code="loudness_undefined",
    )
