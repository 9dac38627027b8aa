"""What is drawn when a master is degraded, and how often."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ...inference.baseline.prior import default_prior
from ...models.errors import ParameterError

_TUPLES = (*("bias_factors", "bias_edges_hz", "bias_db", "response_octaves", "bands", "floor_db"),)


def bias_edges_hz() -> tuple[float, ...]:
    """Return the edges of the bands of `bias_db`, one more than bands."""
    return default_prior().spectra.edges_hz[: len(bias_db()) + 1]


def bias_db() -> tuple[float, ...]:
    """Return how much more power mixes have in each band than masters.

    The mean of the unmastered sets of ``configs/prior/masters.yaml``, minus its mean of masters, in
    the bands that the sets have.
    """
    spectra = default_prior().spectra
    mixes_db = np.mean(spectra.unmastered_db, axis=0)
    difference_db = mixes_db - spectra.masters_db[: len(mixes_db)]
    return tuple(round(float(each), 6) for each in difference_db)


@dataclass(frozen=True, slots=True)
class DegradationPrior:
    """Distribution of degradations.

    Spreads in dB are standard deviations. The bias is the mean difference of unmastered productions
    from finished masters, in bands with the edges of ``bias_edges_hz``; see `bias_db`.

    Attributes:
        none_share: Of masters that are left as they are: the answer is to do nothing.
        biased_share: Of those that get the bias, times a factor within ``bias_factors``.
        bias_factors: Lowest and highest.
        bias_edges_hz: One more than ``bias_db``.
        bias_db: Power densities of mixes minus those of masters.
        response_db: Spread of the smooth random response.
        response_octaves: Shortest and longest length of its correlation.
        tilt_db: Spread of the tilt at the ends, 30 Hz and 14 kHz.
        expanded_share: Of the degraded that are expanded.
        exponent: Highest exponent of expansion of a band; the lowest is 0.
        bands: Fewest and most bands of expansion.
        reach_db: No expansion moves a level by more than this.
        peak_db: Highest rise of peaks over the level; the square of a uniform draw is the share.
        width_db: Spread of the gain of side.
        floor_db: Lowest and highest level of the added floor, relative to the whole.

    """

    none_share: float = 0.15
    biased_share: float = 0.85
    bias_factors: tuple[float, float] = (0.0, 1.1)
    bias_edges_hz: tuple[float, ...] = field(default_factory=bias_edges_hz)
    bias_db: tuple[float, ...] = field(default_factory=bias_db)
    response_db: float = 2.8
    response_octaves: tuple[float, float] = (0.4, 0.8)
    tilt_db: float = 1.5
    expanded_share: float = 0.9
    exponent: float = 0.5
    bands: tuple[int, int] = (2, 4)
    reach_db: float = 8.0
    peak_db: float = 3.0
    width_db: float = 2.6
    floor_db: tuple[float, float] = (-100.0, -75.0)

    def __post_init__(self) -> None:
        for name in _TUPLES:  # configurations have lists
            object.__setattr__(self, name, tuple(getattr(self, name)))
        if not (0.0 <= self.none_share <= 1.0 and 0.0 <= self.biased_share <= 1.0):
            raise ParameterError("shares of degradations lie in 0..1", code="bad_prior")
        if self.none_share + self.biased_share > 1.0 or not 1 <= self.bands[0] <= self.bands[1]:
            raise ParameterError(
                "shares of degradations add up to more than 1, or the range of bands is empty",
                code="bad_prior",
            )
        if len(self.bias_edges_hz) != len(self.bias_db) + 1:
            raise ParameterError("each band of the bias needs two edges", code="bad_prior")
