"""De-esser: one band turned down where it is louder than it is on average.

``y = x + (g - 1) · B x`` with the band-pass ``B(s) = (s / Q) / (s² + s / Q + 1)``: with a steady
gain ``g`` this is a bell of depth ``g``, and with ``g = 1`` the signal itself. The threshold is
relative to the anchor, the long-term level of the band after the equalizer.

A digital band-pass cannot have both the bell's shape and its own skirts right near Nyquist. So
there are two: the one that is turned down makes a cut of 8 dB exact, and the one whose level is
measured is matched as a band-pass.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..decibel import decibel_to_amplitude
from ..kernels.matched import matched_section
from ..namespace import Quantity, at_most, column, constant, namespace, stack
from ..parameters import ParameterSpec
from ..rates import NYQUIST_MARGIN, hop_samples, representable, smoothing
from ..spectrum import CENTERS_HZ, levels_db

SPECS: tuple[ParameterSpec, ...] = (
    ParameterSpec("frequency", "Hz", 3500.0, 9000.0, 6500.0, log=True),
    ParameterSpec("q", "", 0.7, 2.0, 1.0, log=True),
    ParameterSpec("threshold", "dB", 0.0, 20.0, 8.0),
    ParameterSpec("ratio", "", 1.0, 5.0, 1.0, scaled=True),
    ParameterSpec("attack", "ms", 1.0, 10.0, 2.0, log=True),
    ParameterSpec("release", "ms", 20.0, 150.0, 60.0, log=True),
)

KNEE_DB = 6.0
MOST_REDUCTION_DB = 10.0
"""The reduction is bounded here, so that a mistake cannot lisp."""

MATCHED_CUT_DB = -8.0
"""The band that is turned down is exact for a cut of this depth, within 0.45 dB down to -12 dB."""


@dataclass(frozen=True, slots=True)
class ResolvedDeesser:
    """What the de-esser needs to run.

    Attributes:
        values: Physical values by key: floats, or tensors of shape ``(batch,)``.
        anchor_dbfs: Long-term mean square of the band after the equalizer.

    """

    values: Mapping[str, Quantity]
    anchor_dbfs: Quantity

    def control(self, sample_rate: int) -> Quantity:
        """Return ``threshold_dbfs slope knee_db attack release most_db``, shape ``(…, 6)``."""
        hop = hop_samples(sample_rate)
        return stack(
            self.anchor_dbfs + self.values["threshold_db"],
            1.0 / self.values["ratio"] - 1.0,
            KNEE_DB,
            smoothing(self.values["attack_ms"], hop, sample_rate),
            smoothing(self.values["release_ms"], hop, sample_rate),
            MOST_REDUCTION_DB,
        )

    def sections(self, sample_rate: int) -> Quantity:
        """Design the band-pass that is turned down and the one that is measured.

        Returns:
            ``b0 b1 b2 a1 a2`` of both, shape ``(…, 2, 5)``; zeros, which give silence, where this
            rate cannot hold the band.

        """
        q, held = self.values["q"], representable(self.values["frequency_hz"], sample_rate)
        frequency_hz = at_most(self.values["frequency_hz"], NYQUIST_MARGIN * sample_rate)
        xp = namespace(frequency_hz)
        cut = decibel_to_amplitude(MATCHED_CUT_DB)
        b0, b1, b2, a1, a2 = matched_section(
            (1.0, cut / q, 1.0),
            (1.0, 1.0 / q, 1.0),
            frequency_hz,
            sample_rate,
            corner_share=1.0,
            rate_share=xp.where(
                frequency_hz < 0.37 * sample_rate,
                constant(0.4, frequency_hz),
                constant(0.49, frequency_hz),
            ),
        )
        depth = cut - 1.0
        band = stack((b0 - 1.0) / depth, (b1 - a1) / depth, (b2 - a2) / depth, a1, a2)
        heard = stack(
            *matched_section((0.0, 1.0 / q, 0.0), (1.0, 1.0 / q, 1.0), frequency_hz, sample_rate)
        )
        return xp.stack([band, heard], -2) * column(column(held))

    def left_out(self, sample_rate: int) -> tuple[str, ...]:
        """Return the band's name where this rate cannot hold it."""
        return () if representable(self.values["frequency_hz"], sample_rate) else ("band",)


def deesser_anchor_dbfs(values: Mapping[str, Quantity], power: Quantity) -> Quantity:
    """Return the level of the band, given the power after the equalizer, shape ``(…, 124)``."""
    ratio = constant(CENTERS_HZ, power) / column(values["frequency_hz"])
    narrow = (ratio / column(values["q"])) ** 2
    band = narrow / ((1.0 - ratio * ratio) ** 2 + narrow)
    return levels_db((power * band).sum(-1))
