"""What is known of a song: one vector of numbers from its frames on the mel grid.

One definition for the meter of a stream, in numpy, and for learning, in torch: what differs is how
each of them sums up over frames. Nothing depends on the level: a louder copy has the same
statistics, but for frames that pass the absolute gate only when louder.

*The gate.* A frame counts if its K-weighted level lies above -70 LUFS and above the mean power of
all such frames minus 20 LU (the rule of EBU Tech 3342), rounded down to a class of 1 LU. So a
stream is summed up class by class, and the gate is chosen at its end.

*Levels* of a frame are those of 20 groups of neighboring bands, of all bands K-weighted, of its
peak, and its crest. They are counted in histograms with steps of 0.25 dB; a level between two steps
is shared among them, so that percentiles move smoothly. What lies 80 dB below its frame's power is
not heard, nor is a group 70 dB below the loudest band: its statistics fade out over the last 10 dB,
so that the floor of a codec does not tell.

The statistics of a whole song and of its excerpts, 6 s or longer and of any number one after the
other, differ by chance alone, but for the slow level, which needs the song's parts. Percentiles
stand for maxima, which grow with time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from .k_weighting import ABSOLUTE_GATE_LUFS, OFFSET_DB, k_weighting_power
from .mel import MEL_BANDS, mel_edges_hz
from .namespace import Quantity, at_least, constant, namespace

Array: TypeAlias = npt.NDArray[np.float64]

GROUP_SIZES = (1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 4, 4, 5, 5, 6, 7, 8, 9, 11)
"""How many neighboring bands make each group: about half an octave above 300 Hz."""

PAIRS = MEL_BANDS // 2
GROUPS = len(GROUP_SIZES)
TRACKS = GROUPS + 3
"""Levels of a frame that are counted: of each group, K-weighted, of the peak, and the crest."""

LOUDNESS, PEAK, CREST = range(GROUPS, TRACKS)

STEP_DB = 0.25
LOWEST_DB = -130.0
STEPS = 1 + round((30.0 - LOWEST_DB) / STEP_DB)
"""The steps of histograms, from `LOWEST_DB` to +30 dB."""

CLASSES = 100
"""Classes of loudness, 1 LU wide, from the absolute gate on."""

RELATIVE_GATE_LU = -20.0
LEAST_FRAMES = 40
"""Fewer frames that count, about a second, have no statistics: all of them are zero."""

SLOW_WINDOW_S = 3.0
SLOW_STRIDE = 8
"""So many frames apart, the windows of the slow level begin."""

FLUX_RANGE_DB = 30.0
"""A level that rises or falls by more from one frame to the next counts as this."""

LEVEL_RANGE_DB = 40.0
"""A level further from the mean than this counts as this."""

_FLOOR = 1e-7
_FADE_DB = 10.0
_FRAME_FLOOR = 1e-8
_SMALLEST = 1e-14
_WIDTH_FLOOR = 1e-4
_TINY = 1e-9
_TINY_VARIANCE = 1e-6  # the square root has no slope at zero
_GROUP_RANKS = (0.10, 0.50, 0.95)
_PEAK_RANKS = (0.50, 0.95, 0.99)
_SLOW_RANKS = (0.10, 0.95)


def _centers_hz(counts: tuple[int, ...]) -> list[int]:
    """Return the middle on the mel scale of each run of so many neighboring bands."""
    mel = np.log1p(mel_edges_hz()[1:-1] / 700.0)
    ends = np.cumsum(counts)
    return [
        round(700.0 * math.expm1(float(mel[end - count : end].mean())))
        for end, count in zip(ends, counts, strict=True)
    ]


_GROUP_MATRIX = np.repeat(np.eye(GROUPS), GROUP_SIZES, axis=1)
_WEIGHTS: Array = k_weighting_power(mel_edges_hz()[1:-1])
_POWER_ROWS = np.concatenate((_GROUP_MATRIX, _WEIGHTS[None], np.ones((1, MEL_BANDS))))
_GROUP_NAMES = (*(str(hz) for hz in _centers_hz(GROUP_SIZES)), "all")

STATISTICS: tuple[str, ...] = (
    *(f"spectrum_db@{hz}" for hz in _centers_hz((1,) * MEL_BANDS)),
    *(f"width_db@{hz}" for hz in _centers_hz((2,) * PAIRS)),
    "side_db",
    "weighting_db",
    *(f"p10_db@{group}" for group in _GROUP_NAMES),
    *(f"p50_db@{group}" for group in _GROUP_NAMES),
    *(f"p95_db@{group}" for group in _GROUP_NAMES),
    *(f"spread_db@{group}" for group in _GROUP_NAMES),
    *(f"rise_db@{group}" for group in _GROUP_NAMES),
    *(f"flux_db@{group}" for group in _GROUP_NAMES),
    *(f"crest_p{100 * rank:.0f}_db" for rank in _GROUP_RANKS),
    *(f"peak_p{100 * rank:.0f}_db" for rank in _PEAK_RANKS),
    *(f"slow_p{100 * rank:.0f}_db" for rank in _SLOW_RANKS),
)
"""Names of the statistics, with the center of their bands in Hz where they are about bands.

