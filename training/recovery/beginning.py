"""Where a descent starts: what long-term spectra of mix and master tell without any descent."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...data.analysis import Analysis, analyze
from ...data.audio import ArrayReader, Audio, Samples
from ...inference.equalizer_fit import fit_response
from ...models.chain import REFERENCE_LUFS
from ...models.errors import CatalogueError
from ...models.moves import RESPONSE_THIRDS, level_free
from ...models.processors import imager
from ...models.processors.multiband_compressor import BANDS
from ...models.settings import PARAMETERS, ChainSettings, default_settings, specification
from ...models.spectrum import CENTERS_HZ, third_octaves
from .descent import Prior
from .residuals import advancing_phase
from .vector import GAIN, LENGTH, Array, vector_of

FIRST_RATIO = 1.2
"""A band that is not compressed cannot tell where its threshold should be."""

FIRST_HIGH_PASS_HZ = 8.0
FIRST_LOSS_DB = 0.5
"""Loudness that a limiter is taken to cost."""

SPREAD = 0.3
"""Of every parameter's range, and of gain and delay in their units."""

_MOST_DB = 8.0
_HEARD = 1e-7  # of the loudest third octave's power
_LEAST_WIDTH = 0.1
_ROOM = 64  # samples of silence around a track that is moved by a part of a sample


@dataclass(frozen=True, slots=True, eq=False)
class PairAudio:
    """A mix and its master, aligned to the sample and equally long.

    Attributes:
        mix: Shape ``(2, time)``.
        master: Same shape.
        sample_rate: In Hz.
        one_clock: Whether both were made at one rate by one clock, so that the master can only be
            off by whole samples.

    """

    mix: Samples
    master: Samples
    sample_rate: int
    one_clock: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """Both analyses of a pair, and what follows from them.

    Attributes:
        mix: Analysis of the mix.
        master: Analysis of the master.
        normalization_db: Gain that brings the mix to -18 LUFS.
        mix_lufs: Loudness of the mix as two loudspeakers give it.
        master_lufs: Loudness of the master.

    """

    mix: Analysis
    master: Analysis
    normalization_db: float
    mix_lufs: float
    master_lufs: float

    @property
    def has_side(self) -> bool:
        """Whether there is a difference between left and right."""
        return float(self.mix.spectrum.side.sum()) > 1e-6 * float(self.mix.spectrum.mid.sum())


def measure_pair(pair: PairAudio, whole_mix: Analysis | None = None) -> Measured:
    """Analyze both tracks of a pair.

    Args:
        pair: See `PairAudio`.
        whole_mix: Of the whole mix, where the pair is a part of it: the chain's levels are relative
            to the song.

    Raises:
        CatalogueError: One of them has no loudness.
        UnsupportedAudioError: One of them cannot be analyzed.

    """
    mix = whole_mix or analyze(ArrayReader(Audio(pair.mix, pair.sample_rate)))
    master = analyze(ArrayReader(Audio(pair.master, pair.sample_rate)))
    mix_lufs, master_lufs = (each.loudness.dual_mono_lufs for each in (mix, master))
    if mix_lufs is None or master_lufs is None:
        which = "mix" if mix_lufs is None else "master"
        raise CatalogueError(
            f"the {which} is too short or too quiet for its loudness to be defined, so its "
            "settings cannot be recovered",
            code="loudness_undefined",
        )
    return Measured(mix, master, REFERENCE_LUFS - mix_lufs, mix_lufs, master_lufs)


def shifted(samples: Samples, delay: float) -> Samples:
    """Return a track from ``delay`` samples after its start on, as long; silence surrounds it."""
    if delay == 0.0:
        return samples
    length = samples.shape[1]
    padded = np.pad(samples, ((0, 0), (_ROOM, _ROOM + length % 2)))
    if delay == round(delay):
        first = _ROOM + round(delay)
        return np.ascontiguousarray(padded[:, first : first + length])
    turned = np.fft.rfft(padded, axis=1) * advancing_phase(padded.shape[1], delay)
    moved = np.fft.irfft(turned, padded.shape[1], axis=1)
    return np.ascontiguousarray(moved[:, _ROOM : _ROOM + length], np.float32)


def first_settings(measured: Measured) -> ChainSettings:
    """Return settings that have the master's long-term balance, width and ceiling.

    Every block is given values; which of them are engaged is decided later.
    """
    mix, master = (each.spectrum for each in (measured.mix, measured.master))
    before, after = (third_octaves(each.total)[RESPONSE_THIRDS] for each in (mix, master))
    heard = before > _HEARD * before.max()
    ratio = np.maximum(after, 1e-30) / np.maximum(before, 1e-30)
    response_db = np.where(heard, 10.0 * np.log10(ratio), 0.0)
    fit = fit_response(
        level_free(response_db), heard, most_db=_MOST_DB, sample_rate=measured.mix.sample_rate
    )
    peak = specification("limiter", "ceiling_dbtp")
    peak_dbtp = measured.master.loudness.true_peak_dbtp or 0.0
    settings = default_settings()
    blocks: dict[str, dict[str, float]] = {
        "equalizer": {**fit.values, "high_pass_frequency_hz": FIRST_HIGH_PASS_HZ},
        "deesser": {"ratio": FIRST_RATIO},
        "multiband_compressor": {f"{band}_ratio": FIRST_RATIO for band in BANDS},
        "saturator": {"mix": 0.05},
        "imager": _widths(measured),
        "limiter": {"ceiling_dbtp": min(max(peak_dbtp, peak.low), peak.high)},
    }
    for name, values in blocks.items():
        settings = settings.with_block(name, values)
    return settings


def first_vector(measured: Measured, settings: ChainSettings) -> Array:
    """Return the vector of settings with the gain that makes the master's loudness."""
    return vector_of(settings, measured.master_lufs - REFERENCE_LUFS + FIRST_LOSS_DB)


def prior_of(first: Array) -> Prior:
    """Expect parameters that do something to do nothing, and all others where they start."""
    neutral = vector_of(default_settings(), 0.0)
    scaled = np.array([spec.scaled for _, spec in PARAMETERS] + [False, False])
    center = np.where(scaled, neutral, first)
    center[GAIN:] = first[GAIN:]
    return Prior(center, np.full(LENGTH, SPREAD))


def _widths(measured: Measured) -> dict[str, float]:
    """Return the widths that turn the mix's share of side in each band into the master's."""
    corners_hz = [specification("imager", key).default for key in imager.CORNERS]
    parts = np.digitize(CENTERS_HZ, corners_hz)
    widths = {}
    for place, band in enumerate(imager.BANDS):
        inside = parts == place
        shares = [
            float(each.spectrum.side[inside].sum())
            / max(float(each.spectrum.mid[inside].sum()), 1e-30)
            for each in (measured.mix, measured.master)
        ]
        spec = specification("imager", f"{band}_width")
        width = np.sqrt(shares[1] / shares[0]) if shares[0] > 0.0 else 1.0
        widths[spec.key] = float(min(max(width, _LEAST_WIDTH), spec.high))
    return widths
