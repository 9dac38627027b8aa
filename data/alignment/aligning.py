"""From two tracks to their alignment, or the reason why there is none."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ...models.errors import CatalogueError
from ..files.names import display_name
from .alignment import Alignment
from .consensus import Line, Points, fit_line
from .correlation import CrossSpectrum, Delay, cross_spectrum, fine_delay, path_phase
from .describing import describe
from .fades import fades
from .likeness import Likeness, LikenessMeter
from .observing import Pair, Window, observe, read_pairs
from .passages import SHORTEST_FRAMES, find_passages
from .segments import make_segments, shares
from .track import Track

Mask: TypeAlias = npt.NDArray[np.bool_]

OTHER_PERFORMANCE = 0.08
"""With a larger share of unlike cells two recordings are not the same performance: true pairs had
up to 0.004, mixes whose voice was missing in the other at least 0.11."""

_LEAST_STRENGTH = 0.03  # of a window's peak
_LEAST_AGREEING = 3  # windows of a passage
_LEAST_SHARE = 0.5  # of those that are strong enough
_COARSE_S = 2e-3
_FINE_SAMPLES = 1.5
_UNDONE_PPM = 2.0  # a drift below this blurs a window by a quarter of a sample
_ONE_CLOCK_SAMPLES = 0.4  # of drift over all that is compared
_ROUNDS = 4


@dataclass(frozen=True, slots=True, eq=False)
class _Fit:
    """Windows in step.

    Attributes:
        windows: At the common rate.
        line: Their offsets.
        kept: Numbers of the passages that are true.
        delay: What is left of it over all windows, and its polarity.

    """

    windows: list[Window]
    line: Line
    kept: list[int]
    delay: Delay


def align(mix: Track, master: Track) -> Alignment:
    """Find where a master lies in its mix.

    Args:
        mix: The mix.
        master: The master; it may be at another rate, shifted, flipped, cut, faded or run by
            another clock.

    Raises:
        CatalogueError: ``too_short`` where one lasts less than some 4 s, ``other_song`` where
            fingerprints have nothing in common, and
            ``other_performance`` where they do and the sound does not agree.
        AudioFileError: A file cannot be read any more.

    """
    for track in (mix, master):
        if len(track.sketch.words) < SHORTEST_FRAMES:
            raise _refusal(track, "too_short", "is too short to be told from other music")
    passages = find_passages(mix.sketch.words, master.sketch.words)
    if not passages:
        raise _refusal(master, "other_song", f"has no music in common with {_name(mix)}")
    fit = _fit(mix, master, read_pairs(mix, master, passages))
    if fit is None or not fit.kept:
        reason = f"is another performance than {_name(mix)}: there is no delay at which both agree"
        raise _refusal(master, "other_performance", reason)
    alike = _likeness(fit)
    if alike.unlike_share > OTHER_PERFORMANCE:
        reason = (
            f"is another version than {_name(mix)}: {alike.unlike_share:.0%} of the sound is not "
            "in both, as where a voice or an instrument is missing or a take is another"
        )
        raise _refusal(master, "other_performance", reason)
    line = fit.line
    segments = make_segments(passages, fit.kept, line, mix.sketch, master.sketch)
    if not segments:
        raise _refusal(master, "other_performance", f"has only moments in common with {_name(mix)}")
    mix_share, master_share = shares(segments, mix.sketch, master.sketch)
    fade_in_end_s, fade_out_start_s = fades(segments, line.slope, mix.sketch, master.sketch)
    found = Alignment(
        mix_rate=mix.sketch.sample_rate,
        master_rate=master.sketch.sample_rate,
        segments=segments,
        drift_ppm=1e6 * line.slope,
        polarity=fit.delay.sign,
        gain_db=alike.gain_db,
        tone_db=alike.tone_db,
        mix_share=mix_share,
        master_share=master_share,
        fade_in_end_s=fade_in_end_s,
        fade_out_start_s=fade_out_start_s,
        strength=fit.delay.strength,
        residual_db=alike.residual_db,
        worst_db=alike.worst_db,
        unlike_share=alike.unlike_share,
        findings=(),
    )
    return replace(found, findings=describe(found))


def _fit(mix: Track, master: Track, pairs: Sequence[Pair]) -> _Fit | None:
    """Find the line of offsets; a drift is undone and measured again until nothing is left."""
    drift_ppm = 0.0
    for _ in range(_ROUNDS):
        windows = observe(pairs, mix, master, drift_ppm)
        strong = np.array([each.delay.strength >= _LEAST_STRENGTH for each in windows])
        coarse = _points(windows, [each.delay.samples for each in windows])
        line = fit_line(coarse, _COARSE_S, strong)
        if abs(1e6 * line.slope - drift_ppm) < _UNDONE_PPM:
            break
        drift_ppm = 1e6 * line.slope
    if not line.agreeing.any():
        return None
    rate = windows[0].rate
    delays, spectra = _spectra(windows, line)
    agreeing = [each for each, agrees in zip(spectra, line.agreeing, strict=True) if agrees]
    total = reduce(operator.add, agreeing)
    path = path_phase(total, rate, mix.sketch.sample_rate)
    fine = [fine_delay(each, rate, path).samples for each in spectra]
    points = _points(windows, [one + two for one, two in zip(delays, fine, strict=True)])
    tolerance_s = _FINE_SAMPLES / rate
    line = fit_line(points, tolerance_s, line.agreeing)
    if abs(line.slope) * float(np.ptp(points.times_s)) * rate < _ONE_CLOCK_SAMPLES:
        line = fit_line(points, tolerance_s, line.agreeing, slope=0.0)
    return _Fit(windows, line, _kept(line, windows, strong), fine_delay(total, rate, path))


def _spectra(windows: Sequence[Window], line: Line) -> tuple[list[float], list[CrossSpectrum]]:
    """Return the delays of windows by a line, and the spectra of the windows in step with it."""
    delays, spectra = [], []
    for window in windows:
        delay = window.delay_samples(line.at(window.passage, window.middle_s))
        delay = delay if np.isfinite(delay) else 0.0
        whole = round(delay)
        spectrum = cross_spectrum(*window.in_step(whole), window.rate)
        delays.append(delay)
        spectra.append(spectrum.advanced(delay - whole))
    return delays, spectra


def _points(windows: Sequence[Window], delays: Sequence[float]) -> Points:
    offsets = [each.offset_s(delay) for each, delay in zip(windows, delays, strict=True)]
    return Points(
        np.array([each.middle_s for each in windows]),
        np.array(offsets),
        np.array([each.passage for each in windows], np.int64),
    )


def _kept(line: Line, windows: Sequence[Window], strong: Mask) -> list[int]:
    """Return the passages most of whose windows agree."""
    numbers = np.array([each.passage for each in windows])
    kept = []
    for number in range(len(line.offsets_s)):
        own = numbers == number
        agreeing = int((line.agreeing & own).sum())
        if agreeing >= max(_LEAST_AGREEING, _LEAST_SHARE * int((strong & own).sum())):
            kept.append(number)
    return kept


def _likeness(fit: _Fit) -> Likeness:
    meter = LikenessMeter(fit.windows[0].rate)
    for window, agrees in zip(fit.windows, fit.line.agreeing, strict=True):
        if agrees and window.passage in fit.kept:
            delay = window.delay_samples(fit.line.at(window.passage, window.middle_s))
            meter.feed(*window.in_step(round(delay)))
    return meter.result()


def _refusal(master: Track, code: str, reason: str) -> CatalogueError:
    message = f"{display_name(master.name)}: {reason}"
    return CatalogueError(message, code=code, path=master.name)


def _name(track: Track) -> str:
    return display_name(Path(track.name).name)
