"""Which part of a song takes part: the middle minute, in stereo, at one sample rate."""

from __future__ import annotations

import numpy as np

from ...data.audio import Audio, Samples
from ...data.resampling import StreamResampler

LONGEST_S = 60.0


def excerpt(audio: Audio, sample_rate: int) -> Samples:
    """Return the middle of a song, at most `LONGEST_S` long, as two channels.

    The middle is cut first and converted then; an excerpt of an excerpt is itself. Mono becomes
    two equal channels.

    Args:
        audio: Of any rate, one or two channels.
        sample_rate: Of the result, in Hz.

    Returns:
        Shape ``(2, time)``.

    """
    samples = audio.samples
    frames = min(samples.shape[1], round(LONGEST_S * audio.sample_rate))
    start = (samples.shape[1] - frames) // 2
    part = samples[:, start : start + frames]
    if part.shape[0] == 1:
        part = np.repeat(part, 2, axis=0)
    if audio.sample_rate != sample_rate:
        stream = StreamResampler(audio.sample_rate, sample_rate, 2)
        converted = stream.process(part, last=True)[:, : round(LONGEST_S * sample_rate)]
        return np.ascontiguousarray(converted, np.float32)
    return np.ascontiguousarray(part)


def middle(samples: Samples, seconds: float, sample_rate: int) -> Samples:
    """Return the middle ``seconds`` of an excerpt, all of it where it is shorter."""
    frames = min(samples.shape[1], round(seconds * sample_rate))
    start = (samples.shape[1] - frames) // 2
    return np.ascontiguousarray(samples[:, start : start + frames])
