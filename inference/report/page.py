"""The report as a page: one HTML file that needs nothing else, on screen and on paper."""

from __future__ import annotations

from pathlib import Path

from ...data.files.names import display_name, output_name
from ...data.files.partial import output_error
from ..documents import write_text
from ..reference import ReferenceMatch
from ..results import MasteringResult
from .certainty import applied_text, certainties, interval_text, response_text
from .company import departure_text, departures, neighbor_cells, share_text, standings
from .facts import (
    LABELS,
    comparisons,
    duration,
    figure,
    gain_text,
    limiter_text,
    playback,
    provenance,
    shortfall_text,
    verdict,
)
from .figures import reduction_figure, spectrum_figure
from .frame import document_of
from .markup import escape, listing, measure, number, paragraph, prose, section, table, terms
from .match_figure import match_figure
from .reasons import told_reasons
from .settings_table import settings_tables


def page_path(output: Path, directory: Path) -> Path:
    """Return where the report of the master ``output`` is written to."""
    return directory / output_name(output, "-report.html")


def write_page(result: MasteringResult, directory: Path, *, force: bool) -> Path:
    """Write the report of a master as one HTML file.

    Args:
        result: What is reported.
        directory: Where to; created where it does not exist.
        force: Whether an older one of the same name may be replaced.

    Returns:
        The file.

    Raises:
        OutputError: The folder or the file cannot be written, or it exists.

    """
    path = page_path(result.output, directory)
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise output_error(path, error) from error
    write_text(path, page(result), force=force)
    return path


def page(result: MasteringResult) -> str:
    """Return the report of a master as HTML."""
    return document_of(
        f"{result.source.name}: mastering report",
        _header(result),
        _loudness(result),
        _tone(result),
        _dynamics(result),
        _reasons(result),
        _certainty(result),
        _company(result),
        _compliance(result),
        _settings(result),
        _provenance(result),
    )


def _header(result: MasteringResult) -> str:
    before, after = result.before.loudness, result.delivered.loudness
    delivery = result.recipe.delivery
    kind = "good" if result.compliance.complies else "bad"
    keys = (
        ("Integrated loudness", measure(after.dual_mono_lufs, "LUFS"), before.dual_mono_lufs),
        ("True peak", measure(after.true_peak_dbtp, "dBTP", 2), before.true_peak_dbtp),
        ("Loudness range", measure(after.range_lu, "LU"), before.range_lu),
        ("PLR", measure(after.plr_db, "dB"), before.plr_db),
    )
    cells = "".join(
        f"<div><dt>{name}</dt><dd>{value}<small>mix {number(mix)}</small></dd></div>"
        for name, value, mix in keys
    )
    form = (
        f"{duration(result.before.duration_s)}, "
        f"{'mono' if result.before.channels == 1 else 'stereo'}, "
        f"{delivery.container.upper()} {delivery.bit_depth} bit, {delivery.sample_rate} Hz"
    )
    return (
        f"<header><h1>{escape(result.source.name)}</h1>"
        f'<p class="soft">{escape(f"{display_name(result.output)} · {form}")}</p>'
        f'<p class="badge {kind}">{escape(prose(verdict(result)))}</p></header>\n'
        f'<section><dl class="keys">{cells}</dl></section>\n'
    )


def _loudness(result: MasteringResult) -> str:
    rows = [
        (
            prose(row.label),
            number(row.before, row.digits),
            number(row.after, row.digits),
            row.unit,
        )
        for row in comparisons(result)
    ]
    notes = [f"Gain: {gain_text(result)}.", f"Limiter: {limiter_text(result)}."]
    if result.delivered.corrections:
        count = result.delivered.corrections
        notes.append(f"The measured file was corrected {count} time{'s' if count > 1 else ''}.")
    if shortfall := shortfall_text(result):
        notes.append(f"{shortfall}.")
    head = ("", "Before", "After", "")
    return section(
        "Loudness", table(head, rows, (1, 2), "narrow"), listing(map(prose, notes), "notes")
    )


def _tone(result: MasteringResult) -> str:
    return section("Tonal balance", spectrum_figure(result))


def _dynamics(result: MasteringResult) -> str:
    if result.recipe.settings["multiband_compressor"].bypass:
        graphic = paragraph("The compressor is bypassed.")
    else:
        graphic = reduction_figure(result)
    return section("Gain reduction", graphic, *_deesser(result))


