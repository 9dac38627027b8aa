"""A recipe: everything that is needed to render the same bytes again.

It is a YAML or JSON file that a person can read and edit. ``settings`` is intent. ``resolved`` is
what that intent came to on one mix: it holds as long as neither the settings nor the mix change.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ..data.files.formats import DeliveryFormat
from ..data.files.names import display_name
from ..models.chain import Anchors
from ..models.errors import ParameterError, RecipeError, UsageError
from ..models.kernels.cache import cpu_name
from ..models.settings import ChainSettings, settings_from_document
from .documents import dump_yaml, read_document, write_text
from .json_text import dump_json
from .predictor import NOT_DETERMINED, Interval
from .profiles import load_profile
from .values import (
    DAMAGED,
    check_names,
    entries_of,
    name_of,
    number_of,
    sha256_of,
    text_of,
    whole_number_of,
)

RECIPE_VERSION = 1

TARGETS_LUFS = (-60.0, 0.0)
"""Loudness that may be asked for; below it, 16 bits are mostly dither."""

LARGEST_GAIN_DB = 300.0
"""Beyond any gain or level that ever comes about; anchors end at -200 dBFS."""

LARGEST_BOUND = 1e5
"""Beyond any end of an interval; frequencies in Hz are the largest of them."""

INTERVAL_DIGITS = 3

SEEDS = 1 << 48


@dataclass(frozen=True, slots=True)
class Delivery:
    """The form and the limits of the delivered file.

    Attributes:
        profile: Name of the delivery profile.
        container: ``wav``, ``flac`` or ``aiff``.
        bit_depth: ``16``, ``24`` or ``32f``.
        sample_rate: In Hz.
        target_lufs: Loudness asked for, in `TARGETS_LUFS`; None for the profile's safe default.

    Raises:
        UsageError: There is no such profile or format.
        ParameterError: The loudness is out of range.

    """

    profile: str
    container: str
    bit_depth: str
    sample_rate: int
    target_lufs: float | None = None

    def __post_init__(self) -> None:
        load_profile(self.profile)
        DeliveryFormat(self.container, self.bit_depth, self.sample_rate, 2)
        lowest, highest = TARGETS_LUFS
        if self.target_lufs is not None and not lowest <= self.target_lufs <= highest:
            raise ParameterError(
                f"the loudness asked for is {self.target_lufs} LUFS; "
                f"it must lie in [{lowest}, {highest}]",
                code="out_of_range",
            )


@dataclass(frozen=True, slots=True)
class Resolved:
    """What settings came to on one mix.

    Attributes:
        settings_hash: Of the settings, the delivery, and the numbers below.
        input_hash: Of the mix's samples.
        normalization_db: Gain that brings the mix to -18 LUFS.
        anchors: Levels that thresholds are relative to.
        loudness_gain_db: Gain before the limiter.
        ceiling_dbtp: What the limiter aims at, a little under the ceiling of the settings.
        dither_seed: Of the dither.

    """

    settings_hash: str
    input_hash: str
    normalization_db: float
    anchors: Anchors
    loudness_gain_db: float
    ceiling_dbtp: float
    dither_seed: int


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that is needed to render the same bytes again.

    Attributes:
        settings: Of the whole chain.
        delivery: Form and limits of the file.
        resolved: None until rendered once.
        predictor: What chose the settings.
        versions: Of the software that the bytes depend on, and the type of the CPU.
        model: SHA-256 of the weights that the predictor used, in hexadecimal; None where it has
            none.
        intervals: What the predictor knew of each quantity; they decide nothing about the bytes.

    """

    settings: ChainSettings
    delivery: Delivery
    resolved: Resolved | None
    predictor: str
    versions: dict[str, str]
    model: str | None = None
    intervals: Mapping[str, Interval] = field(default_factory=dict)

    def holds_for(self, input_hash: str) -> bool:
        """Return whether ``resolved`` belongs to these settings and to this mix."""
        return (
            self.resolved is not None
            and self.resolved.input_hash == input_hash
            and self.resolved.settings_hash
            == recorded_hash(self.settings, self.delivery, self.resolved)
        )


