from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from scipy.stats import linregress
from scipy.stats import t as student

from glassmaster.training.studio.styling.drift import CHANGED, TAGS, Drift, dates_of, drift_of
from glassmaster.training.studio.styling.style import HouseStyle, Trait
from glassmaster.training.studio.styling.telling import drift_text

NAMES = ("bass", "treble", "peaks over loudness", "width, high band", "loudness")
ALBUMS = 8
SONGS = 5


def style_of(values: dict[str, np.ndarray], units: list[str]) -> HouseStyle:
    traits = tuple(
        Trait(name, "LUFS" if name == "loudness" else "dB", each, 0.0, 0.0, 0.0, 0.0)
        for name, each in values.items()
    )
    return HouseStyle(len(units), tuple(units), False, (), traits)


def made(seed: int, slope: float = 0.0) -> tuple[HouseStyle, np.ndarray]:
    """Albums two years apart, with an album's own habit, and loudness that moves by a slope."""
    rng = np.random.default_rng(seed)
    units = [f"album {song // SONGS:02d}" for song in range(ALBUMS * SONGS)]
    years = 2005.5 + 2.0 * (np.arange(ALBUMS * SONGS) // SONGS)
    values = {}
    for name in NAMES:
        album = np.repeat(rng.normal(0.0, 0.5, ALBUMS), SONGS)
        values[name] = album + rng.normal(0.0, 1.0, ALBUMS * SONGS)
    values["loudness"] = values["loudness"] + slope * (years - 2005.5)
    return style_of(values, units), years


def sure(drift: Drift) -> list[str]:
    return [each.name for each in drift.slopes if each.is_sure]


def test_a_drift_is_told() -> None:
    found = [drift_of(*_ordered(made(seed, slope=0.4))) for seed in range(20)]
    assert sum("loudness" in sure(each) for each in found) >= 19
    slopes = [next(s for s in each.slopes if s.name == "loudness") for each in found]
    assert np.mean([each.value for each in slopes]) == pytest.approx(0.4, abs=0.03)
    assert slopes[0].unit == "LU a year"
    text = drift_text(found[0])
    assert "loudness +0." in text
    assert "2005.5 to 2019.5, 8 dates from tags" in text


def test_no_drift_is_none() -> None:
    found = [drift_of(*_ordered(made(seed))) for seed in range(400)]
    told = sum(bool(sure(each)) for each in found)
    assert 2 <= told <= 32  # 5 % of 400, give or take three standard deviations of chance
    quiet = next(each for each in found if not sure(each))
    assert drift_text(quiet).startswith("no drift that can be told (")


def test_slopes_are_those_of_another_implementation() -> None:
    style, years = made(3, slope=0.1)
    drift = drift_of(style, TAGS, years)
    for slope, trait in zip(drift.slopes, style.traits, strict=True):
        means = trait.values.reshape(ALBUMS, SONGS).mean(axis=1)
        line = linregress(years[::SONGS], means)
        half = student.ppf(1.0 - 0.025 / len(NAMES), ALBUMS - 2) * line.stderr
        assert slope.value == pytest.approx(line.slope)
        assert (slope.low, slope.high) == pytest.approx((line.slope - half, line.slope + half))


def test_too_little_time_tells_nothing() -> None:
    style, years = made(1, slope=5.0)
    same = drift_of(style, CHANGED, np.full_like(years, 2020.0))
    assert (same.slopes, same.units) == ((), ALBUMS)
    assert "all albums are of the same time" in drift_text(same)
    few = drift_of(style, TAGS, np.where(years < 2010.0, years, np.nan))
    assert few.slopes == ()
    assert "3 albums have a date, and 4 are needed" in drift_text(few)
    none = drift_of(style, TAGS, np.full_like(years, np.nan))
    assert "0 albums have a date" in drift_text(none)


def test_dates_are_those_of_tags_where_most_have_one() -> None:
    new_year_ns = 1_577_836_800 * 10**9  # 2020-01-01T00:00:00Z
    files: Any = (new_year_ns, new_year_ns + 183 * 86_400 * 10**9, 0)

    def of(*years: float) -> Any:
        studied = [SimpleNamespace(year=np.array(year)) for year in years]
        return SimpleNamespace(studied=studied, mtimes_ns=files)

    source, years = dates_of(of(2011.5, 2012.5, np.nan))
    assert source == TAGS
    assert np.array_equal(years, [2011.5, 2012.5, np.nan], equal_nan=True)
    source, years = dates_of(of(2011.5, np.nan, np.nan))
    assert source == CHANGED  # which has no room for both kinds in one line
    assert years[:2] == pytest.approx([2020.0, 2020.5], abs=0.01)
    assert np.isnan(years[2])


def _ordered(both: tuple[HouseStyle, np.ndarray]) -> tuple[HouseStyle, str, np.ndarray]:
    return both[0], TAGS, both[1]
