"""Distances between waveforms that other people's programs define."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import auraloss
import numpy as np
import numpy.typing as npt
import soxr
import torch
import zimtohrli

from ....data.audio import Samples

PART_S = 10.0
"""These distances are dear: they are taken on the middle ten seconds of an excerpt."""

LEAST_NULL_DB = -200.0


def multiresolution_distance(output: Samples, target: Samples) -> float:
    """Return the multi-resolution STFT distance with auraloss's defaults, as papers report it.

    Spectral convergence plus the mean absolute difference of natural logarithms, at three
    resolutions (C. J. Steinmetz, J. D. Reiss, "auraloss: audio-focused loss functions in PyTorch",
    2020).

    Args:
        output: Shape ``(2, time)``.
        target: Same shape.

    """
    with torch.no_grad():
        pair = (torch.from_numpy(np.ascontiguousarray(part))[None] for part in (output, target))
        return float(_multiresolution()(*pair))


def zimtohrli_distance(output: Samples, target: Samples, sample_rate: int) -> float:
    """Return the distance of zimtohrli, the mean of both channels; 0 for equal signals.

    Args:
        output: Shape ``(2, time)``.
        target: Same shape.
        sample_rate: In Hz; converted to the 48 kHz that it listens at.

    """
    meter = _zimtohrli()
    found = []
    for channels in zip(output, target, strict=True):
        pair = (soxr.resample(part, sample_rate, meter.sample_rate) for part in channels)
        found.append(meter.distance(*(np.ascontiguousarray(part, np.float32) for part in pair)))
    return float(np.mean(found))


def null_db(output: npt.NDArray[np.floating], target: npt.NDArray[np.floating]) -> float:
    """Return what is left of a target when an output is taken off, in dB, after the best gain.

    Args:
        output: Shape ``(2, time)``.
        target: Same shape, not silent.

    Returns:
        Energy of the difference over that of the target, at least `LEAST_NULL_DB`.

    """
    first, second = output.astype(np.float64).ravel(), target.astype(np.float64).ravel()
    energy = float(second @ second)
    gain = float(first @ second) / max(float(first @ first), 1e-30)
    rest = second - gain * first
    return max(10.0 * math.log10(max(float(rest @ rest), 1e-30) / energy), LEAST_NULL_DB)


@cache
def _multiresolution() -> Any:
    return auraloss.freq.MultiResolutionSTFTLoss()


@cache
def _zimtohrli() -> Any:
    return zimtohrli.Pyohrli()
