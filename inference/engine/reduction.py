"""How much gain reduction a song got, kept as a histogram of bounded size."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

STEP_DB = 0.05
MOST_DB = 60.0


class ReductionHistogram:
    """Counts gain reduction over time.

    Args:
        bands: How many are counted apart.

    """

    def __init__(self, bands: int) -> None:
        self._counts = np.zeros((bands, round(MOST_DB / STEP_DB) + 1), np.int64)

    def add(self, gain_db: npt.NDArray[np.float64]) -> None:
        """Count gains in dB, 0 or negative, shape ``(band, time)``."""
        top = self._counts.shape[1] - 1
        steps = np.minimum(np.rint(gain_db * (-1.0 / STEP_DB)).astype(np.int64), top)
        for counts, row in zip(self._counts, steps, strict=True):
            counts += np.bincount(row, minlength=top + 1)

    def percentile_db(self, percent: float) -> tuple[float, ...]:
        """Return, a band, the reduction in dB that ``percent`` of the time stays below."""
        return tuple(_percentile(counts, percent) for counts in self._counts)


def _percentile(counts: npt.NDArray[np.int64], percent: float) -> float:
    total = int(counts.sum())
    if total == 0:
        return 0.0
    return STEP_DB * int(np.searchsorted(np.cumsum(counts), total * percent / 100.0))
