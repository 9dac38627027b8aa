"""What was understood of settings that a person gave: as text, and as an entry of the document."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ...data.files.names import display_name
from ...data.findings import Finding
from ...models.parameters import ParameterSpec
from ...models.settings import BLOCKS, ChainSettings
from ..presets.given import GivenSettings
from .document import Json, file_entry, plain
from .facts import LABELS, figure
from .layout import Row, columns, item, wrapped


def given_entry(
    given: GivenSettings,
    settings: ChainSettings,
    findings: Iterable[Finding],
    mix: Path | None,
    output: Path | None,
) -> Json:
    """Return the entry of a file of settings.

    Args:
        given: What it says.
        settings: What that comes to, on the mix where there is one.
        findings: What a person should know of it.
        mix: What thresholds that are levels were fitted to.
        output: Where it was written in the form of the chain.

    """
    return {
        **file_entry(given.path, findings),
        "form": given.form,
        "sha256": given.sha256,
        "stages": list(given.stages),
        "settings": {name: settings.document()[name] for name in given.stages},
        "levels": [
            {"block": each.block, "key": each.key, "level_dbfs": each.level_dbfs}
            for each in given.thresholds
        ],
        "mix": None if mix is None else plain(mix),
        "output": None if output is None else plain(output),
    }


def given_text(
    given: GivenSettings,
    settings: ChainSettings,
    findings: Iterable[Finding],
    mix: Path | None,
    output: Path | None,
) -> str:
    """Write how a file of settings was understood; arguments as of `given_entry`."""
    stages = ", ".join(LABELS[name].lower() for name in given.stages)
    lines = [f"{display_name(given.path)}: {given.form}, with {stages}", ""]
    levels = {(each.block, each.key): each.level_dbfs for each in given.thresholds}
    for name in given.stages:
        block = settings[name]
        if block.bypass:
            lines += item(LABELS[name], "Bypassed.")
            continue
        rows = [
            _row(spec, block.values[spec.key], levels.get((name, spec.key)), mix)
            for spec in BLOCKS[name]
            if block.values[spec.key] != spec.default or (name, spec.key) in levels
        ]
        text = "As follows, the rest as usual." if rows else "With every value as usual."
        lines += [*item(LABELS[name], text), *columns(rows, "<><", 4)]
    if told := [line for each in findings for line in wrapped(display_name(each.message), "  ! ")]:
        lines += ["", "To know:", *told]
    if output is not None:
        lines += ["", *item("Written", display_name(output))]
    return "\n".join(lines)


def _row(spec: ParameterSpec, value: float, level_dbfs: float | None, mix: Path | None) -> Row:
    name = spec.name.replace("_", " ")
    if level_dbfs is not None and mix is None:
        return (name, figure(level_dbfs), "dBFS")
    return (name, f"{value:.6g}" if level_dbfs is None else figure(value, 2), spec.unit)
