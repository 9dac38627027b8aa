"""The materials of every instrument: noise, tones, envelopes, places and rooms.

Random draws depend on seconds and hertz, not on frames, so that a song is the same song at every
sample rate. Nothing is synthesized above `limit_hz`, so that nothing folds back.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Signal: TypeAlias = npt.NDArray[np.float64]
Curve: TypeAlias = Callable[[Signal], Signal]
"""Amplitude of each frequency in Hz."""

TOP_HZ = 20_000.0
"""The highest frequency of any instrument."""


def limit_hz(sample_rate: int) -> float:
    """Return the highest frequency that is synthesized at ``sample_rate``."""
    return min(TOP_HZ, 0.45 * sample_rate)


def pitch_hz(pitch: int) -> float:
    """Return the frequency of a MIDI note in equal temperament, A4 = 440 Hz."""
    return float(440.0 * 2.0 ** ((pitch - 69) / 12.0))


def times(frames: int, sample_rate: int) -> Signal:
    """Return the time of each frame in seconds, shape ``(time,)``."""
    return np.arange(frames) / sample_rate


def band(low_hz: float, high_hz: float, order: int = 2) -> Curve:
    """Return a Butterworth-like band-pass curve with ``6 · order`` dB an octave on each side."""

    def curve(frequency_hz: Signal) -> Signal:
        high = 1.0 + (frequency_hz / high_hz) ** (2 * order)
        low = 1.0 + (low_hz / frequency_hz) ** (2 * order)
        return 1.0 / np.sqrt(high * low)

    return curve


def noise(
    rng: np.random.Generator,
    duration_s: float,
    sample_rate: int,
    curve: Curve,
    channels: int = 1,
    tilt_db: float = 0.0,
) -> Signal:
    """Draw Gaussian noise with a given spectrum.

    Args:
        rng: Source of the noise.
        duration_s: Its length; it can be repeated without a seam.
        sample_rate: In Hz.
        curve: Amplitude over frequency.
        channels: How many independent channels.
        tilt_db: Rise of the spectrum an octave; -3 gives pink noise.

    Returns:
        Shape ``(channel, time)``, mean square 1 if all of the spectrum fits the sample rate.

    """
    frames = round(duration_s * sample_rate)
    bins = np.arange(1, round(TOP_HZ * duration_s) + 1)
    draws = rng.standard_normal((channels, len(bins), 2))
    frequency_hz = bins / duration_s
    weight = curve(frequency_hz) * (frequency_hz / 1000.0) ** (tilt_db / 6.0206)
    lines = weight * (draws[..., 0] + 1j * draws[..., 1])
    lines *= frames / np.sqrt(4.0 * np.sum(weight**2))
    spectrum = np.zeros((channels, frames // 2 + 1), np.complex128)
    kept = int(np.searchsorted(frequency_hz, limit_hz(sample_rate)))
    spectrum[:, 1 : kept + 1] = lines[:, :kept]
    return np.fft.irfft(spectrum, frames)


def tone(phase: Signal, brightness: Signal, weights: Signal) -> Signal:
    """Sum harmonics of a moving pitch.

    With ``z = b · exp(iφ)`` this is the imaginary part of ``Σ weights[k - 1] · z^k``: a polynomial,
    evaluated without a sine for each harmonic.

    Args:
        phase: ``φ`` in radians, shape ``(time,)``.
        brightness: ``b``, 0 to 1, shape ``(time,)``; harmonic ``k`` has the gain ``b^(k - 1)``.
        weights: Amplitudes of the harmonics, shape ``(harmonic,)``.

    Returns:
        Shape ``(time,)``.

    """
    circle = np.empty(len(phase), np.complex128)
    circle.real = np.cos(phase)
    circle.imag = np.sin(phase)
    inner = circle * brightness
    total = np.full(len(phase), weights[-1], np.complex128)
    for weight in weights[-2::-1]:
        total *= inner
        total += weight
    total *= circle
    return np.ascontiguousarray(total.imag)


def rise(frames: int, sample_rate: int, attack_s: float) -> Signal:
    """Return a smooth rise from 0 to 1 over ``attack_s``, shape ``(time,)``."""
    position = np.minimum(times(frames, sample_rate) / attack_s, 1.0)
    return position * position * (3.0 - 2.0 * position)


def held(
    frames: int, sample_rate: int, attack_s: float, decay_s: float, release_s: float
) -> Signal:
    """Return the level of a note that rises, decays, and fades in the end, shape ``(time,)``."""
    fade = rise(frames, sample_rate, release_s)[::-1]
    level = np.exp(times(frames, sample_rate) / -decay_s)
    return rise(frames, sample_rate, attack_s) * level * fade


def pan(position: float) -> Signal:
    """Return the gains of both channels, shape ``(2, 1)``.

    Args:
        position: -1 for left to 1 for right; the power is the same everywhere.

    """
    angle = (position + 1.0) * np.pi / 4.0
    return np.array([[np.cos(angle)], [np.sin(angle)]])


def place(track: Signal, sound: Signal, start_s: float, sample_rate: int) -> None:
    """Add ``sound`` to ``track`` at ``start_s``; what reaches beyond its end is cut.

    Args:
        track: Changed in place, shape ``(channel, time)``.
        sound: Shape ``(channel, time)`` or ``(time,)``.
        start_s: Not negative.
        sample_rate: In Hz.

    """
    start = round(start_s * sample_rate)
    count = min(sound.shape[-1], track.shape[1] - start)
    if count > 0:
        track[:, start : start + count] += sound[..., :count]


def reverberate(
    rng: np.random.Generator, source: Signal, sample_rate: int, decay_s: float, level_db: float
) -> Signal:
    """Return a room's answer to a sound.

    Args:
        rng: Decides the reflections.
        source: Shape ``(time,)``.
        sample_rate: In Hz.
        decay_s: Time in which the room falls by 60 dB.
        level_db: Level of the answer to white noise below `TOP_HZ`, against that noise.

    Returns:
        Shape ``(2, time)``; it begins 12 ms after the sound.

    """
    room = noise(rng, decay_s, sample_rate, band(220.0, 4500.0, order=1), channels=2)
    room *= np.exp(-6.9 * times(room.shape[1], sample_rate) / decay_s)
    energy = np.mean(np.sum(room**2, axis=1)) * sample_rate / (2.0 * TOP_HZ)
    room *= 10.0 ** (level_db / 20.0) / np.sqrt(energy)
    delay = round(0.012 * sample_rate)
    late = np.pad(source, (delay, 0))[: len(source)]
    return _convolve(late, room)


def _convolve(source: Signal, response: Signal) -> Signal:
    """Convolve ``(time,)`` with ``(channel, tap)`` by overlap-add, cut to the source's length."""
    frames, taps = len(source), response.shape[1]
    size = 1 << (4 * taps - 1).bit_length()
    step = size - taps + 1
    transfer = np.fft.rfft(response, size)
    wet = np.zeros((response.shape[0], frames))
    for start in range(0, frames, step):
        piece = np.fft.irfft(np.fft.rfft(source[start : start + step], size) * transfer, size)
        wet[:, start : start + size] += piece[:, : frames - start]
    return wet
