"""Settings of CamillaDSP, a YAML file of filters, processors and a pipeline that orders them.

Its README documents them. Biquads have the prototypes of `bands`; a shelf's ``slope`` is in dB per
octave, 12 for ``S = 1``. Times of its compressor are in seconds; it hears all channels added, and
follows their peaks, where the chain's compressor follows the mean square.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ...data.findings import Finding
from ...models.errors import RecipeError
from ...models.processors.equalizer import BUTTERWORTH_Q
from ...models.settings import ChainSettings, default_settings
from ..values import DAMAGED, number_of
from .bands import MOST_BANDS, Band, Kind, Part, bell_q, level_db, shelf_q
from .broadband import BLOCK, Broadband, band_by_band
from .draft import Draft, left_out, level_left_out, shortly
from .equalizing import equalize
from .given import Threshold

SECTIONS: Final = {"filters", "processors", "pipeline", "mixers"}
"""Sections that are about the sound."""

LARGEST: Final = 1e6
"""Beyond any value of a setting."""

_ABOUT: Final = {"title", "description", "devices"}

_KINDS: Final[dict[str, tuple[Kind, int]]] = {
    "Peaking": ("bell", 2),
    "Lowshelf": ("low_shelf", 2),
    "Highshelf": ("high_shelf", 2),
    "LowshelfFO": ("low_shelf", 1),
    "HighshelfFO": ("high_shelf", 1),
    "Highpass": ("high_pass", 2),
    "HighpassFO": ("high_pass", 1),
}
_FIVE_POINTS: Final[tuple[tuple[Kind, str], ...]] = (
    ("low_shelf", "ls"), ("bell", "p1"), ("bell", "p2"), ("bell", "p3"), ("high_shelf", "hs"),
)  # fmt: skip


@dataclass(slots=True)
class _Reading:
    """What was read so far."""

    parts: list[Part] = field(default_factory=list)
    gain_db: float = 0.0
    compressors: list[Broadband] = field(default_factory=list)
    before: int = 0  # filters before the first of them
    left_out: list[str] = field(default_factory=list)


def is_camilladsp(document: Mapping[str, Any]) -> bool:
    """Return whether a document looks like one."""
    return "filters" in document or "processors" in document


def read_camilladsp(document: Mapping[str, Any]) -> Draft:
    """Read equalizer and compressor.

    Raises:
        RecipeError: An entry is damaged, or there is nothing that the chain has.

    """
    reading = _Reading()
    reading.left_out += [f"the section {name}" for name in document if _is_strange(name)]
    for kind, name in _steps(document, reading):
        section = "filters" if kind == "Filter" else "processors"
        entry = (_mapping(document, section)).get(name)
        if entry is None:
            message = f"the pipeline names {name!r}, which {section} do not have"
            raise RecipeError(message, code=DAMAGED)
        try:
            _read_step(reading, section, name, entry)
        except RecipeError as error:
            error.message = f"{section}: {name}: {error.message}"
            raise
        except (KeyError, TypeError, AttributeError) as error:
            message = f"{section}: {name}: is damaged: it lacks {error}"
            raise RecipeError(message, code=DAMAGED) from error
        if len(reading.parts) > MOST_BANDS:
            message = f"has more than {MOST_BANDS} filters; no equalizer has"
            raise RecipeError(message, code=DAMAGED)
    return _draft(reading)


def _draft(reading: _Reading) -> Draft:
    if not reading.parts and not reading.compressors:
        told = left_out(reading.left_out).message if reading.left_out else "It is empty."
        raise RecipeError(f"has no equalizer and no compressor. {told}", code=DAMAGED)
    settings: ChainSettings = default_settings()
    stages: list[str] = []
    findings: list[Finding] = []
    thresholds: tuple[Threshold, ...] = ()
    if reading.parts:
        equalized = equalize(reading.parts)
        settings = settings.with_block("equalizer", equalized.values)
        stages.append("equalizer")
        findings.append(equalized.finding(len(reading.parts)))
    if reading.gain_db:
        findings.append(level_left_out("A gain", reading.gain_db))
    if reading.compressors:
        first, *others = reading.compressors
        banded = band_by_band(first)
        settings = settings.with_block(BLOCK, banded.values)
        stages.append(BLOCK)
        thresholds = banded.thresholds
        findings += banded.findings
        message = (
            f"{first.title} follows peaks of left and right added; the chain's compressor the mean "
            "square of both: the threshold is that of the sum's level, and transients count less."
        )
        findings.append(Finding("compressor_detector", message))
        if 0 < reading.before < len(reading.parts):
            message = f"{first.title} comes amid the equalizer; in the chain it comes after."
            findings.append(Finding("order", message))
        reading.left_out += [f"{each.name}, a second compressor" for each in others]
    if reading.left_out:
        findings.append(left_out(reading.left_out))
    return Draft("CamillaDSP", tuple(stages), settings, thresholds, tuple(findings))


def _steps(document: Mapping[str, Any], reading: _Reading) -> list[tuple[str, str]]:
    """Return kind and name of what is in use, in order; everything where there is no pipeline."""
    if "pipeline" not in document:
        return [
            (kind, str(name))
            for kind, section in (("Filter", "filters"), ("Processor", "processors"))
            for name in _mapping(document, section)
        ]
    steps: list[tuple[str, str]] = []
    pipeline = document["pipeline"]
    if not isinstance(pipeline, list):
        raise RecipeError("its pipeline is no list of steps", code=DAMAGED)
    for step in pipeline:
        if not isinstance(step, dict):
            raise RecipeError(f"{step!r} is no step of a pipeline", code=DAMAGED)
        kind = step.get("type")
        if kind == "Filter":
            channels = step.get("channels", step.get("channel"))
            names = [str(name) for name in step.get("names") or ()]
        else:
            channels, names = None, [str(step.get("name"))]
        shown = ", ".join(names)
        if step.get("bypassed") is True:
            reading.left_out.append(f"{shown} (bypassed)")
        elif kind not in ("Filter", "Processor"):
            reading.left_out.append(f"{shown} (a step of the type {kind})")
        elif channels is not None and sorted(_list(channels)) != [0, 1]:
            reading.left_out.append(f"{shown} (for the channels {channels} alone)")
        else:
            steps += [(str(kind), name) for name in names]
    return steps


def _read_step(reading: _Reading, section: str, name: str, entry: Mapping[str, Any]) -> None:
    what, values = entry["type"], entry.get("parameters") or {}
    shown = f"{shortly(name)} ({what})"
    if section == "processors":
        if what == "Compressor":
            if not reading.compressors:
                reading.before = len(reading.parts)
            reading.compressors.append(_compressor(reading, name, values))
        else:
            reading.left_out.append(shown)
    elif what == "Gain":
        reading.gain_db += _number(values, "gain")
    elif what == "Biquad" and values["type"] in _KINDS:
        reading.parts.append(_band(name, values))
    elif what == "BiquadCombo" and values["type"] == "FivePointPeq":
        reading.parts += [
            Band(
                name=f"{name}, {end}",
                kind=kind,
                frequency_hz=_number(values, f"f{end}"),
                gain_db=_number(values, f"g{end}"),
                q=_number(values, f"q{end}"),
            )
            for kind, end in _FIVE_POINTS
        ]
    elif what == "BiquadCombo" and values["type"] == "ButterworthHighpass" and values["order"] == 2:
        reading.parts.append(Band(name, "high_pass", _number(values, "freq")))
    else:
        part = values.get("type")
        reading.left_out.append(shown if part is None else f"{shortly(name)} ({what} {part})")


def _band(name: str, values: Mapping[str, Any]) -> Band:
    kind, order = _KINDS[values["type"]]
    frequency_hz = _number(values, "freq")
    gain_db = 0.0 if kind == "high_pass" else _number(values, "gain")
    q = BUTTERWORTH_Q
    if order == 2:
        if "slope" in values:
            q = shelf_q(_number(values, "slope") / 12.0, gain_db)
        elif "bandwidth" in values:
            q = bell_q(_number(values, "bandwidth"))
        else:
            q = _number(values, "q")
    return Band(name, kind, frequency_hz, gain_db, q, order)


def _compressor(reading: _Reading, name: str, values: Mapping[str, Any]) -> Broadband:
    if values.get("clip_limit") is not None:
        reading.left_out.append(f"the clipper of {name}")
    for key in ("monitor_channels", "process_channels"):
        channels = values.get(key)
        if channels and sorted(_list(channels)) != [0, 1]:
            reading.left_out.append(f"{key} {channels} of {name}")
    return Broadband(
        name=f"the compressor {shortly(name)}",
        ratio=_number(values, "factor"),
        attack_ms=1000.0 * _number(values, "attack"),
        release_ms=1000.0 * _number(values, "release"),
        knee_db=0.0,
        threshold_dbfs=_number(values, "threshold"),
        makeup_db=_number(values, "makeup_gain") if values.get("makeup_gain") else 0.0,
        listening="sum",
        gain_db=reading.gain_db + level_db(reading.parts),
        equalized=bool(reading.parts),
    )


def _number(values: Mapping[str, Any], key: str) -> float:
    return number_of(values, key, LARGEST)


def _mapping(document: Mapping[str, Any], section: str) -> dict[str, Any]:
    entries = document.get(section) or {}
    if not isinstance(entries, dict):
        raise RecipeError(f"its {section} are no entries by name", code=DAMAGED)
    return {str(name): entry for name, entry in entries.items()}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _is_strange(name: object) -> bool:
    return name not in SECTIONS | _ABOUT
