"""How sure the predictor was: what was applied beside where 90 % of masters are expected."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ...models.moves import QUANTITIES, RESPONSE
from ...models.processors.imager import BANDS as WIDTH_BANDS
from ...models.processors.multiband_compressor import BANDS
from ...models.settings import specification
from ..predictor import NOT_DETERMINED, Interval
from ..results import MasteringResult
from .facts import LABELS, figure, frequency
from .layout import Row, columns, wrapped

_RANKS = ("p50", "p95")
_RANK_LABELS = ("median", "loud passages")


@dataclass(frozen=True, slots=True)
class Certainty:
    """One quantity or knob.

    Attributes:
        label: What it is.
        unit: Its unit.
        applied: What was done; None where it was not measured.
        interval: Where 90 % of masters are expected.

    """

    label: str
    unit: str
    applied: float | None
    interval: Interval


def certainties(result: MasteringResult) -> tuple[Certainty, ...]:
    """Return every quantity and knob that the predictor spoke of, but the response."""
    intervals = result.recipe.intervals
    found = []
    for name, applied in _applied(result).items():
        if name in intervals:
            found.append(Certainty(_quantity_label(name), "dB", applied, intervals[name]))
    for name, interval in intervals.items():
        block, _, key = name.partition(".")
        if key and block in LABELS and key in result.recipe.settings[block].values:
            spec = specification(block, key)
            label = f"{LABELS[block]}, {spec.name.replace('_', ' ')}"
            value = float(result.recipe.settings[block].values[key])
            found.append(Certainty(label, spec.unit, value, interval))
    return tuple(found)


def response_text(result: MasteringResult) -> str | None:
    """Say how sure the balance is; None where nothing was said of it."""
    intervals = result.recipe.intervals
    spoken = [name for name in QUANTITIES[RESPONSE] if name in intervals]
    if not spoken:
        return None
    halves = []
    unknown = []
    for name in spoken:
        interval = intervals[name]
        if interval == NOT_DETERMINED:
            unknown.append(frequency(float(name.partition("@")[2])))
        else:
            halves.append(0.5 * (interval[1] - interval[0]))
    if not halves:
        return "the balance of a master of this mix is not determined"
    mean_db = math.fsum(halves) / len(halves)
    text = f"90 % of masters lie within {figure(mean_db)} dB of the expected balance on average"
    return f"{text}; not determined at {', '.join(unknown)}" if unknown else text


def interval_text(certainty: Certainty) -> str:
    """Write an interval with its unit."""
    if certainty.interval == NOT_DETERMINED:
        return NOT_DETERMINED
    low, high = (figure(bound, _digits(certainty.unit)) for bound in certainty.interval)
    return f"{low} to {high} {certainty.unit}".rstrip()


def applied_text(certainty: Certainty) -> str:
    """Write what was applied with its unit."""
    value = figure(certainty.applied, _digits(certainty.unit))
    return value if certainty.applied is None else f"{value} {certainty.unit}".rstrip()


def certainty_lines(result: MasteringResult) -> list[str]:
    """Say on lines of text what is known of a master of the mix, and what is not."""
    response, rows = response_text(result), certainties(result)
    if response is None and not rows:
        return []
    lines = ["", "How sure:"]
    if response is not None:
        lines += wrapped(f"{response[:1].upper()}{response[1:]}.", "  ")
    known = [each for each in rows if each.interval != NOT_DETERMINED]
    if known:
        cells: list[Row] = [("", "applied", "90 % of masters")]
        cells += [(each.label, applied_text(each), interval_text(each)) for each in known]
        lines += columns(cells, "<>>")
    unknown: dict[str, list[str]] = {}
    for each in rows:
        if each.interval == NOT_DETERMINED:
            kind, _, rest = each.label.partition(", ")
            unknown.setdefault(kind, []).append(rest)
    if unknown:
        told = "; ".join(f"{kind.lower()}: {', '.join(rest)}" for kind, rest in unknown.items())
        lines += wrapped(f"Not determined of {told}.", "  ")
    return lines


def _applied(result: MasteringResult) -> dict[str, float | None]:
    """Return what the chain did, by quantity, in the order of a report."""
    imager = result.recipe.settings["imager"]
    applied: dict[str, float | None] = {}
    for band in WIDTH_BANDS:
        width = 1.0 if imager.bypass else float(imager.values[f"{band}_width"])
        applied[f"width_db@{band}"] = 20.0 * math.log10(max(width, 1e-2))
    for index, rank in enumerate(_RANKS):
        for band in BANDS:
            applied[f"reduction_{rank}_db@{band}"] = result.reductions.bands_db[band][index]
    limiting = result.limiting
    return applied | {"limiter_p95_db": None if limiting is None else limiting.reduction_db}


def _quantity_label(name: str) -> str:
    kind, _, band = name.partition("@")
    place = band.replace("_", " ")
    if kind == "width_db":
        return f"Width, {place} band"
    if kind == "limiter_p95_db":
        return "Limiter, loud passages"
    rank = _RANK_LABELS[_RANKS.index(kind.split("_")[1])]
    return f"Gain reduction, {place} band, {rank}"


def _digits(unit: str) -> int:
    return {"": 2, "ms": 0, "Hz": 0}.get(unit, 1)
