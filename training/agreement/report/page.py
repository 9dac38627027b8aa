"""Agreement over a catalogue as a page: one HTML file that needs nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from ....data.files.names import display_name
from ....data.findings import Finding
from ....inference.comparing.audibility import JUST_NOTICEABLE_DB, SOURCE
from ....inference.report.facts import frequency
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
from ....models.moves import RESPONSE_HZ
from ...studio.deciding import ALPHA, FEWEST_UNITS
from ..agreement import Agreement
from ..consistency import FEWEST_TOLD, TENDS_ALPHA, TOLD_DB, TraitAgreement, Verdict
from ..rows import LEAST_EXPLAINED, MOST_LEFT_DB
from .figures import FIGURE_STYLE, response_figure, traits_figure
from .text import trait_cells
from .words import (
    calibration_sentence,
    cluster_sentences,
    cluster_title,
    share_text,
    song_sentence,
    summary,
)

_HEAD = ("", "Consistent", "Mean", "95 %", "Same sign", "p")
_NUMERIC = (2, 3, 4, 5)
_VERDICTS = {
    Verdict.CONSISTENT: "yes",
    Verdict.TENDS: "tends to",
    Verdict.NONE: "no",
    Verdict.TOO_FEW: "too few",
}

_STYLE = FIGURE_STYLE + (
    "\nol.ranks { margin: 0 0 .75rem; padding-left: 1.6rem; }"
    "\nol.ranks li { margin-bottom: .5rem; }\n"
)


def agreement_page(
    catalogue: Path, agreement: Agreement, model: Mapping[str, str], findings: Sequence[Finding]
) -> str:
    """Return the report of a catalogue as HTML.

    Args:
        catalogue: The file.
        agreement: What is reported.
        model: What the model's masters were made by, by what it is called.
        findings: What a person should know.

    """
    return document_of(
        f"{catalogue.name}: the engineer beside the model",
        _header(catalogue, agreement),
        _traits(agreement),
        _tone(agreement),
        _clusters(agreement),
        _calibration(agreement),
        _largest(agreement),
        _songs(agreement),
        _left_out(agreement),
        _provenance(catalogue, model, findings),
        style=_STYLE,
    )


def _header(catalogue: Path, agreement: Agreement) -> str:
    songs = agreement.songs
    consistent = sum(each.verdict is Verdict.CONSISTENT for each in agreement.traits)
    keys = (
        ("Songs compared", str(len(songs))),
        ("Albums, or songs on none", str(agreement.units)),
        ("Consistent differences", f"{consistent} of {len(agreement.traits)}"),
        (
            "Differ by, equally loud",
            measure(float(np.mean([song.overall.mean_db for song in songs])), "dB", 2),
        ),
    )
    cells = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in keys)
    told = "".join(paragraph(prose(text)) for text in summary(agreement))
    return (
        f"<header><h1>The engineer beside the model</h1>"
        f'<p class="soft">{escape(display_name(catalogue))}</p></header>\n'
        f'<section>{told}<dl class="keys">{cells}</dl></section>\n'
    )


def _traits(agreement: Agreement) -> str:
    note = (
        "What the engineer's masters have more than the model's of the same songs, which is less "
        "below 0. Tone, reduction and width are what settings do; PLR and loudness are measured. "
        "Tone is without level: where there is more of one region there is less of others. "
        "The interval is that of a bootstrap over albums, then songs. The probability is that of "
        "the exact sign-flip test over albums, for any of all traits to look so by chance "
        "(step-down by the largest statistic, Westfall and Young, 1993). Consistent is what it "
        f"puts at {100.0 * ALPHA:.0f} % or less of {FEWEST_UNITS} albums or more, with an interval "
        f"without 0 and a mean of {TOLD_DB:.1f} or more; of fewer albums, but {FEWEST_TOLD} or "
        f"more, it is said at {100.0 * TENDS_ALPHA:.1f} % or less that the engineer tends to it."
    )
    return section(
        "Where both differ in song after song",
        traits_figure(agreement),
        _table(agreement.traits),
        paragraph(note, "soft"),
    )


def _tone(agreement: Agreement) -> str:
    unknown = [
        frequency(hz)
        for hz, mean_db in zip(RESPONSE_HZ, agreement.response_db[0], strict=True)
        if not np.isfinite(mean_db)
    ]
    if len(unknown) == len(RESPONSE_HZ):
        return section("Tonal balance", paragraph("It is not known of any song."))
    parts = [response_figure(agreement)]
    if unknown:
        text = f"Not known of any song, and drawn as 0: {', '.join(unknown)}."
        parts.append(paragraph(text, "soft"))
    return section("Tonal balance", *parts)


def _table(traits: Sequence[TraitAgreement]) -> str:
    rows = []
    for each in traits:
        name, *figures, _ = map(prose, trait_cells(each))
        rows.append((name, _VERDICTS[each.verdict], *figures))
    return table(_HEAD, rows, _NUMERIC)


def _clusters(agreement: Agreement) -> str:
    if not agreement.clusters:
        text = "There are too few songs to look at groups that are alike."
        return section("Groups of songs", paragraph(text))
    parts = [
        paragraph(
            "Songs that are alike by content, by Ward's method; each group is named by the tracks "
            "of reference corpora that its songs are nearest to. Probabilities are multiplied by "
            "the number of groups.",
            "soft",
        )
    ]
    for group in agreement.clusters:
        names = ", ".join(agreement.songs[place].name for place in group.cluster.songs)
        parts.append(f"<h3>{escape(prose(cluster_title(group.cluster)))}</h3>")
        parts.append(listing(map(prose, cluster_sentences(group.traits)), "notes"))
        parts.append(paragraph(names, "soft"))
        parts.append(_table(group.traits))
    return section("Groups of songs", *parts)


def _calibration(agreement: Agreement) -> str:
    rows = [
        (
            prose(each.group),
            str(each.intervals),
            str(each.determined),
            str(each.known),
            str(each.inside),
            prose(share_text(each)),
            _range(each.units_low, each.units_high),
        )
        for each in agreement.calibration
    ]
    head = ("", "Intervals", "Determined", "Judged", "Hold", "Share, exact 95 %", "Over albums")
    note = (
        "An interval is judged where the engineer's value is determined too. The exact interval of "
        "the share takes all quantities for independent, which those of one song are not; the last "
        "column draws albums and songs instead."
    )
    return section(
        "The model's 90 % intervals",
        paragraph(prose(calibration_sentence(agreement))),
        table(head, rows, range(1, 7)),
        paragraph(note, "soft"),
    )


def _range(low: float, high: float) -> str:
    if not np.isfinite(low):
        return "\N{EN DASH}"
    return prose(f"{100.0 * low:.0f} to {100.0 * high:.0f} %")


def _largest(agreement: Agreement) -> str:
    items = "".join(
        f"<li><b>{escape(agreement.songs[place].name)}</b>: "
        f"{escape(prose(song_sentence(agreement, place)))}</li>"
        for place in agreement.largest
    )
    note = f"As it is heard, both masters equally loud. Just noticeable is {SOURCE}."
    return section(
        "The songs of largest disagreement",
        f'<ol class="ranks">{items}</ol>',
        paragraph(note, "soft"),
    )


def _songs(agreement: Agreement) -> str:
    rows = [
        (
            song.name,
            song.unit,
            measure(song.overall.mean_db, "dB", 2),
            f"{measure(song.overall.most_db, 'dB')} at {frequency(song.overall.most_hz)}",
            measure(song.loudness_lu, "LU", 1, signed=True),
            measure(song.null_db, "dB", 0),
            f"{100.0 * max(song.explained_share, 0.0):.0f}\N{NO-BREAK SPACE}%",
        )
        for song in agreement.songs
    ]
    head = ("", "Belongs to", "Mean", "Most in one band", "Louder", "Left", "Explained")
    note = (
        f"Left of a master and explained of it is what the recovered settings do. Where they "
        f"explain less than {100.0 * LEAST_EXPLAINED:.0f} % and leave more than "
        f"{MOST_LEFT_DB:.0f} dB, they do not speak for the engineer. In one band, "
        f"{JUST_NOTICEABLE_DB:.0f} dB is just noticeable."
    )
    return section("All songs", table(head, rows, range(2, 7)), paragraph(note, "soft"))


def _left_out(agreement: Agreement) -> str:
    if not agreement.left_out:
        return ""
    texts = [f"{each.name}: {each.reason}" for each in agreement.left_out]
    return section("Not compared", listing(texts, "notes"))


def _provenance(catalogue: Path, model: Mapping[str, str], findings: Sequence[Finding]) -> str:
    facts = [("Catalogue", display_name(catalogue))]
    facts += model.items()
    notes = [each.message for each in findings]
    return section(
        "Provenance", *([listing(notes, "notes")] if notes else []), terms(facts, "facts")
    )
