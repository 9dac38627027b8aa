"""Whether the model's 90 % intervals hold what the engineer did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...inference.comparing.differences import Expected
from ..benchmark.bootstrap import ratio_interval, resampled_counts
from ..benchmark.coverage import binomial_interval
from ..recovery.certainty import group_of
from .rows import Song
from .traits import is_known

POOLED = "all"
GROUPS = (POOLED, "response", "width", "reduction", "limiter")


@dataclass(frozen=True, slots=True)
class Coverage:
    """The intervals of one group of quantities.

    Attributes:
        group: Which.
        intervals: Quantities times songs.
        determined: Of which the model gives an interval.
        known: Of these, those of which the engineer's value is determined too, and so counts.
        inside: Of these, those that hold it.
        low: Lower end of the exact 95 % interval of their share, as if all were independent; NaN
            without any, as all that follows.
        high: Upper end.
        units_low: Lower end of the interval over units and songs: quantities of one song are not
            independent. NaN of one unit alone.
        units_high: Upper end.

    """

    group: str
    intervals: int
    determined: int
    known: int
    inside: int
    low: float
    high: float
    units_low: float
    units_high: float

    @property
    def share(self) -> float | None:
        """Part of the intervals that holds the engineer's value; None without any."""
        return self.inside / self.known if self.known else None


def coverages(songs: Sequence[Song]) -> tuple[Coverage, ...]:
    """Count the model's intervals, pooled and by group.

    Values of an engineer whose settings do not explain the master do not count.
    """
    return tuple(_coverage(group, songs) for group in GROUPS)


def _coverage(group: str, songs: Sequence[Song]) -> Coverage:
    rows = [
        [row for row in song.quantities if group in (POOLED, group_of(row.name))] for song in songs
    ]
    determined = [
        [row for row in of_song if row.view is not Expected.NOT_DETERMINED] for of_song in rows
    ]
    known = [
        [row for row in of_song if song.is_explained and is_known(row)]
        for song, of_song in zip(songs, determined, strict=True)
    ]
    inside = [sum(row.view is Expected.INSIDE for row in of_song) for of_song in known]
    counts = [len(of_song) for of_song in known]
    low = high = units_low = units_high = float("nan")
    if sum(counts):
        low, high = binomial_interval(sum(inside), sum(counts))
        units_low, units_high = _over_units(inside, counts, [song.unit for song in songs])
    return Coverage(
        *(group, sum(map(len, rows)), sum(map(len, determined)), sum(counts), sum(inside)),
        *(low, high, units_low, units_high),
    )


def _over_units(
    inside: Sequence[int], counts: Sequence[int], units: Sequence[str]
) -> tuple[float, float]:
    if len(set(units)) == 1:
        return float("nan"), float("nan")
    drawn = resampled_counts(units)
    found = ratio_interval(
        np.array(inside, np.float64), np.array(counts, np.float64), np.ones(len(counts)), drawn
    )
    if found is None:
        raise ValueError("intervals are counted where there are none")
    return found.low, found.high
