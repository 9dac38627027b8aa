"""The family of degradations ``deg_v1``: what is drawn, and how the draws become a response.

The response is linear in nodes, tilt and bias, and all that is drawn can be written as one vector
with known mean and covariance: closed-form estimators and bounds need both.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.interpolate import CubicSpline, PchipInterpolator

from ...frozen import load_configuration

Array: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Nodes:
    """Points of the random response.

    Attributes:
        count: How many, evenly spaced over the logarithm of frequency.
        lowest_hz: First of them.
        highest_hz: Last of them.
        sd_db: Standard deviation of each.

    """

    count: int
    lowest_hz: float
    highest_hz: float
    sd_db: float


@dataclass(frozen=True, slots=True)
class Spread:
    """A normal draw around 0.

    Attributes:
        sd_db: Standard deviation.

    """

    sd_db: float


@dataclass(frozen=True, slots=True)
class Bias:
    """The typical difference of mixes from masters, of which a uniform share is taken.

    Attributes:
        edges_hz: Of its bands, one more than there are.
        difference_db: In each band.
        lowest: Smallest share.
        highest: Largest share.

    """

    edges_hz: tuple[float, ...]
    difference_db: tuple[float, ...]
    lowest: float
    highest: float


@dataclass(frozen=True, slots=True)
class Expansion:
    """Upward expansion of three bands.

    Attributes:
        corners_hz: Where the bands meet.
        width_octaves: Over how much they do.
        lowest: Smallest exponent.
        highest: Largest exponent.
        most_db: No gain is larger or smaller than this.
        window_s: Length of the window that levels are measured over.

    """

    corners_hz: tuple[float, float]
    width_octaves: float
    lowest: float
    highest: float
    most_db: float
    window_s: float


@dataclass(frozen=True, slots=True)
class Restoration:
    """Raising peaks that stand out of their surroundings.

    Attributes:
        lowest_db: Smallest rise.
        highest_db: Largest rise.
        cell_s: Length of the cells that peaks are taken from.
        window_s: Length of the surroundings.
        low_quantile: Of the song's crests, below which nothing rises.
        high_quantile: Of the song's crests, above which peaks rise by the whole amount.

    """

    lowest_db: float
    highest_db: float
    cell_s: float
    window_s: float
    low_quantile: float
    high_quantile: float


@dataclass(frozen=True, slots=True)
class Level:
    """Largest sample of the mix.

    Attributes:
        lowest_dbfs: Smallest.
        highest_dbfs: Largest.

    """

    lowest_dbfs: float
    highest_dbfs: float


@dataclass(frozen=True, slots=True)
class Family:
    """All of ``deg_v1.yaml``; what each entry means stands there.

    Attributes:
        version: Of the numbers.
        nodes: See `Nodes`.
        tilt: At the highest node; minus that at the lowest.
        bias: See `Bias`.
        expansion: See `Expansion`.
        restoration: See `Restoration`.
        side: Gain of side.
        level: See `Level`.

    """

    version: int
    nodes: Nodes
    tilt: Spread
    bias: Bias
    expansion: Expansion
    restoration: Restoration
    side: Spread
    level: Level

    @property
    def nodes_hz(self) -> Array:
        """Frequencies of the nodes."""
        return np.geomspace(self.nodes.lowest_hz, self.nodes.highest_hz, self.nodes.count)

    def response_basis(self, frequency_hz: Array) -> Array:
        """Return what each node, the tilt and the bias add to the response in dB.

        Args:
            frequency_hz: Shape ``(frequency,)``, 0 or more.

        Returns:
            Shape ``(frequency, nodes + 2)``.

        """
        ends = np.log(self.nodes_hz[[0, -1]])
        position = np.clip(np.log(np.maximum(frequency_hz, 1.0)), *ends)
        spline = CubicSpline(np.log(self.nodes_hz), np.eye(self.nodes.count), bc_type="natural")
        tilt = (2.0 * position - ends.sum()) / (ends[1] - ends[0])
        edges = np.log(self.bias.edges_hz)
        centers = 0.5 * (edges[1:] + edges[:-1])
        curve = PchipInterpolator(centers, self.bias.difference_db)
        bias = curve(np.clip(position, centers[0], centers[-1]))
        basis: Array = np.column_stack((spline(position), tilt, bias))
        return basis

    @property
    def mean(self) -> Array:
        """Expected value of the vector of a degradation, see `Degradation.vector`."""
        return self._moments()[0]

    @property
    def variance(self) -> Array:
        """Variances of the vector of a degradation; its parts are independent."""
        return self._moments()[1]

    def _moments(self) -> tuple[Array, Array]:
        uniform = [
            (self.bias.lowest, self.bias.highest),
            *[(self.expansion.lowest, self.expansion.highest)] * 3,
            (self.restoration.lowest_db, self.restoration.highest_db),
            (self.level.lowest_dbfs, self.level.highest_dbfs),
        ]
        middles = [0.5 * (low + high) for low, high in uniform]
        spreads = [(high - low) ** 2 / 12.0 for low, high in uniform]
        count = self.nodes.count
        mean = np.array([0.0] * (count + 1) + middles[:5] + [0.0, middles[5]])
        variance = np.array(
            [self.nodes.sd_db**2] * count
            + [self.tilt.sd_db**2]
            + spreads[:5]
            + [self.side.sd_db**2, spreads[5]]
        )
        return mean, variance


@cache
def deg_v1() -> Family:
    """Return the committed family."""
    return load_configuration("deg_v1", Family)
