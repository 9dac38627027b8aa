"""The mel grid: 80 bands of short-time power, what each of them hears, and a finer grid in time.

Frames of about 46 ms under a Hann window overlap by half. Triangles of unit peak between 30 Hz and
14 kHz, evenly spaced on the mel scale ``2595 log10(1 + f / 700)``, add up to 1 between the outer
centers, so that power is counted once. Powers are scaled so that a full-scale sine, spread over the
bins of its main lobe, adds up to 1: 0 dB.

What happens within a frame is kept on cells of a quarter of the frames' distance, about 6 ms:
peaks, and levels of 16 *nodes*, overlapping bands that share all power among them.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from .spectrum import EDGES_HZ

Array: TypeAlias = npt.NDArray[np.float64]

MEL_BANDS = 80
LOW_BANDS = 32
"""So many, up to 1.2 kHz, are also kept at every cell."""

LOWEST_HZ = 30.0
HIGHEST_HZ = 14_000.0
FRAME_S = 0.0464
"""Length of a frame, before it is rounded to a power of two."""

NODES_HZ: Array = np.array(
    (
        *(40.0, 95.0, 160.0, 240.0, 340.0, 480.0, 680.0, 960.0),
        *(1350.0, 1900.0, 2700.0, 3800.0, 5300.0, 7500.0, 10_500.0, 15_000.0),
    )
)
"""Centers of the nodes: half an octave apart, and wider in the bass, where they have to be fast."""

_POINTS = 64  # a twelfth octave: dense enough where its width is 40 bins of the transform


def frame_samples(sample_rate: int) -> int:
    """Return the length of a frame: 2048 at 44.1 and 48 kHz, 4096 at 96 kHz."""
    return int(2 ** round(math.log2(FRAME_S * sample_rate)))


def frame_hop_samples(sample_rate: int) -> int:
    """Return the distance of frames: half of their length."""
    return frame_samples(sample_rate) // 2


def frame_count(samples: int, sample_rate: int) -> int:
    """Return how many frames hold ``samples``: frame ``n`` is centered at ``n`` hops."""
    return 1 + samples // frame_hop_samples(sample_rate)


def cell_samples(sample_rate: int) -> int:
    """Return the length of a cell: a quarter of the frames' distance, 256 samples at 44.1 kHz."""
    return frame_hop_samples(sample_rate) // 4


def cell_count(samples: int, sample_rate: int) -> int:
    """Return how many cells hold ``samples``; the last may be filled in part."""
    return -(-samples // cell_samples(sample_rate))


def hann(length: int) -> Array:
    """Return the periodic Hann window, shape ``(length,)``."""
    window: Array = 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(length) / length)
    return window


def mel_edges_hz() -> Array:
    """Return where triangles begin, peak and end, shape ``(82,)``: three neighbors are a band."""
    lowest, highest = (2595.0 * math.log10(1.0 + f / 700.0) for f in (LOWEST_HZ, HIGHEST_HZ))
    edges: Array = 700.0 * (10.0 ** (np.linspace(lowest, highest, MEL_BANDS + 2) / 2595.0) - 1.0)
    return edges


def filter_bank(sample_rate: int) -> Array:
    """Return the weight of each bin's power in each band, shape ``(80, frame_samples // 2 + 1)``.

    With the power's scale in it: multiply squared magnitudes of a transform of a Hann-windowed
    frame.
    """
    length = frame_samples(sample_rate)
    window = hann(length)
    scale = 4.0 / (length * float(window @ window))
    return scale * _triangles(np.arange(length // 2 + 1) * (sample_rate / length))


def sensitivity(sample_rate: int) -> Array:
    """Return what a sine in each twelfth octave adds to each band, shape ``(80, 124)``.

    The mean over the twelfth octave of ``Σ_b T_k(b) |W(f - b)|²``, with the triangles ``T`` and the
    transform ``W`` of the window: near 1 inside a band, and the window's leakage outside.
    """
    length = frame_samples(sample_rate)
    bins = np.arange(length // 2 + 1)
    triangles = _triangles(bins * (sample_rate / length))
    steps = (np.arange(_POINTS) + 0.5) / _POINTS
    heard = np.empty((MEL_BANDS, len(EDGES_HZ) - 1))
    for band, (low_hz, high_hz) in enumerate(pairwise(EDGES_HZ)):
        position = low_hz * (high_hz / low_hz) ** steps * (length / sample_rate)
        lobe = _hann_lobe(bins[:, None] - position)
        heard[:, band] = triangles @ lobe.mean(axis=1)
    return heard


def node_shares(frequency_hz: Array) -> Array:
    """Return the share of power that each node takes, shape ``(16, frequency)``.

    Triangles over the logarithm of frequency that add up to 1; the outer nodes keep what lies
    beyond them.
    """
    position = np.interp(
        np.log(np.maximum(frequency_hz, NODES_HZ[0])), np.log(NODES_HZ), np.arange(len(NODES_HZ))
    )
    shares: Array = np.maximum(0.0, 1.0 - np.abs(position - np.arange(len(NODES_HZ))[:, None]))
    return shares


def _triangles(frequency_hz: npt.NDArray[np.floating]) -> Array:
    edges = mel_edges_hz()
    low, center, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    rising = (frequency_hz - low) / (center - low)
    falling = (high - frequency_hz) / (high - center)
    triangles: Array = np.maximum(0.0, np.minimum(rising, falling))
    return triangles


def _hann_lobe(offset: Array) -> Array:
    """Return the window's power ``offset`` bins from a sine; over all bins it adds up to 1."""
    # sinc(x) / (1 - x²) with its removable singularities at ±1 filled by partial fractions
    shape = np.sinc(offset) + 0.5 * (np.sinc(offset - 1.0) + np.sinc(offset + 1.0))
    lobe: Array = shape * shape / 1.5
    return lobe
