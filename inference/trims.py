"""What the trims of a given compressor do to the balance, and an equalizer beside them.

The predictors' compressors have no trims, so that all of the balance that they want is in their
equalizer's response. Where a compressor that a person gave has moved it in the same direction, that
much of the response would be done twice, and is taken back. Against each other both stay as they
are: a person's trims are not undone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from ..models.processors.equalizer import LEVEL_CENTERS_HZ, ResolvedEqualizer
from ..models.processors.multiband_compressor import BANDS, band_magnitudes
from .equalizer_fit import fit_equalizer

Array: TypeAlias = npt.NDArray[np.float64]

FIT_HZ: Final[Array] = np.geomspace(20.0, 20_000.0, 81)
_LEAST_DB: Final = 0.05
"""What changes the response by less is no change."""


def trims_response_db(values: Mapping[str, float], frequency_hz: Array) -> Array:
    """Return what a compressor's trims do to the balance in dB, shape ``(frequency,)``.

    The mean over the equalizer's level bands is taken out.
    """
    level_db = float(_gain_db(values, LEVEL_CENTERS_HZ).mean())
    return _gain_db(values, frequency_hz) - level_db


def equalizer_beside(
    equalizer: Mapping[str, float], compressor: Mapping[str, float], sample_rate: int
) -> Mapping[str, float] | None:
    """Return an equalizer that leaves out what a compressor's trims do already.

    Args:
        equalizer: What is wanted of both together, by key.
        compressor: With the trims.
        sample_rate: At which the chain will run.

    Returns:
        Its values; None where there is nothing to take back.

    """
    done_db = trims_response_db(compressor, FIT_HZ)
    wanted_db = ResolvedEqualizer(equalizer).response_db(FIT_HZ, sample_rate)
    common_db = np.clip(done_db, np.minimum(wanted_db, 0.0), np.maximum(wanted_db, 0.0))
    if np.abs(common_db).max() < _LEAST_DB:
        return None
    fit = fit_equalizer(
        wanted_db - common_db,
        FIT_HZ,
        np.ones(len(FIT_HZ)),
        most_db=float(np.abs(wanted_db).max()),
        sample_rate=sample_rate,
        beginning=equalizer,
    )
    return fit.values


def _gain_db(values: Mapping[str, float], frequency_hz: Array) -> Array:
    gains = np.array([10.0 ** (values[f"{band}_trim_db"] / 20.0) for band in BANDS])
    magnitude: Array = gains @ band_magnitudes(values, frequency_hz)
    gain_db: Array = 20.0 * np.log10(magnitude)
    return gain_db
