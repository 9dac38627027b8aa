from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import signal

from glassmaster.inference.presets.bands import (
    Band,
    Kind,
    bell_q,
    level_db,
    shelf_q,
    shelf_slope,
    total_response_db,
)
from glassmaster.inference.presets.equalizing import HEARD_HZ, equalize
from glassmaster.models.errors import RecipeError
from glassmaster.models.processors.equalizer import (
    FILTERS,
    LEVEL_CENTERS_HZ,
    SPECS,
    ResolvedEqualizer,
)

BUTTERWORTH = math.sqrt(0.5)
HIGH_RATE = 8_000_000.0  # where a digital filter is its analog prototype


def band(kind: Kind, frequency_hz: float, gain_db: float = 0.0, q: float = BUTTERWORTH) -> Band:
    return Band("a filter", kind, frequency_hz, gain_db, q)


def cookbook_db(kind: Kind, hz: float, gain_db: float, q: float) -> np.ndarray:
    """R. Bristow-Johnson's digital formulae, as they are published."""
    a = 10.0 ** (gain_db / 40.0)
    w = 2.0 * math.pi * hz / HIGH_RATE
    cos, alpha = math.cos(w), math.sin(w) / (2.0 * q)
    root = 2.0 * math.sqrt(a) * alpha
    if kind == "bell":
        b = [1 + alpha * a, -2 * cos, 1 - alpha * a]
        c = [1 + alpha / a, -2 * cos, 1 - alpha / a]
    elif kind == "low_shelf":
        b = [a * (a + 1 - (a - 1) * cos + root), 2 * a * (a - 1 - (a + 1) * cos)]
        b.append(a * (a + 1 - (a - 1) * cos - root))
        c = [a + 1 + (a - 1) * cos + root, -2 * (a - 1 + (a + 1) * cos)]
        c.append(a + 1 + (a - 1) * cos - root)
    elif kind == "high_shelf":
        b = [a * (a + 1 + (a - 1) * cos + root), -2 * a * (a - 1 + (a + 1) * cos)]
        b.append(a * (a + 1 + (a - 1) * cos - root))
        c = [a + 1 - (a - 1) * cos + root, 2 * (a - 1 - (a + 1) * cos)]
        c.append(a + 1 - (a - 1) * cos - root)
    else:
        b = [(1 + cos) / 2, -(1 + cos), (1 + cos) / 2]
        c = [1 + alpha, -2 * cos, 1 - alpha]
    _, response = signal.freqz(b, c, worN=HEARD_HZ, fs=HIGH_RATE)
    found: np.ndarray = 20.0 * np.log10(np.abs(response))
    return found


@pytest.mark.parametrize(
    ("kind", "hz", "gain_db", "q"),
    [
        ("bell", 400.0, 5.0, 1.4),
        ("bell", 3000.0, -9.0, 0.5),
        ("low_shelf", 200.0, 6.0, 0.6),
        ("low_shelf", 900.0, -4.0, 1.1),
        ("high_shelf", 7000.0, 3.0, BUTTERWORTH),
        ("high_shelf", 2000.0, -8.0, 0.5),
        ("high_pass", 300.0, 0.0, 0.9),
    ],
)
def test_responses_are_those_of_the_cookbook(
    kind: Kind, hz: float, gain_db: float, q: float
) -> None:
    error_db = band(kind, hz, gain_db, q).response_db(HEARD_HZ) - cookbook_db(kind, hz, gain_db, q)
    assert np.abs(error_db).max() < 0.01


@pytest.mark.parametrize(("kind", "end"), [("low_shelf", 0), ("high_shelf", -1)])
def test_a_shelf_of_first_order_reaches_its_gain_and_has_half_of_it_in_the_middle(
    kind: Kind, end: int
) -> None:
    shelf = Band("a filter", kind, 600.0, 6.0, order=1)
    far_hz = np.array([1.0, 600.0, 360_000.0])
    response_db = shelf.response_db(far_hz)
    assert response_db[1] == pytest.approx(3.0, abs=1e-9)
    assert response_db[end] == pytest.approx(6.0, abs=1e-3)
    assert response_db[-1 - end] == pytest.approx(0.0, abs=1e-3)


def test_a_high_pass_of_first_order_loses_3_db_at_its_corner_and_6_db_an_octave() -> None:
    response_db = Band("a filter", "high_pass", 600.0, order=1).response_db(
        np.array([600.0, 6.0, 3.0])
    )
    assert response_db[0] == pytest.approx(-3.0103, abs=1e-4)
    assert response_db[1] - response_db[2] == pytest.approx(6.0206, abs=1e-3)


def test_slope_and_q_of_a_shelf_are_one_thing() -> None:
    assert shelf_q(1.0, 7.0) == pytest.approx(BUTTERWORTH)  # S = 1, whatever the gain
    for gain_db in (-9.0, 3.0):
        assert shelf_slope(shelf_q(0.4, gain_db), gain_db) == pytest.approx(0.4)
    with pytest.raises(RecipeError, match="no shelf"):
        shelf_q(0.0, 3.0)


