"""The drive that meets a loudness target, found without another pass over the audio.

The limiter's gain depends on the peak grid alone, and loudness after it is predicted from the
K-weighted power of every 10 ms times the mean squared gain there. So a drive can be tried in
milliseconds a minute. The budget says how much limiting is safe; a target beyond it is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..data.metering.loudness import bin_edges, gated_loudness, loudness_to_power
from ..models.decibel import decibel_to_amplitude
from ..models.processors.limiter import ResolvedLimiter
from ..models.rates import limiter_cell_samples
from .engine.limiter import LimiterGain
from .profiles import DeliveryProfile
from .spool import Spool

Array = npt.NDArray[np.float64]

SOLVED_WITHIN_LU = 0.002
DRIVE_WITHIN_DB = 0.01
USE_WITHIN = 0.005
DEFAULT_SHARE = 0.5
"""Share of the budget that is used where no loudness was asked for."""

MOST_TRIALS = 24
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
        spool: With peak grid and power of the signal before the drive.
        input_lufs: Its loudness.
        sample_rate: In Hz.
        limiter: Ceiling and release.

    """

    def __init__(
        self, spool: Spool, input_lufs: float, sample_rate: int, limiter: ResolvedLimiter
    ) -> None:
        self.input_lufs = input_lufs
        self._spool = spool
        self._rate = sample_rate
        self._cell = limiter_cell_samples(sample_rate)
        self._limiter = limiter

    def at(self, drive_db: float) -> Limiting:
        """Predict one drive."""
        before, after, smallest = self._by_hop(decibel_to_amplitude(drive_db))
        output_lufs = gated_loudness(after)
        input_lufs = self.input_lufs + drive_db
        output_lufs = input_lufs if output_lufs is None else output_lufs
        sounding = smallest[before > loudness_to_power(SILENT_LUFS)]
        reductions = -20.0 * np.log10(sounding) if len(sounding) else np.zeros(1)
        return Limiting(
            drive_db,
            output_lufs,
            max(input_lufs - output_lufs, 0.0),
            float(np.percentile(reductions, REDUCTION_PERCENTILE)),
        )

    def _by_hop(self, drive: float) -> tuple[Array, Array, Array]:
        """Return power before and after the limiter and the smallest gain, for every 100 ms."""
        parts: list[tuple[Array, Array, Array]] = []
        hop, waiting, rewind = 0, np.zeros(0), True
        for gains in self._gains(drive):
            waiting = np.concatenate((waiting, gains))
            first = int(self._first_cells(np.array((10 * hop,)))[0])
            held = first + len(waiting)
            reached = int(held * self._cell * 10 / self._rate) - hop
            powers = self._spool.read_powers(10 * max(reached, 0), rewind=rewind)
            rewind = False
            hops = len(powers) // 10
            if hops == 0:
                continue
            edges = self._first_cells(np.arange(10 * hop, 10 * (hop + hops) + 1)) - first
            inside = waiting[: edges[-1]]
            squares = np.add.reduceat(inside * inside, edges[:-1]) / np.diff(edges)
            powers = powers[: 10 * hops].reshape(-1, 10) * (drive * drive)
            parts.append(
                (
                    powers.mean(axis=1),
                    (powers * squares.reshape(-1, 10)).mean(axis=1),
                    np.minimum.reduceat(inside, edges[:-1:10]),
                )
            )
            waiting = waiting[edges[-1] :]
            hop += hops
        before, after, smallest = (np.concatenate(columns) for columns in zip(*parts, strict=True))
        return before, after, smallest

    def _gains(self, drive: float) -> Iterator[Array]:
        gain = LimiterGain(self._limiter, self._rate)
        for peaks in self._spool.peaks():
            yield gain.feed(peaks * np.float32(drive))
        yield gain.finish()

    def _first_cells(self, bins: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return the first cell that starts in each bin of 10 ms."""
        cells: npt.NDArray[np.int64] = -(-bin_edges(bins, self._rate) // self._cell)
        return cells


def drive_for_loudness(
    preview: LimiterPreview, target_lufs: float, profile: DeliveryProfile, share: float
) -> Limiting:
    """Find the drive whose predicted loudness is the target, within 0.002 LU.

    The search ends early at a drive that still misses the target and already uses more than
    ``share`` of the budget: a higher one would use more.
    """
    found = preview.at(target_lufs - preview.input_lufs)
    slope = 1.0
    for _ in range(MOST_TRIALS):
        missing = target_lufs - found.output_lufs
        if abs(missing) <= SOLVED_WITHIN_LU:
            break
        if missing > 0.0 and found.budget_use(profile) > share:
            break
        before = found
        # a limiter gains ever less, so a step as large as what is missing never overshoots by much
        found = preview.at(before.drive_db + missing / max(slope, 0.25))
        slope = (found.output_lufs - before.output_lufs) / (found.drive_db - before.drive_db)
    return found


def safest_loudest(
    preview: LimiterPreview, profile: DeliveryProfile, too_much: Limiting, share: float
) -> Limiting:
    """Find the loudest drive that uses ``share`` of the budget, given one that uses more.

    A quiet enough drive needs no limiting at all, so there always is one.
    """

    def excess(found: Limiting) -> float:
        return found.budget_use(profile) - share

    above, below = too_much, preview.at(too_much.drive_db - 3.0)
    while excess(below) > 0.0:
        above, below = below, preview.at(below.drive_db - 6.0)
    while above.drive_db - below.drive_db > DRIVE_WITHIN_DB and excess(below) < -USE_WITHIN:
        # the secant's guess, kept off the ends so that the bracket always shrinks
        guess = min(max(excess(below) / (excess(below) - excess(above)), 0.1), 0.9)
        middle = preview.at(below.drive_db + guess * (above.drive_db - below.drive_db))
        if excess(middle) > 0.0:
            above = middle
        else:
            below = middle
    return below
