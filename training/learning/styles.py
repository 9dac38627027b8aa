"""Known settings: moves as an engineer might make them, drawn at random."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...models.moves import (
    ATTACK,
    LIMITER_RELEASE,
    NEUTRAL,
    RELEASE,
    RESPONSE,
    RESPONSE_HZ,
    SLOPE,
    THRESHOLD,
    WIDTH,
    bounded,
)

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class StylePrior:
    """Distribution of known settings; spreads are standard deviations.

    Attributes:
        response_db: Of a smooth random response.
        response_octaves: Distance over which it is alike.
        tilt_db: Of a tilt, at its ends.
        flat_share: Of styles without an equalizer.
        width_db: Of widths; the low band is only ever narrowed.
        narrow_share: Of styles with an imager.
        compressed_share: Of styles with a compressor.
        slope: Highest of a band.
        threshold_db: Of thresholds.
        time: Of logarithms of times.

    """

    response_db: float = 1.2
    response_octaves: float = 1.3
    tilt_db: float = 0.75
    flat_share: float = 0.1
    width_db: float = 1.2
    narrow_share: float = 0.6
    compressed_share: float = 0.8
    slope: float = 0.6
    threshold_db: float = 3.0
    time: float = 0.5


def draw_style(generator: np.random.Generator, prior: StylePrior, *, compression: bool) -> Array:
    """Draw moves, shape ``(moves,)``; equal generators give equal ones.

    Args:
        generator: Where numbers come from.
        prior: Their distribution.
        compression: Whether the compressor may run; the same numbers are drawn in any case.

    """
    moves = NEUTRAL.copy()
    flat, imaged, compressed = generator.random(3)
    position = np.log2(RESPONSE_HZ / 1000.0)
    distance = (position[:, None] - position) / prior.response_octaves
    alike = np.exp(-0.5 * distance * distance) + 1e-6 * np.eye(len(position))
    response = prior.response_db * (np.linalg.cholesky(alike) @ generator.standard_normal(27))
    tilt = prior.tilt_db * generator.standard_normal()
    response += tilt * (position - position.mean()) / position.max()
    if flat >= prior.flat_share:
        moves[RESPONSE] = response
    width = prior.width_db * generator.standard_normal(3)
    width[0] = -abs(width[0])
    if imaged < prior.narrow_share:
        moves[WIDTH] = width
    slope = prior.slope * generator.random() * generator.uniform(0.4, 1.0, 4)
    threshold = prior.threshold_db * generator.standard_normal(4)
    times = prior.time * generator.standard_normal(9)
    if compressed < prior.compressed_share and compression:
        moves[SLOPE], moves[THRESHOLD] = slope, threshold
        moves[ATTACK] += times[:4]
        moves[RELEASE] += times[4:8]
    moves[LIMITER_RELEASE] += times[8]
    return bounded(moves)
