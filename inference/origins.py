"""Where blocks of a recipe come from that were kept from files of a person."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ..models.errors import RecipeError
from ..models.settings import BLOCKS, ChainSettings
from .values import DAMAGED, entries_of, name_of, sha256_of


@dataclass(frozen=True, slots=True)
class Origin:
    """Where one block comes from.

    Attributes:
        file: Name of the file, without its folder.
        form: What a person calls its form.
        file_sha256: Of the file, in hexadecimal.
        block_sha256: Of the block's settings as they were kept.

    """

    file: str
    form: str
    file_sha256: str
    block_sha256: str


def still_kept(origins: Mapping[str, Origin], settings: ChainSettings) -> dict[str, Origin]:
    """Return the origins of blocks that nobody has edited since."""
    return {
        stage: origin
        for stage, origin in origins.items()
        if origin.block_sha256 == block_sha256(settings, stage)
    }


def origins_document(origins: Mapping[str, Origin]) -> dict[str, Any]:
    """Return origins as plain data for a recipe."""
    return {stage: asdict(origin) for stage, origin in origins.items()}


def origins_from_document(document: Mapping[str, Any]) -> dict[str, Origin]:
    """Read origins back from plain data.

    Raises:
        RecipeError: One is damaged; the message names it.

    """
    origins = {}
    for stage, entry in document.items():
        if stage not in BLOCKS:
            raise RecipeError(f"kept names {stage!r}, which is no block", code=DAMAGED)
        values = entries_of(Origin, entry)
        origins[stage] = Origin(
            name_of(values, "file"),
            name_of(values, "form"),
            sha256_of(values, "file_sha256"),
            sha256_of(values, "block_sha256"),
        )
    return origins


def block_sha256(settings: ChainSettings, stage: str) -> str:
    """Return the SHA-256 of a block's settings, in hexadecimal."""
    text = json.dumps(settings.document()[stage], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
