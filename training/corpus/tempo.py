"""Tempo and sections of a track, from its mel frames: no second look at the audio."""

from __future__ import annotations

from typing import TypeAlias

import librosa.feature
import numpy as np
import numpy.typing as npt
from librosa.segment import agglomerative

from ...data.corpus.measuring import Structure

Array: TypeAlias = npt.NDArray[np.float64]

SECTION_S = 25.0
"""Typical length of a section; a track is cut into as many as fit."""

MOST_SECTIONS = 12
"""A track is not cut into more."""

_STEP_S = 1.0
_FLOOR_DB = -70.0
_LEAST_PULSE = 1e-6
_TEMPO_S = 120.0


def find_structure(power: npt.NDArray[np.float32], hop_s: float) -> Structure:
    """Estimate tempo and sections.

    Tempo: librosa's autocorrelation tempogram over the onset strength of the log-mel frames (D.
    Ellis, "Beat Tracking by Dynamic Programming", 2007), from two minutes in the midst of the
    track. Sections: its agglomerative clustering in time (B. McFee and D. Ellis, "Analyzing song
    structure with spectral clustering", 2014) of mean log-mel frames of a second.

    Args:
        power: Power of mid and side together, shape ``(80, frame)``.
        hop_s: Distance of frames.

    """
    levels_db = 10.0 * np.log10(np.maximum(power, 1e-20, dtype=np.float64))
    levels_db = np.maximum(levels_db, levels_db.max(initial=-200.0) + _FLOOR_DB)
    return Structure(_tempo_bpm(levels_db, hop_s), _sections_s(levels_db, hop_s))


def _tempo_bpm(levels_db: Array, hop_s: float) -> float | None:
    most = round(_TEMPO_S / hop_s)
    first = max(0, (levels_db.shape[1] - most) // 2)
    part = levels_db[:, first : first + most]
    onsets = np.maximum(np.diff(part, axis=1), 0.0).mean(axis=0)
    if len(onsets) < round(8.0 / hop_s) or onsets.std() < _LEAST_PULSE:
        return None
    # librosa knows rates and hops, and only their ratio matters
    tempo = librosa.feature.tempo(onset_envelope=onsets, sr=1.0 / hop_s, hop_length=1)
    return float(tempo[0])


def _sections_s(levels_db: Array, hop_s: float) -> tuple[float, ...]:
    step = round(_STEP_S / hop_s)
    steps = levels_db.shape[1] // step
    count = min(MOST_SECTIONS, round(steps * step * hop_s / SECTION_S))
    if count < 2:
        return (0.0,)
    seconds = levels_db[:, : steps * step].reshape(len(levels_db), steps, step).mean(axis=2)
    bounds = agglomerative(seconds, count)
    return tuple(float(each) * step * hop_s for each in sorted({0, *bounds.tolist()}))
