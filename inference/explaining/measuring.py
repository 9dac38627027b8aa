"""From measurements to facts: figures beside a corpus, changes, and intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ...data.analysis import Analysis
from ...data.metering.report import LoudnessReport
from ...data.reference.production import FIGURES, Production
from ..predictor import NOT_DETERMINED, Interval
from ..reference import mix_production
from .facts import Fact

Array: TypeAlias = npt.NDArray[np.float64]


def figure_facts(
    analysis: Analysis, corpus: Production, name: str, unit: str
) -> tuple[Fact, Fact, Fact]:
    """Return a figure of the mix, its percentile, and the corpus's median."""
    index = FIGURES.index(name)
    own, others = float(mix_production(analysis).figures[index]), corpus.figures[:, index]
    return (
        Fact(name, own, unit),
        percentile_fact(own, others),
        Fact(f"typical_{name}", float(np.nanmedian(others)), unit),
    )


def percentile_fact(own: float, others: Array) -> Fact:
    """Return the share of others that have less, in percent; NaN where that is undefined."""
    known = others[np.isfinite(others)]
    if not math.isfinite(own) or not len(known):
        return Fact("percentile", math.nan, "%", 0)
    below = np.mean((known < own) + 0.5 * (known == own))
    return Fact("percentile", 100.0 * float(below), "%", 0)


def change_fact(name: str, master: LoudnessReport, without: LoudnessReport, figure: str) -> Fact:
    """Return how much more of a figure of loudness a master has than one without a move."""
    one, other = (getattr(report, figure) for report in (master, without))
    value = math.nan if one is None or other is None else float(one - other)
    return Fact(name, value, signed=True)


def mean_bounds(intervals: Sequence[Interval]) -> tuple[Fact, Fact] | None:
    """Return the mean bounds of several quantities; None where one is not determined."""
    known = [each for each in intervals if each != NOT_DETERMINED]
    if not known or len(known) < len(intervals):
        return None
    low, high = np.mean(known, axis=0)
    return bounds_of((float(low), float(high)))


def bounds_of(interval: Interval) -> tuple[Fact, Fact] | None:
    """Return both ends of an interval; None where it is not determined."""
    if interval == NOT_DETERMINED:
        return None
    low, high = interval
    return Fact("expected_low_db", low), Fact("expected_high_db", high)
