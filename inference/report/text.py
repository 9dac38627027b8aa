"""What a person reads on stderr: plain text of at most 96 columns, without color."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ...data.analysis import Analysis
from ...data.files.info import FileInfo
from ...data.files.names import display_name
from ...data.findings import Finding
from ...data.metering.spectrum import LEVEL_EDGES_HZ
from ...data.metering.stereo import correlation_of
from ...models.errors import GlassmasterError
from ...models.spectrum import LOWEST_POWER, NOMINAL_HZ, THIRD_CENTERS_HZ, third_octaves
from ..compliance import ComplianceReport
from ..profiles import load_profile
from ..results import MasteringResult
from .certainty import certainty_lines
from .company import company_lines
from .facts import (
    LABELS,
    UNDEFINED,
    band_labels,
    comparisons,
    duration,
    figure,
    frequency,
    gain_text,
    limiter_text,
    loudness_text,
    playback,
    response_points,
    shortfall_text,
    true_peak_text,
    verdict,
)
from .layout import LABEL_COLUMNS, Row, columns, item, wrapped
from .reasons import told_reasons

Array: TypeAlias = npt.NDArray[np.float64]

_INDENT = " " * LABEL_COLUMNS


def error_text(error: GlassmasterError) -> str:
    """Write an error: its message names the file and says what to do.

    It may quote what a file holds, so that control characters are shown as escapes.
    """
    return f"error: {display_name(error.message)} [{error.code}]"


def analysis_text(
    path: Path, info: FileInfo, analysis: Analysis, findings: Iterable[Finding]
) -> str:
    """Write every meter of a file.

    Args:
        path: As it was given.
        info: What the file is.
        analysis: What was measured.
        findings: What is odd about it.

    """
    loudness = analysis.loudness
    channels = "mono" if analysis.channels == 1 else "stereo"
    form = f"{info.container} {info.codec}, {analysis.sample_rate} Hz, {channels}"
    offset = ", ".join(figure(100.0 * value, 3) for value in analysis.dc_offset)
    rows = [
        ("integrated", figure(loudness.integrated_lufs), "LUFS"),
        ("short-term maximum", figure(loudness.short_term_max_lufs), "LUFS"),
        ("momentary maximum", figure(loudness.momentary_max_lufs), "LUFS"),
        ("loudness range", figure(loudness.range_lu), "LU"),
        ("true peak", figure(loudness.true_peak_dbtp, 2), "dBTP"),
        ("sample peak", figure(analysis.sample_peak_dbfs), "dBFS"),
        ("PLR", figure(loudness.plr_db), "dB"),
        ("PSR", figure(loudness.psr_db), "dB"),
        ("crest factor", figure(analysis.crest_db), "dB"),
        ("correlation", figure(analysis.correlation, 2), ""),
        ("clipped runs", str(analysis.clipped_runs), ""),
        ("DC offset", offset, "% of full scale"),
    ]
    if analysis.channels == 1:
        rows.insert(1, ("as dual mono", figure(loudness.dual_mono_lufs), "LUFS"))
    return "\n".join(
        (
            f"{display_name(path)}: {form}, {duration(analysis.duration_s)}",
            *columns(rows, "<><"),
            "",
            *_spectrum_lines(analysis),
            "",
            *_level_lines(analysis),
            *_warning_lines(findings),
        )
    )


def check_text(
    path: Path,
    analysis: Analysis,
    findings: Iterable[Finding],
    asked: str,
    reports: Sequence[ComplianceReport],
) -> str:
    """Write what a check found.

    Args:
        path: As it was given.
        analysis: What was measured.
        findings: What is odd about it.
        asked: The profile asked for, or ``all``.
        reports: One a profile.

    """
    complied = sum(report.complies for report in reports)
    if len(reports) == 1:
        title = load_profile(reports[0].profile).title
        summary = f"{'meets' if complied else 'does not meet'} “{title}”"
    else:
        summary = f"meets {complied} of {len(reports)} profiles ({asked})"
    loudness = analysis.loudness
    head = f"{display_name(path)}: {loudness_text(loudness)}, {true_peak_text(loudness)}, {summary}"
    lines = [head]
    width = max(len(load_profile(report.profile).title) for report in reports)
    for report in reports:
        word = "meets" if report.complies else "fails"
        gain = "" if report.playback_gain_db is None else _played(report.playback_gain_db)
        title = load_profile(report.profile).title
        lines.append(f"  {word}  {title:<{width}}  {gain}".rstrip())
        for text in report.violations:
            lines += wrapped(text, "         ")
    return "\n".join((*lines, *_warning_lines(findings)))


def master_text(result: MasteringResult, recipe: Path | None, page: Path | None) -> str:
    """Write how a master came about.

    Args:
        result: What came of it.
        recipe: Where the recipe was saved, if it was.
        page: Where the report was written, if it was.

    """
    loudness = result.delivered.loudness
    saved = [("Recipe", recipe), ("Report", page)]
    return "\n".join(
        (
            f"{display_name(result.source)} → {display_name(result.output)}: "
            f"{loudness_text(loudness)}, {true_peak_text(loudness)}, {verdict(result)}",
            *(line for text in result.compliance.violations for line in wrapped(text, "  ! ")),
            "",
            *columns(_comparison_rows(result), "<>><"),
            "",
            *_work_lines(result),
            *certainty_lines(result),
            "",
            *_playback_lines(result),
            *company_lines(result.match, result.listened),
            *_warning_lines(result.findings),
            "",
            *item("Basis", display_name(result.basis)),
            *_kept_lines(result),
            *(line for name, path in saved if path for line in item(name, display_name(path))),
        )
    )


def _comparison_rows(result: MasteringResult) -> list[Row]:
    return [
        ("", "before", "after", ""),
        *(
            (row.label, figure(row.before, row.digits), figure(row.after, row.digits), row.unit)
            for row in comparisons(result)
        ),
    ]


def _work_lines(result: MasteringResult) -> list[str]:
    """Say what each block did and why, in signal order."""
    settings, reasons = result.recipe.settings, told_reasons(result)
    lines = []
    for name, label in LABELS.items():
        is_bypassed = settings[name].bypass
        texts = [reason.text for reason in reasons if reason.block == name]
        if name == "limiter":
            lines += item("Loudness", _sentence(gain_text(result)))
            shortfall = shortfall_text(result)
            lines += [] if shortfall is None else wrapped(_sentence(shortfall), _INDENT)
            texts.append(_sentence(limiter_text(result)))
        elif not texts:
            texts = ["Bypassed." if is_bypassed else "As the recipe says."]
        for number, text in enumerate(texts):
            lines += item("" if number else label, text)
        lines += [] if is_bypassed else _detail_lines(result, name)
    return lines


def _detail_lines(result: MasteringResult, name: str) -> list[str]:
    if name == "equalizer":
        points = response_points(result)
        heads = [frequency(hz).removesuffix(" Hz").replace(" kHz", "k") for hz, _ in points]
        rows: list[Row] = [
            ("Hz", *heads),
            ("dB", *(figure(db, signed=True) for _, db in points)),
        ]
        return columns(rows, "<" + ">" * len(points), LABEL_COLUMNS)
    if name == "multiband_compressor":
        labels = band_labels(result.recipe.settings[name].values)
        bands = result.reductions.bands_db.values()
        rows = [("Gain reduction", "median", "95 %", "")]
        rows += [
            (label, figure(median_db), figure(high_db), "dB")
            for label, (median_db, high_db) in zip(labels, bands, strict=True)
        ]
        return columns(rows, "<>><", LABEL_COLUMNS)
    if name == "deesser":
        median_db, high_db = result.reductions.deesser_db
        text = f"Gain reduction: median {figure(median_db)} dB, 95 % {figure(high_db)} dB."
        return wrapped(text, _INDENT)
    return []


def _kept_lines(result: MasteringResult) -> list[str]:
    kept = result.recipe.kept.items()
    named = ", ".join(f"{LABELS[block].lower()} from {origin.file}" for block, origin in kept)
    return item("Kept", _sentence(named)) if kept else []


def _playback_lines(result: MasteringResult) -> list[str]:
    previews = playback(result.delivered.loudness)
    lines = [f"At playback, by levels as of {max(each.profile.date for each in previews)}:"]
    width = max(len(preview.profile.title) for preview in previews)
    for preview in previews:
        lines.append(f"  {preview.profile.title:<{width}}  {_played(preview.gain_db)}")
        for text in preview.violations:
            lines += wrapped(text, " " * (width + 4))
    return lines


def _played(gain_db: float | None) -> str:
    if gain_db is None:
        return "playback gain unknown"
    text = figure(gain_db, signed=True)
    return "plays it unchanged" if float(text) == 0.0 else f"plays it at {text} dB"


def _spectrum_lines(analysis: Analysis) -> list[str]:
    """Write level, side's part and correlation in the octaves around 31.5 Hz … 16 kHz."""
    spectrum = analysis.spectrum
    thirds = [third_octaves(power) for power in (spectrum.mid, spectrum.side, spectrum.cross)]
    first = int(np.argmin(np.abs(THIRD_CENTERS_HZ - 31.25))) - 1
    octaves = [slice(start, start + 3) for start in range(first, first + 30, 3)]
    centers_hz = [float(NOMINAL_HZ[octave.start + 1]) for octave in octaves]
    mid, side, cross = (np.array([power[octave].sum() for octave in octaves]) for power in thirds)
    heard = mid + side > LOWEST_POWER
    power = np.where(heard, mid + side, 1.0)
    levels = np.where(heard, 10.0 * np.log10(power), np.nan)
    shares = np.where(heard, 100.0 * side / power, np.nan)
    alike = np.where(heard, correlation_of(mid, side, cross), np.nan)
    names = [frequency(hz).removesuffix(" Hz").replace(" kHz", "k") for hz in centers_hz]
    rows = [
        ("octave, Hz", *names),
        ("level, dBFS", *_cells(levels, 1)),
        ("side, %", *_cells(shares, 0)),
        ("correlation", *_cells(alike, 2)),
    ]
    return columns(rows, "<" + ">" * len(octaves))


def _cells(values: Array, digits: int) -> list[str]:
    return [figure(None if np.isnan(value) else float(value), digits) for value in values]


def _level_lines(analysis: Analysis) -> list[str]:
    rows: list[Row] = [("level of 0.37 s, dBFS", "10 %", "median", "95 %")]
    edges = pairwise(LEVEL_EDGES_HZ)
    for (low_hz, high_hz), spread in zip(edges, analysis.band_levels, strict=True):
        name = f"{frequency(low_hz)} to {frequency(high_hz)}"
        if spread is None:
            rows.append((name, *(UNDEFINED,) * 3))
        else:
            levels = (spread.p10_dbfs, spread.p50_dbfs, spread.p95_dbfs)
            rows.append((name, *(figure(level) for level in levels)))
    return columns(rows, "<>>>")


def _warning_lines(findings: Iterable[Finding]) -> list[str]:
    lines = [line for found in findings for line in wrapped(display_name(found.message), "  ! ")]
    return ["", "Warnings:", *lines] if lines else []


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
