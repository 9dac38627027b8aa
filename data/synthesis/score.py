"""What is played: form, harmony, rhythm and melody of a song, as notes without a sound."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from .styles import Style

STEPS = 16
"""Sixteenths in a bar; every bar has four quarters."""

_VELOCITIES = {"X": 1.0, "x": 0.7, "o": 0.3}
_FILL = {"snare": "x.x.o.x.X.x.XxXX", "kick": "X.......x......."}


@dataclass(frozen=True, slots=True)
class Note:
    """One note or drum hit.

    Attributes:
        start_s: From the start of the song.
        length_s: How long it is held.
        pitch: MIDI note number; 0 for a drum.
        velocity: Amplitude, about 0 to 1.

    """

    start_s: float
    length_s: float
    pitch: int
    velocity: float


@dataclass(frozen=True, slots=True)
class Section:
    """A kind of section: who plays in it, and how loud."""

    parts: frozenset[str]
    level_db: float


@dataclass(frozen=True, slots=True)
class Score:
    """A whole song.

    Attributes:
        tempo_bpm: Quarters a minute.
        drums: Hits by drum.
        parts: Notes of ``bass``, ``chords``, ``lead`` and ``vocal``.

    """

    tempo_bpm: int
    drums: Mapping[str, tuple[Note, ...]]
    parts: Mapping[str, tuple[Note, ...]]


@dataclass(frozen=True, slots=True)
class _Bar:
    index: int
    section: str
    root: int
    last: bool


@dataclass(frozen=True, slots=True)
class _Motif:
    """Two bars of melody: step, length in steps and move in degrees of each note."""

    notes: tuple[tuple[int, int, int], ...]


_SECTIONS = {
    "intro": Section(frozenset({"chords", "lead"}), -6.0),
    "verse": Section(frozenset({"drums", "bass", "chords", "vocal"}), -2.5),
    "chorus": Section(frozenset({"drums", "bass", "chords", "lead", "vocal"}), 0.0),
    "break": Section(frozenset({"bass", "chords", "vocal"}), -4.5),
}


def _form(bars: int) -> list[str]:
    """Return the section of each bar; a song of one bar is all chorus."""
    rounds = max(1, round(bars / 24))
    shares = [("intro", 2), *[("verse", 3), ("chorus", 4)] * rounds, ("break", 2), ("chorus", 3)]
    total = sum(share for _, share in shares)
    ends = np.cumsum([share for _, share in shares]) / total
    middles = (np.arange(bars) + 0.5) / bars
    return [shares[int(place)][0] for place in np.searchsorted(ends, middles, side="right")]


def _bars(style: Style, rng: np.random.Generator, count: int) -> list[_Bar]:
    progression = style.progressions[rng.integers(len(style.progressions))]
    form = _form(count)
    return [
        _Bar(i, name, progression[i % len(progression)], i + 1 < count and form[i + 1] != name)
        for i, name in enumerate(form)
    ]


class _Clock:
    """Turns bars and steps into seconds, with swing and the players' timing."""

    def __init__(self, style: Style, rng: np.random.Generator, tempo_bpm: int) -> None:
        self._style = style
        self._rng = rng
        self.step_s = 60.0 / tempo_bpm / 4.0

    def at(self, bar: int, step: int) -> float:
        swing = self._style.swing * (step % 2)
        error_s = self._style.human_ms / 1000.0 * self._rng.standard_normal()
        return max(0.0, (bar * STEPS + step + swing) * self.step_s + error_s)

    def velocity(self, mark: str, section: str) -> float:
        wobble = 1.0 + 0.06 * self._rng.standard_normal()
        level_db = _SECTIONS[section].level_db
        return float(_VELOCITIES[mark] * 10.0 ** (level_db / 20.0) * min(max(wobble, 0.8), 1.2))


def _hits(pattern: str) -> list[tuple[int, int, str]]:
    """Return step, length to the next hit, and mark of each hit of a pattern."""
    steps = [i for i, mark in enumerate(pattern) if mark != "."]
    return [
        (step, following - step, pattern[step])
        for step, following in zip(steps, [*steps[1:], STEPS], strict=True)
    ]


