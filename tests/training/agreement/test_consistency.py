from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from glassmaster.training.agreement import consistency
from glassmaster.training.agreement.consistency import (
    Verdict,
    mean_interval,
    sign_flip_p_values,
    trait_agreements,
)
from glassmaster.training.agreement.traits import TRAITS
from glassmaster.training.studio.deciding import sign_flip_p

AIR = [trait.key for trait in TRAITS].index("tone@air")
PLR = [trait.key for trait in TRAITS].index("plr")

whole = st.integers(-20, 20).map(float)
tables = st.tuples(st.integers(1, 6), st.integers(1, 4)).flatmap(
    lambda shape: arrays(np.float64, shape, elements=whole)
)


def values_of(songs: int, **columns: object) -> np.ndarray:
    values = np.zeros((songs, len(TRAITS)))
    for key, column in columns.items():
        values[:, {"air": AIR, "plr": PLR}[key]] = column
    return values


def brute_force(means: np.ndarray) -> tuple[list[float], list[float]]:
    """Alone and adjusted, by the definition: every pattern, and every set of what remains."""
    units, traits = means.shape
    sizes = [float(np.sqrt((means[:, t] ** 2).sum())) for t in range(traits)]
    table = [
        [
            abs(sum(s * m for s, m in zip(signs, means[:, t], strict=True))) / (sizes[t] or 1.0)
            for t in range(traits)
        ]
        for signs in itertools.product((1, -1), repeat=units)
    ]
    found = table[0]
    alone = [
        np.mean([row[t] >= found[t] - 1e-9 for row in table]) if sizes[t] else 1.0
        for t in range(traits)
    ]
    order = sorted(range(traits), key=lambda t: -found[t])
    adjusted, least = [1.0] * traits, 0.0
    for step, t in enumerate(order):
        remaining = order[step:]
        share = np.mean([max(row[u] for u in remaining) >= found[t] - 1e-9 for row in table])
        least = max(least, float(share))
        adjusted[t] = least if sizes[t] else 1.0
    return alone, adjusted


@settings(max_examples=60)
@given(tables)
def test_probabilities_are_shares_of_patterns_of_signs(means: np.ndarray) -> None:
    alone, adjusted = sign_flip_p_values(means)
    expected = brute_force(means)
    np.testing.assert_allclose(alone, expected[0], atol=1e-12)
    np.testing.assert_allclose(adjusted, expected[1], atol=1e-12)
    assert np.all(adjusted >= alone - 1e-12)


@given(st.lists(whole, min_size=1, max_size=8))
def test_alone_it_is_the_test_by_which_studios_are_judged(values: list[float]) -> None:
    column = np.array(values)
    one_sided, _ = sign_flip_p(column if column.sum() >= 0.0 else -column)
    alone, _ = sign_flip_p_values(column[:, None])
    assert alone[0] == pytest.approx(min(2.0 * one_sided, 1.0) if column.any() else 1.0)


@settings(max_examples=25)
@given(tables)
def test_the_chance_of_telling_anything_false_is_held(magnitudes: np.ndarray) -> None:
    patterns = itertools.product((1.0, -1.0), repeat=len(magnitudes))
    least = np.array(
        [sign_flip_p_values(magnitudes * np.array(s)[:, None])[1].min() for s in patterns]
    )
    for level in (0.03, 0.05, 0.125, 0.3):
        assert np.mean(least <= level) <= level + 1e-12


def test_six_units_suffice_among_all_traits() -> None:
    noise = np.random.default_rng(1).normal(0.0, 1.0, (6, len(TRAITS)))
    noise[:, AIR] = 3.0 + 0.1 * noise[:, AIR]
    _, adjusted = sign_flip_p_values(noise)
    assert adjusted[AIR] == 2.0 / 64.0
    assert np.delete(adjusted, AIR).min() > 0.05


def test_what_is_unknown_in_a_unit_counts_as_nothing_there() -> None:
    means = np.array([[3.0, 1.0], [2.0, np.nan], [4.0, 2.0]])
    alone, _ = sign_flip_p_values(means)
    assert alone.tolist() == [0.25, 0.5]


