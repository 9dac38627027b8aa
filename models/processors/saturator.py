"""Saturator: a smooth curve at 176.4 kHz or more, added to the untouched signal.

``y = x + mix · (x / √(1 + (x / c)²) - x)``, where the curve's ceiling ``c`` lies ``-drive`` above
the anchor, the long-term level of the whole signal after the equalizer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..decibel import decibel_to_amplitude
from ..kernels.halfband import SHORT_TAPS, STEEP_TAPS
from ..namespace import Quantity
from ..parameters import ParameterSpec
from ..rates import hop_samples, oversampling_factor
from ..spectrum import levels_db

SPECS: tuple[ParameterSpec, ...] = (
    ParameterSpec("drive", "dB", -24.0, -3.0, -12.0),
    ParameterSpec("mix", "", 0.0, 1.0, 0.0, scaled=True),
)


@dataclass(frozen=True, slots=True)
class ResolvedSaturator:
    """What the saturator needs to run.

    Attributes:
        values: Physical values by key: floats, or tensors of shape ``(batch,)``.
        anchor_dbfs: Long-term mean square after the equalizer.

    """

    values: Mapping[str, Quantity]
    anchor_dbfs: Quantity

    @property
    def ceiling(self) -> Quantity:
        """The level that the curve approaches, linear."""
        return decibel_to_amplitude(self.anchor_dbfs - self.values["drive_db"])


def saturator_anchor_dbfs(power: Quantity) -> Quantity:
    """Return the level of the whole signal, given its power after the equalizer, ``(…, 124)``."""
    return levels_db(power.sum(-1))


def stage_taps(sample_rate: int) -> tuple[int, ...]:
    """Return the length of each half-band stage, from the base rate up."""
    stages = oversampling_factor(sample_rate).bit_length() - 1
    return (STEEP_TAPS,) * min(stages, 1) + (SHORT_TAPS,) * (stages - 1)


def filter_delay_samples(sample_rate: int) -> int:
    """Return the delay of interpolation and decimation together."""
    return sum(taps >> stage for stage, taps in enumerate(stage_taps(sample_rate)))


def latency_samples(sample_rate: int) -> int:
    """Return the saturator's delay: that of its filters, rounded up to whole hops."""
    hop = hop_samples(sample_rate)
    return -(-filter_delay_samples(sample_rate) // hop) * hop
