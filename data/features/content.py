"""What a song is, apart from how it is mixed and mastered: numbers for finding songs like it.

Per-band modulation spectra, onset patterns, coherence of bands and tonality are means over chunks
of frames that sound; harmony comes from the long-term spectrum; changes from frame to frame are
those of `models.mel_statistics`. A steady filter and a gain move none of them but by way of the
floor; a compressor moves some of them a little.
"""

from __future__ import annotations

import hashlib
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ...models.mel import MEL_BANDS, frame_hop_samples
from ...models.mel_statistics import STATISTICS
from ...models.spectrum import CENTERS_HZ, PowerSpectrum
from .content_parts import (
    LAGS_S,
    MODULATION_HZ,
    REGIONS,
    THIRDS,
    chunk_of,
    coherence,
    modulation,
    onsets,
    tonality,
)
from .frames import MelFrames

Array: TypeAlias = npt.NDArray[np.float64]

CHUNK = 256
"""Frames of a chunk: 6 s at 44.1 kHz."""

FEWEST_FRAMES = 64
"""Of a chunk with fewer frames that sound, nothing is told."""

_PITCHES = 12
_LOWEST_PITCH_HZ, _HIGHEST_PITCH_HZ = 80.0, 2500.0
_SILENT = 1e-7  # mean power of a chunk, of full scale
_PAUSE = 1e-3  # power of a frame below its chunk's mean
_CHANGES = ("spread_db", "rise_db", "flux_db")
_HARMONY = (*(f"harmony_{order}" for order in range(1, _PITCHES // 2 + 1)), "harmony_contrast")
_CHANGED = np.array([name.startswith(_CHANGES) for name in STATISTICS])


def _names() -> tuple[str, ...]:
    alike = [f"{kind}_{third}" for third in THIRDS for kind in ("near", "far")]
    alike += ["low_middle", "middle_high", "low_high"]
    tonal = ("outstanding", "moving", "changing", "strokes")
    return (
        *(f"modulation_{r}@{low}" for r in REGIONS for low in MODULATION_HZ[:-1]),
        *(f"onset_{t}@{lag}" for t in THIRDS for lag in (*LAGS_S[:-1], "skew")),
        *(f"coherence_{speed}_{pair}" for speed in ("slow", "fast") for pair in alike),
        *(f"tonality_{kind}_{third}" for third in THIRDS for kind in tonal),
        *_HARMONY,
        *(name for name, changed in zip(STATISTICS, _CHANGED, strict=True) if changed),
    )


CONTENT: tuple[str, ...] = _names()
"""Names of the numbers, in order."""

CONTENT_SHA256 = hashlib.sha256("\n".join(CONTENT).encode()).hexdigest()
"""What tells corpora of another definition."""


class ContentMeter:
    """Measures the content of a stream from its mel frames; its memory does not grow.

    Args:
        sample_rate: In Hz.

    """

    def __init__(self, sample_rate: int) -> None:
        self._hop_s = frame_hop_samples(sample_rate) / sample_rate
        self._power = np.empty((MEL_BANDS, CHUNK))
        self._filled = 0
        self._sum: Array = np.zeros(len(CONTENT) - len(_HARMONY) - np.count_nonzero(_CHANGED))
        self._weight = 0

    def feed(self, frames: MelFrames) -> None:
        """Take the next frames, of any number; how they are cut makes no difference."""
        power = frames.mid.astype(np.float64) + frames.side
        start = 0
        while start < power.shape[1]:
            count = min(power.shape[1] - start, CHUNK - self._filled)
            place = slice(self._filled, self._filled + count)
            self._power[:, place] = power[:, start : start + count]
            start += count
            self._filled += count
            if self._filled == CHUNK:
                self._measure()

    def result(self, spectrum: PowerSpectrum, statistics: Array) -> Array:
        """End the stream.

        Args:
            spectrum: Long-term, of the whole stream.
            statistics: Of the whole stream, shape ``(statistics,)``.

        Returns:
            Numbers in the order of `CONTENT`; all are zero where too little is heard.

        """
        self._measure()
        if self._weight == 0 or not statistics.any():
            return np.zeros(len(CONTENT))
        return np.concatenate((self._sum / self._weight, harmony(spectrum), statistics[_CHANGED]))

    def _measure(self) -> None:
        power, self._filled = self._power[:, : self._filled], 0
        total = power.sum(axis=0)
        mean = total.mean() if len(total) else 0.0
        sounding = total > _PAUSE * mean
        count = np.count_nonzero(sounding)
        if mean < _SILENT or count < FEWEST_FRAMES:
            return
        chunk = chunk_of(power[:, sounding], self._hop_s)
        found = np.concatenate([part(chunk) for part in (modulation, onsets, coherence, tonality)])
        self._sum += count * found
        self._weight += int(count)


def harmony(spectrum: PowerSpectrum) -> Array:
    """Return how a long-term spectrum stands out at the pitches of a scale, whatever its key.

    Levels of twelfth octaves over their mean within an octave, by pitch class; of these twelve, the
    magnitudes of the Fourier transform (C. Harte et al., "Detecting harmonic change in musical
    audio", 2006, for its idea), and how far the twelfths stand out at all.

    Returns:
        Logarithms, shape ``(7,)``.

    """
    total = spectrum.total
    levels_db = 10.0 * np.log10(total + 1e-12 * total.max() + 1e-30)
    smooth_db = np.convolve(
        np.pad(levels_db, _PITCHES // 2, mode="edge"),
        np.ones(_PITCHES + 1) / (_PITCHES + 1),
        mode="valid",
    )
    apart_db = levels_db - smooth_db
    tonal = (CENTERS_HZ > _LOWEST_PITCH_HZ) & (CENTERS_HZ < _HIGHEST_PITCH_HZ)
    pitch = np.arange(len(apart_db)) % _PITCHES
    classes = np.array([apart_db[tonal & (pitch == each)].mean() for each in range(_PITCHES)])
    orders = np.abs(np.fft.rfft(classes))[1:]
    return np.concatenate((np.log(orders + 0.5), [np.log(apart_db[tonal].std() + 0.1)]))
