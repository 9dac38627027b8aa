"""What settings do to a song, whatever its knobs say: responses, reductions over time, widths."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ..data.audio import ArrayReader, Audio, AudioReader, Samples, blocks
from ..data.metering.true_peak import PeakGrid
from ..models.chain import ResolvedChain
from ..models.decibel import decibel_to_amplitude
from ..models.moves import QUANTITIES, RESPONSE, RESPONSE_HZ, WIDTH, level_free, width_levels_db
from ..models.processors.imager import BANDS as WIDTH_BANDS
from ..models.processors.imager import side_magnitude
from ..models.processors.multiband_compressor import BANDS, band_magnitudes, makeup_db
from ..models.rates import hop_samples, limiter_cell_samples
from .engine.chain import ChainRenderer
from .engine.limiter import LimiterGain
from .engine.reduction import ReductionHistogram

Array: TypeAlias = npt.NDArray[np.float64]

STEP_S = 0.05
"""Reductions over time are told in steps of this length, as means."""


@dataclass(frozen=True, slots=True, eq=False)
class Effects:
    """What a chain does to a song.

    Attributes:
        total_db: Of everything up to the limiter: equalizer, what the compressor's bands lose on
            average, make-up and gain; shape ``(27,)``.
        widths_db: Of the imager's bands, shape ``(3,)``.
        reductions_db: Gain reduction of the compressor's bands over time, positive, shape
            ``(4, step)``.
        limiting_db: Gain reduction of the limiter over time, positive, shape ``(step,)``.
        side_response_db: What the imager does to side, shape ``(27,)``.
        percentiles_db: Median and 95th percentile of each band's reduction, then the 95th
            percentile of the limiter's, shape ``(9,)``.

    """

    total_db: Array
    widths_db: Array
    reductions_db: Array
    limiting_db: Array
    side_response_db: Array
    percentiles_db: Array

    @property
    def quantities(self) -> Array:
        """The values of `glassmaster.models.moves.QUANTITIES`.

        The response is that of everything up to the limiter: a trim of the compressor's bands does
        what the equalizer could have done, and which of them did it is not heard.
        """
        values = np.empty(len(QUANTITIES))
        values[RESPONSE] = level_free(self.total_db)
        values[WIDTH] = self.widths_db
        values[WIDTH.stop :] = self.percentiles_db
        return values


class _Trace(ReductionHistogram):
    """Keeps gains over time, beside counting them."""

    def __init__(self, bands: int) -> None:
        super().__init__(bands)
        self.parts: list[Array] = []

    def add(self, gain_db: npt.NDArray[np.float64]) -> None:
        super().add(gain_db)
        self.parts.append(gain_db.copy())


def effects_of(chain: ResolvedChain, mix: Samples, sample_rate: int) -> Effects:
    """Run a chain over a song in memory and tell what it does.

    Args:
        chain: As the engine runs it.
        mix: Shape ``(2, time)``.
        sample_rate: In Hz.

    """
    return effects_in(chain, ArrayReader(Audio(mix, sample_rate)))


def effects_in(chain: ResolvedChain, reader: AudioReader) -> Effects:
    """Run a chain over what is left of a song and tell what it does.

    Args:
        chain: As the engine runs it.
        reader: Of the song.

    """
    sample_rate = reader.sample_rate
    renderer = ChainRenderer(replace(chain, limiter=None), sample_rate, reader.channels)
    trace = _Trace(len(BANDS))
    renderer.multiband_compressor.reductions = trace
    cell = limiter_cell_samples(sample_rate)
    grid = PeakGrid(2, cell)
    limiter = None if chain.limiter is None else LimiterGain(chain.limiter, sample_rate)
    points = []
    frames = 0
    for block in blocks(reader):
        frames += block.shape[1]
        peaks = grid.feed(renderer.process(block))
        if limiter is not None:
            points.append(limiter.feed(peaks))
    if limiter is not None:
        points += [limiter.feed(grid.feed(renderer.finish())), limiter.finish()]
    hop = hop_samples(sample_rate)
    steps = max(round(frames / sample_rate / STEP_S), 1)
    gains_db = np.zeros((len(BANDS), steps))
    if trace.parts:
        hops = np.concatenate(trace.parts, axis=1)[:, : max(frames // hop, 1)]
        gains_db = -_in_steps(hops, steps)
    limiting_db = np.zeros(steps)
    if points:
        gains = np.concatenate(points)[: max(frames // cell, 1)]
        limiting_db = _in_steps(-20.0 * np.log10(np.maximum(gains, 1e-6))[None], steps)[0]
    ranks = np.percentile(gains_db, (50.0, 95.0), axis=1)
    return Effects(
        total_db=_total_db(chain, gains_db.mean(axis=1), sample_rate),
        widths_db=_widths_db(chain),
        reductions_db=gains_db,
        limiting_db=limiting_db,
        side_response_db=_side_response_db(chain, sample_rate),
        percentiles_db=np.concatenate((*ranks, [np.percentile(limiting_db, 95.0)])),
    )


def movement_db(chain: ResolvedChain, effects: Effects, frequency_hz: Array) -> Array:
    """Return how the compressor's gain moves around its mean, shape ``(frequency, step)``.

    Args:
        chain: That has the effects.
        effects: Of a song.
        frequency_hz: Shape ``(frequency,)``.

    """
    compressor = chain.multiband_compressor
    if compressor is None:
        return np.zeros((len(frequency_hz), effects.reductions_db.shape[1]))
    makeup = np.array([makeup_db(compressor.values, band) for band in BANDS])
    gains = decibel_to_amplitude(makeup[:, None] - effects.reductions_db)
    shape = band_magnitudes(compressor.values, frequency_hz).T @ gains
    gain_db = 20.0 * np.log10(np.maximum(shape, 1e-6))
    moving: Array = gain_db - gain_db.mean(axis=1, keepdims=True)
    return moving


def _total_db(chain: ResolvedChain, reduction_db: Array, sample_rate: int) -> Array:
    """Return the response of everything up to the limiter."""
    total_db = np.full(len(RESPONSE_HZ), chain.normalization_db + chain.gain_db)
    if chain.equalizer is not None:
        total_db += chain.equalizer.response_db(RESPONSE_HZ, sample_rate)
    compressor = chain.multiband_compressor
    if compressor is not None:
        makeup = np.array([makeup_db(compressor.values, band) for band in BANDS])
        gains = decibel_to_amplitude(makeup - reduction_db)
        shape = gains @ band_magnitudes(compressor.values, RESPONSE_HZ)
        total_db += 20.0 * np.log10(np.maximum(shape, 1e-6))
    return total_db


def _side_response_db(chain: ResolvedChain, sample_rate: int) -> Array:
    if chain.imager is None:
        return np.zeros(len(RESPONSE_HZ))
    magnitude = side_magnitude(chain.imager.values, chain.imager.widths(sample_rate), RESPONSE_HZ)
    return width_levels_db(magnitude)


def _widths_db(chain: ResolvedChain) -> Array:
    if chain.imager is None:
        return np.zeros(len(WIDTH_BANDS))
    return width_levels_db([float(chain.imager.values[f"{band}_width"]) for band in WIDTH_BANDS])


def _in_steps(values: Array, steps: int) -> Array:
    """Return means over equal parts of time, shape ``(row, steps)``."""
    edges = np.linspace(0, values.shape[1], steps + 1).astype(int)[:-1]
    sums = np.add.reduceat(values, edges, axis=1)
    counts = np.diff(np.append(edges, values.shape[1]))
    return np.asarray(sums / np.maximum(counts, 1))
