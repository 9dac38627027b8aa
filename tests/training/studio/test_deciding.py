from __future__ import annotations

import itertools
from types import MappingProxyType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glassmaster.training.studio import deciding
from glassmaster.training.studio.deciding import (
    ALPHA,
    Verdict,
    decide,
    sign_flip_p,
    unit_means,
)
from glassmaster.training.studio.validating import BASE, MEAN_SETTINGS, STUDIO, UNCHANGED, HeldOut

differences = st.lists(st.integers(-50, 50).map(float), min_size=1, max_size=8)


def brute_force(values: list[float]) -> float:
    found = sum(values)
    sums = [
        sum(s * v for s, v in zip(signs, values, strict=True))
        for signs in itertools.product((1, -1), repeat=len(values))
    ]
    return sum(each >= found for each in sums) / len(sums)


@given(differences)
def test_it_is_the_share_of_patterns_of_signs_that_look_as_good(values: list[float]) -> None:
    p, exact = sign_flip_p(np.array(values))
    assert exact
    assert p == pytest.approx(brute_force(values), abs=1e-12)


@settings(max_examples=40)
@given(st.lists(st.integers(0, 20).map(float), min_size=1, max_size=7))
def test_its_size_is_held_whatever_the_magnitudes(magnitudes: list[float]) -> None:
    patterns = itertools.product((1.0, -1.0), repeat=len(magnitudes))
    p = np.array([sign_flip_p(np.array(magnitudes) * np.array(s))[0] for s in patterns])
    for level in (0.01, 0.05, 0.1, 0.3, 0.5):
        assert np.mean(p <= level) <= level + 1e-12


def test_the_best_of_five_units_is_one_in_thirty_two() -> None:
    assert sign_flip_p(np.array([1.0, 2.0, 0.5, 3.0, 0.1])) == (1.0 / 32.0, True)
    assert sign_flip_p(np.zeros(4)) == (1.0, True)


def test_many_units_are_drawn_and_agree_with_counting(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(3).normal(0.25, 1.0, 18)
    exact, is_exact = sign_flip_p(values)
    assert is_exact
    monkeypatch.setattr(deciding, "MOST_ENUMERATED", 10)
    drawn, is_exact = sign_flip_p(values)
    assert not is_exact
    assert drawn == sign_flip_p(values)[0]
    assert drawn == pytest.approx(exact, abs=5.0 * np.sqrt(exact / deciding.FLIPS))
    # what was found counts among what is drawn: never nought
    assert sign_flip_p(np.full(40, 1.0))[0] == 1.0 / (deciding.FLIPS + 1)


def held_out(units: list[str], gains: dict[str, list[float]], *, by_song: bool = False) -> HeldOut:
    own = np.full(len(units), 2.0)
    errors = {STUDIO: own, **{name: own + np.array(gain) for name, gain in gains.items()}}
    names = tuple(f"song {i}" for i in range(len(units)))
    return HeldOut(names, tuple(units), by_song, MappingProxyType(errors), MappingProxyType({}))


def test_songs_of_an_album_count_as_one() -> None:
    units = ["b", "a", "b", "a", "c"]
    assert unit_means(np.array([1.0, 4.0, 3.0, 6.0, 7.0]), units).tolist() == [5.0, 2.0, 7.0]


def test_six_albums_that_agree_are_accepted_and_five_are_promising() -> None:
    six = [str(i) for i in range(6)]
    better = {BASE: [0.5] * 6, UNCHANGED: [1.0] * 6, MEAN_SETTINGS: [-0.1] * 6}
    decision = decide(held_out(six, better))
    assert (decision.verdict, decision.units) == (Verdict.ACCEPTED, 6)
    assert decision.comparisons[BASE].p == 1.0 / 64.0
    estimate = decision.comparisons[BASE].change_db
    assert (estimate.mean, estimate.low, estimate.high, estimate.wins) == (-0.5, -0.5, -0.5, 1.0)
    five = {name: gain[:5] for name, gain in better.items()}
    assert decide(held_out(six[:5], five)).verdict == Verdict.PROMISING
    # ten songs of two albums are two units
    ten = {name: (gain * 2)[:10] for name, gain in better.items()}
    assert decide(held_out(["a", "b"] * 5, ten)).verdict == Verdict.NO_IMPROVEMENT


def test_what_does_not_beat_both_is_no_improvement() -> None:
    six = [str(i) for i in range(6)]
    mixed = [0.5, -0.4, 0.5, -0.6, 0.4, -0.3]
    for gains in ((mixed, [1.0] * 6), ([1.0] * 6, mixed), (mixed, mixed)):
        decision = decide(held_out(six, dict(zip((BASE, UNCHANGED), gains, strict=True))))
        assert decision.verdict == Verdict.NO_IMPROVEMENT
        assert max(each.p for each in decision.comparisons.values()) > ALPHA
    assert decide(held_out(six, {BASE: [0.5] * 6, UNCHANGED: [0.5] * 6}, by_song=True)).by_song
