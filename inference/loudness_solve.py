"""The drive that meets a loudness target, found without another pass over the audio.

The limiter's gain depends on the peak grid alone, and loudness after it is predicted from the
K-weighted power of every 100 ms times the mean squared gain there. So a drive can be tried in
milliseconds a minute. The budget says how much limiting is safe; a target beyond it is refused.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..data.metering.loudness import gated_loudness, loudness_to_power
from ..models.processors.limiter import ResolvedLimiter
from ..models.rates import limiter_cell_samples
from .engine.limiter import LimiterGain
from .profiles import DeliveryProfile
from .spool import Spool

Array = npt.NDArray[np.float64]

SOLVED_WITHIN_LU = 0.002
DEFAULT_SHARE = 0.5
"""Share of the budget that is used where no loudness was asked for."""

SILENT_LUFS = -70.0
REDUCTION_PERCENTILE = 95.0


@dataclass(frozen=True, slots=True)
class Limiting:
    """What a drive comes to.

    Attributes:
        drive_db: Gain before the limiter.
        output_lufs: Predicted loudness after it.
        loss_lu: Loudness at the limiter's input minus that at its output.
        reduction_db: 95th percentile, over 100 ms, of the largest gain reduction.

    """

    drive_db: float
    output_lufs: float
    loss_lu: float
    reduction_db: float

    def budget_use(self, profile: DeliveryProfile) -> float:
        """Return the share of the profile's budget that is used; 1 is all of it."""
        return max(
            self.loss_lu / profile.most_limiting_lu, self.reduction_db / profile.most_reduction_db
        )


class LimiterPreview:
    """Predicts what a drive comes to.

    Args:
        spool: With the peak grid of the signal before the drive.
        hop_powers: Its K-weighted power for every 100 ms, both channels added.
        sample_rate: In Hz.
        limiter: Ceiling and release.

    """

    def __init__(
        self, spool: Spool, hop_powers: Array, sample_rate: int, limiter: ResolvedLimiter
    ) -> None:
        self._spool = spool
        self._powers = hop_powers
        self._rate = sample_rate
        self._limiter = limiter
        self._input_lufs = gated_loudness(hop_powers)
        cell = limiter_cell_samples(sample_rate)
        hops = np.arange(len(hop_powers) + 1)
        # first cell of each 100 ms
        self._starts = np.ceil(np.rint(hops * sample_rate / 10.0) / cell).astype(np.int64)

    @property
    def input_lufs(self) -> float | None:
        """Loudness before the drive; None where nothing passes the gate."""
        return self._input_lufs

    def at(self, drive_db: float) -> Limiting:
        """Predict one drive. The signal must have a loudness."""
        squares, smallest = self._gain_by_hop(10.0 ** (drive_db / 20.0))
        power = self._powers * 10.0 ** (drive_db / 10.0)
        output_lufs = gated_loudness(power * squares)
        input_lufs = (self._input_lufs or 0.0) + drive_db
        sounding = power > loudness_to_power(SILENT_LUFS)
        reductions = -20.0 * np.log10(smallest[sounding]) if sounding.any() else np.zeros(1)
        output_lufs = input_lufs if output_lufs is None else output_lufs
        return Limiting(
            drive_db,
            output_lufs,
            max(input_lufs - output_lufs, 0.0),
            float(np.percentile(reductions, REDUCTION_PERCENTILE)),
        )

    def _gain_by_hop(self, drive: float) -> tuple[Array, Array]:
        """Return the mean square and the minimum of the gain in each 100 ms."""
        hops = len(self._powers)
        sums, smallest = np.zeros(hops), np.ones(hops)
        gain = LimiterGain(self._limiter, self._rate)
        position = 0
        for peaks in self._spool.peaks():
            position = self._collect(gain.feed(peaks * np.float32(drive)), position, sums, smallest)
        self._collect(gain.finish(), position, sums, smallest)
        counts = np.diff(self._starts)
        return sums / counts, smallest

    def _collect(self, gains: Array, position: int, sums: Array, smallest: Array) -> int:
        end = position + len(gains)
        first = int(np.searchsorted(self._starts, position, side="right")) - 1
        last = int(np.searchsorted(self._starts, end, side="left"))
        last = min(last, len(sums))
        if len(gains) and first < last:
            inside = gains[: int(self._starts[last]) - position]
            starts = np.maximum(self._starts[first:last] - position, 0)
            sums[first:last] += np.add.reduceat(inside * inside, starts)
            lowest = np.minimum.reduceat(inside, starts)
            smallest[first:last] = np.minimum(smallest[first:last], lowest)
        return end


def drive_for_loudness(preview: LimiterPreview, target_lufs: float) -> Limiting:
    """Find the drive whose predicted loudness is the target, within 0.002 LU where it exists.

    A limiter that is driven hard gains ever less; the search ends 24 dB above the drive that would
    do without a limiter.
    """
    start_db = target_lufs - (preview.input_lufs or 0.0)
    highest_db = start_db + 24.0
    found = preview.at(start_db)
    low_db, slope = start_db, 1.0
    for _ in range(24):
        missing = target_lufs - found.output_lufs
        if abs(missing) <= SOLVED_WITHIN_LU or found.drive_db >= highest_db:
            break
        step = missing / max(slope, 0.1)
        before = found
        found = preview.at(min(max(before.drive_db + step, low_db - 1.0), highest_db))
        moved = found.drive_db - before.drive_db
        if moved == 0.0:
            break
        slope = (found.output_lufs - before.output_lufs) / moved
    return found


def safest_loudest(
    preview: LimiterPreview, profile: DeliveryProfile, too_much: Limiting, share: float
) -> Limiting:
    """Find the loudest drive that uses ``share`` of the budget, given one that uses more."""
    return _largest(
        lambda drive_db: preview.at(drive_db),
        lambda found: found.budget_use(profile) - share,
        too_much,
    )


def _largest(
    at: Callable[[float], Limiting], excess: Callable[[Limiting], float], above: Limiting
) -> Limiting:
    """Bracket and bisect the drive at which ``excess`` turns positive; return one below it."""
    below = at(above.drive_db - 3.0)
    while excess(below) > 0.0 and above.drive_db > -80.0:
        above, below = below, at(below.drive_db - 6.0)
    while above.drive_db - below.drive_db > 0.01:
        low, high = excess(below), excess(above)
        # the secant's guess, kept off the ends so that the bracket always shrinks
        share = min(max(-low / (high - low), 0.1), 0.9) if math.isfinite(high - low) else 0.5
        middle = at(below.drive_db + share * (above.drive_db - below.drive_db))
        if excess(middle) > 0.0:
            above = middle
        else:
            below = middle
        if -excess(below) < 0.005:
            break
    return below
