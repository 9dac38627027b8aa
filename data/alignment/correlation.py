"""How much later one window is than another, to a fraction of a sample.

The cross-spectrum of two windows, whitened, has its peak at the delay whatever an equalizer did to
the magnitudes (GCC-PHAT: C. Knapp and G. Carter, "The generalized correlation method for estimation
of time delay", IEEE Trans. ASSP, 1976). Once both are in step to the sample, cross-spectra of short
frames are averaged: bins are weighted by what their coherence says of their phase (the same paper's
maximum-likelihood weight), and the phase that a minimum-phase equalizer has with the magnitude that
is measured is taken out, so that the delay is that of the path and not of its filters.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from .dispersion import all_pass_phase

Array: TypeAlias = npt.NDArray[np.float64]
Spectrum: TypeAlias = npt.NDArray[np.complex128]
Block: TypeAlias = npt.NDArray[np.float32] | npt.NDArray[np.float64]

LOWEST_HZ = 120.0
"""Below, filters turn the phase and few bins tell little of the delay."""

HIGHEST_SHARE = 0.45
"""Of the sample rate; above, converters' filters end the spectrum."""

_FRAME_S = 0.093
_LEAST_POWER = 1e-9  # of a bin, relative to the largest: below is dither
_FINE = 16
_REACH = 14  # samples around the peak that are looked at finely
_COHERENCE_CAP = 0.99
_SMOOTHING_SHARE = 0.06  # of a frequency: about a twelfth octave


@dataclass(frozen=True, slots=True)
class Delay:
    """How much later a window is than another.

    Attributes:
        samples: At the rate of the windows.
        sign: -1 where the polarity is flipped, else 1.
        strength: Height of the peak, 1 for a pure delay; by chance less than 0.05.

    """

    samples: float
    sign: int
    strength: float


@dataclass(frozen=True, slots=True, eq=False)
class CrossSpectrum:
    """Sums over frames and channels, each of shape ``(bin,)``.

    Attributes:
        first: Power of the first.
        second: Power of the second.
        cross: Second times the conjugate of the first.

    """

    first: Array
    second: Array
    cross: Spectrum

    def advanced(self, samples: float) -> CrossSpectrum:
        """Return what it were had the second come ``samples`` earlier."""
        bins = np.arange(len(self.cross))
        turn = np.exp(1j * np.pi * samples * bins / (len(self.cross) - 1))
        return CrossSpectrum(self.first, self.second, self.cross * turn)

    def __add__(self, other: CrossSpectrum) -> CrossSpectrum:
        return CrossSpectrum(
            self.first + other.first, self.second + other.second, self.cross + other.cross
        )


def coarse_delay(first: Block, second: Block, sample_rate: int, most_samples: int) -> Delay:
    """Return the delay of a window in whole samples.

    Args:
        first: Shape ``(2, time)``.
        second: Of the same shape.
        sample_rate: In Hz.
        most_samples: Largest delay either way.

    """
    frames = first.shape[1]
    window = np.hanning(frames).astype(np.float32)
    one, two = (np.fft.rfft(np.asarray(each, np.float32) * window) for each in (first, second))
    cross = (two * np.conj(one)).sum(axis=0)
    used = _used(frames, sample_rate)
    for power in ((np.abs(one) ** 2).sum(axis=0), (np.abs(two) ** 2).sum(axis=0)):
        used &= power > _LEAST_POWER * power.max(initial=0.0)
    whitened = np.where(used, cross / (np.abs(cross) + 1e-30), 0.0)
    correlation = np.fft.irfft(whitened, frames) * frames / max(2 * int(used.sum()), 1)
    near = np.concatenate((correlation[-most_samples:], correlation[: most_samples + 1]))
    place = int(np.argmax(np.abs(near)))
    return Delay(
        float(place - most_samples), 1 if near[place] >= 0.0 else -1, float(abs(near[place]))
    )


