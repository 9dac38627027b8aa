"""Mastering for `catalogue.py`: by processors of its own, or by this project's chain."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.ndimage import minimum_filter1d, uniform_filter1d
from scipy.signal import sosfilt

from glassmaster.data.analysis import analyze
from glassmaster.data.audio import ArrayReader, Audio
from glassmaster.inference.engine.chain import ChainRenderer
from glassmaster.models.chain import REFERENCE_LUFS, measure_anchors, resolve
from glassmaster.models.decibel import decibel_to_amplitude, decibel_to_power
from glassmaster.models.settings import BLOCKS, default_settings
from glassmaster.models.spectrum import PowerSpectrum

Signal: TypeAlias = npt.NDArray[np.float64]

_HOP = 32
_AHEAD_HOPS = 6


def master(mix: Signal, sample_rate: int, rng: np.random.Generator) -> Signal:
    """Master a mix of shape ``(2, time)``: sample ``n`` of the result is sample ``n`` of the mix.

    Filters are of minimum phase, as an equalizer's are; what looks ahead is compensated.
    """
    if rng.random() < 0.5:
        return _by_chain(mix, sample_rate, rng)
    return _by_hand(mix, sample_rate, rng)


def _by_chain(mix: Signal, sample_rate: int, rng: np.random.Generator) -> Signal:
    analysis = analyze(ArrayReader(Audio(mix.astype(np.float32), sample_rate)))
    lufs = analysis.loudness.dual_mono_lufs
    normalization_db = REFERENCE_LUFS - (REFERENCE_LUFS if lufs is None else lufs)
    factor = decibel_to_power(normalization_db)
    spectrum = PowerSpectrum(
        factor * analysis.spectrum.mid,
        factor * analysis.spectrum.side,
        factor * analysis.spectrum.cross,
    )
    settings = default_settings()
    for block in ("equalizer", "multiband_compressor", "saturator", "imager"):
        values = {key: float(value) for key, value in settings[block].values.items()}
        settings = settings.with_block(block, _drawn(block, values, rng))
    settings = settings.with_block("limiter", {"ceiling_dbtp": rng.uniform(-1.5, -0.3)})
    chain = resolve(
        settings,
        measure_anchors(settings, spectrum, sample_rate=sample_rate),
        normalization_db=normalization_db,
        gain_db=rng.uniform(4.0, 9.0),
    )
    renderer = ChainRenderer(chain, sample_rate, 2)
    return np.concatenate((renderer.process(mix), renderer.finish()), axis=1)


def _drawn(block: str, values: dict[str, float], rng: np.random.Generator) -> dict[str, float]:
    """Move every gain and threshold of a block away from where it is, by a taste's amount."""
    drawn = dict(values)
    for spec in BLOCKS[block]:
        middle, span = values[spec.key], spec.high - spec.low
        if spec.log:
            drawn[spec.key] = float(
                np.clip(middle * np.exp(0.3 * rng.standard_normal()), spec.low, spec.high)
            )
        else:
            drawn[spec.key] = float(
                np.clip(middle + 0.12 * span * rng.standard_normal(), spec.low, spec.high)
            )
    return drawn


def _by_hand(mix: Signal, sample_rate: int, rng: np.random.Generator) -> Signal:
    x = sosfilt(equalizer(sample_rate, rng), mix, axis=1)
    mid, side = x[0] + x[1], x[0] - x[1]
    side = side * decibel_to_amplitude(rng.uniform(-2.0, 2.0))
    x = 0.5 * np.stack((mid + side, mid - side))
    x = _compressed(x, sample_rate, rng)
    level = float(np.sqrt(np.mean(np.square(x)))) + 1e-9
    x = x * (decibel_to_amplitude(rng.uniform(-13.0, -9.0)) / level)
    if rng.random() < 0.3:
        drive = rng.uniform(0.3, 1.0)
        x = np.tanh(drive * x) / drive
    return _limited(x, decibel_to_amplitude(rng.uniform(-1.2, -0.2)))


