"""What a predictor decides about a mix, as one vector of numbers, and what can be said of it.

*Moves* are what a predictor gives: the equalizer's response instead of its knobs, because different
knobs do the same, and of compressor, imager and limiter what matters most. Corners and knee stay
where they are by default, and nothing is trimmed.

*Quantities* are what intervals are about: what the chain does to the mix, whatever its knobs.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from .processors import imager, limiter, multiband_compressor
from .processors.equalizer import LEVEL_CENTERS_HZ
from .spectrum import NOMINAL_HZ, THIRD_CENTERS_HZ

Array: TypeAlias = npt.NDArray[np.float64]

RESPONSE_THIRDS = (THIRD_CENTERS_HZ > 30.0) & (THIRD_CENTERS_HZ < 13_000.0)
"""Which of all third octaves are those of `RESPONSE_HZ`."""

RESPONSE_HZ: Array = THIRD_CENTERS_HZ[RESPONSE_THIRDS]
"""The 27 third octaves, 31.5 Hz … 12.5 kHz, at which a response is given."""

IN_LEVEL: npt.NDArray[np.bool_] = np.isin(RESPONSE_HZ, LEVEL_CENTERS_HZ)
"""Which of them make the level that is taken out of a response, those of the equalizer's."""

_RESPONSES = tuple(
    f"response_db@{name}" for name, used in zip(NOMINAL_HZ, RESPONSE_THIRDS, strict=True) if used
)
_WIDTHS = tuple(f"width_db@{band}" for band in imager.BANDS)
_BANDS = multiband_compressor.BANDS

MOVES: tuple[str, ...] = (
    *_RESPONSES,
    *_WIDTHS,
    *(f"{move}@{band}" for move in ("slope", "threshold_db") for band in _BANDS),
    *(f"{move}@{band}" for move in ("log_attack", "log_release") for band in _BANDS),
    "log_release@limiter",
)
"""Names of a vector of moves.

``response_db`` is level-free: its mean over `IN_LEVEL` is 0. ``width_db`` is ``20 log10`` of a
width. ``slope`` is ``1 - 1 / ratio``, 0 for a band that is left alone. Times are natural logarithms
of milliseconds.
"""

QUANTITIES: tuple[str, ...] = (
    *_RESPONSES,
    *_WIDTHS,
    *(f"reduction_{rank}_db@{band}" for rank in ("p50", "p95") for band in _BANDS),
    "limiter_p95_db",
)
"""Names of the quantities of which intervals are given, all in dB.

``reduction`` is the gain reduction of a band of the compressor, its median and the 95th percentile
over the time in which the band plays; ``limiter`` that of the limiter. Both are positive.
"""

RESPONSE = slice(0, len(_RESPONSES))
WIDTH = slice(RESPONSE.stop, RESPONSE.stop + len(_WIDTHS))
SLOPE, THRESHOLD, ATTACK, RELEASE = (
    slice(WIDTH.stop + step * len(_BANDS), WIDTH.stop + (step + 1) * len(_BANDS))
    for step in range(4)
)
LIMITER_RELEASE = len(MOVES) - 1

BLOCK_MOVES: Mapping[str, slice] = {
    "equalizer": RESPONSE,
    "multiband_compressor": slice(SLOPE.start, RELEASE.stop),
    "imager": WIDTH,
    "limiter": slice(LIMITER_RELEASE, LIMITER_RELEASE + 1),
}
"""Moves of each block, in the order in which factors shrink them."""

BYPASSES = ("equalizer", "multiband_compressor", "imager")
"""Blocks that a predictor may leave out, in the order of its outputs."""

INTENTS = ("bright", "warm", "bass", "punch", "width", "density", "loudness", "dynamics")
"""What may be asked for, each from -1 to 1."""

LEAST_WIDTH_DB = -40.0
"""A width of zero counts as this."""

ACTIVE_RESPONSE_DB = 0.5
"""A response whose root mean square is less leaves the equalizer idle."""

