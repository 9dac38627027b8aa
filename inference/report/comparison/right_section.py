"""Who is right, as far as numbers can tell: what the model expects, and what is usual."""

from __future__ import annotations

import numpy as np

from ....data.reference.production import FIGURES
from ...comparing.comparison import Comparison, Standing
from ..company import LABELS
from ..markup import measure, paragraph, prose, section, table
from .words import standing_sentence, view_sentence


def right_section(comparison: Comparison) -> str:
    """Return what model and corpus say of the human's choices."""
    parts = [paragraph(view_sentence(comparison))]
    standings, sentence = comparison.standings, standing_sentence(comparison)
    if standings is not None and sentence is not None:
        parts.append(paragraph(prose(sentence)))
        columns = (standings.mix, standings.model, standings.human)
        rows = [
            (prose(LABELS[name][0]), *(_standing(each, place, name) for each in columns))
            for place, name in enumerate(FIGURES)
        ]
        head = ("Value and percentile among them", "Mix", "Model", "Human")
        parts.append(table(head, rows, (1, 2, 3)))
    return section("Who is right", *parts)


def _standing(standing: Standing, place: int, name: str) -> str:
    value, percentile = (
        None if np.isnan(each) else float(each)
        for each in (standing.figures.mix[place], standing.figures.percentile[place])
    )
    text = measure(value, LABELS[name][1])
    return text if percentile is None else f"{text} ({percentile:.0f}\N{NO-BREAK SPACE}%)"
