"""The figures of the page: what the equalizer does to the spectrum, and the gain reduction."""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ...models.chain import REFERENCE_LUFS
from ...models.rates import NYQUIST_MARGIN
from ...models.spectrum import THIRD_CENTERS_HZ, levels_db, third_octaves
from ..predictor import NOT_DETERMINED, response_quantity
from ..results import MasteringResult
from .facts import band_labels, equalizer_response_db
from .markup import figure_block, measure
from .plot import Plot, bar, drawing, label, segment

Array: TypeAlias = npt.NDArray[np.float64]

LOWEST_HZ, HIGHEST_HZ = 20.0, 20_000.0
SPECTRUM_DB = 60.0
RESPONSE_DB = (6.0, 12.0, 24.0)
"""Spans of the equalizer's scale; the first is wide enough that small moves look small."""

FREQUENCY_TICKS = (
    (20.0, "20", False), (50.0, "50", True), (100.0, "100", False), (200.0, "200", True),
    (500.0, "500", True), (1000.0, "1k", False), (2000.0, "2k", True), (5000.0, "5k", True),
    (10_000.0, "10k", False), (20_000.0, "20k Hz", True),
)  # fmt: skip
_WIDTH = 720.0
_LEFT = 46.0
_INSIDE = _WIDTH - _LEFT - 26.0


def spectrum_figure(result: MasteringResult) -> str:
    """Draw the mix's spectrum with and without the equalizer, and below it the equalizer alone.

    The spectrum is that of the mix at -18 LUFS in third octaves. The shaded range is where a
    finished master of this mix is expected, if the prediction says so.
    """
    low_hz, low_db, high_db = _interval(result)
    legend = [("mix", "mix")]
    if not result.recipe.settings["equalizer"].bypass:
        legend.append(("moved", "with the equalizer"))
    if len(low_hz):
        legend.append(("expected", "expected of a finished master (90 %)"))
    title = "Spectrum of the mix with and without the equalizer, and the equalizer's response"
    interval = (low_hz, low_db, high_db)
    content = _spectrum(result, interval) + _response(result, interval)
    return figure_block(drawing(_WIDTH, 444.0, title, content), legend)


def reduction_figure(result: MasteringResult) -> str:
    """Draw median and 95th percentile of the compressor's gain reduction, a bar a band."""
    names = band_labels(result.recipe.settings["multiband_compressor"].values)
    pairs = list(result.reductions.bands_db.values())
    most_db = max(2.0, float(math.ceil(max(high_db for _, high_db in pairs))))
    left, top, row = 210.0, 6.0, 36.0
    width, bottom = _WIDTH - left - 110.0, top + row * len(pairs)
    parts = []
    for tick_db in np.arange(0.0, most_db + 0.5, math.ceil(most_db / 6.0)):
        x = left + width * tick_db / most_db
        parts.append(segment(x, top, x, bottom, "zero" if tick_db == 0.0 else "grid"))
        parts.append(label(x, bottom + 20.0, f"{tick_db:.0f}", "tick", "middle"))
    parts.append(label(left + width + 18.0, bottom + 20.0, "dB", "tick", "start"))
    for index, (name, (median_db, high_db)) in enumerate(zip(names, pairs, strict=True)):
        y = top + row * index + 7.0
        end = left + width * high_db / most_db
        parts.append(label(left - 10.0, y + 16.0, name, "tick", "end"))
        parts.append(bar(left, y, end - left, row - 14.0, "high"))
        parts.append(bar(left, y + 6.0, width * median_db / most_db, row - 26.0, "median"))
        parts.append(label(end + 7.0, y + 16.0, measure(high_db, "dB"), "value", "start"))
    title = "Gain reduction of the compressor by band"
    legend = (("median", "median over the track"), ("high", "95th percentile"))
    return figure_block(drawing(_WIDTH, bottom + 30.0, title, "".join(parts)), legend)


