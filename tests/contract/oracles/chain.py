"""The whole chain in signal order, each processor over the whole track before the next."""

from __future__ import annotations

import numpy as np

from glassmaster.models.chain import ResolvedChain

from . import deesser, equalizer, imager, limiter, multiband_compressor, saturator
from .ballistics import hop_samples
from .filters import Array

SILENT_HOPS = 128
"""Silence on both sides: filters ring on after the end while the limiter still looks ahead, and
those of the saturator ring before the start, which the imager's then remember."""


def render(chain: ResolvedChain, x: Array, sample_rate: int) -> Array:
    """Master ``x``, shape ``(2, time)``."""
    hop = hop_samples(sample_rate)
    time = x.shape[1]
    silence = SILENT_HOPS * hop
    y = np.pad(x, ((0, 0), (silence, silence - time % hop + hop)))
    y = y * 10.0 ** (chain.normalization_db / 20.0)
    if chain.equalizer is not None:
        y = equalizer.render(chain.equalizer.values, y, sample_rate)
    if chain.deesser is not None:
        y = deesser.render(chain.deesser.values, chain.deesser.anchor_dbfs, y, sample_rate)
    if (compressor := chain.multiband_compressor) is not None:
        y = multiband_compressor.render(compressor.values, compressor.anchors_dbfs, y, sample_rate)
    if chain.saturator is not None:
        y = saturator.render(chain.saturator.values, chain.saturator.anchor_dbfs, y, sample_rate)
    if chain.imager is not None:
        y = imager.render(chain.imager.values, y, sample_rate)
    y = y * 10.0 ** (chain.gain_db / 20.0)
    if chain.limiter is not None:
        y = limiter.render(chain.limiter.values, y, sample_rate)
    return y[:, silence : silence + time]