@pytest.mark.parametrize(("octaves", "q"), [(1.0, 1.41421), (0.167, 8.65), (2.0, 0.66667)])
def test_bandwidth_and_q_of_a_bell_are_one_thing(octaves: float, q: float) -> None:
    assert bell_q(octaves) == pytest.approx(q, rel=2e-3)  # tabulated widely


def test_filters_that_the_chain_has_are_taken_over_as_they_are() -> None:
    given = [
        band("high_shelf", 8000.0, 1.5),
        band("bell", 300.0, 2.0, 2.0),
        band("high_pass", 30.0),
        band("bell", 250.0, -3.0, 1.2),  # two of them share the region of `low`
        band("low_shelf", 100.0, 2.0),
        band("bell", 4000.0, 0.0, 9.0),  # nothing
    ]
    found = equalize(given)
    assert found.is_exact
    assert found.worst_db < 1e-9
    expected = {spec.key: spec.default for spec in SPECS} | {
        "high_pass_frequency_hz": 30.0,
        "low_shelf_gain_db": 2.0,
        "low_shelf_frequency_hz": 100.0,
        "low_gain_db": -3.0,
        "low_frequency_hz": 250.0,
        "low_q": 1.2,
        "low_mid_gain_db": 2.0,
        "low_mid_frequency_hz": 300.0,
        "low_mid_q": 2.0,
        "high_shelf_gain_db": 1.5,
        "high_shelf_frequency_hz": 8000.0,
    }
    assert found.values == expected


@pytest.mark.parametrize("seed", range(8))
def test_any_setting_of_the_chains_own_filters_is_exact(seed: int) -> None:
    rng = np.random.default_rng(seed)
    given = [
        band(
            item.shape,
            float(rng.uniform(item.low_hz, item.high_hz)),
            float(rng.uniform(-8.0, 8.0)),
            float(rng.uniform(0.4, 3.0)) if item.shape == "bell" else BUTTERWORTH,
        )
        for item in FILTERS
        if rng.uniform() < 0.8
    ]
    assert equalize(given).worst_db < 0.01  # the high-pass at its lowest corner is not quite flat


def hard_cases() -> list[list[Band]]:
    return [
        [band("bell", 250.0, -6.0, 6.0)],
        [band("high_pass", 120.0)],
        [band("high_pass", 60.0), band("high_pass", 60.0)],
        [band("high_shelf", 16_000.0, 3.0)],
        [band("bell", 31.25 * 2.0**octave, (-1.0) ** octave * 5.0, 1.41) for octave in range(10)],
        [band("low_shelf", 300.0, 12.0, 0.5), band("bell", 60.0, -12.0, 2.0)],
    ]


@pytest.mark.parametrize("case", range(6))
def test_the_error_that_is_told_is_that_of_the_response(case: int) -> None:
    given = hard_cases()[case]
    found = equalize(given)
    assert not found.is_exact
    wanted_db = total_response_db(given, HEARD_HZ)
    balance = [each for each in given if each.kind != "high_pass"]
    wanted_db = wanted_db - total_response_db(balance, LEVEL_CENTERS_HZ).mean()
    response_db = ResolvedEqualizer(found.values).response_db(HEARD_HZ, 48_000)
    wanted_db, response_db = np.maximum(wanted_db, -24.0), np.maximum(response_db, -24.0)
    error_db = np.abs(response_db - wanted_db)
    assert found.worst_db == pytest.approx(error_db.max())
    assert found.mean_db == pytest.approx(error_db.mean())
    assert f"{found.worst_db:.2f} dB at most" in found.finding(len(given)).message
    unfitted_db = np.abs(wanted_db - wanted_db.mean()).mean()
    assert found.mean_db < max(0.6 * unfitted_db, 0.2)


def test_a_mastering_equalizer_of_other_filters_is_met_within_a_tenth_of_a_decibel() -> None:
    given = [
        band("high_pass", 28.0),
        band("low_shelf", 60.0, 1.5, 0.71),
        band("bell", 220.0, -1.5, 0.9),
        band("bell", 320.0, -1.0, 2.0),
        band("bell", 3000.0, 0.8, 0.7),
        band("bell", 5200.0, -1.0, 3.0),
        band("high_shelf", 12_000.0, 1.5, 0.6),
    ]
    found = equalize(given)
    assert not found.is_exact
    assert found.worst_db < 0.1


def test_the_level_is_that_of_shelves_and_bells_alone() -> None:
    flat = [band("low_shelf", 20_000.0, 6.0), band("high_shelf", 4.0, -2.0)]  # all of it lifted
    assert level_db([*flat, band("high_pass", 80.0)]) == pytest.approx(4.0, abs=0.25)
    assert equalize(flat).level_db == level_db(flat)
