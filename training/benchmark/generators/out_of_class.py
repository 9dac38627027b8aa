"""Masters that the chain cannot make exactly: other filters, another compressor law, a clipper."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.signal import sosfilt

from ....data.audio import Samples
from ....models.decibel import decibel_to_amplitude
from ...frozen import load_configuration
from ..seeds import stream
from .envelopes import cells_of

Array: TypeAlias = npt.NDArray[np.float64]
Range: TypeAlias = tuple[float, float]

_NOTHING = 1e-20
_CLIPPED_QUANTILE = 0.999


@dataclass(frozen=True, slots=True)
class EqualizerPrior:
    """Cramped digital filters; see ``out_of_class_v1.yaml``."""

    low_shelf_hz: Range
    bell_hz: Range
    high_shelf_hz: Range
    gain_sd_db: float
    most_db: float
    q: Range


@dataclass(frozen=True, slots=True)
class CompressorPrior:
    """A feedback compressor; see ``out_of_class_v1.yaml``."""

    threshold_db: Range
    ratio: Range
    attack_ms: Range
    release_ms: Range
    step_samples: int


@dataclass(frozen=True, slots=True)
class ClipperPrior:
    """A soft clipper; see ``out_of_class_v1.yaml``."""

    over_db: Range


@dataclass(frozen=True, slots=True)
class OutOfClassPrior:
    """All of ``out_of_class_v1.yaml``; what each entry means stands there."""

    version: int
    equalizer: EqualizerPrior
    compressor: CompressorPrior
    clipper: ClipperPrior
    loudness_lufs: Range


@cache
def out_of_class_v1() -> OutOfClassPrior:
    """Return the committed prior."""
    return load_configuration("out_of_class_v1", OutOfClassPrior)


def master_out_of_class(
    samples: Samples, sample_rate: int, seed: int, identity: str
) -> tuple[Samples, float]:
    """Master a song by other means than the chain's.

    Args:
        samples: Shape ``(2, time)``.
        sample_rate: In Hz.
        seed: Of the benchmark.
        identity: Of the song.

    Returns:
        The audio before the limiter, shape ``(2, time)``, and the loudness it is to have.

    """
    prior = out_of_class_v1()
    rng = stream(seed, "out_of_class_v1", identity)
    signal = samples.astype(np.float64)
    sections = _sections(rng, prior.equalizer, sample_rate)
    signal = np.asarray(sosfilt(sections, signal), dtype=np.float64)
    signal = _compressed(signal, sample_rate, rng, prior.compressor)
    signal = _clipped(signal, float(rng.uniform(*prior.clipper.over_db)))
    return signal.astype(np.float32), float(rng.uniform(*prior.loudness_lufs))


def _ratio(rng: np.random.Generator, bounds: Range) -> float:
    return math.exp(rng.uniform(math.log(bounds[0]), math.log(bounds[1])))


def _sections(rng: np.random.Generator, prior: EqualizerPrior, sample_rate: int) -> Array:
    rows = []
    kinds = {
        "low_shelf": prior.low_shelf_hz,
        "bell": prior.bell_hz,
        "high_shelf": prior.high_shelf_hz,
    }
    for kind, bounds in kinds.items():
        frequency_hz, q = _ratio(rng, bounds), _ratio(rng, prior.q)
        gain_db = prior.gain_sd_db * float(rng.standard_normal())
        gain_db = min(max(gain_db, -prior.most_db), prior.most_db)
        rows.append(_cookbook(kind, gain_db, frequency_hz / sample_rate, q))
    return np.array(rows)


def _cookbook(kind: str, gain_db: float, frequency: float, q: float) -> list[float]:
    """Return ``b0 b1 b2 1 a1 a2`` (R. Bristow-Johnson, "Cookbook formulae for audio EQ")."""
    a, w = 10.0 ** (gain_db / 40.0), 2.0 * math.pi * frequency
    cosine, alpha = math.cos(w), math.sin(w) / (2.0 * q)
    if kind == "bell":
        b = [1.0 + alpha * a, -2.0 * cosine, 1.0 - alpha * a]
        d = [1.0 + alpha / a, -2.0 * cosine, 1.0 - alpha / a]
    else:
        sign = 1.0 if kind == "low_shelf" else -1.0
        up, down, slope = a + 1.0, a - 1.0, 2.0 * math.sqrt(a) * alpha
        b = [
            a * (up - sign * down * cosine + slope),
            2.0 * sign * a * (down - sign * up * cosine),
            a * (up - sign * down * cosine - slope),
        ]
        d = [
            up + sign * down * cosine + slope,
            -2.0 * sign * (down + sign * up * cosine),
            up + sign * down * cosine - slope,
        ]
    return [value / d[0] for value in (*b, *d)]


def _compressed(
    signal: Array, sample_rate: int, rng: np.random.Generator, prior: CompressorPrior
) -> Array:
    """Turn the gain by what came out a step before, with one time constant each way."""
    step = prior.step_samples
    power = cells_of(np.square(signal).mean(axis=0), step).mean(axis=1)
    levels_db = 10.0 * np.log10(np.maximum(power, _NOTHING))
    threshold_db = 10.0 * math.log10(max(power.mean(), _NOTHING)) + rng.uniform(*prior.threshold_db)
    steepness = rng.uniform(*prior.ratio) - 1.0  # listening to itself, a ratio r needs r - 1
    attack, release = (
        math.exp(-step / (0.001 * _ratio(rng, times) * sample_rate))
        for times in (prior.attack_ms, prior.release_ms)
    )
    gains_db = np.empty(len(levels_db) + 1)
    gain_db = gains_db[0] = 0.0
    for index, level_db in enumerate(levels_db.tolist()):
        wanted_db = -steepness * max(level_db + gain_db - threshold_db, 0.0)
        memory = attack if wanted_db < gain_db else release
        gain_db = wanted_db + memory * (gain_db - wanted_db)
        gains_db[index + 1] = gain_db
    smooth_db = np.interp(
        np.arange(signal.shape[1]), np.arange(len(gains_db)) * float(step), gains_db
    )
    return signal * decibel_to_amplitude(smooth_db)


def _clipped(signal: Array, over_db: float) -> Array:
    peaks = cells_of(np.abs(signal).max(axis=0), 256).max(axis=1)
    end = float(np.quantile(peaks, _CLIPPED_QUANTILE)) * decibel_to_amplitude(-over_db)
    return end * np.tanh(signal / end) if end > 0.0 else signal