def _drums(style: Style, clock: _Clock, bars: list[_Bar]) -> dict[str, tuple[Note, ...]]:
    hits: dict[str, list[Note]] = {}
    for bar in bars:
        if "drums" not in _SECTIONS[bar.section].parts:
            continue
        patterns = style.verse if bar.section == "verse" else style.chorus
        for drum, pattern in ({**patterns, **_FILL} if bar.last else patterns).items():
            for step, length, mark in _hits(pattern):
                velocity = clock.velocity(mark, bar.section)
                note = Note(clock.at(bar.index, step), length * clock.step_s, 0, velocity)
                hits.setdefault(drum, []).append(note)
        opening = bar.index == 0 or bars[bar.index - 1].section != bar.section
        if opening and bar.section == "chorus":
            crash = Note(clock.at(bar.index, 0), clock.step_s, 0, clock.velocity("X", "chorus"))
            hits.setdefault("crash", []).append(crash)
    return {drum: tuple(notes) for drum, notes in hits.items()}


def _pitch(style: Style, key: int, degree: int) -> int:
    return key + 12 * (degree // 7) + style.scale[degree % 7]


def _chord(style: Style, key: int, root: int) -> list[int]:
    """Return the chord's pitches between F#3 and F4, the root doubled below."""
    degrees = (0, 2, 4, 6) if style.seventh else (0, 2, 4)
    pitches = sorted(54 + (_pitch(style, key, root + d) - 54) % 12 for d in degrees)
    return [42 + (_pitch(style, key, root) - 42) % 12, *pitches]


def _accompaniment(
    style: Style, clock: _Clock, key: int, bars: list[_Bar], part: str
) -> tuple[Note, ...]:
    notes = []
    pattern = style.bass_pattern if part == "bass" else style.chord_pattern
    for bar in bars:
        if part not in _SECTIONS[bar.section].parts:
            continue
        low = 28 + (_pitch(style, key, bar.root) - 28) % 12
        pitches = [low] if part == "bass" else _chord(style, key, bar.root)
        for step, length, mark in _hits(pattern):
            velocity = clock.velocity(mark, bar.section)
            start_s = clock.at(bar.index, step)
            for strum, pitch in enumerate(pitches):
                late_s = strum * style.human_ms / 1000.0
                notes.append(Note(start_s + late_s, length * clock.step_s, pitch, velocity))
    return tuple(notes)


def _motif(style: Style, rng: np.random.Generator, rest: float) -> _Motif:
    notes = []
    step = int(rng.choice([0, 0, 2, 4]))
    while step < 2 * STEPS - 6:  # a singer breathes at the end of the phrase
        length = int(rng.choice(style.melody_steps))
        if rng.random() >= rest:
            notes.append((step, length, int(rng.choice([-2, -1, -1, 0, 1, 1, 2]))))
        step += length
    return _Motif(tuple(notes))


def _melody(
    style: Style, clock: _Clock, rng: np.random.Generator, key: int, bars: list[_Bar], part: str
) -> tuple[Note, ...]:
    """Repeat a motif of two bars in each kind of section; strong beats take notes of the chord."""
    rest = 0.15 if part == "vocal" else 0.3
    home = 7 if part == "vocal" else 14
    motifs = {name: _motif(style, rng, rest) for name in _SECTIONS}
    notes = []
    degree = home
    for bar in bars:
        if part not in _SECTIONS[bar.section].parts:
            continue
        for step, length, move in motifs[bar.section].notes:
            if step // STEPS != bar.index % 2:
                continue
            degree = min(max(degree + move, home - 4), home + 5)
            if step % 8 == 0:
                tones = [d for d in range(home - 4, home + 6) if (d - bar.root) % 7 in (0, 2, 4)]
                degree = min(tones, key=lambda tone: abs(tone - degree))
            start_s = clock.at(bar.index, step % STEPS)
            velocity = clock.velocity("X" if step % 4 == 0 else "x", bar.section)
            pitch = _pitch(style, key, degree)
            notes.append(Note(start_s, 0.92 * length * clock.step_s, pitch, velocity))
    return tuple(notes)


def write_score(style: Style, rng: np.random.Generator, duration_s: float) -> Score:
    """Compose enough whole bars to fill ``duration_s``.

    Args:
        style: What kind of song.
        rng: Decides tempo, key, progression, melody and timing.
        duration_s: Length of the song; the last bar may reach beyond it.

    """
    tempo_bpm = int(rng.integers(style.tempo_bpm[0], style.tempo_bpm[1], endpoint=True))
    key = int(rng.integers(45, 57))
    clock = _Clock(style, rng, tempo_bpm)
    bars = _bars(style, rng, math.ceil(duration_s / (STEPS * clock.step_s)))
    parts = {
        "bass": _accompaniment(style, clock, key, bars, "bass"),
        "chords": _accompaniment(style, clock, key, bars, "chords"),
        "lead": _melody(style, clock, rng, key, bars, "lead"),
        "vocal": _melody(style, clock, rng, key, bars, "vocal"),
    }
    return Score(tempo_bpm, _drums(style, clock, bars), parts)
