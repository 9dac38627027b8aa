"""Where in a song excerpts are taken, and how much of a song each second of a difference makes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ...data.audio import BLOCK_FRAMES, Samples
from ...inference.engine.chain import ChainRenderer
from ...models.chain import ResolvedChain
from .vector import Array

_TRIED = 9


def loud_places(
    samples: Samples, sample_rate: int, count: int, length_s: float
) -> tuple[float, ...]:
    """Return where a track is loudest in each of equal parts, in seconds.

    Args:
        samples: Shape ``(2, time)``.
        sample_rate: In Hz.
        count: Of the parts; fewer where they would be shorter than an excerpt.
        length_s: Of an excerpt.

    """
    seconds = samples.shape[1] / sample_rate
    count = max(min(count, int(seconds / length_s)), 1)
    places = []
    for part in range(count):
        first_s = part * seconds / count
        last_s = max((part + 1) * seconds / count - length_s, first_s)
        tried = np.linspace(first_s, last_s, _TRIED)
        powers = [_power(samples, sample_rate, at_s, length_s) for at_s in tried]
        places.append(float(tried[int(np.argmax(powers))]))
    return tuple(places)


def render_whole(chain: ResolvedChain, mix: Samples, sample_rate: int) -> npt.NDArray[np.float32]:
    """Render a whole song by the engine, shape ``(2, time)``."""
    renderer = ChainRenderer(chain, sample_rate, mix.shape[0])
    parts = [
        renderer.process(mix[:, at : at + BLOCK_FRAMES]).astype(np.float32)
        for at in range(0, mix.shape[1], BLOCK_FRAMES)
    ]
    return np.concatenate((*parts, renderer.finish().astype(np.float32)), axis=1)


def rest_by_second(output: Samples, master: Samples, sample_rate: int) -> Array:
    """Return the energy of the difference in each second over that of the whole master."""
    energy = max(float(np.square(master, dtype=np.float64).sum()), 1e-30)
    rest = np.square(output - master, dtype=np.float64).sum(axis=0)
    return np.add.reduceat(rest, np.arange(0, len(rest), sample_rate)) / energy


def worst_seconds(rest: Array, count: int, taken_s: Sequence[float]) -> tuple[float, ...]:
    """Return the seconds in which most is left, away from those that are taken already."""
    chosen: list[float] = []
    for second in np.argsort(rest)[::-1]:
        near = [abs(float(second) - other) for other in (*taken_s, *chosen)]
        if min(near, default=np.inf) >= 2.0:
            chosen.append(float(second))
        if len(chosen) == count:
            break
    return tuple(chosen)


def _power(samples: Samples, sample_rate: int, start_s: float, length_s: float) -> float:
    first = int(start_s * sample_rate)
    part = samples[:, first : first + int(length_s * sample_rate)]
    return float(np.square(part, dtype=np.float64).sum())