- ``spectrum_db``: long-term power of mid and side in a mel band, relative to the K-weighted level;
  70 dB below the loudest band at least.
- ``width_db``: side over mid in two neighboring bands, -40 … 40 dB, -40 for mono; where there is
  next to nothing, that of all bands. ``side_db``: the same of all bands.
- ``weighting_db``: K-weighted level relative to the power of all bands.
- ``p10_db``, ``p50_db``, ``p95_db``: percentiles of a group's level over frames, relative to its
  mean power, held within ±40 dB; ``spread_db``: standard deviation of this level. ``@all`` is the
  K-weighted level.
- ``rise_db``: mean over frames of how much the level rises since the frame before, 0 where it
  falls; ``flux_db``: standard deviation of the change. Changes are held within ±30 dB.
- ``crest_p…_db``: percentiles of a frame's peak over its power; a sine in both channels has 0 dB.
- ``peak_p…_db``: percentiles of the frames' peaks relative to the K-weighted level: as a
  peak-to-loudness ratio.
- ``slow_p…_db``: percentiles of the level over 3 s, relative to the K-weighted level; 0 where
  there is no such window.
"""


@dataclass(frozen=True, slots=True, eq=False)
class GatedFrames:
    """Means over the frames that count; arrays or tensors, whose leading axes are one batch.

    Attributes:
        count: How many frames count, shape ``(…,)``.
        mid: Mean power, shape ``(…, 80)``.
        side: Mean power, shape ``(…, 80)``.
        histograms: Share of frames at each step of each level, shape ``(…, 23, steps)``.
        rises: Mean of what each of the first 21 levels rises by, shape ``(…, 21)``.
        changes: Mean change of these levels, same shape.
        squares: Mean of the squared changes, same shape.
        slow: Share of windows at each step of the slow level, shape ``(…, steps)``; zero where
            there is no window.

    """

    count: Quantity
    mid: Quantity
    side: Quantity
    histograms: Quantity
    rises: Quantity
    changes: Quantity
    squares: Quantity
    slow: Quantity


def slow_window(sample_rate: int, hop: int) -> int:
    """Return the length of the slow level's window in frames that are ``hop`` samples apart."""
    return round(SLOW_WINDOW_S * sample_rate / hop)


def frame_powers(mid: Quantity, side: Quantity) -> Quantity:
    """Return powers of each group, K-weighted, and of all bands, shape ``(…, 22, frame)``.

    Args:
        mid: Powers, shape ``(…, 80, frame)``.
        side: Powers, same shape.

    """
    return constant(_POWER_ROWS, mid) @ (mid + side)


def frame_levels_db(powers: Quantity, peak: Quantity) -> Quantity:
    """Return the levels of frames in dB, shape ``(…, 23, frame)``.

    Args:
        powers: What `frame_powers` returns.
        peak: Largest sample of the four cells around each frame's center, shape ``(…, frame)``.

    """
    xp = namespace(powers)
    whole = powers[..., -1:, :]
    levels_db = 10.0 * xp.log10(powers + (_FRAME_FLOOR * whole + _SMALLEST))
    peak_db = 20.0 * xp.log10(at_least(peak, 1e-7))[..., None, :]
    return xp.concatenate((levels_db[..., :-1, :], peak_db, peak_db - levels_db[..., -1:, :]), -2)


def power_levels_db(power: Quantity) -> Quantity:
    """Return powers in dB, any shape, as `frame_levels_db` has them."""
    return 10.0 * namespace(power).log10(power + _SMALLEST)


def loudness_classes(weighted: Quantity) -> Quantity:
    """Return the class of each K-weighted power, whole numbers of its type; -1 below the gate."""
    above_lu = power_levels_db(weighted) + (OFFSET_DB - ABSOLUTE_GATE_LUFS)
    return namespace(weighted).clip(namespace(weighted).floor(above_lu), -1.0, CLASSES - 1.0)


def gate_class(mean_weighted: Quantity) -> Quantity:
    """Return the lowest class that counts.

    Args:
        mean_weighted: Mean K-weighted power of the frames in class 0 and above, shape ``(…,)``.

    """
    gate = loudness_classes(mean_weighted * 10.0 ** (RELATIVE_GATE_LU / 10.0))
    return at_least(gate, 0.0)


def steps_of(levels_db: Quantity) -> tuple[Quantity, Quantity]:
    """Return the step below each level, a whole number of its type, and the next one's share."""
    xp = namespace(levels_db)
    position = xp.clip((levels_db - LOWEST_DB) / STEP_DB, 0.0, STEPS - 1.001)
    step = xp.floor(position)
    return step, position - step


