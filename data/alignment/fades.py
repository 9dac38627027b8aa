"""Fades that only the master has: its gain over the mix goes to nothing at one end."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from .alignment import Segment
from .segments import SILENT_DB
from .sketch import HOP_S, Sketch

Array: TypeAlias = npt.NDArray[np.float64]

FADED_DB = 12.0
"""A fade ends at least so far below the gain of the rest."""

BEGUN_DB = 2.0
"""A fade has begun where the gain is so far below that of the rest."""

SHORTEST_S = 0.3

_SMOOTHING = 11  # frames, a quarter of a second
_LAST_FRAMES = 8


def fades(
    segments: tuple[Segment, ...], slope: float, mix: Sketch, master: Sketch
) -> tuple[float | None, float | None]:
    """Return where a fade-in ends and where a fade-out begins, in s of the mix; None without one.

    Args:
        segments: Of the alignment.
        slope: Drift in s a second.
        mix: Of the mix.
        master: Of the master.

    """
    first, last = segments[0], segments[-1]
    times, gain_db = _gain(first, slope, mix, master)
    fade_in = _end_of_fade(times[::-1], gain_db[::-1])
    if last is not first:
        times, gain_db = _gain(last, slope, mix, master)
    return fade_in, _end_of_fade(times, gain_db)


def _gain(segment: Segment, slope: float, mix: Sketch, master: Sketch) -> tuple[Array, Array]:
    """Return times in s and the gain in dB there, of frames in which the mix sounds."""
    rate = mix.sample_rate
    low, high = (int(each / rate / HOP_S) for each in (segment.start, segment.end))
    frames = np.arange(low + 1, min(high, len(mix.levels)))
    times = frames * HOP_S
    offset_s = (segment.offset - slope * segment.start) / rate
    there = np.rint((times * (1.0 + slope) + offset_s) / HOP_S).astype(np.int64)
    inside = (there >= 0) & (there < len(master.levels))
    frames, times, there = frames[inside], times[inside], there[inside]
    of_mix, of_master = mix.levels_db[frames], master.levels_db[there]
    sounding = of_mix > of_mix.max(initial=-np.inf) - SILENT_DB
    return times[sounding], (of_master - of_mix)[sounding]


def _end_of_fade(times: Array, gain_db: Array) -> float | None:
    """Return the time from which on the gain falls away to the last frame."""
    if len(times) < 4 * _SMOOTHING:
        return None
    padded = np.pad(gain_db, _SMOOTHING // 2, mode="edge")
    smooth = np.median(np.lib.stride_tricks.sliding_window_view(padded, _SMOOTHING), axis=1)
    usual = float(np.median(smooth))
    if float(np.median(gain_db[-_LAST_FRAMES:])) > usual - FADED_DB:
        return None
    full = np.flatnonzero(smooth >= usual - BEGUN_DB)
    begin = int(full[-1]) if len(full) else 0
    if abs(times[-1] - times[begin]) < SHORTEST_S:
        return None
    return float(times[begin])
