"""What is kept of one pair: written as plain data in one process, read again in another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from ...data.files.reader import open_audio
from ...data.reference.embedding import shipped_embedding
from ...inference.comparing.differences import Expected, QuantityDifference, Verdict
from ...inference.comparing.meeting import Meeting
from ...inference.comparing.versions import AnalyzedMix
from ...inference.intervals import interval_from_entry
from ...inference.report.comparison.entry import heard_entry, part_entry, quantity_entry
from ...inference.report.document import Json
from ...inference.results import MasteringResult

Array: TypeAlias = npt.NDArray[np.float64]

LEAST_EXPLAINED = 0.5
"""Part of the audible difference that settings must explain to speak for the engineer, …"""

MOST_LEFT_DB = 1.0
"""… unless no more than this is left, which is hardly heard."""


@dataclass(frozen=True, slots=True)
class Overall:
    """What is heard from the model's master to the engineer's, both equally loud.

    Attributes:
        mean_db: Mean absolute change of level, by loudness.
        most_db: The same in the band in which it is largest.
        most_hz: That band.
        in_side: Whether it is a band of side.
        is_noticeable: Whether any band changes by what is just noticeable.

    """

    mean_db: float
    most_db: float
    most_hz: float
    in_side: bool
    is_noticeable: bool


@dataclass(frozen=True, slots=True, eq=False)
class Song:
    """One pair of a catalogue, compared.

    Attributes:
        name: Of the song; no other has it.
        unit: What it belongs to.
        mix: File of the mix.
        quantities: Of both.
        loudness_lu: How much louder the engineer's master is; None where undefined.
        plr_db: How much larger the ratio of its peak to its loudness is; None where undefined.
        overall: What is heard.
        null_db: What the recovered settings leave of the master.
        explained_share: Part of the audible difference from the mix that they explain.
        left_db: Mel distance that they leave.
        is_mix: Whether the master is the mix itself, but for its level.
        place: By content, in the embedding; None where too little can be heard.
        neighbors: Tracks of corpora that the mix is like, the nearest first.
        genre: As files say; empty where none does.

    """

    name: str
    unit: str
    mix: Path
    quantities: tuple[QuantityDifference, ...]
    loudness_lu: float | None
    plr_db: float | None
    overall: Overall
    null_db: float
    explained_share: float
    left_db: float
    is_mix: bool
    place: Array | None
    neighbors: tuple[str, ...]
    genre: str

    @property
    def is_explained(self) -> bool:
        """Whether the recovered settings speak for the engineer."""
        return self.explained_share >= LEAST_EXPLAINED or self.left_db <= MOST_LEFT_DB


def pair_row(mix: AnalyzedMix, met: Meeting, mastering: MasteringResult, left_db: float) -> Json:
    """Return what is kept of a pair.

    Args:
        mix: Of both masters.
        met: Both, measured.
        mastering: The model's.
        left_db: Mel distance that the recovered settings leave.

    Raises:
        ValueError: The engineer's settings were not recovered.

    """
    analysis, left = mix.analysis, met.human.unexplained
    if left is None:
        raise ValueError("settings by hand belong to no pair of a catalogue")
    place = None
    if analysis.content.any():
        place = shipped_embedding().of(analysis.content).tolist()
    near = () if mastering.match is None else mastering.match.neighbors
    return {
        "sample_rate": analysis.sample_rate,
        "channels": analysis.channels,
        "duration_s": analysis.duration_s,
        "compared": part_entry(met.compared, analysis.sample_rate),
        "overall": heard_entry(met.overall),
        "quantities": [quantity_entry(each) for each in met.quantities],
        "loudness": {
            "model": asdict(met.model.loudness),
            "human": asdict(met.heard.loudness),
        },
        "explained": {
            "null_db": left.null_db,
            "share": left.explained_share,
            "left_db": left_db,
            "is_mix": left.is_mix,
            "text": list(left.sentences),
        },
        "content": place,
        "neighbors": [
            {"track": each.track.label, "corpus": each.corpus, "distance": each.distance}
            for each in near
        ],
        "genre": _genre(mix.path) or _genre(met.human.path),
    }


def song_of(row: Mapping[str, Any], name: str, unit: str) -> Song:
    """Read what is kept of a pair.

    Args:
        row: See `pair_row`, with the ``path`` of the mix.
        name: What the song is called.
        unit: What it belongs to.

    """
    model, human = row["loudness"]["model"], row["loudness"]["human"]
    overall, explained = row["overall"], row["explained"]
    return Song(
        name=name,
        unit=unit,
        mix=Path(row["path"]),
        quantities=tuple(map(_quantity, row["quantities"])),
        loudness_lu=_difference(human["dual_mono_lufs"], model["dual_mono_lufs"]),
        plr_db=_difference(human["plr_db"], model["plr_db"]),
        overall=Overall(
            mean_db=overall["mean_db"],
            most_db=overall["most_db"],
            most_hz=overall["most_hz"],
            in_side=overall["most_in_side"],
            is_noticeable=overall["noticeable"],
        ),
        null_db=explained["null_db"],
        explained_share=explained["share"],
        left_db=explained["left_db"],
        is_mix=explained["is_mix"],
        place=None if row["content"] is None else np.array(row["content"], np.float64),
        neighbors=tuple(each["track"] for each in row["neighbors"]),
        genre=row["genre"],
    )


def _quantity(row: Mapping[str, Any]) -> QuantityDifference:
    known = row["human_interval"]
    return QuantityDifference(
        name=row["name"],
        model_db=row["model_db"],
        human_db=row["human_db"],
        human_interval=None if known is None else interval_from_entry(known),
        expected=interval_from_entry(row["expected"]),
        verdict=Verdict(row["verdict"]),
        view=Expected(row["view"]),
    )


def _difference(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one - other


def _genre(path: Path) -> str:
    with open_audio(path) as reader:
        return reader.info.tags.get("genre", "")