ACTIVE_WIDTH_DB = 0.5
"""Widths all nearer to 0 leave the imager idle."""

ACTIVE_SLOPE = 0.03
"""A smaller slope leaves a band of the compressor idle."""


def _bounds() -> tuple[Array, Array, Array]:
    """Return lowest, neutral and highest moves."""
    rows = [(-8.0, 0.0, 8.0)] * len(_RESPONSES)
    for band in imager.BANDS:
        width = next(s for s in imager.SPECS if s.key == f"{band}_width")
        rows.append((LEAST_WIDTH_DB, 0.0, 20.0 * math.log10(width.high)))
    specs = {spec.key: spec for spec in multiband_compressor.SPECS}
    rows += [(0.0, 0.0, 1.0 - 1.0 / specs[f"{band}_ratio"].high) for band in _BANDS]
    for band in _BANDS:
        spec = specs[f"{band}_threshold_db"]
        rows.append((spec.low, spec.default, spec.high))
    times = [specs[f"{band}_{time}_ms"] for time in ("attack", "release") for band in _BANDS]
    times.append(next(s for s in limiter.SPECS if s.key == "release_ms"))
    rows += [(math.log(s.low), math.log(s.default), math.log(s.high)) for s in times]
    low, neutral, high = np.array(rows).T
    return low, neutral, high


LOWEST, NEUTRAL, HIGHEST = _bounds()
"""Moves that stay within the chain's ranges, and those that do nothing, shape ``(moves,)``."""


def level_free(response_db: Array) -> Array:
    """Take the level out of responses, shape ``(…, 27)``: the mean over `IN_LEVEL`."""
    free: Array = response_db - response_db[..., IN_LEVEL].mean(axis=-1, keepdims=True)
    return free


def width_levels_db(widths: Sequence[float]) -> Array:
    """Return the levels of widths in dB, at least `LEAST_WIDTH_DB`."""
    levels_db: Array = 20.0 * np.log10(np.maximum(widths, 10.0 ** (LEAST_WIDTH_DB / 20.0)))
    return levels_db


def bounded(moves: Array) -> Array:
    """Hold moves within the chain's ranges, shape ``(…, moves)``; the response is level-free."""
    held = np.array(moves, dtype=np.float64)
    held[..., RESPONSE] = level_free(held[..., RESPONSE])
    return np.clip(held, LOWEST, HIGHEST)


def shrunk(moves: Array, factors: Array) -> Array:
    """Move moves toward doing nothing, by one factor for each of `BLOCK_MOVES`.

    Args:
        moves: Shape ``(…, moves)``.
        factors: 0 is nothing, 1 is all of them; shape ``(4,)`` or ``(…, 4)``.

    """
    result = np.array(moves, dtype=np.float64)
    for block, part in enumerate(BLOCK_MOVES.values()):
        factor = factors[..., block, None]
        result[..., part] = NEUTRAL[part] + factor * (result[..., part] - NEUTRAL[part])
    return result


def active_quantities(moves: Array) -> npt.NDArray[np.bool_]:
    """Return which of `QUANTITIES` moves act on, shape ``(…, quantities)``.

    Response and widths are active as a whole, reductions by band, the limiter always.
    """
    active = np.ones((*moves.shape[:-1], len(QUANTITIES)), np.bool_)
    rms_db = np.sqrt(np.mean(moves[..., RESPONSE] ** 2, axis=-1, keepdims=True))
    active[..., RESPONSE] = rms_db >= ACTIVE_RESPONSE_DB
    widest_db = np.abs(moves[..., WIDTH]).max(axis=-1, keepdims=True)
    active[..., WIDTH] = widest_db >= ACTIVE_WIDTH_DB
    bands = moves[..., SLOPE] >= ACTIVE_SLOPE
    active[..., WIDTH.stop : WIDTH.stop + 2 * len(_BANDS)] = np.concatenate((bands, bands), -1)
    return active
