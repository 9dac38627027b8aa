"""Static responses: what equalizer, crossovers and widths do to mel bands and to nodes.

A band hears many frequencies. Its gain is the mean of ``|H(f)|²`` over them, weighted with what it
hears of the song: ``Σ_f P(f) W(f) |H(f)|² / Σ_f P(f) W(f)`` over the song's spectrum ``P`` and the
band's sensitivity ``W``, leakage included. The compressor's bands share one phase, so they add up
in amplitude; a response is given for each of them apart, to be multiplied by its gain in time.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache

import torch
from torch import Tensor

from ...k_weighting import k_weighting_power
from ...mel import LOW_BANDS, Array, cell_samples, node_shares, sensitivity
from ...namespace import column
from ...processors.imager import CORNERS as IMAGER_CORNERS
from ...processors.imager import side_magnitude
from ...processors.multiband_compressor import CORNERS, band_magnitudes
from ...spectrum import CENTERS_HZ
from ..resolving import ResolvedBatch, SpectrumBatch
from .dispersion import crossover_delay, section_response, warp, warped_corners

_SILENT_SHARE = 1e-9
"""What every twelfth octave is taken to hold at least, of the whole: a response needs a weight."""

_DEAF = 1e-20  # bands above half the rate hear nothing


@dataclass(frozen=True, slots=True, eq=False)
class Tone:
    """Responses of a chain without ballistics; ``band`` are the compressor's, one if it is off.

    Attributes:
        mid: Amplitude of a mel band of mid for each band, shape ``(batch, 80, band)``.
        side: The same of side, widths included.
        heard: Share of a node's power that each band's detector hears, equalizer included, shape
            ``(batch, band, 16)``.
        weighted: Share of a node's power that each band passes on, equalizer, widths and the
            loudness meter's filter included, same shape.
        shared: What comes to that, by the product of their gains, where a band meets the next one,
            shape ``(batch, band - 1, 16)``.
        crest: Amplitude of a node of mid for each band, and of one of side, equalizer and widths
            included, shape ``(batch, band, 32)``.
        low_delay: By which the chain delays the lowest mel bands, in cells, shape ``(batch, 32)``.
        band_delay: By which it delays the compressor's bands, in cells, shape ``(batch, band)``.

    """

    mid: Tensor
    side: Tensor
    heard: Tensor
    weighted: Tensor
    shared: Tensor
    crest: Tensor
    low_delay: Tensor
    band_delay: Tensor

    def to(self, like: Tensor) -> Tone:
        """Return the same with the type and device of ``like``."""
        return Tone(*(getattr(self, field.name).to(like) for field in fields(self)))


def measure_tone(resolved: ResolvedBatch, spectra: SpectrumBatch, sample_rate: int) -> Tone:
    """Compute the static responses of a batch of chains, in float64 whatever comes in.

    Args:
        resolved: The chains.
        spectra: Of each example's whole song.
        sample_rate: In Hz.

    """
    total = column(spectra.total.double().sum(-1))
    mid = spectra.mid / total + _SILENT_SHARE
    side = spectra.side / total + _SILENT_SHARE
    equalized, width, bands, delay = _responses(resolved, mid, sample_rate)
    delay = delay / cell_samples(sample_rate)
    hears = mid.new_tensor(_sensitivity(sample_rate)).T
    shares = mid.new_tensor(node_shares(CENTERS_HZ)).T
    audible = equalized * (mid + side)
    in_bands = audible[:, None] * bands.square()
    out = equalized * (mid + side * width.square())
    widened = equalized * width.square()
    crest = [_amplitude(equalized, bands, mid, shares), _amplitude(widened, bands, side, shares)]
    k_weighted = (out.new_tensor(k_weighting_power(CENTERS_HZ)) * out / (mid + side))[:, None]
    return Tone(
        mid=_amplitude(equalized, bands, mid, hears).mT,
        side=_amplitude(widened, bands, side, hears).mT,
        heard=_mean(equalized[:, None] * bands.square(), mid + side, shares),
        weighted=_mean(k_weighted * bands.square(), mid + side, shares),
        shared=_mean(2.0 * k_weighted * bands[:, :-1] * bands[:, 1:], mid + side, shares),
        crest=torch.cat(crest, -1),
        low_delay=_mean(delay, audible, hears[:, :LOW_BANDS]),
        band_delay=(delay[:, None] * in_bands).sum(-1) / in_bands.sum(-1),
    )


def _responses(
    resolved: ResolvedBatch, like: Tensor, sample_rate: int
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return the equalizer's power, magnitudes of side and of bands, and all delay in samples."""
    chain, active = resolved.chain, resolved.active
    equalized = width = torch.ones_like(like)
    bands, late = torch.ones_like(like)[:, None], torch.zeros_like(like)
    if chain.equalizer is not None:
        sections = chain.equalizer.sections(sample_rate).double()
        power, delay = section_response(sections, CENTERS_HZ, sample_rate)
        equalized = torch.where(column(active["equalizer"]), power.to(like), equalized)
        late = late + column(active["equalizer"]) * delay.to(like)
    if chain.imager is not None:
        values = chain.imager.values
        corners = warped_corners(values, IMAGER_CORNERS, sample_rate)
        widths = chain.imager.widths(sample_rate)
        magnitude = side_magnitude(corners, widths, warp(CENTERS_HZ, sample_rate))
        width = torch.where(column(active["imager"]), magnitude, width)
        delay = crossover_delay(values, IMAGER_CORNERS, CENTERS_HZ, sample_rate)
        late = late + column(active["imager"]) * delay
    if chain.multiband_compressor is not None:
        values = chain.multiband_compressor.values
        corners = warped_corners(values, CORNERS, sample_rate)
        bands = band_magnitudes(corners, warp(CENTERS_HZ, sample_rate))
        delay = crossover_delay(values, CORNERS, CENTERS_HZ, sample_rate)
        late = late + column(active["multiband_compressor"]) * delay
    return equalized, width, bands, late


def _mean(response: Tensor, weight: Tensor, shares: Tensor) -> Tensor:
    """Average over frequency: of ``(batch, …, 124)`` make ``(batch, …, out)``."""
    total = weight @ shares + _DEAF
    if response.ndim == 3:
        weight, total = weight[:, None], total[:, None]
    return (weight * response) @ shares / total


def _amplitude(power: Tensor, bands: Tensor, weight: Tensor, shares: Tensor) -> Tensor:
    """Return ``√(mean power)``, divided among bands, shape ``(batch, band, out)``."""
    passed, total = weight * power, weight @ shares + _DEAF
    heard = passed @ shares + _SILENT_SHARE * total
    level = (heard / total).sqrt()
    return (level / heard)[:, None] * ((passed[:, None] * bands) @ shares)


@cache
def _sensitivity(sample_rate: int) -> Array:
    return sensitivity(sample_rate)