def changes_db(levels_db: Quantity) -> Quantity:
    """Return the changes between frames of the first 21 levels, shape ``(…, 21, frame - 1)``."""
    tracks = levels_db[..., : LOUDNESS + 1, :]
    difference = tracks[..., 1:] - tracks[..., :-1]
    return namespace(levels_db).clip(difference, -FLUX_RANGE_DB, FLUX_RANGE_DB)


def statistics_vector(gated: GatedFrames) -> Quantity:
    """Return the statistics, shape ``(…, statistics)``; all zero where too few frames count."""
    xp = namespace(gated.mid)
    mean = gated.mid + gated.side
    floor = _FLOOR * xp.amax(mean, -1) + _SMALLEST
    loudness_db = power_levels_db(mean @ constant(_WEIGHTS, mean))[..., None]
    whole_db = power_levels_db(mean.sum(-1))[..., None]
    spectrum_db = 10.0 * xp.log10(xp.maximum(mean, floor[..., None])) - loudness_db
    groups_db = power_levels_db(mean @ constant(_GROUP_MATRIX.T, mean))
    own_db = xp.concatenate((groups_db, loudness_db), -1)
    above_db = own_db - 10.0 * xp.log10(floor)[..., None]
    presence = xp.clip(above_db / _FADE_DB, 0.0, 1.0)
    tracks = gated.histograms[..., : LOUDNESS + 1, :]
    ranked_db = [_held(level_db - own_db) for level_db in _percentiles_db(tracks, _GROUP_RANKS)]
    variance = gated.squares - gated.changes * gated.changes
    parts = [*ranked_db, _spread_db(tracks, own_db), gated.rises, _root(variance)]
    crests, peaks = gated.histograms[..., CREST, :], gated.histograms[..., PEAK, :]
    slow_known = (gated.slow.sum(-1) > 0.0)[..., None]
    vector = xp.concatenate(
        (
            spectrum_db,
            _widths_db(gated.mid, gated.side, floor),
            loudness_db - whole_db,
            *(presence * part for part in parts),
            _ranks_db(crests, 0.0, _GROUP_RANKS),
            _ranks_db(peaks, loudness_db, _PEAK_RANKS),
            slow_known * _held(_ranks_db(gated.slow, loudness_db, _SLOW_RANKS)),
        ),
        -1,
    )
    return vector * (gated.count >= LEAST_FRAMES)[..., None]


def _widths_db(mid: Quantity, side: Quantity, floor: Quantity) -> Quantity:
    """Return side over mid of pairs of bands and of all, in dB, shape ``(…, 41)``."""
    xp = namespace(mid)
    all_mid, all_side = mid.sum(-1)[..., None], side.sum(-1)[..., None]
    share = floor[..., None] / (all_mid + all_side + _SMALLEST)
    shape = (*mid.shape[:-1], PAIRS, 2)
    of_mid = xp.concatenate((mid.reshape(shape).sum(-1) + share * all_mid, all_mid), -1)
    of_side = xp.concatenate((side.reshape(shape).sum(-1) + share * all_side, all_side), -1)
    least = _WIDTH_FLOOR * (of_mid + of_side) + _SMALLEST
    return 10.0 * xp.log10((of_side + least) / (of_mid + least))


def _percentiles_db(histograms: Quantity, ranks: tuple[float, ...]) -> list[Quantity]:
    """Return the levels that such shares lie below, each ``(…,)``, from shape ``(…, steps)``.

    What is at a step lies evenly around it.
    """
    xp = namespace(histograms)
    share = at_least(histograms, _TINY)
    start = (xp.cumsum(histograms, -1) - histograms) / share
    steps = [xp.clip(rank / share - start, 0.0, 1.0).sum(-1) for rank in ranks]
    return [LOWEST_DB + STEP_DB * (step - 0.5) for step in steps]


def _ranks_db(histogram: Quantity, relative_to_db: Quantity, ranks: tuple[float, ...]) -> Quantity:
    found = [level_db[..., None] for level_db in _percentiles_db(histogram, ranks)]
    return namespace(histogram).concatenate(found, -1) - relative_to_db


def _spread_db(histograms: Quantity, mean_db: Quantity) -> Quantity:
    levels_db = constant(LOWEST_DB + STEP_DB * np.arange(STEPS), histograms)
    held_db = _held(levels_db - mean_db[..., None])
    mean = (histograms * held_db).sum(-1)[..., None]
    return _root((histograms * (held_db - mean) ** 2).sum(-1))


def _held(level_db: Quantity) -> Quantity:
    return namespace(level_db).clip(level_db, -LEVEL_RANGE_DB, LEVEL_RANGE_DB)


def _root(variance: Quantity) -> Quantity:
    return namespace(variance).sqrt(at_least(variance, _TINY_VARIANCE))
