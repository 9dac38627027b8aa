"""Distances between an estimate and its target, frame for frame.

Frames count where the target's are audible, bands and cells where they matter: within 80 dB of the
loudest. Each distance is 0 for an estimate that is its target, and for a silent target.
"""

from __future__ import annotations

from ..namespace import Quantity, namespace
from .gate import RELEVANT_RANGE, SMALLEST_POWER, audible_frames, levels_db, mean_of
from .statistics import (
    crest_factor_db,
    energy_ratio_db,
    level_db,
    long_term_power,
    spectrum_db,
    spread_db,
    width_db,
)


def mel_distance(
    mid: Quantity, side: Quantity, target_mid: Quantity, target_side: Quantity
) -> Quantity:
    """Return the mean absolute difference of mel levels, mid and side, in dB.

    ``(1 - w) D_mid + w D_side``; each ``D`` is the mean of ``|estimate - target|`` in dB over the
    cells of audible frames where one of both lies above -80 dB relative to the loudest cell of the
    target's mid, and ``w = 0.5 min(1, 10 E_side / E_mid)`` with the target's energies.

    Args:
        mid: The estimate's, powers, shape ``(batch, band, frame)``.
        side: The estimate's, same shape.
        target_mid: Same shape.
        target_side: Same shape.

    Returns:
        Shape ``(batch,)``.

    """
    of_mid, of_side, weight = mel_distances(mid, side, target_mid, target_side)
    return (1.0 - weight) * of_mid + weight * of_side


def mel_distances(
    mid: Quantity, side: Quantity, target_mid: Quantity, target_side: Quantity
) -> tuple[Quantity, Quantity, Quantity]:
    """Return what `mel_distance` is made of: that of mid, that of side, and the weight of side.

    Args:
        mid: The estimate's, powers, shape ``(batch, band, frame)``.
        side: The estimate's, same shape.
        target_mid: Same shape.
        target_side: Same shape.

    Returns:
        Each of shape ``(batch,)``, the distances in dB.

    """
    xp = namespace(mid)
    frames = audible_frames(target_mid, target_side)
    threshold = RELEVANT_RANGE * xp.amax(target_mid * frames[:, None], (1, 2))[:, None, None]

    def difference(power: Quantity, target: Quantity) -> Quantity:
        cells = ((power > threshold) | (target > threshold)) & frames[:, None]
        return mean_of(xp.abs(levels_db(power) - levels_db(target)), cells, (1, 2))

    weight = side_weight(target_mid, target_side, frames)
    return difference(mid, target_mid), difference(side, target_side), weight


def spectrum_distance(
    mid: Quantity, side: Quantity, target_mid: Quantity, target_side: Quantity
) -> Quantity:
    """Return the mean absolute difference of long-term spectra (LTAS) in dB, shape ``(batch,)``.

    Args:
        mid: The estimate's, powers, shape ``(batch, band, frame)``.
        side: The estimate's, same shape.
        target_mid: Same shape.
        target_side: Same shape.

    """
    difference, bands = _spectra(mid, side, target_mid, target_side)
    return mean_of(namespace(mid).abs(difference), bands, 1)


def spectrum_shape_distance(
    mid: Quantity, side: Quantity, target_mid: Quantity, target_side: Quantity
) -> Quantity:
    """Return the difference of long-term spectra whose mean is removed (LTAS-S), in dB.

    Args:
        mid: The estimate's, powers, shape ``(batch, band, frame)``.
        side: The estimate's, same shape.
        target_mid: Same shape.
        target_side: Same shape.

    Returns:
        Shape ``(batch,)``.

    """
    difference, bands = _spectra(mid, side, target_mid, target_side)
    shape = difference - mean_of(difference, bands, 1)[:, None]
    return mean_of(namespace(mid).abs(shape), bands, 1)


def level_distance(
    mid: Quantity,
    side: Quantity,
    target_mid: Quantity,
    target_side: Quantity,
    weights: Quantity,
) -> Quantity:
    """Return the absolute difference of weighted levels in dB, shape ``(batch,)``.

    Args:
        mid: The estimate's, powers, shape ``(batch, band, frame)``.
        side: The estimate's, same shape.
        target_mid: Same shape.
        target_side: Same shape.
        weights: Power gain of each band, shape ``(band,)``.

    """
    frames = audible_frames(target_mid, target_side)
    target = level_db(target_mid, target_side, frames, weights)
    return namespace(mid).abs(level_db(mid, side, frames, weights) - target) * _any(frames)


