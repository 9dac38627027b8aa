"""The knobs of both, side by side: after the effects, because different knobs can do the same."""

from __future__ import annotations

from ....models.parameters import ParameterSpec
from ....models.settings import BLOCKS
from ...comparing.comparison import Comparison
from ...predictor import NOT_DETERMINED
from ..facts import LABELS
from ..markup import number, paragraph, prose, section, table

_DIGITS = {"": 2, "Hz": 0, "ms": 0}


def settings_section(comparison: Comparison) -> str:
    """Return the settings of every block that either of both uses."""
    note = (
        "What was recovered of a knob is told with its interval; “not determined” is a knob whose "
        "other positions would have done the same."
        if comparison.met.human.is_recovered
        else "What the human set is exact. A dash is a block that is bypassed."
    )
    parts = [paragraph(note, "soft")]
    ours, theirs = comparison.mastering.recipe.settings, comparison.met.human.recipe.settings
    for stage, specs in BLOCKS.items():
        if ours[stage].bypass and theirs[stage].bypass:
            continue
        rows = []
        for spec in specs:
            cells = [
                None if block.bypass else float(block.values[spec.key])
                for block in (ours[stage], theirs[stage])
            ]
            if all(cell is None or cell == spec.default for cell in cells):
                continue
            rows.append(
                (
                    prose(spec.name.replace("_", " ")),
                    *(_value(spec, cell) for cell in cells),
                    _interval(comparison, stage, spec),
                )
            )
        parts.append(f"<h3>{LABELS[stage]}</h3>")
        head = ("", "Model", "Human", "Human, 90 %")
        parts.append(table(head, rows, (1, 2, 3)) if rows else paragraph("As it is by default."))
    return section("Settings", *parts)


def _value(spec: ParameterSpec, value: float | None) -> str:
    text = number(value, _DIGITS.get(spec.unit, 1))
    return text if value is None or not spec.unit else f"{text}\N{NO-BREAK SPACE}{spec.unit}"


def _interval(comparison: Comparison, stage: str, spec: ParameterSpec) -> str:
    if comparison.met.human.recipe.settings[stage].bypass:
        return ""
    if not comparison.met.human.is_recovered:
        return "exact"
    interval = comparison.met.human.intervals.get(f"{stage}.{spec.key}", NOT_DETERMINED)
    if interval == NOT_DETERMINED:
        return NOT_DETERMINED
    low, high = (number(bound, _DIGITS.get(spec.unit, 1)) for bound in interval)
    return f"{low} to {high}"