def _deesser(result: MasteringResult) -> list[str]:
    if result.recipe.settings["deesser"].bypass:
        return []
    median_db, high_db = result.reductions.deesser_db
    text = f"De-esser: median {figure(median_db)} dB, 95th percentile {figure(high_db)} dB."
    return [paragraph(text)]


def _reasons(result: MasteringResult) -> str:
    if result.prediction is None:
        text = "The settings come from a recipe, which does not keep reasons."
        return section("Why", paragraph(text), paragraph(result.basis, "soft origin"))
    reasons = told_reasons(result)
    parts = []
    for name, label in LABELS.items():
        texts = [prose(reason.text) for reason in reasons if reason.block == name]
        if texts:
            parts += [f"<h3>{label}</h3>", *(paragraph(text, "reason") for text in texts)]
    return section("Why", *parts, paragraph(result.basis, "soft origin"))


def _certainty(result: MasteringResult) -> str:
    response, rows = response_text(result), certainties(result)
    if response is None and not rows:
        return ""
    note = (
        "Where nine masters in ten of such a mix are expected by what chose the settings. "
        "“Not determined” is what the mix says next to nothing about."
    )
    parts = [paragraph(note, "soft")]
    if response is not None:
        parts.append(paragraph(f"{prose(response)}."))
    if rows:
        head = ("", "Applied", "90 % of masters")
        cells = [
            (each.label, prose(applied_text(each)), prose(interval_text(each))) for each in rows
        ]
        parts.append(table(head, cells, (1, 2)))
    return section("How sure", *parts)


def _company(result: MasteringResult) -> str:
    parts = [] if result.match is None else _match(result.match, finished=result.finished)
    if result.listened:
        rows = [(display_name(each.name), share_text(each)) for each in result.listened]
        note = "Files that were given by name, each with the share that it counts."
        if result.finished:
            note = (
                "Files that were given by name, each with the share that it counts among them. "
                "Only settings that they went through are brought to the song."
            )
        parts += ["<h3>References</h3>", paragraph(note, "soft")]
        parts.append(table(("Reference", "Share"), rows, (1,)))
    title = "References" if result.match is None else "Finished music like it"
    return section(title, *parts) if parts else ""


def _match(match: ReferenceMatch, *, finished: bool) -> list[str]:
    note = (
        f"The {len(match.neighbors)} tracks of the reference corpora that the mix is most like, "
        "and where the mix lies among them before anything is done to it."
    )
    if finished:
        note += " The song is finished, so they decide on nothing."
    figures = [
        (
            f"{prose(each.label)}, {each.unit}",
            *(number(value) for value in (each.mix, each.p10, each.p50, each.p90)),
            number(each.percentile, 0),
        )
        for each in standings(match)
    ]
    outside = (
        f"{name} outside 10 to 90 %: {departure_text(found)}."
        for name, found in departures(match).items()
    )
    rows = []
    for neighbor in match.neighbors:
        distance, *who = neighbor_cells(neighbor)
        rows.append((*who, distance))
    return [
        paragraph(note, "soft"),
        match_figure(match),
        listing(map(prose, outside), "notes"),
        table(("", "Mix", "10 %", "Median", "90 %", "Percentile"), figures, range(1, 6)),
        "<h3>Who it is</h3>",
        table(("Track", "Licence", "Corpus", "Distance"), rows, (3,), "neighbors"),
    ]


def _compliance(result: MasteringResult) -> str:
    compliance = result.compliance
    parts = [paragraph(f"The delivered file {verdict(result)}.")]
    if compliance.violations:
        parts.append(listing(map(prose, compliance.violations), "bad"))
    previews = playback(result.delivered.loudness)
    rows = [
        (
            preview.profile.title,
            "unknown" if preview.gain_db is None else measure(preview.gain_db, "dB", signed=True),
            "; ".join(map(prose, preview.violations)) or "none",
            preview.profile.confidence,
        )
        for preview in previews
    ]
    head = ("Service", "Playback gain", "Objections", "Confidence")
    newest = max(preview.profile.date for preview in previews)
    note = (
        f"What each service would do to the level at playback, as published up to {newest}. "
        "A preview, not a production target."
    )
    parts += ["<h3>At playback</h3>", paragraph(note, "soft"), table(head, rows, (1,), "playback")]
    if result.findings:
        messages = (finding.message for finding in result.findings)
        parts += ["<h3>Warnings</h3>", listing(messages, "notes")]
    return section("Compliance", *parts)


def _settings(result: MasteringResult) -> str:
    return section("Settings", *settings_tables(result.recipe.settings))


def _provenance(result: MasteringResult) -> str:
    return section("Provenance", terms(provenance(result), "facts"))
