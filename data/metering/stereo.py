"""Correlation and width of a stereo image, from a long-term spectrum."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ...models.spectrum import PowerSpectrum, third_octaves

Array: TypeAlias = npt.NDArray[np.float64]


def third_octave_correlation(spectrum: PowerSpectrum) -> Array:
    """Return the correlation a third octave, shape ``(31,)``; NaN where a channel is silent."""
    return correlation_of(
        third_octaves(spectrum.mid), third_octaves(spectrum.side), third_octaves(spectrum.cross)
    )


def correlation_of(mid: Array, side: Array, cross: Array) -> Array:
    """Return ``(mid - side) / sqrt(left * right)``, all of one shape; NaN where undefined.

    Left and right have the powers ``mid + side ± 2 * cross``.
    """
    total = mid + side
    product = (total + 2.0 * cross) * (total - 2.0 * cross)
    # what is left of a silent channel is rounding error
    heard = product > 1e-6 * total**2
    result: Array = np.where(heard, (mid - side) / np.sqrt(np.where(heard, product, 1.0)), np.nan)
    return np.clip(result, -1.0, 1.0)


def third_octave_width(spectrum: PowerSpectrum) -> Array:
    """Return side's part in the power of each third octave, shape ``(31,)``, in [0, 1].

    0 is mono, 0.5 two independent channels, 1 opposite ones; 0 where there is no signal.
    """
    total, side = third_octaves(spectrum.total), third_octaves(spectrum.side)
    width: Array = np.divide(side, total, out=np.zeros_like(total), where=total > 0.0)
    return width
