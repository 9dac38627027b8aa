"""How a track was produced: the figures in which masters differ, of one track or of many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ...models.mel_statistics import STATISTICS
from ...models.spectrum import THIRD_CENTERS_HZ, PowerSpectrum, levels_db, third_octaves
from ..metering.stereo import third_octave_correlation

Array: TypeAlias = npt.NDArray[np.float64]
Indices: TypeAlias = npt.NDArray[np.int64]

FIGURES = ("integrated_lufs", "range_lu", "plr_db", "psr_db", "crest_p50_db", "side_db")
"""Figures of a track as a whole; the last two are `models.mel_statistics`."""

BANDS = len(THIRD_CENTERS_HZ)

_IN_LEVEL = (THIRD_CENTERS_HZ > 60.0) & (THIRD_CENTERS_HZ < 13_000.0)
_FARTHEST_DB = 80.0  # bands are held within this of the mean: below, a codec's floor speaks


@dataclass(frozen=True, slots=True, eq=False)
class Production:
    """Figures of tracks; an axis of tracks comes first where there are many of them.

    Attributes:
        figures: In the order of `FIGURES`, NaN where undefined, shape ``(…, 6)``.
        mid_db: Level of mid a third octave, the mean level of both taken out, ``(…, 31)``.
        side_db: The same of side.
        correlation: Of left and right a third octave, -1 to 1, shape ``(…, 31)``.

    """

    figures: Array
    mid_db: Array
    side_db: Array
    correlation: Array

    @property
    def tone_db(self) -> Array:
        """Level of mid and side together a third octave, mean level taken out, ``(…, 31)``."""
        total: Array = 10.0 * np.log10(10.0 ** (0.1 * self.mid_db) + 10.0 ** (0.1 * self.side_db))
        return total

    @property
    def width_db(self) -> Array:
        """Level of side over that of mid a third octave, shape ``(…, 31)``."""
        width: Array = self.side_db - self.mid_db
        return width

    def at(self, index: int | Indices) -> Production:
        """Return one track, or those of these indices in their order."""
        return Production(*(each[index] for each in self.arrays().values()))

    def arrays(self) -> dict[str, Array]:
        """Return every array by its name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def stacked(productions: Sequence[Production]) -> Production:
    """Return many tracks, given each of them; at least one."""
    rows = [each.arrays() for each in productions]
    return Production(*(np.stack([row[name] for row in rows]) for name in rows[0]))


def production_of(
    levels: Sequence[float | None], spectrum: PowerSpectrum, statistics: Array
) -> Production:
    """Return the figures of one track.

    Args:
        levels: Integrated loudness in LUFS as two loudspeakers give it, loudness range, PLR and
            PSR; None where undefined.
        spectrum: Of the track, at any level.
        statistics: Of the track, shape ``(statistics,)``.

    """
    known = [np.nan if value is None else value for value in levels]
    known += [float(statistics[STATISTICS.index(name)]) for name in FIGURES[len(levels) :]]
    level_db = float(level_of_thirds(levels_db(third_octaves(spectrum.total))))
    parts = [levels_db(third_octaves(part)) - level_db for part in (spectrum.mid, spectrum.side)]
    mid_db, side_db = (np.clip(part, -_FARTHEST_DB, _FARTHEST_DB) for part in parts)
    correlation = np.nan_to_num(third_octave_correlation(spectrum), nan=1.0)  # silence is mono
    return Production(np.array(known), mid_db, side_db, correlation)


def level_of_thirds(thirds_db: Array) -> Array:
    """Return the mean level over 63 Hz to 12.5 kHz, shape ``(…,)``."""
    level: Array = thirds_db[..., _IN_LEVEL].mean(axis=-1)
    return level
