"""The finished songs that settings are chosen by: neighbors of the mix, and references by name.

Named references take the place of part of the neighbors. What a reference counts can differ by
part: of the parts that do not count, it shows what the neighbors show. Its spectrum is smoothed to
third octaves, so that its key and its bass line do not leak in.

A finished song has no neighbors to be like: references alone show the settings behind them, beside
finished songs at large, which stand for the parts that do not count.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from ..data.reference.hygiene import Aspect
from ..models.mel import mel_edges_hz
from ..models.mel_statistics import STATISTICS
from .predictor import Company
from .reference import ReferenceMatch

Array: TypeAlias = npt.NDArray[np.float64]
Mask: TypeAlias = npt.NDArray[np.bool_]

TONE, DYNAMICS, WIDTH, LOUDNESS = Aspect
PARTS: Final = tuple(Aspect)
"""What of a reference can count."""

DEFAULT_PARTS: Final[Mapping[str, float]] = MappingProxyType(
    {TONE: 1.0, DYNAMICS: 1.0, WIDTH: 1.0, LOUDNESS: 0.0}
)
"""What counts unless asked otherwise: loudness is the delivery's affair."""

TELLING: Final = (TONE, WIDTH)
"""Parts of a reference that tell what settings it went through."""

DEFAULT_SHARE = 0.5
"""What references count together, the neighbors being the rest, where no weight is given."""

_MOST_SHARE = 0.999  # neighbors left with nothing would be no distribution

_SPECTRUM = np.array([name.startswith("spectrum_db@") for name in STATISTICS])
_TONE = _SPECTRUM | np.array([name == "weighting_db" for name in STATISTICS])
_WIDTH = np.array([name.startswith(("width_db@", "side_db")) for name in STATISTICS])
_OF_PART: Mapping[str, Mask] = {TONE: _TONE, WIDTH: _WIDTH, DYNAMICS: ~(_TONE | _WIDTH)}
_BAND_HZ: Array = mel_edges_hz()[1:-1]


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """A reference as it counts.

    Attributes:
        statistics: Of the track, shape ``(statistics,)``.
        weight: Its share of all that is listened to, 0 to 1; None where no weight was given.
        parts: What each of `PARTS` counts, 0 to 1; missing ones count nothing.
        tone_to_hz: Above, its spectrum is not used; None for all of it.

    """

    statistics: Array
    weight: float | None = None
    parts: Mapping[str, float] = field(default_factory=lambda: DEFAULT_PARTS)
    tone_to_hz: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Listened:
    """A reference that was listened to.

    Attributes:
        name: Of the file.
        share: What it counts, above 0 and at most 1.
        integrated_lufs: Its loudness; None where it is undefined or does not count.

    """

    name: str
    share: float
    integrated_lufs: float | None


def company_of(match: ReferenceMatch | None, shown: Sequence[Shown], mix: Array) -> Company | None:
    """Put neighbors and references together; None where there are neither.

    Args:
        match: The neighbors of the mix.
        shown: References by name.
        mix: Statistics of the mix, which stand for what is unknown without neighbors.

    """
    neighbors = np.zeros((0, len(STATISTICS))) if match is None else match.statistics
    if not shown:
        return Company(neighbors, np.ones(len(neighbors))) if len(neighbors) else None
    base = neighbors.mean(axis=0) if len(neighbors) else mix
    rows = np.array([_smoothed_row(each, base) for each in shown])
    shares = reference_shares([each.weight for each in shown], alone=len(neighbors) == 0)
    if not len(neighbors):
        return Company(rows, shares)
    rest = (1.0 - shares.sum()) / len(neighbors)
    weights = np.concatenate((np.full(len(neighbors), rest), shares))
    # a neighbor counts one where there is no reference
    return Company(np.concatenate((neighbors, rows)), weights * len(neighbors))


def company_behind(shown: Sequence[Shown], at_large: Array) -> Company:
    """Put together the songs whose settings a finished song is to go through, which may be none.

    Their spectra are not smoothed: what tells settings knows how those of songs differ, and takes
    smoothing for a setting.

    Args:
        shown: References by name; one whose tone and width do not count shows no settings.
        at_large: Mean statistics of finished songs, shape ``(statistics,)``.

    """
    telling = [each for each in shown if any(each.parts.get(part) for part in TELLING)]
    rows = [_row(each, _own(each, at_large), at_large) for each in telling]
    weights = reference_shares([each.weight for each in telling], alone=True)
    statistics = np.array(rows).reshape(-1, len(STATISTICS))
    return Company(statistics, weights, settings_alone=True)


def reference_shares(weights: Sequence[float | None], *, alone: bool = False) -> Array:
    """Return the share of each reference: together less than 1, or 1 where they are alone.

    One without a weight counts as the mean of those with one; `DEFAULT_SHARE` is divided among them
    where none has any.

    Args:
        weights: As they were given.
        alone: Whether there are no neighbors beside them.

    """
    if not weights:
        return np.zeros(0)
    given = [weight for weight in weights if weight is not None]
    usual = sum(given) / len(given) if given else DEFAULT_SHARE / len(weights)
    shares = np.array([usual if weight is None else weight for weight in weights])
    total = float(shares.sum())
    return shares / total if alone else shares * min(1.0, _MOST_SHARE / total)


def smoothed_spectrum(spectrum_db: Array) -> Array:
    """Smooth levels of the 80 mel bands to third octaves, in power."""
    octaves = np.log2(_BAND_HZ[:, None] / _BAND_HZ)
    near = (np.abs(octaves) <= 1.0 / 6.0).astype(np.float64)
    smooth: Array = 10.0 * np.log10(near @ 10.0 ** (0.1 * spectrum_db) / near.sum(axis=1))
    return smooth


def _smoothed_row(shown: Shown, base: Array) -> Array:
    """Return the statistics of a reference as `_row`, its spectrum smoothed."""
    own = _own(shown, base)
    own[_SPECTRUM] = smoothed_spectrum(own[_SPECTRUM])
    return _row(shown, own, base)


def _own(shown: Shown, base: Array) -> Array:
    """Return the statistics of a reference, those of the base above the edge of its codec."""
    own = shown.statistics.copy()
    if shown.tone_to_hz is not None:
        above = np.flatnonzero(_SPECTRUM)[shown.tone_to_hz < _BAND_HZ]
        own[above] = base[above]
    return own


def _row(shown: Shown, own: Array, base: Array) -> Array:
    """Return a reference's own statistics, those of the base where they do not count."""
    row = base.copy()
    for part, mask in _OF_PART.items():
        row[mask] += shown.parts.get(part, 0.0) * (own[mask] - base[mask])
    return row
