from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pytest
from scipy.signal import sosfilt

from glassmaster.data.alignment.aligning import align
from glassmaster.data.alignment.alignment import Alignment
from glassmaster.data.alignment.track import Track, audio_track
from glassmaster.data.audio import Audio
from glassmaster.data.synthetic import Song, compose

Signal: TypeAlias = npt.NDArray[np.float64]

RATE = 44_100


class Workshop:
    """A short song, mastered by means of its own."""

    def __init__(self, song: Song) -> None:
        self.song = song
        self.mix: Signal = song.mix.samples.astype(np.float64)
        self.master = self.mastered(self.mix, RATE)
        self._tracks: dict[int, Track] = {}

    @staticmethod
    def shelf(hz: float, gain_db: float, rate: int) -> Signal:
        """Return a high shelf (R. Bristow-Johnson, slope 1): of minimum phase."""
        w, a = 2.0 * np.pi * hz / rate, 10.0 ** (gain_db / 40.0)
        c, s = np.cos(w), np.sqrt(2.0 * a) * np.sin(w)
        one, other = a + 1 + (a - 1) * c, a + 1 - (a - 1) * c
        b = (a * (one + s), -2 * a * (a - 1 + (a + 1) * c), a * (one - s))
        d = (other + s, 2 * (a - 1 - (a + 1) * c), other - s)
        return np.array([[*b, *d]]) / d[0]

    @classmethod
    def mastered(cls, x: Signal, rate: int) -> Signal:
        """Equalize, compress without memory, limit by clipping, and dither to 16 bits."""
        y = 3.0 * sosfilt(cls.shelf(6000.0, 4.0, rate), x, axis=1)
        level = np.sqrt(np.convolve(np.mean(y**2, axis=0), np.ones(2048) / 2048.0, "same") + 1e-9)
        y = np.clip(y * (0.1 / level) ** 0.4, -0.8, 0.8)
        noise = np.random.default_rng(1).random((2, *y.shape)).sum(axis=0) - 1.0
        return np.round(y * 2.0**15 + noise) / 2.0**15

    def track(self, x: Signal, rate: int = RATE) -> Track:
        return audio_track("track", Audio(np.ascontiguousarray(x, np.float32), rate))

    def align(self, master: Signal, rate: int = RATE, mix: Signal | None = None) -> Alignment:
        if mix is not None:
            return align(self.track(mix), self.track(master, rate))
        if RATE not in self._tracks:
            self._tracks[RATE] = self.track(self.mix)
        return align(self._tracks[RATE], self.track(master, rate))


@pytest.fixture(scope="session")
def workshop() -> Workshop:
    return Workshop(compose(3, style="rock", duration_s=16.0, sample_rate=RATE))
