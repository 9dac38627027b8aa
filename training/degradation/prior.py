"""What is drawn when a master is degraded, and how often."""

from __future__ import annotations

from dataclasses import dataclass

from ...models.errors import ParameterError


@dataclass(frozen=True, slots=True)
class DegradationPrior:
    """Distribution of degradations.

    Spreads in dB are standard deviations. The bias is the mean difference of unmastered productions
    from finished masters: two sets, of electronic music and of stem sums, against the published
    mean of commercial masters, in bands with the edges of ``bias_edges_hz``.

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
        peak_db: Highest rise of peaks over the level.
        width_db: Spread of the gain of side.
        floor_db: Lowest and highest level of the added floor, relative to the whole.

    """

    none_share: float = 0.15
    biased_share: float = 0.65
    bias_factors: tuple[float, float] = (0.2, 1.2)
    bias_edges_hz: tuple[float, ...] = (30, 60, 120, 250, 500, 1000, 2000, 4000, 8000, 14_000)
    bias_db: tuple[float, ...] = (10.65, 9.6, 2.95, 1.75, 0.85, -0.85, -3.05, -1.2, -1.7)
    response_db: float = 2.6
    response_octaves: tuple[float, float] = (0.8, 2.5)
    tilt_db: float = 1.5
    expanded_share: float = 0.9
    exponent: float = 0.5
    bands: tuple[int, int] = (2, 4)
    reach_db: float = 8.0
    peak_db: float = 5.0
    width_db: float = 2.6
    floor_db: tuple[float, float] = (-100.0, -75.0)

    def __post_init__(self) -> None:
        if not (0.0 <= self.none_share <= 1.0 and 0.0 <= self.biased_share <= 1.0):
            raise ParameterError("shares of degradations lie in 0..1", code="bad_prior")
        if self.none_share + self.biased_share > 1.0 or not 1 <= self.bands[0] <= self.bands[1]:
            raise ParameterError(
                "shares of degradations add up to more than 1, or the range of bands is empty",
                code="bad_prior",
            )
        if len(self.bias_edges_hz) != len(self.bias_db) + 1:
            raise ParameterError("each band of the bias needs two edges", code="bad_prior")
