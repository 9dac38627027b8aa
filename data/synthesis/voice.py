"""A singer without words: vowels, breath and consonants."""

from __future__ import annotations

from functools import partial

import numpy as np

from .score import Note, Score
from .sound import (
    Signal,
    band,
    held,
    limit_hz,
    noise,
    pan,
    pitch_hz,
    place,
    reverberate,
    rise,
    times,
    tone,
)

# Formants of Peterson and Barney, "Control methods used in a study of the vowels", JASA 24 (1952),
# table II, between their men and women; the fourth is set.
_VOWELS_HZ = (
    (790.0, 1160.0, 2620.0, 3700.0),
    (570.0, 1970.0, 2650.0, 3700.0),
    (290.0, 2540.0, 3160.0, 3900.0),
    (580.0, 880.0, 2560.0, 3500.0),
    (335.0, 910.0, 2450.0, 3500.0),
)
_WIDTHS_HZ = (90.0, 110.0, 170.0, 260.0)
_GAINS = (1.0, 0.6, 0.4, 0.25)
_TOP_HZ = 9000.0


def _formants(vowel: int, frequency_hz: Signal) -> Signal:
    """Return the amplitude of a vowel at each frequency."""
    total = np.full(frequency_hz.shape, 0.015)
    for center_hz, width_hz, gain in zip(_VOWELS_HZ[vowel], _WIDTHS_HZ, _GAINS, strict=True):
        total += gain / np.sqrt(1.0 + ((frequency_hz - center_hz) / width_hz) ** 2)
    return total


def _sung(note: Note, vowel: int, sample_rate: int) -> Signal:
    """Return a vowel on the note's pitch, scooped and with vibrato, shape ``(time,)``."""
    length = round((note.length_s + 0.06) * sample_rate)
    time_s = times(length, sample_rate)
    vibrato = 0.25 * rise(length, sample_rate, 0.7) * np.sin(2.0 * np.pi * 5.6 * time_s)
    semitones = vibrato - 1.2 * np.exp(-time_s / 0.035)
    frequency_hz = pitch_hz(note.pitch)
    # Rounded, so that the last bits of a power, which differ between processors, do not add up.
    ratio = (2.0 ** (semitones / 12.0)).astype(np.float32)
    phase = 2.0 * np.pi / sample_rate * frequency_hz * np.cumsum(ratio, dtype=np.float64)
    count = int(min(_TOP_HZ, limit_hz(sample_rate)) / (1.03 * frequency_hz))
    order = np.arange(1.0, count + 1.0)
    weights = _formants(vowel, order * frequency_hz) * order**-0.35
    brightness = 1.0 - 0.03 * (1.0 - np.exp(-time_s / 0.4))
    level = held(length, sample_rate, 0.035, 3.0, 0.07)
    return tone(phase, brightness, weights / np.sqrt(np.sum(weights**2))) * level


def render_vocal(score: Score, rng: np.random.Generator, frames: int, sample_rate: int) -> Signal:
    """Sing the vocal line in the middle, with a plate around it.

    Args:
        score: Gives the syllables.
        rng: Decides vowels, consonants and noise.
        frames: Length of the song.
        sample_rate: In Hz.

    Returns:
        Shape ``(2, time)``.

    """
    breaths = [
        noise(rng, 1.5, sample_rate, partial(_formants, vowel), tilt_db=-1.0)[0]
        for vowel in range(len(_VOWELS_HZ))
    ]
    hiss = noise(rng, 1.5, sample_rate, band(5200.0, 9500.0, order=4))[0]
    pop = noise(rng, 1.5, sample_rate, band(300.0, 3500.0, order=1), tilt_db=-3.0)[0]
    dry = np.zeros((1, frames))
    for note in score.parts["vocal"]:
        vowel = int(rng.integers(len(_VOWELS_HZ)))
        kind, offset = rng.random(2)
        sung = _sung(note, vowel, sample_rate)
        place(dry, note.velocity * sung, note.start_s, sample_rate)
        start = int(0.5 * offset * sample_rate)
        breath = breaths[vowel][start : start + len(sung)]
        air = held(len(breath), sample_rate, 0.03, 2.0, 0.06)
        place(dry, 0.05 * note.velocity * breath * air, note.start_s, sample_rate)
        if kind < 0.35:
            length = round(0.11 * sample_rate)
            level = held(length, sample_rate, 0.035, 1.0, 0.03)
            sibilant = 0.3 * note.velocity * hiss[start : start + length] * level
            place(dry, sibilant, max(0.0, note.start_s - 0.085), sample_rate)
        elif kind < 0.6:
            length = round(0.03 * sample_rate)
            level = held(length, sample_rate, 0.001, 0.008, 0.01)
            plosive = 0.4 * note.velocity * pop[start : start + length] * level
            place(dry, plosive, max(0.0, note.start_s - 0.015), sample_rate)
    track = dry * pan(0.0)
    track += reverberate(rng, dry[0], sample_rate, 1.1, -17.0)
    return track
