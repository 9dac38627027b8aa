"""A recipe: everything that is needed to render the same bytes again.

It is a YAML or JSON file that a person can read and edit. ``settings`` is intent. ``resolved`` is
what that intent came to on one mix: it holds as long as neither the settings nor the mix change.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, fields
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ..models.chain import Anchors
from ..models.errors import ParameterError, RecipeError
from ..models.settings import ChainSettings, settings_from_document
from .documents import dump_json, dump_yaml, load_yaml

RECIPE_VERSION = 1


@dataclass(frozen=True, slots=True)
class Delivery:
    """The form and the limits of the delivered file.

    Attributes:
        profile: Name of the delivery profile.
        container: ``wav``, ``flac`` or ``aiff``.
        bit_depth: ``16``, ``24`` or ``32f``.
        sample_rate: In Hz.
        target_lufs: Loudness asked for; None for the profile's safe default.

    """

    profile: str
    container: str
    bit_depth: str
    sample_rate: int
    target_lufs: float | None = None


@dataclass(frozen=True, slots=True)
class Resolved:
    """What settings came to on one mix.

    Attributes:
        settings_hash: Of the settings and the delivery they belong to.
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
        versions: Of the software that the bytes depend on.

    """

    settings: ChainSettings
    delivery: Delivery
    resolved: Resolved | None
    predictor: str
    versions: dict[str, str]

    def holds_for(self, input_hash: str) -> bool:
        """Return whether ``resolved`` belongs to these settings and to this mix."""
        return (
            self.resolved is not None
            and self.resolved.input_hash == input_hash
            and self.resolved.settings_hash == settings_hash(self.settings, self.delivery)
        )


def settings_hash(settings: ChainSettings, delivery: Delivery) -> str:
    """Return a hash of everything that a person may edit."""
    text = json.dumps([settings.document(), asdict(delivery)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def current_versions() -> dict[str, str]:
    """Return the versions of what decides the bytes of a master."""
    return {name: version(name) for name in ("glassmaster", "numba", "numpy", "soundfile", "soxr")}


def save_recipe(recipe: Recipe, path: Path) -> None:
    """Write a recipe: JSON where the name ends in ``.json``, else YAML."""
    document: dict[str, Any] = {
        "recipe": RECIPE_VERSION,
        "predictor": recipe.predictor,
        "delivery": asdict(recipe.delivery),
        "settings": recipe.settings.document(),
        "resolved": None if recipe.resolved is None else asdict(recipe.resolved),
        "versions": recipe.versions,
    }
    if recipe.resolved is not None:
        document["resolved"]["anchors"]["bands_dbfs"] = list(recipe.resolved.anchors.bands_dbfs)
    text = dump_json(document) + "\n" if path.suffix == ".json" else dump_yaml(document)
    path.write_text(text, encoding="utf-8")


def load_recipe(path: Path) -> Recipe:
    """Read a recipe.

    Raises:
        RecipeError: It is of another version or damaged; the message names the file and the entry.

    """
    try:
        document = load_yaml(path.read_text(encoding="utf-8"))
        if document.get("recipe") != RECIPE_VERSION:
            raise RecipeError(
                f"is of version {document.get('recipe')!r}, this program reads {RECIPE_VERSION}",
                code="recipe_version",
            )
        resolved = document.get("resolved")
        return Recipe(
            settings=settings_from_document(document.get("settings") or {}),
            delivery=Delivery(**_known(Delivery, document["delivery"])),
            resolved=None if resolved is None else _resolved(resolved),
            predictor=str(document.get("predictor", "hand")),
            versions=dict(document.get("versions") or {}),
        )
    except FileNotFoundError as error:
        raise RecipeError(f"{path}: no such recipe", code="not_found", path=path) from error
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(
            f"{path}: cannot be read: {error}", code="unreadable", path=path
        ) from error
    except (RecipeError, ParameterError) as error:
        raise RecipeError(f"{path}: {error.message}", code=error.code, path=path) from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise RecipeError(
            f"{path}: is damaged: {error}", code="damaged_recipe", path=path
        ) from error


def _resolved(document: dict[str, Any]) -> Resolved:
    values = _known(Resolved, document)
    anchors = _known(Anchors, values["anchors"])
    low, low_mid, high_mid, high = (float(v) for v in anchors["bands_dbfs"])
    values["anchors"] = Anchors(
        float(anchors["deesser_dbfs"]),
        (low, low_mid, high_mid, high),
        float(anchors["saturator_dbfs"]),
    )
    return Resolved(**values)


def _known(kind: type, document: dict[str, Any]) -> dict[str, Any]:
    if unknown := document.keys() - {item.name for item in fields(kind)}:
        raise RecipeError(
            f"has unknown entries: {', '.join(sorted(unknown))}", code="damaged_recipe"
        )
    return dict(document)
