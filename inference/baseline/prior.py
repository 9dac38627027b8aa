"""The baseline's knowledge, read from ``configs/prior/masters.yaml``.

Every class is a section of that file with the same names; what a number means and where it comes
from is said there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from importlib import resources
from typing import Any, TypeVar

import yaml

from ...models.errors import ModelError

Section = TypeVar("Section")
Numbers = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Spectra:
    """Mean power densities in dB of finished masters and of unmastered sets, by band.

    Unmastered sets may end some bands earlier.
    """

    edges_hz: Numbers
    masters_db: Numbers
    unmastered_db: tuple[Numbers, ...]
    unmastered_share: float
    smoothing_octaves: float


@dataclass(frozen=True, slots=True)
class Song:
    """Standard deviations in dB of finished songs around their mean, at nodes."""

    nodes_hz: Numbers
    smooth_db: Numbers
    detail_db: Numbers
    length_octaves: float


@dataclass(frozen=True, slots=True)
class Departure:
    """Standard deviations in dB of mixes from their masters, at nodes."""

    nodes_hz: Numbers
    smooth_db: Numbers
    length_octaves: float


@dataclass(frozen=True, slots=True)
class Kinds:
    """Shares of finished songs and two kinds of mixes, and their peak-to-loudness ratios."""

    finished_share: float
    unbiased_share: float
    biased_share: float
    finished_plr_db: float
    unfinished_plr_db: float
    plr_sd_db: float


@dataclass(frozen=True, slots=True)
class Tone:
    """What is done with an estimated departure: shrinkage, bounds, and when it is let be."""

    shrink: float
    finished_shrink: float
    finished_plr_db: float
    open_plr_db: float
    most_db: float
    statistics_end_hz: float
    floor_db: float
    edge_drop_db: float
    normal_share_z: float
    inside_rms_db: float
    outside_rms_db: float


@dataclass(frozen=True, slots=True)
class Rumble:
    """When energy below the music calls for a high-pass."""

    below_hz: float
    normal_db: float
    high_pass_hz: float


@dataclass(frozen=True, slots=True)
class Dynamics:
    """When and how far the compressor is used; tuples hold its bands from low to high."""

    finished_plr_db: float
    open_plr_db: float
    normal_spread_db: Numbers
    wide_by_db: float
    sparse_from_db: float
    sparse_to_db: float
    least_db: float
    most_db: float
    ratio: Numbers
    attack_ms: Numbers
    release_ms: Numbers


@dataclass(frozen=True, slots=True)
class Bass:
    """When the bass is narrowed; shares are side over mid and side."""

    below_hz: float
    normal_share: float
    wanted_share: float
    opposed_share: float
    least_width: float


@dataclass(frozen=True, slots=True)
class Prior:
    """The whole file."""

    spectra: Spectra
    song: Song
    departure: Departure
    kinds: Kinds
    tone: Tone
    rumble: Rumble
    dynamics: Dynamics
    bass: Bass


_SECTIONS: dict[str, type[Any]] = {
    "spectra": Spectra,
    "song": Song,
    "departure": Departure,
    "kinds": Kinds,
    "tone": Tone,
    "rumble": Rumble,
    "dynamics": Dynamics,
    "bass": Bass,
}


@cache
def default_prior() -> Prior:
    """Return the prior that ships with the package."""
    file = resources.files("glassmaster.configs") / "prior" / "masters.yaml"
    return prior_from_document(yaml.safe_load(file.read_text(encoding="utf-8")))


def prior_from_document(document: Mapping[str, Any]) -> Prior:
    """Read a prior from plain data.

    Raises:
        ModelError: A section or an entry is unknown or missing, or bands do not match.

    """
    parts = {
        name: _section(_SECTIONS[name], value, name) if name in _SECTIONS else value
        for name, value in document.items()
    }
    prior = _section(Prior, parts, "the prior")
    spectra, song, departure = prior.spectra, prior.song, prior.departure
    bands = len(spectra.edges_hz) - 1
    sets = {len(row) for row in spectra.unmastered_db}
    nodes = {len(row) for row in (song.nodes_hz, song.smooth_db, song.detail_db)}
    pairs = {len(departure.nodes_hz), len(departure.smooth_db)}
    fits = len(spectra.masters_db) == bands and len(sets) == 1 and 0 < min(sets) <= bands
    if not fits or len(nodes) > 1 or len(pairs) > 1:
        raise ModelError(
            "the prior's tables have different lengths; give one value for each band or node",
            code="bad_prior",
        )
    return prior


def _section(kind: type[Section], document: Any, name: str) -> Section:
    wanted = {field.name for field in fields(kind)}  # type: ignore[arg-type]
    given = set(document) if isinstance(document, Mapping) else set()
    if given != wanted:
        wrong = ", ".join(sorted(str(key) for key in given ^ wanted))
        raise ModelError(f"{name}: unknown or missing entry {wrong}", code="bad_prior")
    return kind(**{key: _frozen(value) for key, value in document.items()})


def _frozen(value: Any) -> Any:
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value
