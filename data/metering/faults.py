"""What is wrong with a signal before anything is done to it."""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ...models.decibel import amplitude_to_decibel, decibel_to_amplitude, power_to_decibel
from ...models.kernels.metering import INAUDIBLE, scan
from ..findings import Finding

Block: TypeAlias = npt.NDArray[np.float64] | npt.NDArray[np.float32]
Array: TypeAlias = npt.NDArray[np.float64]

ABSURD_DBFS = 24.0
DC_OFFSET = 1e-3
OPPOSITE = -0.3
ONE_SIDED_DB = 30.0

_CLICK_SAMPLES = 32


class FaultMeter:
    """Looks for offset, clipping, silence, lost channels and samples that are no numbers.

    Samples that are not finite are counted and left out of every other figure.

    Args:
        channels: 1 or 2.

    """

    def __init__(self, channels: int) -> None:
        self.frames = 0
        self._sums = np.zeros((channels, 4))
        self._counts = np.zeros((channels, 6), np.int64)
        self._product = np.zeros(1)

    def feed(self, block: Block) -> None:
        """Take the next ``block``, shape ``(channel, time)``, of any length."""
        scan(np.ascontiguousarray(block, np.float64), self._sums, self._counts, self._product)
        self.frames += block.shape[1]

    @property
    def non_finite(self) -> int:
        """How many samples are infinite or not a number."""
        return int(self._counts[:, 0].sum())

    @property
    def clipped_runs(self) -> int:
        """How often three or more samples in a row stand at full scale, or at the same ceiling."""
        return int(self._counts[:, 2:4].max(axis=1).sum())

    @property
    def sample_peaks(self) -> tuple[float, ...]:
        """Largest absolute sample of each channel."""
        return tuple(self._sums[:, 2].tolist())

    @property
    def dc_offset(self) -> tuple[float, ...]:
        """Mean of each channel."""
        return tuple((self._sums[:, 0] / max(1, self.frames)).tolist())

    @property
    def mean_square(self) -> float:
        """Mean of the squares over all channels."""
        return float(self._sums[:, 1].mean()) / max(1, self.frames)

    @property
    def correlation(self) -> float | None:
        """Correlation of left and right without their offsets; None where a channel is silent."""
        left, right = self._variances[0], self._variances[-1]
        if min(left, right) <= INAUDIBLE**2 * 1e-6:
            return None
        offset = self.dc_offset[0] * self.dc_offset[-1]
        product = float(self._product[0]) / self.frames - offset
        return max(-1.0, min(1.0, product / math.sqrt(left * right)))

    @property
    def silent(self) -> bool:
        """Whether there is nothing but silence, a constant, or a lone click."""
        audible = int(self._counts[:, 1].max())
        lone_click = audible <= _CLICK_SAMPLES and 100 * audible < self.frames
        return lone_click or float(self._variances.max()) <= INAUDIBLE**2

    @property
    def absurd_level(self) -> bool:
        """Whether a sample exceeds +24 dBFS, which no mix means to do."""
        return max(self.sample_peaks) > decibel_to_amplitude(ABSURD_DBFS)

    @property
    def _variances(self) -> Array:
        frames = max(1, self.frames)
        variances: Array = self._sums[:, 1] / frames - (self._sums[:, 0] / frames) ** 2
        return np.maximum(0.0, variances)

    def findings(self) -> list[Finding]:
        """Return what a person should know."""
        found = []
        worst = max(self.dc_offset, key=abs)
        if abs(worst) > DC_OFFSET:
            level_dbfs = amplitude_to_decibel(abs(worst))
            found.append(
                Finding("dc_offset", f"The signal is off center by {level_dbfs:.0f} dBFS.")
            )
        if self.clipped_runs:
            found.append(
                Finding(
                    "clipped",
                    f"The signal is clipped in {self.clipped_runs} places; "
                    "a mix with some headroom gives a better master.",
                )
            )
        difference_db = self._difference_db()
        if abs(difference_db) > ONE_SIDED_DB:
            side = "right" if difference_db > 0.0 else "left"
            found.append(Finding("one_sided", f"The {side} channel is all but silent."))
        elif (value := self.correlation) is not None and value < OPPOSITE:
            found.append(
                Finding(
                    "phase",
                    f"Left and right are out of phase (correlation {value:.2f}) "
                    "and cancel each other in mono.",
                )
            )
        return found

    def _difference_db(self) -> float:
        """How much louder left is than right; 0 where both are silent."""
        left, right = (float(v) for v in (self._variances[0], self._variances[-1]))
        if max(left, right) == 0.0:
            return 0.0
        return power_to_decibel(left) - power_to_decibel(right)
