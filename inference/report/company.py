"""The company of a mix: finished music like it, and references that were listened to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby

import numpy as np
import numpy.typing as npt

from ...data.files.names import display_name
from ...data.reference.production import FIGURES
from ...models.spectrum import NOMINAL_HZ, THIRD_CENTERS_HZ
from ..company import Listened
from ..reference import Neighbor, Place, ReferenceMatch
from .document import Json, plain
from .facts import figure, frequency
from .layout import COLUMNS, Row, columns, wrapped

LABELS = {
    "integrated_lufs": ("loudness", "LUFS"),
    "range_lu": ("loudness range", "LU"),
    "plr_db": ("PLR", "dB"),
    "psr_db": ("PSR", "dB"),
    "crest_p50_db": ("crest factor", "dB"),
    "side_db": ("side over mid", "dB"),
}
"""What an engineer calls each of `FIGURES`, and its unit."""

SHOWN_NEIGHBORS = 5
"""So many neighbors a text names unless asked otherwise."""

LEAST_OUTSIDE_DB = 0.5
"""Less outside the range than this is within it."""

LOWEST_TONE_DB = -70.0
"""Below, a band of the mix holds next to nothing, and its width means nothing."""

_INDENT, _GAP = 2, 2
_LONGEST_SOURCE = 28


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the mix stands in one figure; None where undefined.

    Attributes:
        label: What it is.
        unit: Its unit.
        mix: Of the mix.
        p10: 10th percentile of the neighbors.
        p50: Their median.
        p90: Their 90th percentile.
        percentile: Share of the neighbors below the mix, in percent.

    """

    label: str
    unit: str
    mix: float | None
    p10: float | None
    p50: float | None
    p90: float | None
    percentile: float | None


@dataclass(frozen=True, slots=True)
class Departure:
    """Neighboring third octaves in which the mix lies outside the range of its neighbors.

    Attributes:
        low_hz: Nominal frequency of the lowest.
        high_hz: Nominal frequency of the highest.
        by_db: How far, where it is farthest; positive above the range, negative below.

    """

    low_hz: float
    high_hz: float
    by_db: float

    @property
    def text(self) -> str:
        """How far and where, as in ``up to 4.2 dB above at 63 to 100 Hz``."""
        side = "above" if self.by_db > 0.0 else "below"
        far = f"{figure(abs(self.by_db))} dB {side}"
        low, high = frequency(self.low_hz), frequency(self.high_hz)
        if low == high:
            return f"{far} at {low}"
        number, _, unit = low.partition(" ")
        return f"up to {far} at {number if high.endswith(f' {unit}') else low} to {high}"


def standings(match: ReferenceMatch) -> tuple[Standing, ...]:
    """Return where the mix stands, in the order of `FIGURES`."""
    values = _told(match.figures)
    return tuple(
        Standing(*LABELS[name], *(column[index] for column in values.values()))
        for index, name in enumerate(FIGURES)
    )


def departures(match: ReferenceMatch) -> dict[str, tuple[Departure, ...]]:
    """Return where the mix lies outside 10 to 90 % of its neighbors, by tone and width."""
    return {
        "tone": _departures(match.tone_db, np.ones(len(THIRD_CENTERS_HZ), np.bool_)),
        "width": _departures(match.width_db, heard_bands(match)),
    }


def heard_bands(match: ReferenceMatch) -> npt.NDArray[np.bool_]:
    """Return in which third octaves the mix holds something, shape ``(31,)``."""
    heard: npt.NDArray[np.bool_] = match.tone_db.mix > LOWEST_TONE_DB
    return heard


def departure_text(found: Sequence[Departure]) -> str:
    """Write where the mix lies outside, from low to high; ``nowhere`` if it does not."""
    return "; ".join(each.text for each in found) or "nowhere"


def neighbor_cells(neighbor: Neighbor) -> tuple[str, str, str, str]:
    """Write a neighbor: distance, label, licence and corpus, safe to show."""
    track = neighbor.track
    licence = display_name(track.licence) or "not stated"
    corpus = display_name(neighbor.corpus)
    return figure(neighbor.distance, 2), display_name(track.label), licence, corpus


def share_text(listened: Listened) -> str:
    """Write what a reference counts."""
    return f"{figure(100.0 * listened.share)} %"


def match_lines(match: ReferenceMatch, count: int = SHOWN_NEIGHBORS) -> list[str]:
    """Say on lines of text what finished music like a mix sounds like, and who it is.

    Args:
        match: The neighbors of the mix.
        count: How many neighbors are named, the nearest first.

    """
    rows: list[Row] = [("", "mix", "10 %", "median", "90 %", "", "percentile")]
    for each in standings(match):
        values = (figure(value) for value in (each.mix, each.p10, each.p50, each.p90))
        rows.append((each.label, *values, each.unit, figure(each.percentile, 0)))
    lines = [
        f"Finished music like it, {len(match.neighbors)} tracks:",
        *columns(rows, "<>>>><>", _INDENT),
    ]
    for name, found in departures(match).items():
        lines += wrapped(f"{departure_text(found)}.", f"  {f'{name} outside 10 to 90 %:':<26}")
    return [*lines, *_neighbor_lines(match.neighbors, count)]


