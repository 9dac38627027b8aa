"""Agreement over a catalogue in the JSON document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ....data.findings import Finding
from ....inference.comparing.audibility import JUST_NOTICEABLE_DB, SOURCE
from ....inference.report.document import Json, file_entry, plain
from ....models.moves import RESPONSE_HZ
from ..agreement import Agreement
from ..calibration import Coverage
from ..consistency import TraitAgreement
from .words import calibration_sentence, cluster_title, song_sentence, summary

_OF_FILE = ("status", "exit_code", "warnings", "error")


def agreement_entry(
    catalogue: Path,
    agreement: Agreement,
    rows: Mapping[str, Mapping[str, Any]],
    findings: Sequence[Finding],
    page: Path,
) -> Json:
    """Return the entry of a catalogue.

    Args:
        catalogue: The file.
        agreement: What is told.
        rows: What is known of each song, by its name.
        findings: What a person should know.
        page: Where the report was written.

    """
    low, mean, high = _ordered(agreement)
    return {
        **file_entry(catalogue, findings),
        "summary": list(summary(agreement)),
        "songs": len(agreement.songs),
        "units": agreement.units,
        "threshold": {"just_noticeable_db": JUST_NOTICEABLE_DB, "source": SOURCE},
        "traits": [_trait(each) for each in agreement.traits],
        "response": {
            "frequency_hz": [round(float(hz), 3) for hz in RESPONSE_HZ],
            "mean_db": mean,
            "low_db": low,
            "high_db": high,
        },
        "clusters": [
            {
                "name": cluster_title(each.cluster),
                "songs": [agreement.songs[place].name for place in each.cluster.songs],
                "like": list(each.cluster.neighbors),
                "genre": None if each.cluster.genre is None else each.cluster.genre[0],
                "traits": [_trait(one) for one in each.traits],
            }
            for each in agreement.clusters
        ],
        "calibration": {
            "text": calibration_sentence(agreement),
            "groups": [_coverage(each) for each in agreement.calibration],
        },
        "largest": [
            {
                "name": agreement.songs[place].name,
                "mean_db": agreement.songs[place].overall.mean_db,
                "text": song_sentence(agreement, place),
            }
            for place in agreement.largest
        ],
        "pairs": [
            {
                "name": song.name,
                "unit": song.unit,
                **{key: each for key, each in rows[song.name].items() if key not in _OF_FILE},
            }
            for song in agreement.songs
        ],
        "left_out": [{"name": each.name, "reason": each.reason} for each in agreement.left_out],
        "report": plain(page),
    }


def _ordered(agreement: Agreement) -> tuple[list[float | None], ...]:
    mean, low, high = agreement.response_db
    return tuple([_known(float(each)) for each in row] for row in (low, mean, high))


def _trait(found: TraitAgreement) -> Json:
    return {
        "trait": found.trait.key,
        "kind": str(found.trait.kind),
        "unit": found.trait.unit,
        "songs": found.songs,
        "units": found.units,
        "mean": _known(found.mean),
        "low": _known(found.low),
        "high": _known(found.high),
        "agreeing": found.agreeing,
        "p": found.p,
        "p_adjusted": found.p_adjusted,
        "verdict": str(found.verdict),
    }


def _coverage(found: Coverage) -> Json:
    return {
        "group": found.group,
        "intervals": found.intervals,
        "determined": found.determined,
        "judged": found.known,
        "inside": found.inside,
        "share": found.share,
        "low": _known(found.low),
        "high": _known(found.high),
        "units_low": _known(found.units_low),
        "units_high": _known(found.units_high),
    }


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
