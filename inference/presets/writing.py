"""Given settings in the form that is written by hand."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ...models.errors import UsageError
from ...models.settings import BLOCKS, ChainSettings
from ..documents import dump_yaml
from .given import FittedSettings, GivenSettings
from .sheet import absolute_key


def sheet_of(given: GivenSettings, fitted: FittedSettings | None) -> str:
    """Return given settings as YAML that `sheet` reads.

    Args:
        given: The settings.
        fitted: What they come to on a mix; None to keep levels as levels.

    Raises:
        UsageError: A level has no place there, because it is not that of the block in question.

    """
    settings = given.settings if fitted is None else fitted.settings
    levels = {} if fitted is not None else _levels(given)
    document: dict[str, Any] = {
        "settings": {name: _entry(settings, name, levels) for name in given.stages}
    }
    if given.delivery is not None:
        document["delivery"] = asdict(given.delivery)
    return dump_yaml(document)


def _levels(given: GivenSettings) -> dict[tuple[str, str], float]:
    found = {}
    for threshold in given.thresholds:
        if threshold.listening != "band":
            raise UsageError(
                f"{threshold.name} is a level of the whole signal, which bands have no place for; "
                "add --mix MIX, and it is fitted to that mix",
                code="needs_mix",
            )
        found[threshold.block, threshold.key] = threshold.level_dbfs - threshold.gain_db
    return found


def _entry(
    settings: ChainSettings, name: str, levels: dict[tuple[str, str], float]
) -> dict[str, Any]:
    block = settings[name]
    entry: dict[str, Any] = {"bypass": True} if block.bypass else {}
    for spec in BLOCKS[name]:
        level_dbfs = levels.get((name, spec.key))
        if level_dbfs is None:
            entry[spec.key] = block.values[spec.key]
        else:
            entry[str(absolute_key(spec))] = level_dbfs
    return entry