def equalizer(sample_rate: int, rng: np.random.Generator) -> Signal:
    """Draw second-order sections: high-pass, two shelves, three bells (R. Bristow-Johnson)."""
    rows = [_high_pass(rng.uniform(18.0, 40.0), sample_rate)]
    rows.append(_shelf(rng.uniform(60.0, 200.0), rng.normal(0.0, 2.0), sample_rate, high=False))
    rows.append(_shelf(rng.uniform(4e3, 12e3), rng.normal(0.0, 2.5), sample_rate, high=True))
    for _ in range(3):
        hz = float(np.exp(rng.uniform(np.log(150.0), np.log(12e3))))
        rows.append(_bell(hz, rng.normal(0.0, 2.0), rng.uniform(0.5, 2.5), sample_rate))
    return np.array(rows)


def _sections(b: tuple[float, ...], a: tuple[float, ...]) -> Signal:
    return np.array([*b, *a]) / a[0]


def _bell(hz: float, gain_db: float, q: float, rate: int) -> Signal:
    w, amplitude = 2.0 * np.pi * hz / rate, 10.0 ** (gain_db / 40.0)
    alpha, cosine = np.sin(w) / (2.0 * q), np.cos(w)
    return _sections(
        (1.0 + alpha * amplitude, -2.0 * cosine, 1.0 - alpha * amplitude),
        (1.0 + alpha / amplitude, -2.0 * cosine, 1.0 - alpha / amplitude),
    )


def _shelf(hz: float, gain_db: float, rate: int, *, high: bool) -> Signal:
    w, a = 2.0 * np.pi * hz / rate, 10.0 ** (gain_db / 40.0)
    c = -np.cos(w) if high else np.cos(w)
    s = np.sqrt(2.0 * a) * np.sin(w)
    sign = -1.0 if high else 1.0
    return _sections(
        (
            a * (a + 1 - (a - 1) * c + s),
            sign * 2 * a * (a - 1 - (a + 1) * c),
            a * (a + 1 - (a - 1) * c - s),
        ),
        (a + 1 + (a - 1) * c + s, sign * -2 * (a - 1 + (a + 1) * c), a + 1 + (a - 1) * c - s),
    )


def _high_pass(hz: float, rate: int) -> Signal:
    w = 2.0 * np.pi * hz / rate
    alpha, cosine = np.sin(w) / np.sqrt(2.0), np.cos(w)
    return _sections(
        (0.5 * (1 + cosine), -(1 + cosine), 0.5 * (1 + cosine)), (1 + alpha, -2 * cosine, 1 - alpha)
    )


def _compressed(x: Signal, sample_rate: int, rng: np.random.Generator) -> Signal:
    """Compress by a feed-forward detector of hops' power; the gain runs without look-ahead."""
    level_db = 10.0 * np.log10(_hops(np.mean(np.square(x), axis=0)).mean(axis=1) + 1e-9)
    threshold_db = float(np.percentile(level_db, rng.uniform(40.0, 80.0)))
    slope = 1.0 - 1.0 / rng.uniform(1.5, 3.5)
    wanted = slope * np.minimum(threshold_db - level_db, 0.0)
    hop_ms = 1000.0 * _HOP / sample_rate
    attack, release = (
        float(np.exp(-hop_ms / ms)) for ms in (rng.uniform(3.0, 40.0), rng.uniform(60.0, 400.0))
    )
    gain_db, state = np.empty_like(wanted), 0.0
    for place, target in enumerate(wanted.tolist()):
        keep = attack if target < state else release
        state = keep * state + (1.0 - keep) * target
        gain_db[place] = state
    return x * _held(decibel_to_amplitude(gain_db), x.shape[1])


def _limited(x: Signal, ceiling: float) -> Signal:
    peaks = _hops(np.abs(x).max(axis=0)).max(axis=1)
    wanted = np.minimum(1.0, ceiling / np.maximum(peaks, 1e-9))
    width = 2 * _AHEAD_HOPS + 1
    held = minimum_filter1d(wanted, 2 * width + 1)
    gain = uniform_filter1d(uniform_filter1d(held, width), width)
    return np.clip(x * _held(gain, x.shape[1]), -ceiling, ceiling)


def _hops(values: Signal) -> Signal:
    padded = np.pad(values, (0, -len(values) % _HOP), mode="edge")
    return padded.reshape(-1, _HOP)


def _held(gain: Signal, frames: int) -> Signal:
    """Interpolate a gain a hop to a gain a sample."""
    middles = _HOP * (np.arange(len(gain)) + 0.5)
    return np.interp(np.arange(frames), middles, gain)
