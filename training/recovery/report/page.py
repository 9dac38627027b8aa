"""A recovery as a page: one HTML file that needs nothing else, on screen and on paper."""

from __future__ import annotations

from pathlib import Path

from ....data.files.names import display_name
from ....inference.predictor import NOT_DETERMINED
from ....inference.report.facts import LABELS, duration, figure
from ....inference.report.frame import document_of
from ....inference.report.markup import (
    escape,
    listing,
    measure,
    paragraph,
    prose,
    section,
    table,
    terms,
)
from ....inference.report.settings_table import settings_tables
from ....models.settings import specification
from ..explanation import Explanation, cannot_express
from .figures import reduction_figure, response_figure, rest_figure
from .text import effect_rows, left_text, loudness_text, told_alignment


def recovery_page(told: Explanation) -> str:
    """Return the report of a recovery as HTML."""
    title = f"{told.master.name} beside {told.mix.name}"
    limits = listing(map(prose, cannot_express(told)), "notes")
    alignment = listing(map(prose, told_alignment(told)), "notes")
    return document_of(
        f"{title}: recovered settings",
        _header(told),
        section("What the chain cannot express", limits),
        section("Tonal balance", response_figure(told)),
        section("Gain reduction over time", reduction_figure(told)),
        section("Effects", _note(), table(("", "Recovered", "90 %"), effect_rows(told), (1, 2))),
        section("What is left", paragraph(left_text(told)), rest_figure(told)),
        _knobs(told),
        section("Alignment", alignment, *_warnings(told)),
        section("Files", terms(_files(told), "facts")),
    )


def _header(told: Explanation) -> str:
    recovered, measured = told.recovered, told.recovered.measured
    keys = (
        ("Left of the master", measure(recovered.null_db, "dB", 0)),
        ("Mel levels apart", measure(told.mel_db, "dB", 2)),
        ("Loudness", measure(measured.master_lufs, "LUFS")),
        ("Mix", measure(measured.mix_lufs, "LUFS")),
    )
    cells = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in keys)
    names = f"{display_name(told.mix)} · {duration(told.before.duration_s)}"
    loudness = paragraph(loudness_text(told), "soft")
    return (
        f"<header><h1>{escape(told.master.name)}</h1>"
        f'<p class="soft">{escape(f"Settings recovered beside {names}")}</p></header>\n'
        f'<section><dl class="keys">{cells}</dl>{loudness}</section>\n'
    )


def _note() -> str:
    return paragraph(
        "What the settings do to the song, whatever their knobs say. The response is that of "
        "equalizer and compressor together, without level.",
        "soft",
    )


def _knobs(told: Explanation) -> str:
    rows = []
    unknown = []
    for name, interval in told.intervals.items():
        block, _, key = name.partition(".")
        if block not in LABELS:
            continue
        spec = specification(block, key)
        what = f"{LABELS[block]}, {spec.name.replace('_', ' ')}"
        if interval == NOT_DETERMINED:
            unknown.append(what.lower())
            continue
        value = float(told.recovered.settings[block].values[key])
        digits = {"": 2, "ms": 0, "Hz": 0}.get(spec.unit, 1)
        low, high = (figure(bound, digits) for bound in interval)
        rows.append((what, f"{figure(value, digits)} {spec.unit}".rstrip(), f"{low} to {high}"))
    parts = [table(("", "Recovered", "90 %"), rows, (1, 2))] if rows else []
    if unknown:
        text = f"Not determined, because other positions do the same: {', '.join(unknown)}."
        parts.append(paragraph(text))
    parts += ["<h3>All settings</h3>", *settings_tables(told.recovered.settings)]
    return section("Knobs", *parts)


def _warnings(told: Explanation) -> list[str]:
    texts = [each.message for each in told.findings if each.code != "alignment"]
    return ["<h3>Warnings</h3>", listing(texts, "notes")] if texts else []


def _files(told: Explanation) -> list[tuple[str, str]]:
    return [
        ("Mix", display_name(told.mix)),
        ("SHA-256 of its samples", told.before.digest),
        ("Master", display_name(told.master)),
    ]


def page_name(mix: Path) -> str:
    """Return what the report of a mix is called."""
    return f"{mix.stem}-recovery.html"
