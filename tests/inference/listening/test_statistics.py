from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, norm

from glassmaster.inference.listening.statistics import (
    LEVEL,
    critical_count,
    holm,
    least_trials,
    power,
    size,
    tail,
    trials_for,
    two_sided,
    wilson,
)

counts = st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))

# trials, needed, p: of the listening literature
TABLE = (
    (10, 9, 0.011),
    (12, 10, 0.019),
    (16, 12, 0.038),
    (20, 15, 0.021),
    (24, 17, 0.032),
    (30, 20, 0.049),
)


@given(counts)
def test_tails_are_those_of_the_binomial_distribution(given: tuple[int, int]) -> None:
    hits, trials = given
    assert float(tail(hits, trials)) == pytest.approx(binom.sf(hits - 1, trials, 0.5), rel=1e-9)
    both = sum(binom.pmf(k, trials, 0.5) for k in range(trials + 1) if _as_far(k, hits, trials))
    assert float(two_sided(hits, trials)) == pytest.approx(min(1.0, both), rel=1e-9)


def _as_far(k: int, hits: int, trials: int) -> bool:
    return abs(2 * k - trials) >= abs(2 * hits - trials)


@pytest.mark.parametrize(("trials", "needed", "p_value"), TABLE)
def test_critical_counts_are_those_of_the_tables(trials: int, needed: int, p_value: float) -> None:
    assert critical_count(trials) == needed
    assert float(size(trials)) == pytest.approx(p_value, abs=5e-4)


@pytest.mark.parametrize("level", [LEVEL, LEVEL / 2, LEVEL / 6, LEVEL / 30])
def test_no_size_exceeds_its_level_and_none_is_needlessly_small(level: Fraction) -> None:
    for trials in range(1, 501):
        critical = critical_count(trials, level)
        assert size(trials, level) <= level
        assert critical == trials + 1 or tail(critical, trials) <= level
        assert tail(critical - 1, trials) > level
    least = least_trials(level)
    assert Fraction(1, 2**least) <= level < Fraction(1, 2 ** (least - 1))


def test_four_trials_can_never_tell_anything() -> None:
    assert least_trials() == 5
    assert critical_count(4) == 5
    assert size(4) == 0
    assert power(4, 0.9) == 0.0


@pytest.mark.parametrize(("trials", "expected"), [(16, 0.45), (30, 0.73), (50, 0.86)])
def test_power_at_seventy_percent(trials: int, expected: float) -> None:
    assert power(trials, 0.7) == pytest.approx(expected, abs=5e-3)
    assert power(trials, 0.7) == pytest.approx(
        binom.sf(critical_count(trials) - 1, trials, 0.7), rel=1e-9
    )


def test_trials_that_find_a_small_preference() -> None:
    assert trials_for(0.6, 0.8) == 158
    assert power(158, 0.6) >= 0.8 > max(power(n, 0.6) for n in range(1, 158))


@given(counts, st.sampled_from([0.8, 0.9, 0.95, 0.99]))
def test_wilson_ends_are_where_the_score_test_turns(
    given: tuple[int, int], confidence: float
) -> None:
    hits, trials = given
    low, high = wilson(hits, trials, confidence)
    z = norm.ppf(0.5 + confidence / 2.0)
    assert 0.0 <= low <= hits / trials <= high <= 1.0
    for end in (low, high):
        if 0.0 < end < 1.0:
            score = abs(hits / trials - end) / math.sqrt(end * (1.0 - end) / trials)
            assert score == pytest.approx(z, rel=1e-6)
    assert (low == 0.0) == (hits == 0)
    assert (high == 1.0) == (hits == trials)


def test_holm_by_hand() -> None:
    given = [Fraction(1, 100), Fraction(4, 100), Fraction(3, 100), Fraction(1, 200)]
    # sorted: .005·4, .01·3, .03·2, .04·1 and never less than the one before
    assert [float(p) for p in holm(given)] == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([Fraction(9, 10), Fraction(8, 10)]) == (1, 1)
    assert holm([LEVEL]) == (LEVEL,)
