"""Traits in which an engineer may differ from a model in song after song: tone, density, width."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ...inference.comparing.differences import EQUAL_DB, QuantityDifference
from ...inference.predictor import NOT_DETERMINED
from ...inference.regions import REGIONS, region_levels_db
from ...models.moves import QUANTITIES, RESPONSE
from ...models.processors.imager import BANDS as WIDTH_BANDS
from ...models.processors.multiband_compressor import BANDS
from .rows import Song

Array: TypeAlias = npt.NDArray[np.float64]


class Kind(StrEnum):
    """What a trait is one of."""

    TONE = "tone"
    DENSITY = "density"
    WIDTH = "width"
    LOUDNESS = "loudness"


@dataclass(frozen=True, slots=True)
class Trait:
    """One way in which masters of a song differ, a number in each song.

    Attributes:
        key: Of the document.
        kind: What it is one of.
        label: What it is called where it stands beside others.
        more: What the engineer's master has, or is, where the number is above 0, as in ``more
            air``.
        less: Where it is below 0.
        unit: ``dB`` or ``LU``.

    """

    key: str
    kind: Kind
    label: str
    more: str
    less: str
    unit: str = "dB"


_TONES = tuple(f"tone@{region.name.replace(' ', '_')}" for region in REGIONS)


def _band(name: str) -> str:
    return f"the {name.replace('_', ' ')} band"


TRAITS: tuple[Trait, ...] = (
    *(
        Trait(
            key,
            Kind.TONE,
            each.name,
            f"more {each.name}",
            f"less {each.name}",
        )
        for key, each in zip(_TONES, REGIONS, strict=True)
    ),
    *(
        Trait(
            f"reduction_p95@{name}",
            Kind.DENSITY,
            f"reduction, {name.replace('_', ' ')}",
            f"more reduction in loud passages of {_band(name)}",
            f"less reduction in loud passages of {_band(name)}",
        )
        for name in BANDS
    ),
    Trait(
        "limiter_p95",
        Kind.DENSITY,
        "limiter",
        "more limiting in loud passages",
        "less limiting in loud passages",
    ),
    Trait("plr", Kind.DENSITY, "PLR", "a larger PLR", "a smaller PLR"),
    *(
        Trait(
            f"width@{name}",
            Kind.WIDTH,
            f"width, {name.replace('_', ' ')}",
            f"more width in {_band(name)}",
            f"less width in {_band(name)}",
        )
        for name in WIDTH_BANDS
    ),
    Trait("loudness", Kind.LOUDNESS, "loudness", "more loudness", "less loudness", "LU"),
)
"""In the order in which they are told."""

_PLAIN = {
    **{f"reduction_p95@{name}": f"reduction_p95_db@{name}" for name in BANDS},
    "limiter_p95": "limiter_p95_db",
    **{f"width@{name}": f"width_db@{name}" for name in WIDTH_BANDS},
}
"""Quantities that are a trait each."""


def trait_values(songs: Sequence[Song]) -> Array:
    """Return what the engineer's masters have more than the model's, shape ``(song, trait)``.

    NaN where that is not known: a quantity of the engineer's that is not determined, and all that
    settings tell where they do not explain the master, do not count. What differs by less than
    `EQUAL_DB` is the same.
    """
    values = np.stack([_values(song) for song in songs])
    values[np.abs(values) < EQUAL_DB] = 0.0
    return values


def response_differences(songs: Sequence[Song]) -> Array:
    """Return how the engineer's responses differ in third octaves, shape ``(song, 27)``.

    NaN as of `trait_values`.
    """
    return np.stack([_known(song)[RESPONSE] for song in songs])


def is_known(row: QuantityDifference) -> bool:
    """Return whether the engineer's value of a quantity is determined."""
    return row.human_interval != NOT_DETERMINED


def _values(song: Song) -> Array:
    known_db = _known(song)
    told = dict(zip(_TONES, region_levels_db(known_db[RESPONSE]).tolist(), strict=True))
    told |= {trait: known_db[QUANTITIES.index(name)] for trait, name in _PLAIN.items()}
    told["plr"] = np.nan if song.plr_db is None else song.plr_db
    told["loudness"] = np.nan if song.loudness_lu is None else song.loudness_lu
    return np.array([told[trait.key] for trait in TRAITS], np.float64)


def _known(song: Song) -> Array:
    if not song.is_explained:
        return np.full(len(QUANTITIES), np.nan)
    return np.array(
        [row.difference_db if is_known(row) else np.nan for row in song.quantities], np.float64
    )
