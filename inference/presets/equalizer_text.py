r"""Filters as Equalizer APO, AutoEq and Room EQ Wizard write them, a line each.

``Filter 1: ON PK Fc 105 Hz Gain -3.2 dB Q 1.41``, ``Preamp: -6 dB``, ``GraphicEQ: 20 -1.2; 25 0``.
The grammar is that of the Equalizer APO wiki, "Configuration reference". A shelf named with a C
(``LSC``, ``HSC``) is given by the middle of its slope; without, and with a slope or a Q, by its
corner, from which that program finds the middle as ``corner · 10^(±|gain| / (80 S))``. A shelf
without either has ``S = 0.9``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from ...data.findings import Finding
from ...models.errors import RecipeError
from ...models.processors.equalizer import BUTTERWORTH_Q
from ...models.settings import default_settings
from ..values import DAMAGED
from .bands import (
    MOST_BANDS,
    Band,
    Curve,
    Kind,
    Part,
    bell_q,
    refuse_thousands,
    shelf_q,
    shelf_slope,
)
from .draft import Draft, left_out, level_left_out, shortly
from .equalizing import equalize

# each takes time in proportion to the text, whatever it is
_COMMAND: Final = re.compile(r"[ \t]*([A-Za-z]+)[ \t]*(?:\d+[ \t]*)?:[ \t]*(.*)")
_IS_ONE: Final = re.compile(
    r"(?m)^[ \t]*(?:Filter[ \t]*(?:\d+[ \t]*)?:[ \t]*(?:ON|OFF)\b|(?:Preamp|GraphicEQ)[ \t]*:)"
)
_TYPE: Final = re.compile(r"(ON|OFF)\s+(\w+)\s*(?:([\d.]+)\s*dB\b)?(.*)")
_NUMBER: Final = r"\s*([-+]?[\d.]+(?:[eE][-+]?\d+)?)"
_FREQUENCY, _KILO, _GAIN, _Q, _BANDWIDTH = (
    re.compile(rf"\b{each}")
    for each in (
        f"Fc{_NUMBER}",
        rf"Fc{_NUMBER}\s*kHz",
        f"Gain{_NUMBER}",
        f"Q{_NUMBER}",
        rf"BW\s+Oct{_NUMBER}",
    )
)
_THOUSANDS: Final = re.compile(r"\bFc\s*(\d+,\d+)")

_BELLS: Final = {"PK", "PEQ", "Modal"}
_SHELVES: Final[dict[str, Kind]] = {
    "LS": "low_shelf", "LSC": "low_shelf", "LSQ": "low_shelf",
    "HS": "high_shelf", "HSC": "high_shelf", "HSQ": "high_shelf",
}  # fmt: skip
_HIGH_PASSES: Final = {"HP", "HPQ"}
_OTHERS: Final = {
    "LP": "low-pass", "LPQ": "low-pass", "BP": "band-pass", "NO": "notch", "AP": "all-pass",
    "IIR": "filter of free coefficients",
}  # fmt: skip
_DEFAULT_SLOPE: Final = 0.9

_HEAD: Final = "Filter Settings file"
"""First line of a file of Room EQ Wizard; what follows up to the first filter is about the room."""

_HEADS: Final = {"Dated", "Notes", "Equaliser", "Equalizer"}
"""Commands of the head of a file of Room EQ Wizard, which say nothing of the sound."""

_BOTH: Final = {"all", "l r", "r l", "1 2", "2 1"}


@dataclass(slots=True)
class _Reading:
    """What was read so far."""

    parts: list[Part] = field(default_factory=list)
    preamp_db: float = 0.0
    has_preamp: bool = False
    channel: str = "all"
    off: int = 0
    left_out: dict[str, list[int]] = field(default_factory=dict)

    def leave_out(self, what: str, line: int) -> None:
        self.left_out.setdefault(what, []).append(line)


def is_equalizer_text(text: str) -> bool:
    """Return whether a text looks like one."""
    return _IS_ONE.search(text) is not None


def read_equalizer_text(text: str) -> Draft:
    """Read filters of an equalizer.

    Raises:
        RecipeError: A filter is damaged, or there are none; the message names the line.

    """
    reading = _Reading()
    form = "Room EQ Wizard" if text.lstrip().startswith(_HEAD) else "Equalizer APO"
    is_body = form != "Room EQ Wizard"
    for number, line in enumerate(text.splitlines(), 1):
        found = _COMMAND.fullmatch(line.rstrip().replace("\N{NO-BREAK SPACE}", " "))
        is_body = is_body or _IS_ONE.match(line) is not None
        if found is None or line.lstrip().startswith("#"):
            if is_body and line.strip() and not line.lstrip().startswith("#"):
                reading.leave_out(f"“{line.strip()}”", number)
            continue
        command, rest = found.groups()
        read = _READERS.get(command, partial(_other, command))
        try:
            if comma := _THOUSANDS.search(rest):
                refuse_thousands(comma.group(1))
            # the decimal comma of other languages
            read(reading, rest if command == "GraphicEQ" else rest.replace(",", "."), number)
        except RecipeError as error:
            error.message = f"line {number}: {error.message}"
            raise
        if len(reading.parts) > MOST_BANDS:
            message = f"has more than {MOST_BANDS} filters; no equalizer has"
            raise RecipeError(message, code=DAMAGED)
    if not reading.parts and not reading.off and not reading.has_preamp:
        raise RecipeError("has no filter that can be read", code=DAMAGED)
    return _draft(form, reading)


def _draft(form: str, reading: _Reading) -> Draft:
    equalized = equalize(reading.parts)
    findings = [equalized.finding(len(reading.parts))]
    if reading.has_preamp:
        findings.append(level_left_out("A preamp", reading.preamp_db))
    if reading.off:
        message = f"Filters that are switched off in the file: {reading.off}."
        findings.append(Finding("filters_off", message))
    if reading.left_out:
        told = []
        for what, lines in reading.left_out.items():
            places = ", ".join(map(str, lines[:5])) + (" and more" if len(lines) > 5 else "")
            told.append(f"{shortly(what)} (line {places})")
        findings.append(left_out(told))
    settings = default_settings().with_block("equalizer", equalized.values)
    return Draft(form, ("equalizer",), settings, findings=tuple(findings))


def _filter(reading: _Reading, rest: str, line: int) -> None:
    found = _TYPE.match(rest)
    if found is None:
        raise RecipeError(f"{rest[:40]!r} is no filter; it begins with ON or OFF", code=DAMAGED)
    switch, kind, slope, parameters = found.groups()
    if kind == "None":
        return
    if switch == "OFF":
        reading.off += 1
        return
    if kind in _OTHERS:
        reading.leave_out(f"a {_OTHERS[kind]}, which the chain does not have", line)
    elif kind not in {*_BELLS, *_SHELVES, *_HIGH_PASSES}:
        reading.leave_out(f"a filter of the unknown kind {kind}", line)
    elif not _is_on_both(reading, line):
        return
    else:
        reading.parts.append(_band(kind, slope, parameters))


def _band(kind: str, slope: str | None, parameters: str) -> Band:
    name = f"the filter {kind}"
    frequency_hz = _value(_FREQUENCY, parameters)
    if frequency_hz is None:
        raise RecipeError(f"{name} lacks its Fc", code=DAMAGED)
    if _KILO.search(parameters):
        frequency_hz *= 1000.0
    q, octaves = _value(_Q, parameters), _value(_BANDWIDTH, parameters)
    if kind in _HIGH_PASSES:
        return Band(name, "high_pass", frequency_hz, q=BUTTERWORTH_Q if q is None else q)
    gain_db = _value(_GAIN, parameters)
    if gain_db is None:
        raise RecipeError(f"{name} lacks its Gain", code=DAMAGED)
    if kind in _BELLS:
        if q is None:
            if octaves is None:
                raise RecipeError(f"{name} lacks its Q", code=DAMAGED)
            q = bell_q(octaves)
        return Band(name, "bell", frequency_hz, gain_db, q)
    Band(name, "bell", frequency_hz, gain_db, 1.0 if q is None else q)  # checks what follows takes
    is_corner = kind[-1] != "C" and (q is not None or slope is not None)
    share = _DEFAULT_SLOPE if slope is None else _number(slope) / 12.0
    if q is None:
        q = shelf_q(share, gain_db)
    else:
        share = shelf_slope(q, gain_db)
    if is_corner:
        if share <= 0.0:
            raise RecipeError(f"{name}: there is no such shelf with a Q of {q:g}", code=DAMAGED)
        shift = math.exp(min(math.log(10.0) * abs(gain_db) / 80.0 / share, 50.0))
        frequency_hz *= shift if _SHELVES[kind] == "low_shelf" else 1.0 / shift
    return Band(
        name, "low_shelf" if kind.startswith("L") else "high_shelf", frequency_hz, gain_db, q
    )


def _preamp(reading: _Reading, rest: str, line: int) -> None:
    found = re.match(_NUMBER, rest)
    if found is None:
        raise RecipeError(f"{rest[:40]!r} is no preamp in dB", code=DAMAGED)
    if _is_on_both(reading, line):
        reading.preamp_db += _number(found.group(1))
        reading.has_preamp = True


def _graphic(reading: _Reading, rest: str, line: int) -> None:
    if not _is_on_both(reading, line):
        return
    points = []
    for word in filter(None, (each.strip() for each in rest.split(";"))):
        cells = word.split()
        if len(cells) != 2:
            raise RecipeError(f"{word[:40]!r} is no point of a curve in Hz and dB", code=DAMAGED)
        points.append(tuple(_number(cell.replace(",", ".")) for cell in cells))
    points.sort()
    if not points:
        raise RecipeError("a curve has points in Hz and dB", code=DAMAGED)
    frequencies_hz, gains_db = zip(*points, strict=True)
    reading.parts.append(Curve("GraphicEQ", frequencies_hz, gains_db))


def _channel(reading: _Reading, rest: str, line: int) -> None:
    reading.channel = " ".join(rest.lower().split())


def _head(reading: _Reading, rest: str, line: int) -> None:
    """Pass over what says nothing of the sound."""


def _other(command: str, reading: _Reading, rest: str, line: int) -> None:
    reading.leave_out(f"the command {command}", line)


_READERS: Final[dict[str, Callable[[_Reading, str, int], None]]] = {
    "Filter": _filter,
    "Preamp": _preamp,
    "GraphicEQ": _graphic,
    "Channel": _channel,
    **dict.fromkeys(_HEADS, _head),
}


def _is_on_both(reading: _Reading, line: int) -> bool:
    """Return whether both channels are meant, and note the line where not."""
    if reading.channel in _BOTH:
        return True
    reading.leave_out(f"what is meant for the channel {reading.channel[:20].upper()} alone", line)
    return False


def _value(pattern: re.Pattern[str], parameters: str) -> float | None:
    found = pattern.search(parameters)
    return None if found is None else _number(found.group(1))


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise RecipeError(f"{text[:40]!r} is no number", code=DAMAGED) from error
