"""Settings written by hand: a YAML file with the blocks of the chain that a person has set.

Under ``settings`` stands a block by its name, and in it its parameters, as in a recipe or without
``values`` around them. A threshold may be a level (``low_threshold_dbfs``) in place of one about
the long-term level (``low_threshold_db``). The equalizer may also be ``bands``, a list of filters,
and a compressor of the whole signal is ``compressor``. `template` shows all of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, cast

from ...data.findings import Finding
from ...models.errors import ParameterError, RecipeError
from ...models.parameters import ParameterSpec
from ...models.processors.equalizer import BUTTERWORTH_Q
from ...models.settings import BLOCKS, ChainSettings, default_settings
from ..recipe import Delivery, delivery_from_document
from ..values import DAMAGED, check_names, number_of
from .bands import MOST_BANDS, Band, Kind, level_db
from .broadband import BLOCK, Broadband, band_by_band
from .draft import Draft
from .equalizing import equalize
from .given import Threshold

LARGEST: Final = 1e6
"""Beyond any value of a setting; ranges are narrower."""

COMPRESSOR: Final = "compressor"
BAND_KINDS: Final = ("bell", "low_shelf", "high_shelf", "high_pass")
_BAND_ENTRIES: Final = ("type", "frequency_hz", "gain_db", "q")
_COMPRESSOR_ENTRIES: Final = (
    "threshold_dbfs", "threshold_db", "ratio", "attack_ms", "release_ms", "knee_db", "makeup_db",
)  # fmt: skip


@dataclass(slots=True)
class _Reading:
    """What was read so far."""

    settings: ChainSettings = field(default_factory=default_settings)
    stages: set[str] = field(default_factory=set)
    thresholds: list[Threshold] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    gain_db: float = 0.0


def absolute_key(spec: ParameterSpec) -> str | None:
    """Return the key by which a parameter is given as a level; None where it is none."""
    is_threshold = spec.unit == "dB" and spec.name.endswith("threshold")
    return f"{spec.name}_dbfs" if is_threshold else None


def read_sheet(document: Mapping[str, Any]) -> Draft:
    """Read settings written by hand.

    Raises:
        RecipeError: An entry is unknown or damaged; the message names it.
        ParameterError: A value is out of its range.

    """
    check_names(dict(document), ("settings", "delivery"))
    given = document["settings"]
    if not isinstance(given, dict) or not given:
        raise RecipeError(f"settings holds no blocks; there are {_known()}", code=DAMAGED)
    reading = _Reading()
    # the equalizer first: what it does to the level counts for a compressor after it
    for name in sorted(given, key=lambda name: name != "equalizer"):
        entry = given[name]
        if name not in (*BLOCKS, COMPRESSOR):
            raise RecipeError(f"there is no block {name!r}; there are {_known()}", code=DAMAGED)
        try:
            if not isinstance(entry, dict) and entry is not None:
                raise RecipeError("holds no parameters", code=DAMAGED)
            _read_block(reading, name, entry or {})
        except (RecipeError, ParameterError) as error:
            error.message = f"{name}: {error.message}"
            raise
    delivery = document.get("delivery")
    return Draft(
        form="settings",
        stages=tuple(name for name in BLOCKS if name in reading.stages),
        settings=reading.settings,
        thresholds=tuple(reading.thresholds),
        findings=tuple(reading.findings),
        delivery=None if delivery is None else _delivery(delivery),
    )


def _read_block(reading: _Reading, name: str, entry: dict[str, Any]) -> None:
    bypass = entry.get("bypass", False)
    if not isinstance(bypass, bool):
        raise RecipeError(f"bypass is {bypass!r}; it is true or false", code=DAMAGED)
    if "values" in entry:
        check_names(entry, ("bypass", "values"))
        values = entry["values"]
        if not isinstance(values, dict):
            raise RecipeError("values holds no parameters", code=DAMAGED)
    else:
        values = {key: value for key, value in entry.items() if key != "bypass"}
    block = BLOCK if name == COMPRESSOR else name
    if block in reading.stages:
        message = f"give either {COMPRESSOR} or {BLOCK}; both are one block of the chain"
        raise RecipeError(message, code=DAMAGED)
    reading.stages.add(block)
    if name == COMPRESSOR:
        _read_compressor(reading, values, bypass)
    elif name == "equalizer" and "bands" in values:
        _read_bands(reading, values, bypass)
    else:
        _read_values(reading, name, values, bypass)


def _read_values(reading: _Reading, name: str, values: dict[str, Any], bypass: bool) -> None:
    levels = {absolute_key(spec): spec.key for spec in BLOCKS[name]}
    levels.pop(None, None)
    check_names(values, (*(spec.key for spec in BLOCKS[name]), *cast(dict[str, str], levels)))
    numbers = {key: _number(values, key) for key in values}
    for key, relative in levels.items():
        if key is None or key not in numbers:
            continue
        if relative in numbers:
            raise RecipeError(f"give either {key} or {relative}", code=DAMAGED)
        level_dbfs = numbers.pop(key)
        reading.thresholds.append(
            Threshold(f"{name}: {key}", name, relative, level_dbfs, gain_db=reading.gain_db)
        )
    reading.settings = reading.settings.with_block(name, numbers, bypass=bypass)


def _read_bands(reading: _Reading, values: dict[str, Any], bypass: bool) -> None:
    if strange := values.keys() - {"bands"}:
        message = f"give either bands or {', '.join(sorted(map(str, strange)))}"
        raise RecipeError(message, code=DAMAGED)
    entries = values["bands"]
    if not isinstance(entries, list) or not 0 < len(entries) <= MOST_BANDS:
        raise RecipeError(f"bands is no list of 1 to {MOST_BANDS} filters", code=DAMAGED)
    bands = [_band(number, entry) for number, entry in enumerate(entries, 1)]
    equalized = equalize(bands)
    reading.gain_db = 0.0 if bypass else level_db(bands)
    reading.findings.append(equalized.finding(len(bands)))
    reading.settings = reading.settings.with_block("equalizer", equalized.values, bypass=bypass)


def _band(number: int, entry: Any) -> Band:
    name = f"band {number}"
    if not isinstance(entry, dict):
        raise RecipeError(f"{name} holds no parameters", code=DAMAGED)
    try:
        check_names(entry, _BAND_ENTRIES)
        kind = entry.get("type", "bell")
        if kind not in BAND_KINDS:
            kinds = ", ".join(BAND_KINDS)
            raise RecipeError(f"type is {kind!r}; there are {kinds}", code=DAMAGED)
        frequency_hz = _number(entry, "frequency_hz")
        gain_db = 0.0 if kind == "high_pass" else _number(entry, "gain_db")
        q = _number(entry, "q") if "q" in entry else (1.0 if kind == "bell" else BUTTERWORTH_Q)
    except RecipeError as error:
        error.message = f"{name}: {error.message}"
        raise
    return Band(name, cast(Kind, kind), frequency_hz, gain_db, q)


def _read_compressor(reading: _Reading, values: dict[str, Any], bypass: bool) -> None:
    check_names(values, _COMPRESSOR_ENTRIES)
    numbers = {key: _number(values, key) for key in values}
    if missing := [key for key in ("ratio", "attack_ms", "release_ms") if key not in numbers]:
        raise RecipeError(f"lacks {', '.join(missing)}", code=DAMAGED)
    given = Broadband(
        name="the compressor",
        ratio=numbers["ratio"],
        attack_ms=numbers["attack_ms"],
        release_ms=numbers["release_ms"],
        knee_db=numbers.get("knee_db", 0.0),
        threshold_dbfs=numbers.get("threshold_dbfs"),
        threshold_db=numbers.get("threshold_db"),
        makeup_db=numbers.get("makeup_db", 0.0),
        gain_db=reading.gain_db,
    )
    banded = band_by_band(given)
    reading.settings = reading.settings.with_block(BLOCK, banded.values, bypass=bypass)
    reading.thresholds += banded.thresholds
    reading.findings += banded.findings


def _delivery(entry: Any) -> Delivery:
    if not isinstance(entry, dict):
        raise RecipeError("delivery holds no entries", code=DAMAGED)
    try:
        return delivery_from_document(entry)
    except KeyError as error:
        raise RecipeError(
            f"delivery lacks {error}; give profile, container, bit_depth and sample_rate, as a "
            "recipe does, or leave it out",
            code=DAMAGED,
        ) from error


def _number(values: dict[str, Any], key: str) -> float:
    if key not in values:
        raise RecipeError(f"lacks {key}", code=DAMAGED)
    value = values[key]
    if (
        isinstance(value, str)
        and value.replace(",", ".", 1).lstrip("+-").replace(".", "").isdigit()
    ):
        point = value.replace(",", ".", 1)
        raise RecipeError(f"{key} is {value!r}; write {point}, with a point", code=DAMAGED)
    return number_of(values, key, LARGEST)


def _known() -> str:
    return ", ".join((*BLOCKS, COMPRESSOR))