def listened_lines(listened: Sequence[Listened]) -> list[str]:
    """Say on lines of text which references were listened to, and what each counts."""
    if not listened:
        return []
    shares = [share_text(each) for each in listened]
    left = COLUMNS - _INDENT - _GAP - max(map(len, shares))
    names = (_cut(display_name(each.name), left) for each in listened)
    rows = list(zip(shares, names, strict=True))
    return ["References, each with its share:", *columns(rows, "><", _INDENT)]


def company_lines(match: ReferenceMatch | None, listened: Sequence[Listened]) -> list[str]:
    """Say on lines of text what a master was guided by; a blank line before each block."""
    blocks = ([] if match is None else match_lines(match), listened_lines(listened))
    return [line for block in blocks if block for line in ("", *block)]


def match_entry(match: ReferenceMatch) -> Json:
    """Return the neighbors of a mix as plain data; a figure that is undefined is None."""
    figures = _told(match.figures)
    bands = {name: getattr(match, name) for name in ("tone_db", "width_db", "correlation")}
    return {
        "figures": {
            name: {key: column[index] for key, column in figures.items()}
            for index, name in enumerate(FIGURES)
        },
        "third_octaves": {
            "frequency_hz": [round(float(hz), 3) for hz in THIRD_CENTERS_HZ],
            **{name: _told(place) for name, place in bands.items()},
        },
        "outside": {
            name: [asdict(each) for each in found] for name, found in departures(match).items()
        },
        "neighbors": [_neighbor_entry(each) for each in match.neighbors],
    }


def listened_entry(listened: Iterable[Listened]) -> list[Json]:
    """Return the references that were listened to as plain data."""
    return [
        {"name": plain(each.name), "share": each.share, "integrated_lufs": each.integrated_lufs}
        for each in listened
    ]


def _told(place: Place) -> dict[str, list[float | None]]:
    """Return columns of a place, to thousandths."""
    arrays = (place.mix, place.low, place.middle, place.high, place.percentile)
    keys = ("mix", "p10", "p50", "p90", "percentile")
    return {
        key: [round(value, 3) if np.isfinite(value) else None for value in array.tolist()]
        for key, array in zip(keys, arrays, strict=True)
    }


def _departures(place: Place, bands: npt.NDArray[np.bool_]) -> tuple[Departure, ...]:
    outside_db = np.maximum(place.mix - place.high, 0.0) + np.minimum(place.mix - place.low, 0.0)
    outside_db[~bands | (np.abs(outside_db) < LEAST_OUTSIDE_DB)] = 0.0
    found = []
    for sign, run in groupby(range(len(outside_db)), lambda i: float(np.sign(outside_db[i]))):
        if sign:
            indices = list(run)
            by_db = max((float(outside_db[i]) for i in indices), key=abs)
            low_hz, high_hz = (float(NOMINAL_HZ[i]) for i in (indices[0], indices[-1]))
            found.append(Departure(low_hz, high_hz, round(by_db, 3)))
    return tuple(found)


def _neighbor_lines(neighbors: Sequence[Neighbor], count: int) -> list[str]:
    """Name the nearest; their corpora only where there are several."""
    cells = [neighbor_cells(each) for each in neighbors[:count]]
    if not cells:
        return []
    heads = ("distance", "track", "licence", "corpus")
    fields = len(heads) - (len({each.corpus for each in neighbors}) == 1)
    table = [[row[0], row[1], *(_cut(text, _LONGEST_SOURCE) for text in row[2:])] for row in cells]
    rows = [list(heads[:fields]), *(row[:fields] for row in table)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    left = COLUMNS - _INDENT - _GAP * (fields - 1) - (sum(widths) - widths[1])
    for row in rows:
        row[1] = _cut(row[1], left)
    more = len(neighbors) - len(cells)
    lines = columns(rows, "><<<"[:fields], _INDENT)
    return [*lines, f"  and {more} more"] if more > 0 else lines


def _neighbor_entry(neighbor: Neighbor) -> Json:
    track = neighbor.track
    names = ("identity", "title", "artist", "album", "licence", "source", "sha256")
    return {
        "distance": neighbor.distance,
        "corpus": plain(neighbor.corpus),
        **{name: plain(getattr(track, name)) for name in names},
        "duration_s": track.duration_s,
    }


def _cut(text: str, most: int) -> str:
    """Return text of at most ``most`` characters; an ellipsis stands for the rest."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}\N{HORIZONTAL ELLIPSIS}"
