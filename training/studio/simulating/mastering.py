"""What a simulated studio does to a mix, in frames: nothing of it shares code with the chain.

First the response with the width, then a feedback compressor of two bands, then loudness with a
clipper. Peaks follow the power of the frames around them.
"""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ....data.features.frames import CELLS_PER_FRAME
from ....models.k_weighting import OFFSET_DB, RELATIVE_GATE_LU, k_weighting_power
from ....models.mel import mel_edges_hz
from .frames import Frames, scaled
from .rules import DensityRules, LoudnessRules, TasteRules
from .taste import MEL_OCTAVES, Taste

Array: TypeAlias = npt.NDArray[np.float64]

_SILENCE = 1e-14
_QUIET = 1e-2  # frames 20 dB below the mean are no part of a mean level
_WEIGHTS = k_weighting_power(mel_edges_hz()[1:-1])
_LOUDNESS_ROUNDS = 3  # the clipper takes loudness away, which is given back


def response_db(taste: Taste, rules: TasteRules, spectrum_db: Array) -> Array:
    """Return the response that a studio chooses for a mix, without its noise, shape ``(80,)``.

    Args:
        taste: Of the studio.
        rules: How spectra are looked at.
        spectrum_db: Long-term levels of the mix relative to the mean spectrum of finished songs,
            shape ``(80,)``.

    """
    away = spectrum_db - taste.curve_db
    apart = (MEL_OCTAVES[:, None] - MEL_OCTAVES) / (0.5 * rules.hearing_octaves)
    window = np.exp(-0.5 * apart * apart)
    seen = window @ away / window.sum(axis=1)
    correction = -taste.corrected * (seen - seen.mean())
    response: Array = taste.response_db + np.clip(correction, -rules.most_db, rules.most_db)
    return response


def equalized(frames: Frames, gain_db: Array, width_db: Array) -> Frames:
    """Apply a response, and a gain of side, both in dB of each mel band, shape ``(80,)``."""
    gain = 10.0 ** (0.1 * gain_db[:, None])
    return followed(
        frames, frames.mid * gain, frames.side * gain * 10.0 ** (0.1 * width_db[:, None])
    )


def compressed(frames: Frames, taste: Taste, rules: DensityRules, frame_s: float) -> Frames:
    """Compress two bands by what comes out of them; see `feedback_gain_db`.

    Args:
        frames: Of a mix.
        taste: Of the studio.
        rules: Where bands meet.
        frame_s: Distance of frames.

    """
    above = share_above(MEL_OCTAVES, rules)
    shares = np.stack((1.0 - above, above))
    gain_db = feedback_gain_db(shares @ (frames.mid + frames.side), taste, frame_s)
    gain = 10.0 ** (0.1 * (shares.T @ gain_db))
    return followed(frames, frames.mid * gain, frames.side * gain)


def share_above(octaves: Array, rules: DensityRules) -> Array:
    """Return the share of the upper band at places in octaves above 1 kHz, same shape."""
    corner = math.log2(rules.corner_hz / 1000.0)
    share: Array = 1.0 / (1.0 + 2.0 ** (-(octaves - corner) / rules.edge_octaves))
    return share


def feedback_gain_db(power: Array, taste: Taste, step_s: float) -> Array:
    """Return the gain of bands that listen to their own output, shape ``(2, step)``.

    A gain in dB follows ``-e max(0, level + gain - threshold)`` with the exponent ``e`` and the
    level of the band's input: up with the release, down with the attack. The mean power of a band
    stays what it was: the balance is the response's affair.

    Args:
        power: Of both bands, shape ``(2, step)``.
        taste: Of the studio.
        step_s: Distance of steps.

    """
    power = power + _SILENCE
    heard = power >= _QUIET * power.mean(axis=1, keepdims=True)
    mean = (power * heard).sum(axis=1) / heard.sum(axis=1)
    over_db = 10.0 * np.log10(power / mean[:, None]) - taste.thresholds_db[:, None]
    falls, rises = (
        1.0 - math.exp(-step_s / (1e-3 * ms)) for ms in (taste.attack_ms, taste.release_ms)
    )
    gain_db = np.zeros_like(over_db)
    now = np.zeros(2)
    for step, level_db in enumerate(over_db.T):
        wanted = -taste.exponents * np.maximum(level_db + now, 0.0)
        now = now + np.where(wanted < now, falls, rises) * (wanted - now)
        gain_db[:, step] = now
    makeup = (power * heard).sum(axis=1) / (power * 10.0 ** (0.1 * gain_db) * heard).sum(axis=1)
    found: Array = gain_db + 10.0 * np.log10(makeup)[:, None]
    return found


def loudened(frames: Frames, loudness_lufs: float, rules: LoudnessRules, frame_s: float) -> Frames:
    """Bring frames to a loudness; a clipper turns down what goes beyond the ceiling.

    Args:
        frames: Of any loudness.
        loudness_lufs: Of the result.
        rules: Ceiling, and how fast the gain comes back.
        frame_s: Distance of frames.

    """
    ceiling = 10.0 ** (0.05 * rules.ceiling_dbfs)
    returns = math.exp(-frame_s / CELLS_PER_FRAME / (1e-3 * rules.recovery_ms))
    drive_db, result = 0.0, frames
    for _ in range(_LOUDNESS_ROUNDS):
        drive_db += loudness_lufs - loudness(result)
        result = _clipped(scaled(frames, drive_db), ceiling, returns)
    return result


def clipper_gain(peak: Array, ceiling: float, returns: float) -> Array:
    """Return gains that fall at once and return slowly, shape ``(cell,)``.

    Args:
        peak: Largest sample of each cell.
        ceiling: That no peak may exceed.
        returns: What is left of a reduction in the next cell.

    """
    demand = np.minimum(1.0, ceiling / np.maximum(peak, _SILENCE))
    gain = np.empty_like(demand)
    now = 1.0
    for cell, wanted in enumerate(demand.tolist()):
        now = min(wanted, 1.0 - returns * (1.0 - now))
        gain[cell] = now
    return gain


def loudness(frames: Frames) -> float:
    """Return the loudness of frames in LUFS, gated 10 LU below their mean (ITU-R BS.1770-5)."""
    power = _WEIGHTS @ (frames.mid + frames.side) + _SILENCE
    kept = power[power > 10.0 ** (0.1 * RELATIVE_GATE_LU) * power.mean()]
    return OFFSET_DB + 10.0 * math.log10(float(kept.mean()))


def followed(frames: Frames, mid: Array, side: Array) -> Frames:
    """Return frames of other powers, whose peaks rise and fall as the power around them did."""
    before, after = (
        (each.sum(axis=0) + _SILENCE) for each in (frames.mid + frames.side, mid + side)
    )
    amplitude = np.sqrt(after / before)
    nearest = (np.arange(len(frames.peak)) + CELLS_PER_FRAME // 2) // CELLS_PER_FRAME
    return Frames(mid, side, frames.peak * amplitude[np.minimum(nearest, len(amplitude) - 1)])


def _clipped(frames: Frames, ceiling: float, returns: float) -> Frames:
    """Hold peaks; a frame's gain is the mean of the cells around its center."""
    gain = clipper_gain(frames.peak, ceiling, returns)
    count = frames.mid.shape[1]
    filled = np.concatenate((gain, np.full(CELLS_PER_FRAME * count - len(gain), gain[-1])))
    means = filled.reshape(count, CELLS_PER_FRAME).mean(axis=1)
    power = np.square(0.5 * (means + np.concatenate((means[:1], means[:-1]))))
    return Frames(frames.mid * power, frames.side * power, frames.peak * gain)
