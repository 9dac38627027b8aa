"""What a reference track may be used for: a gate before anything is taken from it.

A reference that is damaged is used for what the damage leaves: a mono track still has a tone. What
is no music has nothing to give.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ...models.decibel import decibel_to_power
from ...models.mel_statistics import STATISTICS
from ...models.spectrum import CENTERS_HZ, EDGES_HZ, PowerSpectrum
from ..analysis import VERY_QUIET_LUFS, Analysis
from ..features.content import CONTENT
from ..features.content_parts import LAGS_S, MODULATION_HZ, REGIONS, THIRDS
from ..files.info import FileInfo
from ..findings import Finding

Array: TypeAlias = npt.NDArray[np.float64]


class Aspect(StrEnum):
    """What can be taken from a reference."""

    TONE = "tone"
    DYNAMICS = "dynamics"
    WIDTH = "width"
    LOUDNESS = "loudness"


SHORTEST_S = 3.0
"""A shorter reference is of no use: not one window of short-term loudness (EBU Tech 3341)."""

SHORT_S = 15.0
"""A shorter reference is a passage: about eight bars at 120 beats a minute, whose loudness, range
and width are those of a verse or a chorus, not of the song."""

CLIPPED_RUNS_PER_S = 1.0
"""From so many clipped runs a second on, peaks are no longer the music's. Of seven mixes clipped by
1, 3 and 6 dB, one, five and all had more; of 76 finished songs, none."""

OVER_LIMITED_PLR_DB = 6.0
"""Below this peak to loudness ratio nothing is left of the dynamics: two standard deviations below
the mean of commercial masters, 11 dB and 2.5 dB; the lowest of 516 songs was 7.6 dB."""

MONO_SIDE_DB = -60.0
"""Side relative to mid below which two channels are alike. Coded with loss, equal channels stay
below -280 dB; the narrowest of 120 stereo songs and mixes had -50 dB."""

CODEC_FALL_DB = 30.0
"""How far the spectrum falls, for good, within a sixth of an octave at a codec's low-pass. MP3 of
160 kb/s and less and Vorbis of 100 kb/s and less fell by 45 to 90 dB; of 44 mixes never coded, two
fell as abruptly: a dark one at 9 kHz, from next to nothing, and one at 18 kHz."""

FULL_BAND_HZ = 18_500.0
"""A spectrum that ends above this is whole: the low-pass of sample rate converters, and of MP3 of
224 kb/s, lies there and cuts into the highest third octave only."""

LOWEST_EDGE_HZ = 3000.0
"""No low-pass is looked for below this: that of a telephone lies at 3.4 kHz (ITU-T G.712)."""

NOISE_LIVELINESS_DB = 2.5
"""How far tones stand out and levels move, together, is less than this for noise, rain and wind
(0.8 to 2.5 measured) and more for music (of 500 songs and 44 mixes all but three, dark drones that
had 2.0 to 2.3)."""

STEADY_FLUX_DB = 0.4
"""The level changes less than this from frame to frame in a held tone, a hum or a siren (0.07 to
0.18 measured) and more in music (0.64 and more in 500 songs)."""

MACHINE_MODULATION = -4.5
"""Log share of slow modulation, 0.3 to 0.7 Hz, which is less than this in what repeats unchanged,
as beeps and dial tones do (-5.4 to -6.8), and more in music (-3.7 and more in 500 songs)."""

SPEECH_MODULATION, SPEECH_PULSE = -1.35, 0.28
"""Speech has more of its modulation than the first around the rate of syllables, 2.8 to 5.6 Hz,
and onsets that repeat less than the second (E. Scheirer and M. Slaney, "Construction and evaluation
of a robust multifeature speech/music discriminator", ICASSP 1997). Ten
synthetic voices had at least -1.24 and at most 0.24; of 500 songs and 44 mixes none had both."""

_FLUX = STATISTICS.index("flux_db@all")
_SYLLABLES_HZ = 2.8
_BEAT_LAGS_S = LAGS_S[1:-1]
_NO_WIDTH = {"one_sided": "One channel of the reference is all but silent"}
_NO_WIDTH["phase"] = "Left and right of the reference are out of phase"
_TINY_DENSITY = 1e-24  # of full scale and 1 Hz: less than any file holds
_EDGE_BANDS = 2


@dataclass(frozen=True, slots=True)
class Hygiene:
    """What is wrong with a reference, and what is left of it.

    Attributes:
        findings: Each names a fault and what was done about it; empty for a sound reference.
        aspects: What it may be used for; empty where it is of no use.
        tone_to_hz: Above this its tone is not used; None where all of it is, or none.

    """

    findings: tuple[Finding, ...]
    aspects: frozenset[Aspect]
    tone_to_hz: float | None


def examine(analysis: Analysis, info: FileInfo) -> Hygiene:
    """Decide what a reference may be used for.

    Args:
        analysis: Of the whole reference.
        info: Of its file.

    """
    useless = _useless(analysis)
    if useless is not None:
        return Hygiene((useless,), frozenset(), None)
    faults = [fault for check in _CHECKS if (fault := check(analysis)) is not None]
    findings = [finding for finding, _ in faults]
    aspects = frozenset(Aspect).difference(*(lost for _, lost in faults))
    edge_hz = codec_edge_hz(analysis.spectrum)
    if edge_hz is not None:
        cause = "its lossy codec cuts off there" if info.lossy else "as after a lossy codec"
        message = (
            f"The reference ends at {1e-3 * edge_hz:.1f} kHz ({cause}); "
            "its tone is used up to there."
        )
        findings.append(Finding("reference_lossy", message))
    elif info.lossy:
        message = f"The reference is lossy ({info.codec}); it ends nowhere, so all of it is used."
        findings.append(Finding("reference_lossy", message))
    return Hygiene(tuple(findings), aspects, edge_hz)


def codec_edge_hz(spectrum: PowerSpectrum) -> float | None:
    """Return up to where a spectrum is whole if it ends as abruptly as a codec's low-pass.

    Returns:
        Upper edge of the last twelfth octave ahead of the fall; None where there is no fall below
        `FULL_BAND_HZ`.

    """
    density_db = 10.0 * np.log10(spectrum.total / np.diff(EDGES_HZ) + _TINY_DENSITY)
    rest_db = np.maximum.accumulate(density_db[::-1])[::-1]  # the most from each band on
    fall_db = density_db[:-_EDGE_BANDS] - rest_db[_EDGE_BANDS:]
    abrupt = (fall_db > CODEC_FALL_DB) & (CENTERS_HZ[:-_EDGE_BANDS] > LOWEST_EDGE_HZ)
    if not abrupt.any():
        return None
    edge_hz = float(EDGES_HZ[np.argmax(abrupt) + 1])
    return edge_hz if edge_hz < FULL_BAND_HZ else None


_Fault: TypeAlias = tuple[Finding, frozenset[Aspect]]
_LEVELS = frozenset((Aspect.DYNAMICS, Aspect.LOUDNESS))


def _short(analysis: Analysis) -> _Fault | None:
    if analysis.duration_s >= SHORT_S:
        return None
    message = (
        f"The reference lasts only {analysis.duration_s:.1f} s, less than {SHORT_S:.0f} s; its "
        "tone alone is used, not its dynamics, width or loudness."
    )
    return Finding("reference_short", message), _LEVELS | {Aspect.WIDTH}


def _clipped(analysis: Analysis) -> _Fault | None:
    per_s = analysis.clipped_runs / analysis.duration_s
    if per_s < CLIPPED_RUNS_PER_S:
        return None
    message = (
        f"The reference is clipped {per_s:.0f} times a second; its dynamics and loudness are not "
        "used."
    )
    return Finding("reference_clipped", message), _LEVELS


def _over_limited(analysis: Analysis) -> _Fault | None:
    plr_db = analysis.loudness.plr_db
    if plr_db is None or plr_db >= OVER_LIMITED_PLR_DB:
        return None
    message = (
        f"The reference is limited too hard, to a PLR of {plr_db:.1f} dB; its dynamics and "
        "loudness are not used."
    )
    return Finding("reference_over_limited", message), _LEVELS


def _no_width(analysis: Analysis) -> _Fault | None:
    side, mid = float(analysis.spectrum.side.sum()), float(analysis.spectrum.mid.sum())
    codes = {finding.code for finding in analysis.findings}
    if analysis.channels == 1 or side <= decibel_to_power(MONO_SIDE_DB) * mid:
        finding = Finding("reference_mono", "The reference is mono; its width is not used.")
        return finding, frozenset((Aspect.WIDTH,))
    for code, problem in _NO_WIDTH.items():
        if code in codes:
            finding = Finding(f"reference_{code}", f"{problem}; its width is not used.")
            return finding, frozenset((Aspect.WIDTH,))
    return None


_CHECKS: tuple[Callable[[Analysis], _Fault | None], ...] = (
    _short,
    _clipped,
    _over_limited,
    _no_width,
)


def _useless(analysis: Analysis) -> Finding | None:
    if analysis.duration_s < SHORTEST_S:
        message = (
            f"The reference lasts only {analysis.duration_s:.1f} s, less than {SHORTEST_S:.0f} s; "
            "it is not used."
        )
        return Finding("reference_too_short", message)
    lufs = analysis.loudness.dual_mono_lufs
    if lufs is None or lufs < VERY_QUIET_LUFS:
        return Finding("reference_silent", "The reference is all but silent; it is not used.")
    kind = _no_music(analysis)
    if kind:
        return Finding("reference_not_music", f"The reference is no music but {kind}; not used.")
    return None


def _no_music(analysis: Analysis) -> str:
    """Return what a track is that is no music, or nothing."""
    if not analysis.content.any():
        return "silence with a few sounds"
    content = dict(zip(CONTENT, analysis.content.tolist(), strict=True))
    if _modulation(content, MODULATION_HZ[0]) < MACHINE_MODULATION:
        return "a tone or a signal that repeats unchanged"
    if _liveliness_db(content) < NOISE_LIVELINESS_DB:
        return "noise"
    if analysis.statistics[_FLUX] < STEADY_FLUX_DB:
        return "a tone of steady level"
    pulse = max(content[f"onset_{third}@{lag}"] for third in THIRDS for lag in _BEAT_LAGS_S)
    if pulse < SPEECH_PULSE and _modulation(content, _SYLLABLES_HZ) > SPEECH_MODULATION:
        return "speech"
    return ""


def _liveliness_db(content: dict[str, float]) -> float:
    """Return how far tones stand out of the spectrum plus how far its levels move."""
    logarithms = [
        [content[f"tonality_{kind}_{third}"] for third in THIRDS]
        for kind in ("outstanding", "moving")
    ]
    levels_db: Array = np.exp(logarithms) - 0.1  # see `content_parts.tonality`
    return float(levels_db.mean(axis=1).sum())


def _modulation(content: dict[str, float], low_hz: float) -> float:
    return sum(content[f"modulation_{region}@{low_hz}"] for region in REGIONS) / len(REGIONS)
