from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from glassmaster.inference.predictor import NOT_DETERMINED
from glassmaster.training.agreement.calibration import coverages
from glassmaster.training.agreement.rows import Song
from glassmaster.training.agreement.traits import TRAITS, response_differences, trait_values

MakeSong = Callable[..., Song]
PLACES = {trait.key: place for place, trait in enumerate(TRAITS)}
AIR = ("response_db@8000", "response_db@10000", "response_db@12500")


def test_a_region_is_the_mean_of_its_third_octaves(song_of: MakeSong) -> None:
    did = dict(zip(AIR, (1.0, 2.0, 6.0), strict=True)) | {"width_db@low": -2.0}
    (values,) = trait_values([song_of(0, did, loudness_lu=1.25)])
    assert values[PLACES["tone@air"]] == pytest.approx(3.0)
    assert values[PLACES["width@low"]] == -2.0
    assert values[PLACES["loudness"]] == 1.25
    told = {PLACES[key] for key in ("tone@air", "width@low", "loudness")}
    assert not np.delete(values, list(told)).any()


def test_what_is_not_determined_does_not_count(song_of: MakeSong) -> None:
    known = {AIR[2]: NOT_DETERMINED, "limiter_p95_db": NOT_DETERMINED}
    did = dict(zip(AIR, (1.0, 2.0, 6.0), strict=True)) | {"limiter_p95_db": 3.0}
    (values,) = trait_values([song_of(0, did, known=known)])
    assert values[PLACES["tone@air"]] == pytest.approx(1.5)
    assert np.isnan(values[PLACES["limiter_p95"]])
    (response,) = response_differences([song_of(0, did, known=known)])
    assert np.isnan(response[-1])
    assert response[-2] == 2.0


@pytest.mark.parametrize(
    ("share", "left_db", "counts"), [(0.4, 2.0, False), (0.6, 2.0, True), (0.4, 0.5, True)]
)
def test_settings_that_explain_little_do_not_speak_for_the_engineer(
    song_of: MakeSong, share: float, left_db: float, counts: bool
) -> None:
    song = song_of(0, {"width_db@low": -2.0}, share=share, left_db=left_db, loudness_lu=0.5)
    (values,) = trait_values([song])
    assert (values[PLACES["width@low"]] == -2.0) == counts
    assert np.isnan(values[PLACES["tone@air"]]) != counts
    assert values[PLACES["loudness"]] == 0.5


def test_what_differs_by_less_than_can_be_told_is_the_same(song_of: MakeSong) -> None:
    (values,) = trait_values([song_of(0, {"width_db@low": 0.009, "width_db@high": 0.011})])
    assert values[PLACES["width@low"]] == 0.0
    assert values[PLACES["width@high"]] == 0.011


def test_intervals_are_counted_where_both_are_determined(song_of: MakeSong) -> None:
    songs = [
        song_of(
            number,
            {"width_db@low": float(number)},
            expected={"width_db@low": (-0.5, 1.5), "width_db@high": (-1.0, 1.0)},
            known={"width_db@high": NOT_DETERMINED},
        )
        for number in range(4)
    ]
    songs.append(song_of(4, expected={"width_db@low": (-1.0, 1.0)}, share=0.0, left_db=9.0))
    found = {each.group: each for each in coverages(songs)}
    width = found["width"]
    assert (width.intervals, width.determined, width.known, width.inside) == (15, 9, 4, 2)
    assert width.share == 0.5
    # Clopper and Pearson of 2 in 4, from their tables
    assert (width.low, width.high) == (
        pytest.approx(0.0676, abs=1e-4),
        pytest.approx(0.9324, abs=1e-4),
    )
    assert width.units_low <= 0.5 <= width.units_high
    assert (found["all"].known, found["response"].known) == (4, 0)
    assert found["response"].share is None
    assert np.isnan(found["response"].low)
