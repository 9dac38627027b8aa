"""Excerpts of real songs, with what is known of the whole song."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from glassmaster.data.analysis import analyze
from glassmaster.data.audio import ArrayReader, Audio
from glassmaster.data.metering.loudness import LoudnessMeter
from glassmaster.models.chain import REFERENCE_LUFS
from glassmaster.models.spectrum import PowerSpectrum

SUFFIXES = {".wav", ".flac", ".aiff", ".ogg", ".opus", ".mp3"}
EXCERPT_S = 12.0


@dataclass(frozen=True, slots=True, eq=False)
class Excerpt:
    """A part of a song, and what is known of the whole.

    Attributes:
        name: Of the file.
        samples: Shape ``(2, time)``, float32.
        sample_rate: In Hz.
        normalization_db: Gain that brings the song to -18 LUFS.
        spectrum: Of the song at -18 LUFS.

    """

    name: str
    samples: npt.NDArray[np.float32]
    sample_rate: int
    normalization_db: float
    spectrum: PowerSpectrum


def excerpts(paths: list[Path], most: int) -> Iterator[Excerpt]:
    """Yield the middle of up to ``most`` stereo songs that sound there."""
    files = sorted(
        path
        for given in paths
        for path in ([given] if given.is_file() else given.rglob("*"))
        if path.suffix.lower() in SUFFIXES
    )
    np.random.default_rng(0).shuffle(files)
    found = 0
    for path in files:
        info = soundfile.info(path)
        if info.channels != 2 or info.duration < 40.0 or info.samplerate < 44_100:
            continue
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
        samples = np.ascontiguousarray(samples.T)
        frames = round(EXCERPT_S * rate)
        start = (samples.shape[1] - frames) // 2
        part = np.ascontiguousarray(samples[:, start : start + frames])
        if loudness_lufs(part, rate) is None:
            continue
        analysis = analyze(ArrayReader(Audio(samples, rate)))
        if analysis.loudness.integrated_lufs is None:
            continue
        gain_db = REFERENCE_LUFS - analysis.loudness.integrated_lufs
        yield Excerpt(path.name, part, rate, gain_db, analysis.spectrum.scaled(gain_db))
        found += 1
        if found == most:
            return


def loudness_lufs(samples: npt.NDArray[np.floating], sample_rate: int) -> float | None:
    """Return the integrated loudness of ``samples``, shape ``(2, time)``."""
    meter = LoudnessMeter(sample_rate, 2)
    meter.feed(np.ascontiguousarray(samples, np.float64))
    return meter.integrated_lufs
