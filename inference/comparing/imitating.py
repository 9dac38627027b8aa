"""One effect of another master, laid on a version: on its patches, without rendering it.

Stages of two chains cannot simply be interchanged to tell whose *effect* is heard: what a band of
the compressor takes off on average, the equalizer could have taken off, and a recovery cannot know
which of them did. Effects are known however they came about: the response of everything up to the
limiter (tone), how the compressor moves around its mean (dynamics), what the imager does to side
(width), and what the limiter takes off over time (limiting).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ...models.chain import ResolvedChain
from ...models.decibel import decibel_to_power
from ...models.moves import RESPONSE_HZ
from ..effects import STEP_S, Effects, movement_db
from .audibility import BAND_HZ, Heard, heard_difference, loudness_db
from .differences import Kind
from .patches import Patches

Array: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Gains:
    """What a chain does to patches.

    Attributes:
        tone_db: Of everything up to the limiter, shape ``(80,)``.
        movement_db: Of the compressor around its mean, shape ``(80, moment)``.
        side_db: What the imager does to side, shape ``(80,)``.
        limiting_db: What the limiter takes off, positive, shape ``(moment,)``.

    """

    tone_db: Array
    movement_db: Array
    side_db: Array
    limiting_db: Array


def gains_of(chain: ResolvedChain, effects: Effects, moments_s: Array) -> Gains:
    """Return what a chain does to the patches of a song.

    Args:
        chain: That has the effects.
        effects: Of the song.
        moments_s: Middle of each moment, in s.

    """
    steps_s = (np.arange(len(effects.limiting_db)) + 0.5) * STEP_S
    moving_db = movement_db(chain, effects, BAND_HZ)
    return Gains(
        _at_bands(effects.total_db),
        np.stack([np.interp(moments_s, steps_s, row) for row in moving_db]),
        _at_bands(effects.side_response_db),
        np.interp(moments_s, steps_s, effects.limiting_db),
    )


def heard_effect(version: Patches, kind: Kind, own: Gains, other: Gains) -> Heard:
    """Return what is heard where one effect of a version gives way to another master's.

    Args:
        version: Its patches.
        kind: Tone, dynamics, width or limiting.
        own: What its own chain does.
        other: What the other's does.

    """
    moments = version.power.shape[2]
    gain_db = np.zeros((2, len(BAND_HZ), moments))
    if kind is Kind.TONE:
        gain_db += (other.tone_db - own.tone_db)[None, :, None]
    elif kind is Kind.DYNAMICS:
        gain_db += other.movement_db - own.movement_db
    elif kind is Kind.WIDTH:
        gain_db[1] += (other.side_db - own.side_db)[:, None]
    else:
        gain_db += own.limiting_db - other.limiting_db
    changed = Patches((version.power * decibel_to_power(gain_db)).astype(np.float32))
    return heard_difference(version, changed, loudness_db(version) - loudness_db(changed))


def _at_bands(response_db: Array) -> Array:
    """Interpolate third octaves, shape ``(27,)``, in log frequency; held beyond the ends."""
    found: Array = np.interp(np.log(BAND_HZ), np.log(RESPONSE_HZ), response_db)
    return found
