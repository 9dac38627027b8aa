"""What is left of a master when a rendering is taken off, as the numbers whose squares are summed.

The *waveform* leads to the bottom where the chain can make the master, and is blind where it
cannot: a phase that differs hides everything else. *Levels* in mel bands follow what is heard,
whatever the phase.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from ...data.features.frames import mel_frames
from ...models.distances.gate import audible_frames
from .staged import Block
from .vector import Array

FLOOR_DB = -60.0
"""Levels count down to this, relative to the loudest of the excerpt: what is below is not heard."""

MARGIN = 256
"""Samples around an excerpt of the master, so that it can be moved."""

_LEAST_POWER = 1e-12


class Residual(Protocol):
    """Measures how far excerpts are from the master's."""

    def __call__(self, compared: Sequence[Block], delay: float) -> Array:
        """Return the differences, shape ``(any,)``; the sum of their squares is to be small.

        Args:
            compared: Excerpts, each of shape ``(2, time)``.
            delay: By which the master lies later than it was given, in samples.

        """
        ...


def advancing_phase(length: int, delay: float) -> npt.NDArray[np.complex128]:
    """Return what a real transform of so many samples is turned by to begin ``delay`` later."""
    turns = np.arange(length // 2 + 1) * (delay / length)
    phase: npt.NDArray[np.complex128] = np.exp(2j * np.pi * turns)
    return phase


class WaveformResidual:
    """Difference of samples; the sum of squares is the energy of the null over the master's.

    Args:
        target: Excerpts of the master, each of shape ``(2, MARGIN + time + MARGIN)``.

    """

    def __init__(self, target: Sequence[Block]) -> None:
        self._length = target[0].shape[1]
        self._spectra = [np.fft.rfft(part, axis=1) for part in target]
        self._whole = [part[:, MARGIN : self._length - MARGIN] for part in target]
        self._delay = 0.0
        self._target = np.concatenate([part.ravel() for part in self._whole])
        self._scale = 1.0 / math.sqrt(max(float(self._target @ self._target), 1e-30))

    def __call__(self, compared: Sequence[Block], delay: float) -> Array:
        """See `Residual`."""
        if delay != self._delay:
            self._target = self._delayed(delay)
            self._delay = delay
        joined = np.concatenate([part.ravel() for part in compared])
        rest: Array = (joined - self._target) * self._scale
        return rest

    def _delayed(self, delay: float) -> Array:
        """Return the excerpts ``delay`` samples later in the master; margins take what wraps."""
        phase = advancing_phase(self._length, delay)
        shifted = [np.fft.irfft(each * phase, self._length, axis=1) for each in self._spectra]
        inside = slice(MARGIN, self._length - MARGIN)
        return np.concatenate([part[:, inside].ravel() for part in shifted])


class LevelResidual:
    """Difference of mel levels of mid and side in dB; the sum of squares is their mean square.

    Side counts as the mel distance weighs it: half at most, less where it is faint.

    Args:
        target: Excerpts of the master, each of shape ``(2, time)``.
        sample_rate: In Hz.

    """

    def __init__(self, target: Sequence[Block], sample_rate: int) -> None:
        self._rate = sample_rate
        mid, side = self._powers(target)
        frames = audible_frames(mid[None], side[None])[0]
        energy = float(side.sum()) / max(float(mid.sum()), 1e-30)
        side_share = 0.5 * min(1.0, 10.0 * energy)
        self._floor = max(float(mid.max()) * 10.0 ** (FLOOR_DB / 10.0), _LEAST_POWER)
        weights = np.stack((1.0 - side_share, side_share))[:, None, None] * frames
        loud = np.stack((mid, side)) > self._floor
        weights = weights * loud
        self._weights = np.sqrt(weights / max(float(weights.sum()), 1e-30))
        self._target = self._levels(mid, side)

    def __call__(self, compared: Sequence[Block], delay: float) -> Array:
        """See `Residual`; levels do not hear a delay."""
        del delay
        difference = self._levels(*self._powers(compared)) - self._target
        rest: Array = (self._weights * difference).ravel()
        return rest

    def _powers(self, parts: Sequence[Block]) -> tuple[Array, Array]:
        frames = [mel_frames(part, self._rate) for part in parts]
        mid, side = (
            np.concatenate([getattr(each, name) for each in frames], axis=1)
            for name in ("mid", "side")
        )
        return mid.astype(np.float64), side.astype(np.float64)

    def _levels(self, mid: Array, side: Array) -> Array:
        levels_db: Array = 10.0 * np.log10(np.stack((mid, side)) + self._floor)
        return levels_db
