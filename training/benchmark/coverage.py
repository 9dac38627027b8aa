"""Coverage of intervals: how often they hold the truth, and how much they tell beyond the prior.

The prior of a quantity is what one knows without hearing the mix: the central 90 % of its true
values over the suite's songs on which it is active. An interval's width is told relative to it.
Where a predictor says "not determined", it counts as the prior's, so that silence does not look
like precision; such intervals have no coverage.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from scipy.stats import beta

from .bootstrap import COVERAGE
from .intervals import ACTIVE, INSIDE, TRUE, WIDE
from .results import TaskOutcome

FEWEST = 5
"""With fewer songs on which a quantity is active, its prior is unknown."""

_PRIOR = (5.0, 95.0)
_NARROWEST_DB = 1e-6

Row = tuple[float, float, float | None, float | None]
"""Of one song: the truth, whether it is active, whether the interval holds it, and its width."""


def coverage_document(outcomes: Sequence[TaskOutcome]) -> dict[str, Any]:
    """Return how the intervals of each method on the songs of a suite agree with the truth.

    ``pooled`` is the share of all intervals that hold the truth, ``pooled_active`` that of active
    quantities; ``relative_width`` is the mean width over the prior's on active quantities, where
    the prior is known, and ``determined`` the share of them that have an interval. Single
    quantities have the exact binomial interval of their share, ``n`` songs behind it.

    Args:
        outcomes: Of one suite.

    """
    found: dict[str, Any] = {}
    for method in sorted({name for each in outcomes for name in each.methods}):
        rows = _rows(each.methods[method].metrics for each in outcomes if method in each.methods)
        if not rows:
            continue
        every = [row for of_one in rows.values() for row in of_one]
        widths = {name: _relative_widths(of_one) for name, of_one in rows.items()}
        found[method] = {
            "pooled": _mean([row[2] for row in every]),
            "pooled_active": _mean([row[2] for row in every if row[1]]),
            "relative_width": _mean([width for of_one in widths.values() for width in of_one]),
            "determined": _mean([float(row[2] is not None) for row in every if row[1]]),
            "quantities": {
                name: {**_share(of_one), "relative_width": _mean(widths[name])}
                for name, of_one in sorted(rows.items())
            },
        }
    return found


def binomial_interval(successes: int, count: int) -> tuple[float, float]:
    """Return the exact interval of a share (C. J. Clopper, E. S. Pearson, 1934)."""
    outside = 0.5 * (1.0 - COVERAGE)
    low = float(beta.ppf(outside, successes, count - successes + 1)) if successes else 0.0
    missed = count - successes
    high = float(beta.ppf(1.0 - outside, successes + 1, missed)) if missed else 1.0
    return low, high


def _rows(metrics: Iterable[Any]) -> dict[str, list[Row]]:
    rows: dict[str, list[Row]] = {}
    for each in metrics:
        for key, value in each.items():
            if not key.startswith(TRUE) or value is None:
                continue
            name = key.removeprefix(TRUE)
            active = each.get(ACTIVE + name) or 0.0
            row = (value, active, each.get(INSIDE + name), each.get(WIDE + name))
            rows.setdefault(name, []).append(row)
    return rows


def _relative_widths(rows: Sequence[Row]) -> list[float]:
    """Return the widths over the prior's on active songs; none where the prior is unknown."""
    active = [row for row in rows if row[1]]
    if len(active) < FEWEST:
        return []
    low, high = np.percentile([row[0] for row in active], _PRIOR)
    prior_db = float(high - low)
    if prior_db < _NARROWEST_DB:
        return []
    return [1.0 if row[3] is None else row[3] / prior_db for row in active]


def _share(rows: Sequence[Row]) -> dict[str, Any]:
    inside = [row[2] for row in rows if row[2] is not None]
    low, high = binomial_interval(round(sum(inside)), len(inside)) if inside else (0.0, 1.0)
    return {"share": _mean(inside), "low": low, "high": high, "n": len(inside)}


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None
