"""A master laid over its mix: sample for sample, at the rate of the mix."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ..audio import Samples
from .aligning import align
from .alignment import Alignment, Segment
from .observing import resampled
from .track import OpenTrack, Span, file_opener, file_track, read_spans

Array: TypeAlias = npt.NDArray[np.float64]

_TAPS = 64
_PAD_S = 0.05  # what filters of resampling take in


@dataclass(frozen=True, slots=True, eq=False)
class AlignedPair:
    """A part of a mix and the same part of its master.

    Attributes:
        mix: Shape ``(2, time)``.
        master: Same shape, at the mix's rate and polarity; its loudness is its own.
        sample_rate: In Hz.
        alignment: What it was made by.
        start_s: Where the part begins, in s of the mix.

    """

    mix: Samples
    master: Samples
    sample_rate: int
    alignment: Alignment
    start_s: float


def aligned_pair(
    mix: Path,
    master: Path,
    alignment: Alignment | None = None,
    segment: Segment | None = None,
) -> AlignedPair:
    """Read a mix and its master in step.

    Args:
        mix: The mix.
        master: The master.
        alignment: How they lie, where it is known.
        segment: One of its segments, or a part of one; by default the longest.

    Raises:
        CatalogueError: They are not the same performance, see `align`.
        AudioFileError: A file cannot be read.
        UnsupportedAudioError: A file holds nothing to align.

    """
    if alignment is None:
        alignment = align(file_track(mix), file_track(master))
    chosen = segment or alignment.longest
    (of_mix,) = read_spans(file_opener(mix), [Span(chosen.start, chosen.frames)])
    of_master = warped(file_opener(master), alignment, chosen)
    start_s = chosen.start / alignment.mix_rate
    return AlignedPair(of_mix, of_master, alignment.mix_rate, alignment, start_s)


def warped(master: OpenTrack, alignment: Alignment, segment: Segment) -> Samples:
    """Return a segment of a master on the clock of its mix.

    Where both ran by one clock samples are moved by whole numbers and otherwise left alone.

    Returns:
        Shape ``(2, time)``, as long as the segment.

    """
    rate, master_rate = alignment.mix_rate, alignment.master_rate
    if rate == master_rate and alignment.drift_ppm == 0.0:
        span = Span(segment.start + segment.offset_samples, segment.frames)
        (samples,) = read_spans(master, [span])
        return samples * np.float32(alignment.polarity)
    scale = 1.0 + 1e-6 * alignment.drift_ppm
    step = master_rate // math.gcd(rate, master_rate)
    begin_s = (segment.start + segment.offset) / rate
    first = int((begin_s - _PAD_S) * master_rate) // step * step
    count = math.ceil((segment.frames / rate * scale + 2.0 * _PAD_S) * master_rate) + step
    (samples,) = read_spans(master, [Span(first, count)])
    at_rate = resampled(samples, master_rate, rate, alignment.drift_ppm)
    position = (begin_s - first / master_rate) * rate / scale
    whole = math.floor(position)
    taps = _fractional_delay(position - whole)
    half = _TAPS // 2
    needed = at_rate[:, whole - half + 1 : whole + segment.frames + half]
    moved = np.stack([np.convolve(channel, taps, mode="valid") for channel in needed])
    return (alignment.polarity * moved).astype(np.float32)


def _fractional_delay(ahead: float) -> Array:
    """Return a filter that reads a signal ``ahead`` of a sample later, in [0, 1)."""
    positions = np.arange(_TAPS) - (_TAPS // 2 - 1) - ahead
    shape = np.i0(10.0 * np.sqrt(np.maximum(0.0, 1.0 - (positions / (_TAPS // 2)) ** 2)))
    taps = np.sinc(positions) * shape
    turned: Array = (taps / taps.sum())[::-1]
    return turned