def cross_spectrum(first: Block, second: Block, sample_rate: int) -> CrossSpectrum:
    """Return the cross-spectrum of two windows in step, over frames of 93 ms that overlap by half.

    Args:
        first: Shape ``(2, time)``.
        second: Of the same shape.
        sample_rate: In Hz.

    """
    length = 2 ** round(np.log2(_FRAME_S * sample_rate))
    window = np.hanning(length).astype(np.float32)

    def framed(block: Block) -> npt.NDArray[np.complex64]:
        narrow = np.asarray(block, np.float32)
        frames = np.lib.stride_tricks.sliding_window_view(narrow, length, axis=1)
        spectrum = np.fft.rfft(frames[:, :: length // 2] * window).astype(np.complex64)
        return spectrum.reshape(-1, spectrum.shape[-1])

    one, two = framed(first), framed(second)
    return CrossSpectrum(
        (np.abs(one) ** 2).sum(axis=0, dtype=np.float64),
        (np.abs(two) ** 2).sum(axis=0, dtype=np.float64),
        (two * np.conj(one)).sum(axis=0, dtype=np.complex128),
    )


@dataclass(frozen=True, slots=True, eq=False)
class PathPhase:
    """What a path does to the phase beside its delay.

    Attributes:
        radians: Of each bin, shape ``(bin,)``.
        sign: Its polarity where that follows from the phase, else 0.

    """

    radians: Array
    sign: int


def path_phase(spectrum: CrossSpectrum, sample_rate: int, design_rate: int) -> PathPhase:
    """Return the phase of the filters between two signals in step.

    Args:
        spectrum: Of as much of them as there is.
        sample_rate: In Hz.
        design_rate: In Hz: at which the second was made of the first.

    """
    used, weight = _weighted(spectrum, sample_rate)
    equalizer = _minimum_phase(spectrum, used)
    left = np.angle(spectrum.cross) - equalizer
    crossovers, sign = all_pass_phase(left, weight, sample_rate, design_rate)
    return PathPhase(equalizer + crossovers, sign)


def fine_delay(spectrum: CrossSpectrum, sample_rate: int, path: PathPhase) -> Delay:
    """Return the delay that is left between two windows in step, a few samples at the most.

    Args:
        spectrum: Of one window or of the sum of several.
        sample_rate: In Hz.
        path: What is taken out.

    """
    size = 2 * (len(spectrum.cross) - 1)
    _, weight = _weighted(spectrum, sample_rate)
    turned = weight * np.exp(1j * (np.angle(spectrum.cross) - path.radians))
    fine = np.fft.irfft(turned, _FINE * size) * _FINE * size / max(2.0 * weight.sum(), 1e-300)
    reach = _REACH * _FINE
    near = np.concatenate((fine[-reach:], fine[: reach + 1]))
    place = int(np.argmax(path.sign * near if path.sign else np.abs(near)))
    sign = path.sign or (1 if near[place] >= 0.0 else -1)
    steps = place + _vertex(sign * near, place) - reach
    return Delay(steps / _FINE, sign, float(abs(near[place])))


def _weighted(spectrum: CrossSpectrum, sample_rate: int) -> tuple[npt.NDArray[np.bool_], Array]:
    """Return which bins tell of the delay, and how much each of them does."""
    used = _used(2 * (len(spectrum.cross) - 1), sample_rate)
    for power in (spectrum.first, spectrum.second):
        used &= power > _LEAST_POWER * power.max(initial=0.0)
    coherence = np.abs(spectrum.cross) ** 2 / (spectrum.first * spectrum.second + 1e-300)
    coherence = np.minimum(coherence, _COHERENCE_CAP)
    return used, np.where(used, coherence / (1.0 - coherence), 0.0)


def _used(frames: int, sample_rate: int) -> npt.NDArray[np.bool_]:
    hz = np.arange(frames // 2 + 1) * sample_rate / frames
    return (hz >= LOWEST_HZ) & (hz <= HIGHEST_SHARE * sample_rate)


def _minimum_phase(spectrum: CrossSpectrum, used: npt.NDArray[np.bool_]) -> Array:
    """Return the phase of the minimum-phase filter with the measured magnitude, in radians."""
    bins = np.arange(len(spectrum.cross))
    places = np.flatnonzero(used)
    if len(places) == 0:
        return np.zeros(len(bins))
    half = np.maximum(1, (_SMOOTHING_SHARE * bins).astype(np.int64))
    low, high = np.maximum(bins - half, 0), np.minimum(bins + half + 1, len(bins))
    sums = [
        np.concatenate(([0.0], np.cumsum(np.where(used, each, 0.0))))
        for each in (np.abs(spectrum.cross), spectrum.first)
    ]
    smooth = [each[high] - each[low] for each in sums]
    ratio = np.log(np.maximum(smooth[0], 1e-300) / np.maximum(smooth[1], 1e-300))
    ratio = np.interp(bins, places, ratio[places])  # as the nearest, where nothing was measured
    cepstrum = np.fft.irfft(ratio)
    size = len(cepstrum)
    cepstrum[1 : size // 2] *= 2.0
    cepstrum[size // 2 + 1 :] = 0.0
    phase: Array = np.fft.rfft(cepstrum).imag
    return phase


def _vertex(values: Array, place: int) -> float:
    """Return where the parabola through a peak and its neighbors is highest, from the peak."""
    if not 0 < place < len(values) - 1:
        return 0.0
    before, peak, after = values[place - 1 : place + 2]
    curvature = before - 2.0 * peak + after
    return 0.0 if curvature >= 0.0 else float(0.5 * (before - after) / curvature)
