"""Windows of a mix and a master, brought to one rate and into step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ..audio import Samples
from ..resampling import StreamResampler
from .correlation import Delay, coarse_delay
from .passages import Passage
from .sketch import HOP_S
from .track import Span, Track, read_spans

Array: TypeAlias = npt.NDArray[np.float64]

WINDOW_S = 3.0
"""Long enough for noise to average out."""

MARGIN_S = 0.25
"""How far a passage may be from where fingerprints put it."""

MOST_WINDOWS = 24
LEAST_WINDOWS = 4
"""Of a passage; they overlap where it is short."""

_LEAST_STEP_S = 1.5

_PARTS = 10**6  # a sample rate in millionths is whole, whatever the drift


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """Windows of both that hold nearly the same, each at its own rate.

    Attributes:
        passage: Number of the passage.
        mix_start_s: Where the window of the mix begins, in s of the mix.
        master_start_s: Where the window of the master begins, `MARGIN_S` earlier, in s of the
            master.
        mix: Shape ``(2, time)``.
        master: Shape ``(2, time)``.

    """

    passage: int
    mix_start_s: float
    master_start_s: float
    mix: Samples
    master: Samples


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """A window at the common rate.

    Attributes:
        pair: What it was made of.
        rate: The common rate in Hz.
        scale: By which the master's clock is divided.
        mix: Shape ``(2, time)``.
        master: Shape ``(2, time + 2 margin)``: it begins a margin earlier.
        margin: In samples.
        delay: Of the master behind the mix within the window.

    """

    pair: Pair
    rate: int
    scale: float
    mix: Samples
    master: Samples
    margin: int
    delay: Delay

    @property
    def passage(self) -> int:
        """Number of the passage."""
        return self.pair.passage

    @property
    def middle_s(self) -> float:
        """Middle of the window in s of the mix."""
        return self.pair.mix_start_s + 0.5 * WINDOW_S

    def offset_s(self, delay_samples: float) -> float:
        """Return how much later than in the mix its middle is in the master, by a delay."""
        ahead_s = 0.5 * WINDOW_S + (self.margin + delay_samples) / self.rate
        return self.pair.master_start_s + self.scale * ahead_s - self.middle_s

    def delay_samples(self, offset_s: float) -> float:
        """Return the delay that belongs to an offset: the inverse of `offset_s`."""
        ahead_s = (self.middle_s + offset_s - self.pair.master_start_s) / self.scale
        return (ahead_s - 0.5 * WINDOW_S) * self.rate - self.margin

    def in_step(self, samples: int) -> tuple[Samples, Samples]:
        """Return both windows with the master taken ``samples`` later."""
        start = min(max(self.margin + samples, 0), self.master.shape[1] - self.mix.shape[1])
        return self.mix, self.master[:, start : start + self.mix.shape[1]]


def read_pairs(mix: Track, master: Track, passages: Sequence[Passage]) -> list[Pair]:
    """Read windows spread over the passages, each file in one pass."""
    lengths = [passage.end - passage.start for passage in passages]
    places: list[tuple[int, Span, Span]] = []
    mix_rate, master_rate = mix.sketch.sample_rate, master.sketch.sample_rate
    margin = round(MARGIN_S * master_rate)
    for number, passage in enumerate(passages):
        share = round(MOST_WINDOWS * lengths[number] / sum(lengths))
        room_s = max((passage.end - passage.start) * HOP_S - WINDOW_S, 0.0)
        count = max(LEAST_WINDOWS, min(share, 1 + int(room_s / _LEAST_STEP_S)))
        for start_s in np.linspace(0.0, room_s, count):
            at_s = passage.start * HOP_S + float(start_s)
            first = Span(round(at_s * mix_rate), round(WINDOW_S * mix_rate))
            begin = round((at_s + passage.lag * HOP_S) * master_rate) - margin
            second = Span(begin, round(WINDOW_S * master_rate) + 2 * margin)
            places.append((number, first, second))
    mixes = read_spans(mix.open, [first for _, first, _ in places])
    masters = read_spans(master.open, [second for _, _, second in places])
    return [
        Pair(number, first.start / mix_rate, second.start / master_rate, one, two)
        for (number, first, second), one, two in zip(places, mixes, masters, strict=True)
    ]


def observe(pairs: Sequence[Pair], mix: Track, master: Track, drift_ppm: float) -> list[Window]:
    """Bring windows to the common rate, undo a drift, and measure delays to the sample.

    Args:
        pairs: See `read_pairs`.
        mix: The mix.
        master: The master.
        drift_ppm: How much slower the master is known to run.

    """
    rate = min(mix.sketch.sample_rate, master.sketch.sample_rate)
    margin, frames = round(MARGIN_S * rate), round(WINDOW_S * rate)
    windows = []
    for pair in pairs:
        one = _at_rate(pair.mix, mix.sketch.sample_rate, rate, 0.0, frames)
        two = _at_rate(pair.master, master.sketch.sample_rate, rate, drift_ppm, frames + 2 * margin)
        window = Window(pair, rate, 1.0 + 1e-6 * drift_ppm, one, two, margin, Delay(0.0, 1, 0.0))
        windows.append(replace(window, delay=coarse_delay(*window.in_step(0), rate, margin)))
    return windows


def resampled(samples: Samples, rate: int, target_rate: int, drift_ppm: float) -> Array:
    """Return samples at another rate, and faster by a drift; the first stays the first."""
    wide = np.ascontiguousarray(samples, np.float64)
    if rate == target_rate and drift_ppm == 0.0:
        return wide
    source = round(rate * (_PARTS + drift_ppm)) if drift_ppm else rate * _PARTS
    return StreamResampler(source, target_rate * _PARTS, len(wide)).process(wide, last=True)


def _at_rate(
    samples: Samples, rate: int, target_rate: int, drift_ppm: float, frames: int
) -> Samples:
    """Return so many samples at another rate; where nothing is done to them, they are no copy."""
    if rate != target_rate or drift_ppm != 0.0:
        samples = resampled(samples, rate, target_rate, drift_ppm).astype(np.float32)
    missing = frames - samples.shape[1]
    return samples[:, :frames] if missing <= 0 else np.pad(samples, ((0, 0), (0, missing)))
