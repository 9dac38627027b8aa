"""The limiter while it runs: its gain from a peak grid, and a stage that finds the peaks itself."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ...data.metering.true_peak import SPAN, PeakGrid
from ...models.chain import ResolvedChain
from ...models.kernels.interpolator import PAD
from ...models.kernels.limiter import apply_gain, limiter_gain
from ...models.processors.limiter import ResolvedLimiter, look_ahead_cells, smoothing_window
from ...models.rates import hop_samples, limiter_cell_samples
from .stage import Block

Gains: TypeAlias = npt.NDArray[np.float64]


class LimiterGain:
    """Computes the limiter's gain, cell by cell, from the peaks of the cells.

    Args:
        limiter: Ceiling and release.
        sample_rate: In Hz.

    """

    def __init__(self, limiter: ResolvedLimiter, sample_rate: int) -> None:
        self._window = smoothing_window(sample_rate)
        self._released = np.ones(2)
        self._history = np.ones(len(self._window) - 1)
        # the gain may have to fall before the first sample, so cells before it are computed too
        self._early = len(self._window) - 1
        self._waiting: Gains = np.zeros(1 + self._early)
        self._ceiling = limiter.ceiling
        self._release = limiter.release(sample_rate)

    def feed(self, peaks: npt.NDArray[np.floating]) -> Gains:
        """Take the peaks of the next cells, after the drive, and return the gains now certain.

        Gains are those at the cells' starts; they come ``look_ahead_cells`` later than the peaks.
        """
        span = len(self._window)
        joined = np.concatenate((self._waiting, peaks), dtype=np.float64)
        cells = max(len(joined) - span, 0)
        gains = np.empty(cells)
        if cells == 0:
            self._waiting = joined
            return gains
        limiter_gain(
            joined,
            self._ceiling,
            self._window,
            self._release,
            self._history,
            self._released,
            gains,
        )
        self._waiting = joined[cells:].copy()
        early = min(self._early, cells)
        self._early -= early
        return gains[early:]

    def finish(self) -> Gains:
        """Return the gains that still wait, as if silence followed, and that at the end."""
        return self.feed(np.zeros(len(self._window)))


class LimiterStage:
    """Limits a stream whose peaks are not known beforehand.

    Args:
        limiter: Ceiling and release.
        sample_rate: In Hz.

    """

    left_out: tuple[str, ...] = ()

    def __init__(self, limiter: ResolvedLimiter, sample_rate: int) -> None:
        hop = hop_samples(sample_rate)
        self._cell = limiter_cell_samples(sample_rate)
        wait = SPAN + PAD + (look_ahead_cells(sample_rate) + 2) * self._cell
        self.latency = -(-wait // hop) * hop
        self._gain = LimiterGain(limiter, sample_rate)
        self._grid = PeakGrid(2, self._cell)
        self._audio: Block = np.zeros((2, 0))
        self._points: Gains = np.zeros(0)
        self._ready: Block = np.zeros((2, self.latency))

    def configure(self, chain: ResolvedChain) -> None:
        """Do nothing: a timeline has one limiter, and `ChainRenderer.switch` sees to that."""

    def process(self, block: Block) -> Block:
        """Render the next block."""
        self._audio = np.concatenate((self._audio, block), axis=1)
        self._points = np.concatenate((self._points, self._gain.feed(self._grid.feed(block))))
        cells = len(self._points) - 1
        if cells > 0:
            samples = cells * self._cell
            limited = np.empty((2, samples))
            part = np.ascontiguousarray(self._audio[:, :samples])
            apply_gain(part, self._points, self._cell, 1.0, limited)
            self._ready = np.concatenate((self._ready, limited), axis=1)
            self._audio = self._audio[:, samples:]
            self._points = self._points[-1:]
        out = np.ascontiguousarray(self._ready[:, : block.shape[1]])
        self._ready = self._ready[:, block.shape[1] :]
        return out