def _spectrum(result: MasteringResult, interval: tuple[Array, Array, Array]) -> str:
    resolved = result.recipe.resolved
    gain_db = 0.0 if resolved is None else resolved.normalization_db
    centers_hz = _heard_hz(result)
    power = third_octaves(result.before.spectrum.scaled(gain_db).total)[: len(centers_hz)]
    mix_db = levels_db(power)
    highest_db = 10.0 * math.ceil((float(mix_db.max()) + 4.0) / 10.0)
    y_range = (highest_db - SPECTRUM_DB, highest_db)
    plot = Plot(_LEFT, 28.0, _INSIDE, 220.0, (LOWEST_HZ, HIGHEST_HZ), y_range)
    name = f"Third octaves of the mix at {measure(REFERENCE_LUFS, 'LUFS', 0)}, dBFS"
    unnamed = [(hz, "", is_minor) for hz, _, is_minor in FREQUENCY_TICKS]
    parts = []
    low_hz, low_db, high_db = interval
    if len(low_hz):
        base_db = np.interp(low_hz, centers_hz, mix_db)
        parts.append(plot.range(low_hz, base_db + low_db, base_db + high_db, "expected"))
    ticks_db = np.arange(y_range[0], highest_db + 1.0, 10.0)
    parts.append(plot.axes(unnamed, ticks_db.tolist(), name))
    parts.append(plot.line(centers_hz, mix_db, "curve mix"))
    response_db = equalizer_response_db(result, centers_hz)
    if response_db is not None:
        parts.append(plot.line(centers_hz, mix_db + response_db, "curve moved"))
    return "".join(parts)


def _response(result: MasteringResult, interval: tuple[Array, Array, Array]) -> str:
    grid_hz = np.geomspace(LOWEST_HZ, _heard_hz(result)[-1], 160)
    response_db = equalizer_response_db(result, grid_hz)
    shown = (*interval[1:], np.zeros(1) if response_db is None else response_db)
    most_db = max(float(np.abs(values).max(initial=0.0)) for values in shown)
    span_db = next((span_db for span_db in RESPONSE_DB if most_db <= span_db), RESPONSE_DB[-1])
    y_range = (-span_db, span_db)
    plot = Plot(_LEFT, 288.0, _INSIDE, 124.0, (LOWEST_HZ, HIGHEST_HZ), y_range)
    ticks_db = np.linspace(-span_db, span_db, 5)
    parts = [plot.range(*interval, "expected")] if len(interval[0]) else []
    parts.append(plot.axes(FREQUENCY_TICKS, ticks_db.tolist(), "Response of the equalizer, dB"))
    if response_db is None:
        middle_hz = math.sqrt(LOWEST_HZ * HIGHEST_HZ)
        parts.append(label(plot.x(middle_hz), plot.y(0.0) - 8.0, "bypassed", "name", "middle"))
    else:
        parts.append(plot.line(grid_hz, response_db, "curve moved"))
    return "".join(parts)


def _heard_hz(result: MasteringResult) -> Array:
    """Return the third octaves that the mix's sample rate can hold."""
    highest_hz = NYQUIST_MARGIN * result.before.sample_rate
    centers_hz = THIRD_CENTERS_HZ[highest_hz >= THIRD_CENTERS_HZ]
    held_hz: Array = np.clip(centers_hz, LOWEST_HZ, HIGHEST_HZ)
    return held_hz


def _interval(result: MasteringResult) -> tuple[Array, Array, Array]:
    """Return frequencies, lowest and highest response that the prediction speaks of."""
    intervals = result.recipe.intervals
    rows = []
    for hz in _heard_hz(result):
        interval = intervals.get(response_quantity(float(hz)), NOT_DETERMINED)
        if interval != NOT_DETERMINED:
            rows.append((float(hz), *interval))
    frequency_hz, low_db, high_db = np.array(rows).reshape(-1, 3).T
    return frequency_hz, low_db, high_db
