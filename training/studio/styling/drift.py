"""How a studio's style moves over the years: slopes with intervals, and none where none is sure.

Albums are the units, or songs where there are few albums, because songs of one album resemble each
other. A slope is that of a straight line through the units' means, its interval Student's with the
units' scatter, and so wide that all intervals together hold in 95 % of cases (C. E. Bonferroni,
1936; see R. G. Miller, "Simultaneous Statistical Inference", 1981, section 1.3).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.stats import t as student

from ..catalogued.collecting import StudiedPairs
from ..deciding import unit_means
from .style import HouseStyle, Trait

Array: TypeAlias = npt.NDArray[np.float64]

COVERAGE = 0.95
FEWEST_DATED = 4
"""With fewer units of different dates there is no line to speak of."""

SHORTEST_YEARS = 0.25
"""A shorter time tells nothing of years."""

TAGS, CHANGED = "tags", "files"
"""Where dates come from: the masters' tags, or when their files were changed."""


@dataclass(frozen=True, slots=True)
class Slope:
    """How a figure moves.

    Attributes:
        name: Of the figure.
        unit: A year.
        value: Per year.
        low: Lower end of its interval.
        high: Upper end.

    """

    name: str
    unit: str
    value: float
    low: float
    high: float

    @property
    def is_sure(self) -> bool:
        """Whether its interval leaves out 0."""
        return self.low > 0.0 or self.high < 0.0


@dataclass(frozen=True, slots=True)
class Drift:
    """How a style moves over time.

    Attributes:
        source: Where dates come from.
        first: Year of the earliest unit, with its part of the year.
        last: Of the latest.
        units: How many have a date.
        slopes: Of each figure; none where nothing can be told.
        reason: Why nothing can be told, or empty.

    """

    source: str
    first: float
    last: float
    units: int
    slopes: tuple[Slope, ...]
    reason: str


def dates_of(known: StudiedPairs) -> tuple[str, Array]:
    """Return where dates come from and the year of each master, NaN where there is none.

    Tags count where more than half of the masters have one; else it is when files were changed.
    """
    years = np.array([float(each.year) for each in known.studied])
    if np.isfinite(years).mean() > 0.5:
        return TAGS, years
    return CHANGED, np.array([_year_of(each) for each in known.mtimes_ns])


def drift_of(style: HouseStyle, source: str, years: Array) -> Drift:
    """Find how a style moves.

    Args:
        style: What is known of songs.
        source: Where dates come from.
        years: Of each song, shape ``(song,)``.

    """
    dated = np.isfinite(years)
    units = [unit for unit, has_date in zip(style.units, dated, strict=True) if has_date]
    dates = unit_means(years[dated], units)
    count = len(dates)
    span = float(np.ptp(dates)) if count else 0.0
    first, last = (float(dates.min()), float(dates.max())) if count else (np.nan, np.nan)
    kind = "songs" if style.by_song else "albums"
    reason = ""
    if count < FEWEST_DATED:
        reason = f"{count} {kind} have a date, and {FEWEST_DATED} are needed"
    elif span < SHORTEST_YEARS:
        reason = f"all {kind} are of the same time ({span * 12.0:.1f} months)"
    slopes: tuple[Slope, ...] = ()
    if not reason:
        traits = drifting(style)
        slopes = tuple(
            _slope(each, dates, unit_means(each.values[dated], units), len(traits))
            for each in traits
        )
    return Drift(source, first, last, count, slopes, reason)


def drifting(style: HouseStyle) -> tuple[Trait, ...]:
    """Return the figures whose drift is looked for: few, since each costs certainty of all."""
    wanted = ("bass", "treble", "peaks over loudness", "width, high band", "loudness")
    return tuple(each for each in style.traits if each.name in wanted)


def _slope(trait: Trait, dates: Array, values: Array, together: int) -> Slope:
    centered = dates - dates.mean()
    square = float(centered @ centered)
    value = float(centered @ values) / square
    rest = values - values.mean() - value * centered
    freedom = len(dates) - 2
    error = np.sqrt(float(rest @ rest) / freedom / square)
    half = float(student.ppf(1.0 - 0.5 * (1.0 - COVERAGE) / together, freedom)) * float(error)
    unit = "LU" if trait.unit == "LUFS" else trait.unit
    return Slope(trait.name, f"{unit} a year", value, value - half, value + half)


def _year_of(mtime_ns: int) -> float:
    if mtime_ns <= 0:
        return float("nan")
    moment = datetime.fromtimestamp(1e-9 * mtime_ns, UTC)
    start = datetime(moment.year, 1, 1, tzinfo=UTC)
    return moment.year + (moment - start).days / 365.25