def dynamics_distance(
    mid: Quantity, side: Quantity, target_mid: Quantity, target_side: Quantity
) -> Quantity:
    """Return the mean absolute difference of the bands' level spread in dB, shape ``(batch,)``.

    Args:
        mid: The estimate's, powers, shape ``(batch, band, frame)``.
        side: The estimate's, same shape.
        target_mid: Same shape.
        target_side: Same shape.

    """
    frames = audible_frames(target_mid, target_side)
    bands = _relevant_bands(target_mid + target_side, frames)
    difference = spread_db(mid, side, frames) - spread_db(target_mid, target_side, frames)
    return mean_of(namespace(mid).abs(difference), bands, 1)


def crest_factor_distance(
    mid: Quantity,
    side: Quantity,
    peak: Quantity,
    target_mid: Quantity,
    target_side: Quantity,
    target_peak: Quantity,
) -> Quantity:
    """Return the absolute difference of crest factors in dB, shape ``(batch,)``.

    Args:
        mid: The estimate's, powers, shape ``(batch, band, frame)``.
        side: The estimate's, same shape.
        peak: The estimate's, shape ``(batch, cell)``.
        target_mid: Shape ``(batch, band, frame)``.
        target_side: Shape ``(batch, band, frame)``.
        target_peak: Shape ``(batch, cell)``.

    """
    frames = audible_frames(target_mid, target_side)
    target = crest_factor_db(target_mid, target_side, frames, target_peak)
    return namespace(mid).abs(crest_factor_db(mid, side, frames, peak) - target) * _any(frames)


def width_distance(
    mid: Quantity, side: Quantity, target_mid: Quantity, target_side: Quantity
) -> Quantity:
    """Return the mean absolute difference of the bands' widths in dB, shape ``(batch,)``.

    Args:
        mid: The estimate's, powers, shape ``(batch, band, frame)``.
        side: The estimate's, same shape.
        target_mid: Same shape.
        target_side: Same shape.

    """
    frames = audible_frames(target_mid, target_side)
    bands = _relevant_bands(target_mid + target_side, frames)
    difference = width_db(mid, side, frames) - width_db(target_mid, target_side, frames)
    return mean_of(namespace(mid).abs(difference), bands, 1)


def energy_ratio_distance(
    mid: Quantity,
    side: Quantity,
    target_mid: Quantity,
    target_side: Quantity,
    frame_rate_hz: float,
) -> Quantity:
    """Return the absolute difference of short- over long-term energy in dB, shape ``(batch,)``.

    Args:
        mid: The estimate's, powers, shape ``(batch, band, frame)``.
        side: The estimate's, same shape.
        target_mid: Same shape.
        target_side: Same shape.
        frame_rate_hz: Frames per second.

    """
    frames = audible_frames(target_mid, target_side)
    target = energy_ratio_db(target_mid, target_side, frames, frame_rate_hz)
    return namespace(mid).abs(energy_ratio_db(mid, side, frames, frame_rate_hz) - target)


def _spectra(
    mid: Quantity, side: Quantity, target_mid: Quantity, target_side: Quantity
) -> tuple[Quantity, Quantity]:
    """Return the difference of long-term spectra in dB, and which bands matter."""
    frames = audible_frames(target_mid, target_side)
    target = spectrum_db(target_mid, target_side, frames)
    bands = _relevant_bands(target_mid + target_side, frames)
    return spectrum_db(mid, side, frames) - target, bands


def _relevant_bands(target: Quantity, frames: Quantity) -> Quantity:
    """Return the bands within 80 dB of the loudest, boolean, shape ``(batch, band)``."""
    power = long_term_power(target, frames)
    return power > RELEVANT_RANGE * namespace(power).amax(power, 1)[:, None]


def side_weight(mid: Quantity, side: Quantity, frames: Quantity) -> Quantity:
    """Return the weight of side in the mel distance, 0 to 0.5, shape ``(batch,)``.

    Args:
        mid: The target's, powers, shape ``(batch, band, frame)``.
        side: The target's, same shape.
        frames: Which count, boolean, shape ``(batch, frame)``.

    """
    xp = namespace(mid)
    of_mid, of_side = (long_term_power(power, frames).sum(1) for power in (mid, side))
    return xp.clip(5.0 * of_side / xp.clip(of_mid, SMALLEST_POWER, None), 0.0, 0.5)


def _any(frames: Quantity) -> Quantity:
    """Return whether any frame counts, boolean, shape ``(batch,)``."""
    return frames.sum(1) > 0
