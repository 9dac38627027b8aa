"""The limiter: eightfold interpolation, then the gain's definition step by step."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy import signal

from .ballistics import hop_samples
from .filters import Array

BETA = 6.0
HALF_REACH, QUARTER_REACH = 48, 4
LOOK_AHEAD_MS = 4.5


def windowed_sinc(factor: int, reach: int) -> Array:
    """Zero-phase interpolator; the taps of every phase add up to 1."""
    offset = np.arange(-reach * factor, reach * factor + 1) / factor
    taps = np.sinc(offset) * np.i0(BETA * np.sqrt(1.0 - (offset / reach) ** 2))
    for phase in range(1, factor):
        taps[phase::factor] /= taps[phase::factor].sum()
    taps[::factor] = 0.0
    taps[reach * factor] = 1.0
    return taps


def interpolated(x: Array, factor: int, reach: int) -> Array:
    long = signal.upfirdn(windowed_sinc(factor, reach), x, up=factor)
    delay = reach * factor
    return np.asarray(long[:, delay : delay + factor * x.shape[1]])


def cell_peaks(x: Array, cell: int) -> Array:
    """Largest value of each cell over both channels, on the eightfold grid."""
    room = HALF_REACH + QUARTER_REACH
    padded = np.pad(x, ((0, 0), (room, room)))
    points = interpolated(interpolated(padded, 2, HALF_REACH), 4, QUARTER_REACH)
    inside = np.abs(points[:, 8 * room : -8 * room]).max(axis=0)
    return np.asarray(inside.reshape(-1, 8 * cell).max(axis=1))


def gain(values: Mapping[str, float], x: Array, sample_rate: int) -> Array:
    """Gain of each sample of ``x``, shape ``(2, time)``, whole cells."""
    cell = max(4, hop_samples(sample_rate) // 4)
    ahead = round(LOOK_AHEAD_MS / 1000.0 * sample_rate / cell)
    ceiling = 10.0 ** (values["ceiling_dbtp"] / 20.0)
    # silence around the signal: the gain may fall before it starts
    peaks = np.pad(cell_peaks(x, cell), 2 * ahead + 2)
    demand = ceiling / np.maximum(peaks, ceiling)
    # the gain at the start of cell i sees the cells i - 1 ... i + ahead
    held = np.concatenate((np.ones(1), sliding_window_view(demand, ahead + 2).min(axis=1)))
    released = np.empty(len(held))
    fast = slow = 1.0
    cells_a_release = values["release_ms"] * sample_rate / (1000.0 * cell)
    for i, target in enumerate(held):
        fast = min(target, target + math.exp(-6.0 / cells_a_release) * (fast - target))
        share = 0.5 if fast < slow else 1.0
        slow += (1.0 - math.exp(-1.0 / (share * cells_a_release))) * (fast - slow)
        released[i] = min(fast, slow)
    span = ahead + 1
    first = (span + 1) // 2
    window = np.convolve(np.ones(first), np.ones(span + 1 - first))
    smooth = np.convolve(released, window / window.sum())[: len(released)]
    start = 2 * ahead + 2
    points = smooth[start : start + x.shape[1] // cell + 1]
    return np.interp(np.arange(x.shape[1]), np.arange(len(points)) * cell, points)


def render(values: Mapping[str, float], x: Array, sample_rate: int) -> Array:
    return x * gain(values, x, sample_rate)
