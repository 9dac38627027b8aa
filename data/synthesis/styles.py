"""What makes a style: tempo, harmony, rhythm, instruments and balance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

MAJOR = (0, 2, 4, 5, 7, 9, 11)
MINOR = (0, 2, 3, 5, 7, 8, 10)


@dataclass(frozen=True, slots=True)
class Timbre:
    """Sound of a pitched instrument.

    Attributes:
        tilt: Harmonic ``k`` has the amplitude ``k ** -tilt``.
        corner_hz: Above it a second-order low-pass.
        even: Gain of the even harmonics; below 1 the tone is hollow.
        attack_s: Time to full level.
        decay_s: Time constant of the level after it.
        release_s: Fade after the note.
        bright_s: Time constant with which the highs fade.

    """

    tilt: float
    corner_hz: float
    even: float
    attack_s: float
    decay_s: float
    release_s: float
    bright_s: float


@dataclass(frozen=True, slots=True)
class Kit:
    """Sound of the drums.

    Attributes:
        kick_hz: Pitch the kick falls to.
        kick_decay_s: Time constant of the kick.
        kick_click: Amplitude of its beater against its body.
        snare_hz: Lowest mode of the snare's shell.
        snare_decay_s: Time constant of the snare's wires.
        clap: Whether several hands replace the snare's shell.
        hat_decay_s: Time constant of the closed hi-hat.
        room_s: Reverberation time of the room.
        room_db: Level of the room against the direct sound.

    """

    kick_hz: float
    kick_decay_s: float
    kick_click: float
    snare_hz: float
    snare_decay_s: float
    clap: bool
    hat_decay_s: float
    room_s: float
    room_db: float


@dataclass(frozen=True, slots=True)
class Style:
    """All that tells one style from another.

    Patterns have a character for each sixteenth of a bar: ``X`` accent, ``x`` normal, ``o`` ghost,
    ``.`` rest.

    Attributes:
        tempo_bpm: Slowest and fastest tempo.
        scale: Semitones of the scale's seven degrees.
        progressions: Chord roots as degrees from 0, a bar each.
        seventh: Whether chords have a seventh.
        swing: Delay of every second sixteenth, as a fraction of a sixteenth.
        human_ms: Standard deviation of the players' timing.
        verse: Drum patterns of the verse, by drum.
        chorus: Drum patterns of the chorus, by drum.
        bass_pattern: When the bass plucks.
        chord_pattern: When the chords are struck.
        melody_steps: Lengths of melody notes in sixteenths, to choose from.
        kit: The drums.
        bass: The bass.
        chords: The chords.
        chord_detune_cents: How far the voices of a chord instrument are apart.
        chord_width: 0 for mono to 1 for independent sides.
        lead: The lead.
        duck_db: How far the kick pushes bass and chords down.
        levels_db: Level of each stem where it is loud, against the drums.

    """

    tempo_bpm: tuple[int, int]
    scale: tuple[int, ...]
    progressions: tuple[tuple[int, ...], ...]
    seventh: bool
    swing: float
    human_ms: float
    verse: Mapping[str, str]
    chorus: Mapping[str, str]
    bass_pattern: str
    chord_pattern: str
    melody_steps: tuple[int, ...]
    kit: Kit
    bass: Timbre
    chords: Timbre
    chord_detune_cents: float
    chord_width: float
    lead: Timbre
    duck_db: float
    levels_db: Mapping[str, float]


ROCK = Style(
    tempo_bpm=(112, 136),
    scale=MAJOR,
    progressions=((0, 4, 5, 3), (5, 3, 0, 4), (0, 3, 4, 3)),
    seventh=False,
    swing=0.0,
    human_ms=5.0,
    verse={"kick": "X......xx.......", "snare": "....X.......X..o", "hat": "X.x.X.x.X.x.X.x."},
    chorus={"kick": "X..x..x.X..x....", "snare": "....X..o....X...", "open": "X...X...X...X..."},
    bass_pattern="X.x.x.x.X.x.x.x.",
    chord_pattern="X.....x...X...x.",
    melody_steps=(2, 2, 3, 4, 6),
    kit=Kit(58.0, 0.11, 0.5, 196.0, 0.11, False, 0.035, 0.7, -13.0),
    bass=Timbre(1.1, 900.0, 0.8, 0.004, 1.2, 0.03, 0.25),
    chords=Timbre(0.75, 2600.0, 0.7, 0.004, 1.6, 0.05, 0.6),
    chord_detune_cents=9.0,
    chord_width=0.8,
    lead=Timbre(0.9, 3200.0, 0.9, 0.012, 2.0, 0.06, 0.5),
    duck_db=0.0,
    levels_db={"drums": 0.0, "bass": -2.5, "chords": -3.5, "lead": -7.0, "vocal": -2.0},
)

ELECTRONIC = Style(
    tempo_bpm=(122, 130),
    scale=MINOR,
    progressions=((0, 5, 2, 6), (5, 6, 0, 0), (0, 3, 5, 4)),
    seventh=False,
    swing=0.0,
    human_ms=0.0,
    verse={"kick": "X...X...X...X...", "hat": "..x...x...x...xo"},
    chorus={
        "kick": "X...X...X...X...",
        "snare": "....X.......X...",
        "hat": "xo.oxo.oxo.oxo.o",
        "open": "..x...x...x...x.",
    },
    bass_pattern="..x...xx..x...xx",
    chord_pattern="X..x..x...x..x..",
    melody_steps=(1, 2, 2, 3),
    kit=Kit(50.0, 0.15, 0.7, 210.0, 0.09, True, 0.025, 0.5, -17.0),
    bass=Timbre(0.9, 600.0, 0.9, 0.003, 0.5, 0.02, 0.10),
    chords=Timbre(0.7, 4500.0, 1.0, 0.008, 0.9, 0.12, 0.45),
    chord_detune_cents=26.0,
    chord_width=0.9,
    lead=Timbre(0.8, 5000.0, 0.5, 0.003, 0.22, 0.08, 0.12),
    duck_db=9.0,
    levels_db={"drums": 0.0, "bass": -1.5, "chords": -3.0, "lead": -7.5, "vocal": -4.0},
)

BALLAD = Style(
    tempo_bpm=(64, 78),
    scale=MAJOR,
    progressions=((0, 5, 3, 4), (5, 3, 0, 4), (0, 2, 3, 4)),
    seventh=True,
    swing=0.0,
    human_ms=8.0,
    verse={"kick": "X.........x.....", "rim": "........X.......", "hat": "x...o...x...o..."},
    chorus={"kick": "X......x..x.....", "snare": "....X.......X...", "hat": "X.o.x.o.X.o.x.o."},
    bass_pattern="X.........x...x.",
    chord_pattern="X...o...x...o...",
    melody_steps=(2, 3, 4, 4, 6, 8),
    kit=Kit(62.0, 0.14, 0.3, 178.0, 0.18, False, 0.045, 1.2, -10.0),
    bass=Timbre(1.6, 600.0, 0.7, 0.008, 2.5, 0.08, 0.4),
    chords=Timbre(1.0, 2200.0, 0.9, 0.004, 1.4, 0.25, 0.35),
    chord_detune_cents=3.0,
    chord_width=0.5,
    lead=Timbre(1.0, 3000.0, 0.9, 0.12, 9.0, 0.25, 3.0),
    duck_db=0.0,
    levels_db={"drums": 0.0, "bass": 4.0, "chords": 2.5, "lead": -2.0, "vocal": 3.0},
)

HIPHOP = Style(
    tempo_bpm=(82, 96),
    scale=MINOR,
    progressions=((0, 5), (0, 3, 0, 5), (0, 6, 5, 6)),
    seventh=True,
    swing=0.22,
    human_ms=3.0,
    verse={"kick": "X..x......x.....", "snare": "....X.......X...", "hat": "x.x.x.x.x.x.x.x."},
    chorus={"kick": "X..x...x..x..x..", "snare": "....X..o....X...", "hat": "xoxoxoxxxoxoxxxx"},
    bass_pattern="X..x......x.....",
    chord_pattern="X.....x.........",
    melody_steps=(1, 2, 2, 3, 4),
    kit=Kit(46.0, 0.20, 0.4, 188.0, 0.12, True, 0.03, 0.35, -18.0),
    bass=Timbre(1.7, 400.0, 0.6, 0.006, 1.1, 0.06, 0.3),
    chords=Timbre(1.0, 1800.0, 0.6, 0.006, 1.0, 0.3, 0.3),
    chord_detune_cents=7.0,
    chord_width=0.6,
    lead=Timbre(1.2, 4000.0, 0.3, 0.004, 0.5, 0.3, 0.15),
    duck_db=3.0,
    levels_db={"drums": 0.0, "bass": 0.5, "chords": -4.0, "lead": -8.0, "vocal": -0.5},
)

CATALOG: Mapping[str, Style] = {
    "rock": ROCK,
    "electronic": ELECTRONIC,
    "ballad": BALLAD,
    "hiphop": HIPHOP,
}
"""Every style by name."""
