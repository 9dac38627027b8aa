"""From settings to a chain that can run.

Signal order: input normalization → equalizer → de-esser → multiband compressor → saturator →
stereo imager → loudness gain → true-peak limiter → dither.

The mix is normalized to -18 LUFS first. An *anchor* is the long-term level of a band after the
equalizer, ``10 log10 Σ P(f) |H_eq(f)|² |H_band(f)|²`` with the gated spectrum ``P`` of the
normalized mix: a closed, differentiable function that needs no pass over the audio. Thresholds are
relative to anchors, so the same settings do the same to a quiet mix and to a loud one.
"""

from __future__ import annotations

from dataclasses import dataclass

from .decibel import decibel_to_power
from .namespace import Quantity
from .processors.deesser import ResolvedDeesser, deesser_anchor_dbfs
from .processors.equalizer import ResolvedEqualizer
from .processors.imager import ResolvedImager
from .processors.limiter import ResolvedLimiter
from .processors.multiband_compressor import ResolvedMultibandCompressor, band_anchors_dbfs
from .processors.saturator import ResolvedSaturator, saturator_anchor_dbfs
from .settings import ChainSettings
from .spectrum import CENTERS_HZ, PowerSpectrum

REFERENCE_LUFS = -18.0
"""Loudness of the mix inside the chain."""


@dataclass(frozen=True, slots=True)
class Anchors:
    """Long-term levels that thresholds are relative to, in dBFS (mean square, full scale ±1).

    Attributes:
        deesser_dbfs: Of the de-esser's band.
        bands_dbfs: Of the compressor's four bands, low to high.
        saturator_dbfs: Of the whole signal.

    """

    deesser_dbfs: Quantity
    bands_dbfs: tuple[Quantity, Quantity, Quantity, Quantity]
    saturator_dbfs: Quantity


@dataclass(frozen=True, slots=True)
class ResolvedChain:
    """Everything the engine needs, down to the limiter; nothing is measured any more.

    A block that is ``None`` is bypassed: removed exactly, its latency kept.

    Attributes:
        normalization_db: Gain before the equalizer.
        equalizer: See `ResolvedEqualizer`.
        deesser: See `ResolvedDeesser`.
        multiband_compressor: See `ResolvedMultibandCompressor`.
        saturator: See `ResolvedSaturator`.
        imager: See `ResolvedImager`.
        gain_db: Gain before the limiter: the loudness gain.
        limiter: See `ResolvedLimiter`.

    """

    normalization_db: Quantity = 0.0
    equalizer: ResolvedEqualizer | None = None
    deesser: ResolvedDeesser | None = None
    multiband_compressor: ResolvedMultibandCompressor | None = None
    saturator: ResolvedSaturator | None = None
    imager: ResolvedImager | None = None
    gain_db: Quantity = 0.0
    limiter: ResolvedLimiter | None = None


def measure_anchors(
    settings: ChainSettings, spectrum: PowerSpectrum, *, sample_rate: int
) -> Anchors:
    """Compute the anchors of a normalized mix.

    Args:
        settings: Of the whole chain; a bypassed equalizer counts as flat.
        spectrum: Of the mix at -18 LUFS.
        sample_rate: At which the chain will run, in Hz; filters that it cannot hold do not count.

    """
    power = spectrum.total
    equalizer = settings["equalizer"]
    if not equalizer.bypass:
        response_db = ResolvedEqualizer(equalizer.values).response_db(CENTERS_HZ, sample_rate)
        power = power * decibel_to_power(response_db)
    anchors = anchors_of(settings, power)
    low, low_mid, high_mid, high = (float(level_dbfs) for level_dbfs in anchors.bands_dbfs)
    return Anchors(
        deesser_dbfs=float(anchors.deesser_dbfs),
        bands_dbfs=(low, low_mid, high_mid, high),
        saturator_dbfs=float(anchors.saturator_dbfs),
    )


def anchors_of(settings: ChainSettings, power: Quantity) -> Anchors:
    """Compute anchors from the power after the equalizer.

    Args:
        settings: Of the whole chain: floats, or tensors of shape ``(batch,)``.
        power: Mean of both channels' powers, shape ``(124,)`` or ``(batch, 124)``.

    """
    return Anchors(
        deesser_dbfs=deesser_anchor_dbfs(settings["deesser"].values, power),
        bands_dbfs=band_anchors_dbfs(settings["multiband_compressor"].values, power),
        saturator_dbfs=saturator_anchor_dbfs(power),
    )


def resolve(
    settings: ChainSettings,
    anchors: Anchors,
    *,
    normalization_db: Quantity,
    gain_db: Quantity = 0.0,
) -> ResolvedChain:
    """Turn settings into what the engine runs.

    Args:
        settings: Of the whole chain.
        anchors: Of the mix, see `measure_anchors`.
        normalization_db: Gain that brings the mix to -18 LUFS.
        gain_db: Loudness gain before the limiter.

    """
    on = {name: block.values for name, block in settings.blocks.items() if not block.bypass}
    return ResolvedChain(
        normalization_db=normalization_db,
        equalizer=ResolvedEqualizer(on["equalizer"]) if "equalizer" in on else None,
        deesser=(ResolvedDeesser(on["deesser"], anchors.deesser_dbfs) if "deesser" in on else None),
        multiband_compressor=(
            ResolvedMultibandCompressor(on["multiband_compressor"], anchors.bands_dbfs)
            if "multiband_compressor" in on
            else None
        ),
        saturator=(
            ResolvedSaturator(on["saturator"], anchors.saturator_dbfs)
            if "saturator" in on
            else None
        ),
        imager=ResolvedImager(on["imager"]) if "imager" in on else None,
        gain_db=gain_db,
        limiter=ResolvedLimiter(on["limiter"]) if "limiter" in on else None,
    )
