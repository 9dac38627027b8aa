"""A comparison in the JSON document."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from ...comparing.audibility import JUST_NOTICEABLE_DB, SOURCE, Heard
from ...comparing.comparison import Comparison
from ...comparing.delivering import Written
from ...comparing.differences import QuantityDifference
from ...comparing.versions import Part
from ...explaining.facts import Fact
from ...explaining.moves import Move
from ...explaining.telling import Reader, told
from ...intervals import interval_entry
from ..document import Json, file_entry, plain
from .words import are_the_same, difference_sentence, is_mix, summary


def comparison_entry(
    comparison: Comparison,
    moves: Sequence[Move],
    written: Sequence[Written],
    page: Path | None,
) -> Json:
    """Return the entry of a mix whose masters were compared.

    Args:
        comparison: What is told.
        moves: The model's, explained.
        written: What was written to be listened to.
        page: Where the report was written, if it was.

    """
    analysis = comparison.mix.analysis
    return {
        **file_entry(comparison.mix.path, comparison.findings),
        "sample_rate": analysis.sample_rate,
        "channels": analysis.channels,
        "duration_s": analysis.duration_s,
        "human": plain(comparison.met.human.path),
        "recovered": comparison.met.human.is_recovered,
        "summary": list(summary(comparison)),
        "human_is_mix": is_mix(comparison),
        "same": are_the_same(comparison),
        "compared": part_entry(comparison.met.compared, analysis.sample_rate),
        "listening": part_entry(comparison.listening, analysis.sample_rate),
        "threshold": {"just_noticeable_db": JUST_NOTICEABLE_DB, "source": SOURCE},
        "overall": heard_entry(comparison.met.overall),
        "unexplained": None if comparison.met.rest is None else heard_entry(comparison.met.rest),
        "differences": [
            {
                "kind": str(each.kind),
                "stage": each.kind.stage,
                "size_db": each.size_db,
                "verdict": str(each.verdict),
                "in_model": heard_entry(each.in_model),
                "in_human": heard_entry(each.in_human),
                "text": difference_sentence(comparison, each),
            }
            for each in comparison.differences
        ],
        "interchanged": {
            stage: {
                "in_model": heard_entry(each.heard_in_model),
                "in_human": heard_entry(each.heard_in_human),
            }
            for stage, each in comparison.hybrids.items()
        },
        "quantities": [quantity_entry(each) for each in comparison.met.quantities],
        "loudness": {
            "model": asdict(comparison.met.model.loudness),
            "human": asdict(comparison.met.heard.loudness),
        },
        "moves": [_move(each) for each in moves],
        "settings": {
            "model": comparison.mastering.recipe.settings.document(),
            "human": comparison.met.human.recipe.settings.document(),
        },
        "tracks": [
            {
                "name": each.name,
                "audio": plain(each.audio),
                "recipe": None if each.recipe is None else plain(each.recipe),
                "gain_db": each.gain_db,
                "integrated_lufs": each.integrated_lufs,
            }
            for each in written
        ],
        "report": None if page is None else plain(page),
    }


def part_entry(part: Part, sample_rate: int) -> Json:
    """Return a part of a song, in s."""
    return {"start_s": part.start / sample_rate, "duration_s": part.frames / sample_rate}


def heard_entry(heard: Heard) -> Json:
    """Return what is heard of a difference."""
    return {
        "mean_db": heard.mean_db,
        "most_db": heard.most_db,
        "most_hz": heard.most_hz,
        "most_in_side": heard.in_side,
        "share": heard.share,
        "noticeable": heard.is_noticeable,
    }


def quantity_entry(row: QuantityDifference) -> Json:
    """Return one effective quantity of both; `quantity_of` reads it again."""
    human = row.human_interval
    return {
        "name": row.name,
        "model_db": row.model_db,
        "human_db": row.human_db,
        "human_interval": None if human is None else interval_entry(human),
        "expected": interval_entry(row.expected),
        "verdict": str(row.verdict),
        "view": str(row.view),
    }


def _move(move: Move) -> Json:
    return {
        "stage": move.stage,
        "place": move.place,
        "facts": [_fact(each) for each in move.facts],
        "noticeable": move.is_noticeable,
        "told": {str(reader): list(told(move, reader)) for reader in Reader},
    }


def _fact(fact: Fact) -> Json:
    known = math.isfinite(fact.value)
    return {
        "name": fact.name,
        "value": fact.value if known else None,
        "unit": fact.unit,
        "text": fact.text,
    }
