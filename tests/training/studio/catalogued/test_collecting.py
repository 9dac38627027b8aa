from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from glassmaster.data.catalogue.records import CataloguePair, Status
from glassmaster.models.errors import CatalogueError
from glassmaster.training.studio.catalogued.collecting import (
    StudiedPairs,
    check_enough,
    explained_only,
)
from glassmaster.training.studio.catalogued.studying import NAMES, Studied


def known(*residuals_db: float) -> StudiedPairs:
    count = len(residuals_db)
    rest = {name: np.zeros(1) for name in NAMES}
    return StudiedPairs(
        names=tuple(f"song {i}" for i in range(count)),
        sources=tuple(
            CataloguePair(
                *(Path(f"/{i} mix.wav"), Path(f"/{i} master.wav"), f"{i}", f"m{i}", "", "", ""),
                *(0.9, Status.SURE, (), None),
            )
            for i in range(count)
        ),
        studied=tuple(Studied(**{**rest, "residual_db": np.array(each)}) for each in residuals_db),
        left_out=(),
        unsure=("other",),
        mtimes_ns=tuple(range(count)),
        new=count,
    )


def test_masters_of_other_mixes_are_left_out_and_named() -> None:
    kept = explained_only(known(0.3, 7.5, 0.4))
    assert kept.names == ("song 0", "song 2")
    assert kept.mtimes_ns == (0, 2)
    assert kept.hashes() == [("0", "m0"), ("2", "m2")]
    (left_out,) = kept.left_out
    assert left_out.name == "song 1"
    assert "leaves 7.5 dB" in left_out.reason


def test_too_few_say_what_became_of_the_others() -> None:
    check_enough(Path("mine"), known(0.3, 0.4), 2)
    with pytest.raises(CatalogueError) as caught:
        check_enough(Path("mine"), explained_only(known(0.3, 7.5)), 2)
    assert caught.value.code == "few_pairs"
    assert "mine: 1 pair can be learned from, and 2 are needed" in caught.value.message
    assert "song 1: its best explanation leaves 7.5 dB" in caught.value.message
    assert "1 unsure" in caught.value.message