def recorded_hash(settings: ChainSettings, delivery: Delivery, resolved: Resolved) -> str:
    """Return a hash of everything that a person may edit: settings, delivery, resolved numbers."""
    numbers = {**asdict(resolved), "settings_hash": "", "input_hash": ""}
    text = json.dumps([settings.document(), asdict(delivery), numbers], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def current_versions() -> dict[str, str]:
    """Return the versions of what decides the bytes of a master, and the type of the CPU.

    The signal path is compiled for the CPU at hand, and another one may round differently.
    """
    packages = ("glassmaster", "numba", "numpy", "soundfile", "soxr")
    return {name: version(name) for name in packages} | {"cpu": cpu_name()}


def save_recipe(recipe: Recipe, path: Path, *, force: bool) -> None:
    """Write a recipe: JSON where the name ends in ``.json``, else YAML.

    Raises:
        OutputError: It exists and ``force`` is not given, or it cannot be written.

    """
    write_text(path, recipe_text(recipe, is_json=path.suffix == ".json"), force=force)


def recipe_text(recipe: Recipe, *, is_json: bool) -> str:
    """Return a recipe as JSON or as YAML."""
    document: dict[str, Any] = {
        "recipe": RECIPE_VERSION,
        "predictor": recipe.predictor,
        "model": recipe.model,
        "delivery": asdict(recipe.delivery),
        "settings": recipe.settings.document(),
        "resolved": None if recipe.resolved is None else asdict(recipe.resolved),
        "versions": recipe.versions,
        "intervals": {name: _interval_document(each) for name, each in recipe.intervals.items()},
    }
    if recipe.resolved is not None:
        document["resolved"]["anchors"]["bands_dbfs"] = list(recipe.resolved.anchors.bands_dbfs)
    return dump_json(document) + "\n" if is_json else dump_yaml(document)


def load_recipe(path: Path) -> Recipe:
    """Read a recipe.

    Raises:
        RecipeError: It is of another version or damaged; the message names the file and the entry.

    """
    name = display_name(path)
    try:
        document = read_document(path)
        if document.get("recipe") != RECIPE_VERSION:
            raise RecipeError(
                f"is of version {document.get('recipe')!r}, this program reads {RECIPE_VERSION}",
                code="recipe_version",
            )
        check_names(document, ("recipe", *(item.name for item in fields(Recipe))))
        resolved = document.get("resolved")
        recipe = Recipe(
            settings=settings_from_document(document.get("settings") or {}),
            delivery=delivery_from_document(document["delivery"]),
            resolved=None if resolved is None else _resolved(resolved),
            predictor=name_of({"predictor": "hand", **document}, "predictor"),
            versions=dict(document.get("versions") or {}),
            model=None if document.get("model") is None else sha256_of(document, "model"),
            intervals=_intervals(document.get("intervals") or {}),
        )
        _check_limiter(recipe)
    except (RecipeError, ParameterError, UsageError) as error:
        raise RecipeError(f"{name}: {error.message}", code=error.code, path=path) from error
    except KeyError as error:
        message = f"{name}: is damaged: it lacks {error}"
        raise RecipeError(message, code=DAMAGED, path=path) from error
    except (TypeError, ValueError, AttributeError, OverflowError) as error:
        message = f"{name}: is damaged: {' '.join(str(error).split())}"
        raise RecipeError(message, code=DAMAGED, path=path) from error
    return recipe


def delivery_from_document(document: dict[str, Any]) -> Delivery:
    """Read form and limits of a file; errors as of `load_recipe`, or LookupError for what lacks."""
    values = entries_of(Delivery, document)
    target = values.get("target_lufs")
    return Delivery(
        profile=text_of(values, "profile"),
        container=text_of(values, "container"),
        bit_depth=str(values["bit_depth"]),  # a hand-written 24 has no quotation marks
        sample_rate=whole_number_of(values, "sample_rate"),
        target_lufs=None if target is None else number_of(values, "target_lufs"),
    )


def _resolved(document: dict[str, Any]) -> Resolved:
    values = entries_of(Resolved, document)
    anchors = entries_of(Anchors, values["anchors"])
    low, low_mid, high_mid, high = (
        number_of(anchors["bands_dbfs"], index, LARGEST_GAIN_DB) for index in range(4)
    )
    seed = whole_number_of(values, "dither_seed")
    if not 0 <= seed < SEEDS:
        raise RecipeError(f"dither_seed is {seed}; it is 0 or more and below 2^48", code=DAMAGED)
    return Resolved(
        settings_hash=text_of(values, "settings_hash"),
        input_hash=text_of(values, "input_hash"),
        normalization_db=number_of(values, "normalization_db", LARGEST_GAIN_DB),
        anchors=Anchors(
            number_of(anchors, "deesser_dbfs", LARGEST_GAIN_DB),
            (low, low_mid, high_mid, high),
            number_of(anchors, "saturator_dbfs", LARGEST_GAIN_DB),
        ),
        loudness_gain_db=number_of(values, "loudness_gain_db", LARGEST_GAIN_DB),
        ceiling_dbtp=number_of(values, "ceiling_dbtp", LARGEST_GAIN_DB),
        dither_seed=seed,
    )


def _interval_document(interval: Interval) -> Interval:
    if interval == NOT_DETERMINED:
        return NOT_DETERMINED
    low, high = (round(bound, INTERVAL_DIGITS) for bound in interval)
    return low, high


def _intervals(document: dict[str, Any]) -> dict[str, Interval]:
    intervals: dict[str, Interval] = {}
    for name, value in document.items():
        key = name_of({"name": name}, "name")
        if value == NOT_DETERMINED:
            intervals[key] = NOT_DETERMINED
        elif isinstance(value, list) and len(value) == 2:
            low, high = (number_of(value, index, LARGEST_BOUND) for index in range(2))
            intervals[key] = low, high
        else:
            message = f"the interval {key} is {value!r}; it is two numbers or {NOT_DETERMINED!r}"
            raise RecipeError(message, code=DAMAGED)
    return intervals


def _check_limiter(recipe: Recipe) -> None:
    """Refuse a recipe whose limiter is off, or aims above the ceiling that its settings promise."""
    limiter = recipe.settings["limiter"]
    if limiter.bypass:
        message = "the limiter guards the ceiling and cannot be bypassed: set its bypass to false"
        raise RecipeError(message, code="limiter_bypassed")
    promised = limiter.values["ceiling_dbtp"]
    if recipe.resolved is not None and recipe.resolved.ceiling_dbtp > promised:
        aimed = recipe.resolved.ceiling_dbtp
        message = f"resolved ceiling_dbtp is {aimed}, above the {promised} of the settings"
        raise RecipeError(message, code=DAMAGED)
