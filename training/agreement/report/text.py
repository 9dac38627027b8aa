"""Agreement over a catalogue on a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ....data.files.names import display_name
from ....inference.report.facts import UNDEFINED, figure
from ....inference.report.layout import Row, columns, item, wrapped
from ..agreement import Agreement
from ..consistency import TraitAgreement
from .words import cluster_sentences, cluster_title, p_text, share_text, song_sentence, summary


def agreement_lines(catalogue: Path, agreement: Agreement, paths: Mapping[str, str]) -> list[str]:
    """Return the lines that tell agreement over a catalogue.

    Args:
        catalogue: The file.
        agreement: What is told.
        paths: What was written, by what it is.

    """
    lines = [f"{display_name(catalogue)}: the engineer beside the model", ""]
    for sentence in summary(agreement):
        lines += wrapped(sentence, "")
    lines += ["", "What the engineer has more (mean over songs, 95 % interval):"]
    lines += columns([trait_cells(each) for each in agreement.traits], "<>>>><")
    for number, group in enumerate(agreement.clusters, 1):
        lines += ["", *wrapped(f"Group {number}: {cluster_title(group.cluster)}", "")]
        for sentence in cluster_sentences(group.traits):
            lines += wrapped(sentence, "  ")
    lines += ["", "The model's 90 % intervals, and what of the engineer's they hold:"]
    rows: list[Row] = [
        (each.group, f"{each.determined} of {each.intervals} determined", share_text(each))
        for each in agreement.calibration
    ]
    lines += columns(rows, "<><")
    lines += ["", "Where both differ most:"]
    for number, place in enumerate(agreement.largest, 1):
        name = agreement.songs[place].name
        lines += wrapped(f"{name}: {song_sentence(agreement, place)}", f"{number:>3} ")
    lines.append("")
    for what, path in paths.items():
        lines += item(what, path)
    return lines


def trait_cells(found: TraitAgreement) -> Row:
    """Return the cells of one trait: mean, interval, songs, probability, verdict."""
    if not found.songs:
        return (found.trait.label, UNDEFINED, "", "", "", str(found.verdict))
    interval = UNDEFINED
    if np.isfinite(found.low):
        low, high = (figure(each, 2, signed=True) for each in (found.low, found.high))
        interval = f"{low} to {high}"
    return (
        found.trait.label,
        f"{figure(found.mean, 2, signed=True)} {found.trait.unit}",
        interval,
        f"{found.agreeing} of {found.songs}",
        p_text(found.p_adjusted),
        str(found.verdict),
    )
