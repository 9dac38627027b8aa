"""The same studios at audio rate: what `mastering` does to frames, done to samples."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from ....data.audio import Samples
from ...benchmark.generators.envelopes import at_samples, cells_of
from ...benchmark.generators.spectral import filter_zero_phase, split_zero_phase
from ...benchmark.metrics.level import loudness_lufs
from .frames import Array
from .mastering import clipper_gain, feedback_gain_db, share_above
from .rules import LoudnessRules, StudioRules
from .taste import MEL_OCTAVES, Taste

_CELL_S = 0.0058  # as long as those of frames
_LOUDNESS_ROUNDS = 3


def master_audio(
    samples: Samples, sample_rate: int, taste: Taste, response_db: Array, rules: StudioRules
) -> Samples:
    """Master a mix as a simulated studio does; mix and master are aligned to the sample.

    Args:
        samples: Shape ``(2, time)``.
        sample_rate: In Hz.
        taste: Of the studio.
        response_db: That it chooses for this mix, with its noise, in each mel band, ``(80,)``.
        rules: How studios are simulated.

    """
    mid = 0.5 * (samples[0] + samples[1]).astype(np.float64)
    side = 0.5 * (samples[0] - samples[1]).astype(np.float64)
    shaped = [
        filter_zero_phase(track[None], sample_rate, _curve(curve))[0]
        for track, curve in ((mid, response_db), (side, response_db + taste.width_db))
    ]
    dense = _compressed(np.stack(shaped), sample_rate, taste, rules)
    stereo = np.stack((dense[0] + dense[1], dense[0] - dense[1]))
    return _loudened(stereo, sample_rate, taste.loudness_lufs, rules.loudness)


def _curve(levels_db: Array) -> Callable[[Array], Array]:
    def at(frequency_hz: Array) -> Array:
        octaves = np.log2(np.maximum(frequency_hz, 1.0) / 1000.0)
        found: Array = np.interp(octaves, MEL_OCTAVES, levels_db)
        return found

    return at


def _compressed(signal: Array, sample_rate: int, taste: Taste, rules: StudioRules) -> Array:
    """Compress mid and side by the power of both, in two bands, shape ``(2, time)``."""

    def upper(frequency_hz: Array) -> Array:
        return share_above(np.log2(frequency_hz / 1000.0), rules.density)

    [high] = split_zero_phase(signal, sample_rate, [upper])
    bands = (signal - high, high)
    cell = round(_CELL_S * sample_rate)
    power = np.stack([cells_of(np.square(each).sum(axis=0), cell).mean(axis=1) for each in bands])
    gain_db = feedback_gain_db(power, taste, cell / sample_rate)
    made = np.zeros_like(signal)
    for band, gains_db in zip(bands, gain_db, strict=True):
        made += band * 10.0 ** (0.05 * at_samples(gains_db, cell, signal.shape[1]))
    return made


def _loudened(signal: Array, sample_rate: int, wanted_lufs: float, rules: LoudnessRules) -> Samples:
    """Bring left and right to a loudness, their peaks held."""
    cell, ceiling = round(_CELL_S * sample_rate), 10.0 ** (0.05 * rules.ceiling_dbfs)
    returns = math.exp(-_CELL_S / (1e-3 * rules.recovery_ms))
    made, drive_db = signal, 0.0
    for _ in range(_LOUDNESS_ROUNDS):
        drive_db += wanted_lufs - loudness_lufs(made.astype(np.float32), sample_rate)
        driven = signal * 10.0 ** (0.05 * drive_db)
        peak = cells_of(np.abs(driven).max(axis=0), cell).max(axis=1)
        gain = at_samples(clipper_gain(peak, ceiling, returns), cell, signal.shape[1])
        made = np.clip(driven * gain, -ceiling, ceiling)
    return made.astype(np.float32)
