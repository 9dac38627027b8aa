"""The drums: each is rendered in a few variants, then placed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from .score import Score
from .sound import Signal, band, noise, pan, place, reverberate, rise, times
from .styles import Kit, Style

_VARIANTS = 3

_Drum: TypeAlias = Callable[[np.random.Generator, Kit, int], Signal]


def _burst(
    rng: np.random.Generator,
    sample_rate: int,
    decay_s: float,
    low_hz: float,
    high_hz: float,
    tilt_db: float = 0.0,
) -> Signal:
    """Return noise of one channel that dies away, shape ``(time,)``."""
    duration_s = 6.0 * decay_s
    curve = band(low_hz, high_hz)
    sound: Signal = noise(rng, duration_s, sample_rate, curve, tilt_db=tilt_db)[0]
    time_s = times(len(sound), sample_rate)
    sound *= np.exp(-time_s / decay_s) * rise(len(sound), sample_rate, 0.0008)
    return sound


def _mode(sample_rate: int, frequency_hz: float, fall: float, decay_s: float) -> Signal:
    """Return a decaying sine whose pitch falls from ``fall`` times its own, shape ``(time,)``."""
    time_s = times(round(6.0 * decay_s * sample_rate), sample_rate)
    sweep_s = 0.022
    cycles = time_s + (fall - 1.0) * sweep_s * (1.0 - np.exp(-time_s / sweep_s))
    level = np.exp(-time_s / decay_s) * rise(len(time_s), sample_rate, 0.002)
    sound: Signal = np.sin(2.0 * np.pi * frequency_hz * cycles) * level
    return sound


def _add(*layers: Signal) -> Signal:
    total = np.zeros(max(map(len, layers)))
    for layer in layers:
        total[: len(layer)] += layer
    return total


def _kick(rng: np.random.Generator, kit: Kit, sample_rate: int) -> Signal:
    body = _mode(sample_rate, kit.kick_hz, 4.5, kit.kick_decay_s)
    beater = _burst(rng, sample_rate, 0.006, 700.0, 5000.0, tilt_db=-3.0)
    return _add(body, 0.35 * kit.kick_click * beater)


def _snare(rng: np.random.Generator, kit: Kit, sample_rate: int) -> Signal:
    wires = _burst(rng, sample_rate, kit.snare_decay_s, 500.0, 7000.0, tilt_db=-4.0)
    stick = _burst(rng, sample_rate, 0.012, 400.0, 9000.0, tilt_db=-3.0)
    if kit.clap:
        hands = [_burst(rng, sample_rate, 0.008, 800.0, 4000.0) for _ in range(3)]
        late = [np.pad(hand, (round(0.009 * i * sample_rate), 0)) for i, hand in enumerate(hands)]
        return _add(*(0.22 * hand for hand in late), 0.20 * wires)
    shell = _mode(sample_rate, kit.snare_hz, 1.4, 0.07)
    second = _mode(sample_rate, 1.71 * kit.snare_hz, 1.2, 0.04)
    return _add(0.6 * shell, 0.3 * second, 0.22 * wires, 0.2 * stick)


def _rim(rng: np.random.Generator, kit: Kit, sample_rate: int) -> Signal:
    click = _burst(rng, sample_rate, 0.008, 900.0, 5000.0)
    return _add(0.35 * _mode(sample_rate, 2.3 * kit.snare_hz, 1.1, 0.03), 0.15 * click)


def _hat(rng: np.random.Generator, kit: Kit, sample_rate: int) -> Signal:
    return 0.09 * _burst(rng, sample_rate, kit.hat_decay_s, 6500.0, 12000.0)


def _open(rng: np.random.Generator, kit: Kit, sample_rate: int) -> Signal:
    return 0.065 * _burst(rng, sample_rate, 6.0 * kit.hat_decay_s, 5500.0, 11000.0)


def _crash(rng: np.random.Generator, kit: Kit, sample_rate: int) -> Signal:
    del kit
    return 0.11 * _burst(rng, sample_rate, 0.6, 1800.0, 8000.0, tilt_db=-3.0)


_KIT: dict[str, tuple[_Drum, float]] = {
    "kick": (_kick, 0.0),
    "snare": (_snare, 0.05),
    "rim": (_rim, 0.1),
    "hat": (_hat, -0.45),
    "open": (_open, -0.5),
    "crash": (_crash, 0.6),
}
"""Each drum with its place between the loudspeakers, as the audience sees the kit."""


def render_drums(
    style: Style, score: Score, rng: np.random.Generator, frames: int, sample_rate: int
) -> Signal:
    """Play the drums in their room.

    Args:
        style: Gives the kit.
        score: Gives the hits.
        rng: Decides the noise of each variant and the room.
        frames: Length of the song.
        sample_rate: In Hz.

    Returns:
        Shape ``(2, time)``.

    """
    track = np.zeros((2, frames))
    for drum, (build, position) in _KIT.items():
        variants = [build(rng, style.kit, sample_rate) * pan(position) for _ in range(_VARIANTS)]
        for i, hit in enumerate(score.drums.get(drum, ())):
            place(track, hit.velocity * variants[i % _VARIANTS], hit.start_s, sample_rate)
    track += reverberate(rng, track.mean(axis=0), sample_rate, style.kit.room_s, style.kit.room_db)
    return track