def test_many_units_are_drawn_and_agree_with_counting(monkeypatch: pytest.MonkeyPatch) -> None:
    means = np.random.default_rng(3).normal(0.3, 1.0, (14, 5))
    counted = sign_flip_p_values(means)
    monkeypatch.setattr(consistency, "MOST_ENUMERATED", 10)
    drawn = sign_flip_p_values(means)
    np.testing.assert_allclose(drawn, counted, atol=0.005)  # three standard deviations and more
    assert np.array_equal(drawn, sign_flip_p_values(means))


@pytest.mark.parametrize(
    ("units", "verdict"),
    [(3, Verdict.TOO_FEW), (4, Verdict.TENDS), (5, Verdict.TENDS), (6, Verdict.CONSISTENT)],
)
def test_what_is_told_depends_on_the_number_of_units(units: int, verdict: Verdict) -> None:
    names = [f"album {number // 2}" for number in range(2 * units)]
    wobble = np.random.default_rng(2).normal(0.0, 0.2, 2 * units)
    found = trait_agreements(values_of(2 * units, air=2.0 + wobble), names)
    assert (found[AIR].verdict, found[AIR].units, found[AIR].songs) == (verdict, units, 2 * units)
    assert found[AIR].agreeing == 2 * units
    assert found[AIR].p == found[AIR].p_adjusted == 2.0 / 2.0**units
    nothing = Verdict.NONE if units > 3 else Verdict.TOO_FEW
    assert {each.verdict for place, each in enumerate(found) if place != AIR} == {nothing}


def test_a_difference_too_small_to_tell_is_none() -> None:
    found = trait_agreements(values_of(8, air=0.05), list("abcdefgh"))
    assert found[AIR].p_adjusted < 0.01
    assert found[AIR].verdict is Verdict.NONE


def test_other_groups_cost() -> None:
    values = values_of(6, air=[2.0, 2.1, 2.2, 1.9, 2.0, 2.1])
    alone, among = (trait_agreements(values, list("abcdef"), families=n) for n in (1, 2))
    assert (alone[AIR].verdict, among[AIR].verdict) == (Verdict.CONSISTENT, Verdict.NONE)
    assert among[AIR].p_adjusted == 2.0 * alone[AIR].p_adjusted


def test_of_what_is_known_nowhere_nothing_is_told() -> None:
    found = trait_agreements(values_of(6, plr=np.nan, air=2.0), list("abcdef"))
    assert (found[PLR].songs, found[PLR].units, found[PLR].verdict) == (0, 0, Verdict.TOO_FEW)
    assert np.isnan(found[PLR].mean)
    assert found[AIR].verdict is Verdict.CONSISTENT


@settings(max_examples=15, deadline=None)
@given(arrays(np.float64, (9, 2), elements=st.floats(-3.0, 3.0)), st.integers(1, 9))
def test_never_against_an_interval_that_holds_zero(values: np.ndarray, count: int) -> None:
    units = [f"album {number % count}" for number in range(9)]
    found = trait_agreements(values_of(9, air=values[:, 0], plr=values[:, 1]), units)
    for each in found:
        assert np.isnan(each.low) == (count == 1)
        assert not each.low > each.mean + 1e-9
        assert not each.mean > each.high + 1e-9
        if each.is_told:
            assert each.low > 0.0 or each.high < 0.0
            assert each.units >= 4
        if each.verdict is Verdict.CONSISTENT:
            assert each.units >= 6
            assert each.p_adjusted <= 0.05


def test_one_album_has_no_interval() -> None:
    mean, low, high = mean_interval(np.array([1.0, 2.0, np.nan]), ["a", "a", "b"])
    assert mean == 1.5
    assert np.isnan([low, high]).all()


def test_songs_of_one_album_do_not_make_an_interval_narrow() -> None:
    values = np.repeat([0.0, 1.0, 2.0, 3.0], 5)
    albums = mean_interval(values, [f"album {number // 5}" for number in range(20)])
    songs = mean_interval(values, [f"song {number}" for number in range(20)])
    assert albums[0] == songs[0] == 1.5
    assert albums[2] - albums[1] > 1.5 * (songs[2] - songs[1])
