"""Bass, chords and lead."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .score import Note, Score
from .sound import (
    TOP_HZ,
    Signal,
    held,
    limit_hz,
    pan,
    pitch_hz,
    place,
    reverberate,
    rise,
    times,
    tone,
)
from .styles import Style, Timbre

_TABLE_S = 2.5
_MOST_HARMONICS = 48


def harmonic_weights(timbre: Timbre, frequency_hz: float, top_hz: float) -> Signal:
    """Return the amplitudes of all harmonics that fit, shape ``(harmonic,)``.

    Args:
        timbre: Gives tilt, corner and even harmonics.
        frequency_hz: The fundamental.
        top_hz: The last harmonic stays below it.

    """
    # Three percent are left for vibrato.
    count = min(_MOST_HARMONICS, int(top_hz / (1.03 * frequency_hz)))
    order = np.arange(1, count + 1)
    weights = order**-timbre.tilt / (1.0 + (order * frequency_hz / timbre.corner_hz) ** 2)
    weights[1::2] *= timbre.even
    return weights


def render_bass(style: Style, score: Score, frames: int, sample_rate: int) -> Signal:
    """Play the bass, mono, shape ``(2, time)``."""
    track = np.zeros((2, frames))
    played: dict[tuple[int, int], Signal] = {}
    for note in score.parts["bass"]:
        length = round((note.length_s + style.bass.release_s) * sample_rate)
        if (note.pitch, length) not in played:
            frequency_hz = pitch_hz(note.pitch)
            time_s = times(length, sample_rate)
            brightness = 0.8 + 0.2 * np.exp(-time_s / style.bass.bright_s)
            weights = harmonic_weights(style.bass, frequency_hz, limit_hz(sample_rate))
            sound = tone(2.0 * np.pi * frequency_hz * time_s, brightness, weights)
            played[note.pitch, length] = sound * _level(style.bass, length, sample_rate)
        place(track, note.velocity * played[note.pitch, length], note.start_s, sample_rate)
    return track


def _level(timbre: Timbre, frames: int, sample_rate: int) -> Signal:
    return held(frames, sample_rate, timbre.attack_s, timbre.decay_s, timbre.release_s)


def _ensemble(
    style: Style, rng: np.random.Generator, frequency_hz: float, sample_rate: int
) -> Signal:
    """Render many slightly detuned voices of one pitch, as bands of noise around each harmonic.

    The method is the PADsynth algorithm (N. O. Paul, zynaddsubfx).

    Returns:
        A dark and a bright layer that repeat without a seam, shape ``(layer, channel, time)``.

    """
    frames = round(_TABLE_S * sample_rate)
    spectrum = np.zeros((2, frames // 2 + 1), np.complex128)
    # Harmonics beyond the sample rate are drawn too, which keeps the draws in step.
    weights = harmonic_weights(style.chords, frequency_hz, TOP_HZ)
    spread = 2.0 ** (style.chord_detune_cents / 1200.0) - 1.0
    for order, weight in enumerate(weights, start=1):
        center = order * frequency_hz * _TABLE_S
        sigma = max(0.35, center * spread)
        reach = int(3.0 * sigma) + 1
        bins = round(center) + np.arange(-reach, reach + 1)
        draws = rng.standard_normal((2, 3, len(bins)))
        lines = np.exp(-0.5 * ((bins - center) / sigma) ** 2)
        lines *= weight / np.sqrt(np.sum(lines**2))
        if bins[-1] > limit_hz(sample_rate) * _TABLE_S:
            continue
        voices = draws[0] + 1j * draws[1]
        sides = np.sqrt(style.chord_width) * voices[:2]
        spectrum[:, bins] += lines * (np.sqrt(1.0 - style.chord_width) * voices[2] + sides)
    spectrum *= frames / (2.0 * np.sqrt(np.sum(weights**2)))
    position = np.arange(frames // 2 + 1) / (_TABLE_S * 0.4 * style.chords.corner_hz)
    dark = spectrum / (1.0 + position**2)
    return np.fft.irfft(np.stack([dark, spectrum - dark]), frames)


def render_chords(
    style: Style, score: Score, rng: np.random.Generator, frames: int, sample_rate: int
) -> Signal:
    """Play the chords, wide, shape ``(2, time)``."""
    track = np.zeros((2, frames))
    tables: dict[int, Signal] = {}
    for note in score.parts["chords"]:
        if note.pitch not in tables:
            tables[note.pitch] = _ensemble(style, rng, pitch_hz(note.pitch), sample_rate)
        table = tables[note.pitch]
        length = round((note.length_s + style.chords.release_s) * sample_rate)
        length = min(length, table.shape[-1])
        start = round(note.start_s * sample_rate) % table.shape[-1]
        again = max(0, start + length - table.shape[-1])
        wave = np.concatenate([table[..., start : start + length], table[..., :again]], -1)
        level = note.velocity * _level(style.chords, length, sample_rate)
        fade = np.exp(-times(length, sample_rate) / style.chords.bright_s)
        place(track, level * wave[0] + (level * fade) * wave[1], note.start_s, sample_rate)
    return track


def render_lead(
    style: Style, score: Score, rng: np.random.Generator, frames: int, sample_rate: int
) -> Signal:
    """Play the lead a little to the right, with an echo and a hall, shape ``(2, time)``."""
    dry = np.zeros((1, frames))
    for note in score.parts["lead"]:
        length = round((note.length_s + style.lead.release_s) * sample_rate)
        time_s = times(length, sample_rate)
        frequency_hz = pitch_hz(note.pitch)
        depth = 0.04 * rise(length, sample_rate, 0.5) * np.sin(2.0 * np.pi * 5.2 * time_s)
        brightness = 0.75 + 0.25 * np.exp(-time_s / style.lead.bright_s)
        weights = harmonic_weights(style.lead, frequency_hz, limit_hz(sample_rate))
        phase = 2.0 * np.pi * frequency_hz * time_s + depth * frequency_hz / 100.0
        sound = tone(phase, brightness, weights) * _level(style.lead, length, sample_rate)
        place(dry, note.velocity * sound, note.start_s, sample_rate)
    track = dry * pan(0.25)
    echo_s = 60.0 / score.tempo_bpm * 0.75
    place(track, 0.25 * dry * pan(-0.6), echo_s, sample_rate)
    track += reverberate(rng, dry[0], sample_rate, 1.4, -14.0)
    return track


def duck(track: Signal, kicks: Sequence[Note], depth_db: float, sample_rate: int) -> None:
    """Push ``track`` down at every kick, in place, and let it come back within a beat.

    Args:
        track: Shape ``(2, time)``.
        kicks: When.
        depth_db: How far at the kick.
        sample_rate: In Hz.

    """
    length = round(0.4 * sample_rate)
    shape = np.exp(-times(length, sample_rate) / 0.09) * rise(length, sample_rate, 0.004)
    gain = 1.0 - (1.0 - 10.0 ** (-depth_db / 20.0)) * shape
    for kick in kicks:
        start = round(kick.start_s * sample_rate)
        part = track[:, start : start + length]
        part *= gain[: part.shape[1]]
