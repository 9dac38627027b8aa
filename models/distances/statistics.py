"""What describes the sound of an excerpt, from its mel frames.

Every function takes which frames count, boolean, shape ``(batch, frame)``: an excerpt's own
`audible_frames`, or, where an estimate is held against its target, the target's for both.
"""

from __future__ import annotations

from ..namespace import Quantity, namespace
from .gate import SMALLEST_POWER, levels_db, mean_of

WIDTH_RANGE = 1e-4
"""Mid or side this far below the other is not heard (-40 dB): the width goes no further."""

DYNAMICS_RANGE = 1e-4
"""A band this far below its mean is not heard (-40 dB): the spread does not see how far."""

SLOW_WINDOW_S = 3.0
"""Length of the slow integration, that of the short-term loudness of EBU Tech 3341."""

_TINY_VARIANCE = 1e-12  # the square root has no slope at zero


def long_term_power(power: Quantity, frames: Quantity) -> Quantity:
    """Return the mean power of each band over the frames that count, shape ``(batch, band)``.

    Args:
        power: Shape ``(batch, band, frame)``.
        frames: Which count, boolean, shape ``(batch, frame)``.

    """
    return mean_of(power, frames[:, None], 2)


def spectrum_db(mid: Quantity, side: Quantity, frames: Quantity) -> Quantity:
    """Return the long-term average spectrum (LTAS) in dB, shape ``(batch, band)``.

    It is that of the mean of both channels' powers, ``mid + side``.

    Args:
        mid: Powers, shape ``(batch, band, frame)``.
        side: Powers, same shape.
        frames: Which count, boolean, shape ``(batch, frame)``.

    """
    return levels_db(long_term_power(mid + side, frames))


def level_db(mid: Quantity, side: Quantity, frames: Quantity, weights: Quantity) -> Quantity:
    """Return the weighted level in dB, shape ``(batch,)``.

    ``10 log10 mean_frames sum_bands weight (mid + side)``: with the power response of the
    K-weighting as weights, this minus 0.691 is the loudness in LUFS of these frames (BS.1770-5),
    since a full-scale sine in both channels has a sum of mean squares of 1.

    Args:
        mid: Powers, shape ``(batch, band, frame)``.
        side: Powers, same shape.
        frames: Which count, boolean, shape ``(batch, frame)``.
        weights: Power gain of each band, shape ``(band,)``.

    """
    return levels_db((long_term_power(mid + side, frames) * weights).sum(1))


def spread_db(mid: Quantity, side: Quantity, frames: Quantity) -> Quantity:
    """Return how much the level of each band moves (DYN), in dB, shape ``(batch, band)``.

    The standard deviation over time of a frame's level relative to the band's mean power, which it
    counts down to `DYNAMICS_RANGE`.

    Args:
        mid: Powers, shape ``(batch, band, frame)``.
        side: Powers, same shape.
        frames: Which count, boolean, shape ``(batch, frame)``.

    """
    xp = namespace(mid)
    power = mid + side
    mean = xp.clip(long_term_power(power, frames), SMALLEST_POWER, None)[:, :, None]
    levels = 10.0 * xp.log10(xp.clip(power / mean, DYNAMICS_RANGE, None))
    counted = frames[:, None]
    deviation = levels - mean_of(levels, counted, 2)[:, :, None]
    return xp.sqrt(mean_of(deviation * deviation, counted, 2) + _TINY_VARIANCE)


def crest_factor_db(mid: Quantity, side: Quantity, frames: Quantity, peak: Quantity) -> Quantity:
    """Return the crest factor, largest peak over root mean square, in dB, shape ``(batch,)``.

    The mean square is that of both channels, ``sum_bands (mid + side) / 2``; a sine has 3.01 dB.

    Args:
        mid: Powers, shape ``(batch, band, frame)``.
        side: Powers, same shape.
        frames: Which count for the mean square, boolean, shape ``(batch, frame)``.
        peak: Largest absolute sample, shape ``(batch, cell)``.

    """
    largest = namespace(peak).amax(peak, 1)
    mean_square = 0.5 * long_term_power(mid + side, frames).sum(1)
    return levels_db(largest * largest) - levels_db(mean_square)


def width_db(mid: Quantity, side: Quantity, frames: Quantity) -> Quantity:
    """Return the long-term power of side over mid in each band (WID), in dB.

    Held between -40 and 40 dB (`WIDTH_RANGE`): a mono band has -40 dB, a silent one 0 dB.

    Args:
        mid: Powers, shape ``(batch, band, frame)``.
        side: Powers, same shape.
        frames: Which count, boolean, shape ``(batch, frame)``.

    Returns:
        Shape ``(batch, band)``.

    """
    xp = namespace(mid)
    middle = xp.clip(long_term_power(mid, frames), SMALLEST_POWER, None)
    sides = xp.clip(long_term_power(side, frames), SMALLEST_POWER, None)
    ratio = xp.clip(sides / middle, WIDTH_RANGE, 1.0 / WIDTH_RANGE)
    return 10.0 * xp.log10(ratio)


def energy_ratio_db(
    mid: Quantity, side: Quantity, frames: Quantity, frame_rate_hz: float
) -> Quantity:
    """Return how far short-term energy rises above long-term energy, in dB, shape ``(batch,)``.

    The fast level is a frame's, the slow one that of the mean power of `SLOW_WINDOW_S` around it,
    of the frames that count. Following the loudness dynamic range of Skovenborg, "Measures of
    microdynamics", AES 137, 2014, the largest excess of fast over slow; but the root mean square of
    the excess in place of the maximum, so that every attack has its share and a gradient.

    Args:
        mid: Powers, shape ``(batch, band, frame)``.
        side: Powers, same shape.
        frames: Which count, boolean, shape ``(batch, frame)``.
        frame_rate_hz: Frames per second.

    """
    xp = namespace(mid)
    fast = (mid + side).sum(1)
    slow = _moving_sum(fast * frames, frame_rate_hz) / xp.clip(
        _moving_sum(frames * xp.ones_like(fast), frame_rate_hz), 1.0, None
    )
    excess_db = xp.clip(levels_db(fast) - levels_db(slow), 0.0, None)
    return xp.sqrt(mean_of(excess_db * excess_db, frames, 1) + _TINY_VARIANCE)


def _moving_sum(values: Quantity, frame_rate_hz: float) -> Quantity:
    """Return the sum over the slow window around each frame, shape ``(batch, frame)``."""
    xp = namespace(values)
    count = values.shape[1]
    reach = min(round(0.5 * SLOW_WINDOW_S * frame_rate_hz), count)
    total = xp.cumsum(values, 1)
    none = xp.zeros_like(values)
    later = xp.concatenate((total[:, reach:], none[:, :reach] + total[:, -1:]), 1)
    earlier = xp.concatenate((none[:, : reach + 1], total), 1)[:, :count]
    return later - earlier
