from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest

from glassmaster.inference.comparing.differences import Expected, QuantityDifference, Verdict
from glassmaster.inference.predictor import NOT_DETERMINED, Interval
from glassmaster.models.moves import QUANTITIES
from glassmaster.training.agreement.rows import Overall, Song


def quantity(
    name: str, human_db: float, known: Interval = (-99.0, 99.0), expected: Interval = NOT_DETERMINED
) -> QuantityDifference:
    """A quantity of which the model has nothing."""
    view = Expected.NOT_DETERMINED
    if expected != NOT_DETERMINED:
        is_inside = expected[0] <= human_db <= expected[1]
        view = Expected.INSIDE if is_inside else Expected.OUTSIDE
    verdict = Verdict.NOT_DISTINGUISHABLE
    return QuantityDifference(name, 0.0, human_db, known, expected, verdict, view)


MakeSong = Callable[..., Song]


@pytest.fixture(scope="session")
def song_of() -> MakeSong:
    """Return what makes a song of which the engineer did what is given, and else the same."""

    def make(
        number: int,
        did: Mapping[str, float] | None = None,
        *,
        unit: str | None = None,
        known: Mapping[str, Interval] | None = None,
        expected: Mapping[str, Interval] | None = None,
        loudness_lu: float | None = 0.0,
        mean_db: float = 0.3,
        share: float = 1.0,
        left_db: float = 0.1,
        place: np.ndarray | None = None,
        neighbors: tuple[str, ...] = (),
        genre: str = "",
        name: str = "",
    ) -> Song:
        did, known, expected = did or {}, known or {}, expected or {}
        quantities = tuple(
            quantity(
                each,
                did.get(each, 0.0),
                known.get(each, (-99.0, 99.0)),
                expected.get(each, NOT_DETERMINED),
            )
            for each in QUANTITIES
        )
        name = name or f"song {number:02d}"
        return Song(
            name=name,
            unit=unit or name,
            mix=Path(f"{number}.wav"),
            quantities=quantities,
            loudness_lu=loudness_lu,
            plr_db=0.0,
            overall=Overall(mean_db, 2.0 * mean_db, 8000.0, False, mean_db > 0.5),
            null_db=-50.0,
            explained_share=share,
            left_db=left_db,
            is_mix=False,
            place=place,
            neighbors=neighbors,
            genre=genre,
        )

    return make
