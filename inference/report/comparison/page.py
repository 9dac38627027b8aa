"""A comparison as a page: one HTML file, with audio files beside it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ....data.files.names import display_name
from ....models.moves import RESPONSE
from ....models.processors.multiband_compressor import BANDS
from ...comparing.audibility import JUST_NOTICEABLE_DB, SOURCE, Heard
from ...comparing.comparison import Comparison
from ...comparing.delivering import AUDIO, Written
from ...comparing.differences import QuantityDifference
from ...explaining.moves import Move
from ...predictor import NOT_DETERMINED, Interval
from ..effect_figures import Curve, reduction_title, reductions_figure, responses_figure
from ..facts import LABELS, duration, figure, frequency
from ..frame import document_of
from ..markup import escape, listing, measure, number, paragraph, prose, section, table, terms
from .moves_section import MOVES_STYLE, moves_section
from .right_section import right_section
from .settings_section import settings_section
from .words import (
    difference_sentence,
    quantity_label,
    summary,
    title,
    verdict_text,
)

_STYLE = (
    MOVES_STYLE
    + """
:root { --human: #a8501c; }
@media (prefers-color-scheme: dark) { :root { --human: #f0a878; } }
svg .human { stroke: var(--human); stroke-width: 2.5; stroke-dasharray: 7 3; }
.swatch.human { height: 0; border-top: 3px dashed var(--human); vertical-align: .25rem; }
dl.players { display: grid; grid-template-columns: minmax(9rem, 18rem) 1fr; gap: .35rem 1rem; }
dl.players dd { margin: 0; }
dl.players dt { font-weight: 400; }
dl.players audio { width: 100%; height: 2.2rem; }
ol.ranks { margin: 0 0 .75rem; padding-left: 1.4rem; }
ol.ranks li { margin-bottom: .5rem; }
@media (max-width: 40rem) { dl.players { grid-template-columns: 1fr; } }
@media print { dl.players { display: none; } }
"""
)


def comparison_page(
    comparison: Comparison, moves: Sequence[Move], written: Sequence[Written]
) -> str:
    """Return the report of a comparison as HTML.

    Args:
        comparison: What is reported.
        moves: The model's, explained.
        written: What can be listened to, beside the page.

    """
    return document_of(
        f"{comparison.mix.path.name}: {title(comparison)}",
        _header(comparison),
        _differences(comparison),
        _tone(comparison),
        _dynamics(comparison),
        _effects(comparison),
        right_section(comparison),
        moves_section(moves),
        _listening(comparison, written),
        _unexplained(comparison),
        settings_section(comparison),
        _provenance(comparison),
        style=_STYLE,
        plays=True,
    )


def _header(comparison: Comparison) -> str:
    overall = comparison.met.overall
    model, human = comparison.met.model, comparison.met.heard
    keys = (
        ("Differ by, equally loud", measure(overall.mean_db, "dB", 2)),
        ("Most, in one band", measure(overall.most_db, "dB")),
        ("Loudness of the model's", measure(model.integrated_lufs, "LUFS")),
        ("Loudness of the human's", measure(human.integrated_lufs, "LUFS")),
    )
    cells = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in keys)
    analysis = comparison.mix.analysis
    names = f"{display_name(comparison.mix.path)} · {duration(analysis.duration_s)}"
    told = "".join(paragraph(prose(text)) for text in summary(comparison))
    return (
        f"<header><h1>{escape(title(comparison))}</h1>"
        f'<p class="soft">{escape(names)}</p></header>\n'
        f'<section>{told}<dl class="keys">{cells}</dl></section>\n'
    )


def _differences(comparison: Comparison) -> str:
    rows = [
        (
            f"{place}. {each.kind.capitalize()}",
            measure(each.size_db, "dB", 2),
            *_heard_cells(each.largest),
            verdict_text(each),
        )
        for place, each in enumerate(comparison.differences, 1)
    ]
    above = f"Above {JUST_NOTICEABLE_DB:.0f} dB"
    sentences = [
        f"{each.kind}: {difference_sentence(comparison, each)}" for each in comparison.differences
    ]
    note = (
        "By ear: one effect at a time is laid on the other master, both ways; both are equally "
        "loud, and changes of level count by loudness. Just noticeable is "
        f"{SOURCE}. “{above}” says how much of what is heard changes by more. What a compressor "
        "takes off on average counts as tone."
    )
    swapped = [
        (
            LABELS[stage],
            measure(0.5 * (each.heard_in_model.mean_db + each.heard_in_human.mean_db), "dB", 2),
            *_heard_cells(
                max(each.heard_in_model, each.heard_in_human, key=lambda heard: heard.most_db)
            ),
        )
        for stage, each in comparison.hybrids.items()
    ]
    return section(
        "Where both differ, the most audible first",
        table(("", "Mean", "Most in one band", above, ""), rows, (1, 2, 3)),
        listing(map(prose, sentences), "notes"),
        paragraph(note, "soft"),
        "<h3>Blocks interchanged, rendered</h3>",
        table(("", "Mean", "Most in one band", above), swapped, (1, 2, 3)),
    )


def _heard_cells(heard: Heard) -> tuple[str, str]:
    return (
        f"{measure(heard.most_db, 'dB')} at {frequency(heard.most_hz)}",
        f"{100.0 * heard.share:.0f}\N{NO-BREAK SPACE}%",
    )


def _tone(comparison: Comparison) -> str:
    rows = comparison.met.quantities[RESPONSE]
    bounds = np.array([_bounds(row.human_interval) for row in rows])
    curves = [
        Curve("moved", "model", np.array([row.model_db for row in rows])),
        Curve("human", "human", np.array([row.human_db for row in rows])),
    ]
    sides = [
        Curve(kind, label, curve.values_db + effects.side_response_db)
        for kind, label, curve, effects in (
            ("moved", "model", curves[0], comparison.met.model_effects),
            ("human", "human", curves[1], comparison.met.human_effects),
        )
    ]
    parts = [responses_figure("Mid up to the limiter, dB", curves, bounds, "human, 90 % interval")]
    if comparison.mix.analysis.channels == 2:
        parts.append(responses_figure("Side up to the limiter, dB", sides))
    return section("Tonal balance", *parts)


def _dynamics(comparison: Comparison) -> str:
    ours, theirs = comparison.met.model_effects, comparison.met.human_effects
    rows = [
        (name, ours.reductions_db[place], theirs.reductions_db[place])
        for place, name in enumerate(BANDS)
        if max(ours.reductions_db[place].max(), theirs.reductions_db[place].max()) > 0.0
    ]
    rows.append(("limiter", ours.limiting_db, theirs.limiting_db))
    drawn = [
        (
            reduction_title(name),
            [Curve("moved", "model", one), Curve("human", "human", other)],
        )
        for name, one, other in rows
    ]
    return section("Gain reduction over time", reductions_figure(drawn), _levels(comparison))


def _levels(comparison: Comparison) -> str:
    pair = (comparison.met.model.loudness, comparison.met.heard.loudness)
    rows = [
        (label, *(measure(getattr(report, name), unit, digits) for report in pair))
        for label, name, unit, digits in (
            ("Integrated loudness", "dual_mono_lufs", "LUFS", 1),
            ("Loudness range", "range_lu", "LU", 1),
            ("True peak", "true_peak_dbtp", "dBTP", 2),
            ("PLR", "plr_db", "dB", 1),
            ("PSR", "psr_db", "dB", 1),
        )
    ]
    return table(("", "Model", "Human"), rows, (1, 2), "narrow")


def _effects(comparison: Comparison) -> str:
    rows = [effect_row(row) for row in comparison.met.quantities]
    head = ("", "Model", "Human", "Human, 90 %", "Model expects, 90 %", "")
    return section(
        "Effects with intervals",
        paragraph(
            "What settings do to this song, whatever their knobs say. The response is that of "
            "everything up to the limiter, without level. Intervals of a recovery hold one by one, "
            "given the blocks that it found: of many rows some miss.",
            "soft",
        ),
        table(head, rows, (1, 2, 3, 4)),
    )


def effect_row(row: QuantityDifference) -> tuple[str, ...]:
    """Return the cells of one quantity: both values, both intervals, and the verdict."""
    signed = not row.name.startswith(("reduction", "limiter"))
    return (
        prose(quantity_label(row.name)),
        measure(row.model_db, "dB", 2, signed=signed),
        measure(row.human_db, "dB", 2, signed=signed),
        _interval(row.human_interval),
        _interval(row.expected),
        str(row.verdict),
    )


def _listening(comparison: Comparison, written: Sequence[Written]) -> str:
    if not written:
        return ""
    rate, part = comparison.mix.analysis.sample_rate, comparison.listening
    lufs = next((each.integrated_lufs for each in written), None)
    note = (
        f"From {duration(part.start / rate)} on, {duration(part.frames / rate)} long, where both "
        f"differ most; all at {measure(lufs, 'LUFS')}. The files lie in the folder {AUDIO}; "
        "“glassmaster listen” compares them blind."
    )
    players = "".join(
        f'<dt>{escape(prose(each.label))}</dt><dd><audio controls preload="none" '
        f'src="{AUDIO}/{escape(each.audio.name)}"></audio></dd>'
        for each in written
    )
    return section("To listen to", paragraph(note), f'<dl class="players">{players}</dl>')


def _unexplained(comparison: Comparison) -> str:
    left, rest = comparison.met.human.unexplained, comparison.met.rest
    if left is None or rest is None:
        return ""
    heard = (
        f"What was recovered differs from the human's master by {figure(rest.mean_db, 2)} dB on "
        f"average and by {figure(rest.most_db)} dB around {frequency(rest.most_hz)}."
    )
    return section("What the chain cannot express", listing(map(prose, (*left.sentences, heard))))


def _provenance(comparison: Comparison) -> str:
    facts = [
        ("Mix", display_name(comparison.mix.path)),
        ("SHA-256 of its samples", comparison.mix.analysis.digest),
        ("Human", display_name(comparison.met.human.path)),
        ("Model", comparison.mastering.recipe.predictor),
        ("SHA-256 of its weights", comparison.mastering.recipe.model or "none"),
    ]
    notes = [each.message for each in comparison.findings]
    told = [listing(map(prose, notes), "notes")] if notes else []
    return section("Files", terms(facts, "facts"), *told)


def _bounds(interval: Interval | None) -> tuple[float, float]:
    if interval is None or interval == NOT_DETERMINED:
        return np.nan, np.nan
    return interval


def _interval(interval: Interval | None) -> str:
    if interval is None:
        return "exact"
    if interval == NOT_DETERMINED:
        return NOT_DETERMINED
    low, high = (number(bound, 2) for bound in interval)
    return f"{low} to {high}"
