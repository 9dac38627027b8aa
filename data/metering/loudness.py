"""Loudness after ITU-R BS.1770-5 and EBU Tech 3341, loudness range after EBU Tech 3342."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ...models.decibel import decibel_to_power
from ...models.k_weighting import (
    ABSOLUTE_GATE_LUFS,
    OFFSET_DB,
    REFERENCE_RATE,
    RELATIVE_GATE_LU,
    k_weighting,
)
from ...models.kernels.metering import k_weight, slide
from ..resampling import StreamResampler

Array: TypeAlias = npt.NDArray[np.float64]
Indices: TypeAlias = npt.NDArray[np.int64]
Block: TypeAlias = npt.NDArray[np.float64] | npt.NDArray[np.float32]

DUAL_MONO_LU = 10.0 * math.log10(2.0)
"""How much louder one channel is when it is played by two loudspeakers."""

LOWEST_RATE = 32_000
"""Below this rate in Hz the K-weighting filter is inexact and an upsampled copy is measured."""

RANGE_GATE_LU = -20.0

_BLOCK_HOPS = 4
_SHORT_TERM_HOPS = 30
_SHORT_TERM_BINS = 300
_SILENT_HOPS = 15  # Tech 3342, section 4: 1.5 s of silence follow a file


def power_to_loudness(power: float) -> float | None:
    """Convert a K-weighted mean square, summed over channels, to LUFS; None for silence."""
    return OFFSET_DB + 10.0 * math.log10(power) if 0.0 < power < math.inf else None


def loudness_to_power(loudness_lufs: float) -> float:
    """Convert LUFS to a K-weighted mean square; the inverse of `power_to_loudness`."""
    return decibel_to_power(loudness_lufs - OFFSET_DB)


def bin_edges(bins: Indices, sample_rate: int) -> Indices:
    """Return the first sample of each bin of 10 ms, rounded where 10 ms are no whole number.

    Args:
        bins: Counted from the start of a stream, shape ``(bin,)``.
        sample_rate: In Hz.

    """
    return (2 * bins * sample_rate + 100) // 200


def gated_loudness(hop_powers: Array) -> float | None:
    """Return the integrated loudness, BS.1770-5 Annex 1, equations 3 to 7.

    Args:
        hop_powers: K-weighted mean square, summed over channels, of each hop of 100 ms, shape
            ``(hop,)``.

    Returns:
        LUFS, or None where no block of 400 ms is complete and above the absolute gate.

    """
    if len(hop_powers) < _BLOCK_HOPS:
        return None
    blocks = (hop_powers[:-3] + hop_powers[1:-2] + hop_powers[2:-1] + hop_powers[3:]) / _BLOCK_HOPS
    audible = blocks[blocks > loudness_to_power(ABSOLUTE_GATE_LUFS)]
    if len(audible) == 0:
        return None
    relative_gate = float(np.mean(audible)) * decibel_to_power(RELATIVE_GATE_LU)
    return power_to_loudness(float(np.mean(audible[audible > relative_gate])))


def loudness_range(short_term_powers: Array) -> float | None:
    """Return the loudness range in LU, Tech 3342: gates, then the 10th to the 95th percentile.

    Args:
        short_term_powers: K-weighted mean square of windows of 3 s, at 10 Hz, shape ``(window,)``.

    Returns:
        LU, or None where no window is above the absolute gate.

    """
    audible = short_term_powers[short_term_powers >= loudness_to_power(ABSOLUTE_GATE_LUFS)]
    if len(audible) == 0:
        return None
    gated = np.sort(audible[audible >= np.mean(audible) * decibel_to_power(RANGE_GATE_LU)])
    low, high = (gated[math.floor((len(gated) - 1) * p + 0.5)] for p in (0.10, 0.95))
    return 10.0 * math.log10(high / low)


class LoudnessMeter:
    """Measures integrated, short-term and momentary loudness and loudness range of a stream.

    Windows slide by 10 ms, blocks of the gate by 100 ms; both start at the first sample, and an
    incomplete one at the end is discarded. A mono stream is measured as the one channel it is: add
    `DUAL_MONO_LU` for what two loudspeakers make of it.

    Args:
        sample_rate: In Hz.
        channels: Any number of them.
        weights: Factor of each channel's power, BS.1770-5 Annex 1, Table 3; all 1 by default.

    """

    def __init__(
        self, sample_rate: int, channels: int, weights: Sequence[float] | None = None
    ) -> None:
        self._resampler: StreamResampler | None = None
        self._rate = sample_rate
        self._channels = channels
        if sample_rate < LOWEST_RATE:
            self._rate = REFERENCE_RATE
            self._resampler = StreamResampler(sample_rate, self._rate, channels)
        given = np.ones(channels) if weights is None else np.asarray(weights, np.float64)
        # an odd channel is paired with itself, which then counts nothing
        self._weights = np.append(given, np.zeros(channels % 2)).reshape(-1, 2)
        self._coefficients = k_weighting(self._rate)
        self._states = np.zeros((len(self._weights), 9))
        self._position = 0
        self._bins = 0
        self._recent = np.zeros(_SHORT_TERM_BINS - 1)
        self._levels = np.zeros(4)
        self._hops = np.zeros(1024)
        self._hop_count = 0

    def feed(self, block: Block) -> Array:
        """Take the next ``block``, shape ``(channel, time)``, of any length.

        Returns:
            K-weighted mean square, summed over channels, of each 10 ms that the block completed.

        """
        if self._resampler is not None:
            block = self._resampler.process(block)
        return self._measure(np.ascontiguousarray(block, np.float64))

    def finish(self) -> Array:
        """End the stream: below `LOWEST_RATE`, measure what the resampler still holds.

        Returns:
            As `feed`.

        """
        if self._resampler is None:
            return np.zeros(0)
        rest = self._resampler.process(np.zeros((self._channels, 0)), last=True)
        self._resampler = None
        return self._measure(rest)

    def _measure(self, block: Array) -> Array:
        frames = block.shape[1]
        reach, most = len(self._recent), frames * 100 // self._rate + 2
        edges = bin_edges(np.arange(self._bins - reach, self._bins + most + 1), self._rate)
        ends = edges[reach + 1 :] - self._position
        ends = ends[ends <= frames]
        energies = np.zeros(len(ends))
        for pair, (weights, state) in enumerate(zip(self._weights, self._states, strict=True)):
            left, right = block[2 * pair], block[min(2 * pair + 1, len(block) - 1)]
            k_weight(left, right, weights, self._coefficients, state, ends, energies)
        history = np.concatenate((self._recent, energies))
        hops = np.zeros((self._bins + len(ends)) // 10 - self._bins // 10)
        slide(history, edges, reach, self._bins, self._levels, hops)
        self._append(hops)
        self._recent = history[len(ends) :].copy()
        self._position += frames
        self._bins += len(ends)
        return energies / (0.01 * self._rate)

    def _append(self, hops: Array) -> None:
        count = self._hop_count + len(hops)
        if count > len(self._hops):
            self._hops = np.append(self._hops, np.zeros(max(count, len(self._hops))))
        self._hops[self._hop_count : count] = hops
        self._hop_count = count

    @property
    def hop_powers(self) -> Array:
        """K-weighted mean square, summed over channels, of each complete hop of 100 ms."""
        return self._hops[: self._hop_count].copy()

    @property
    def integrated_lufs(self) -> float | None:
        """Gated loudness of all that was fed; None where no block passes the gate."""
        return gated_loudness(self._hops[: self._hop_count])

    @property
    def momentary_lufs(self) -> float | None:
        """Loudness of the last 400 ms."""
        return power_to_loudness(float(self._levels[0]))

    @property
    def momentary_max_lufs(self) -> float | None:
        """Largest momentary loudness."""
        return power_to_loudness(float(self._levels[1]))

    @property
    def short_term_lufs(self) -> float | None:
        """Loudness of the last 3 s."""
        return power_to_loudness(float(self._levels[2]))

    @property
    def short_term_max_lufs(self) -> float | None:
        """Largest short-term loudness."""
        return power_to_loudness(float(self._levels[3]))

    @property
    def range_lu(self) -> float | None:
        """Loudness range; None before 3 s."""
        if self._hop_count < _SHORT_TERM_HOPS:
            return None
        unfinished = self._recent[len(self._recent) - self._bins % 10 :].sum()
        unfinished += self._states[:, -1].sum()
        tail = np.zeros(_SILENT_HOPS)
        tail[0] = unfinished / (self._rate / 10)
        hops = np.append(self._hops[: self._hop_count], tail)
        totals = np.append(0.0, np.cumsum(hops))
        windows = (totals[_SHORT_TERM_HOPS:] - totals[:-_SHORT_TERM_HOPS]) / _SHORT_TERM_HOPS
        return loudness_range(windows)
