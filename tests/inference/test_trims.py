from __future__ import annotations

import numpy as np
import pytest

from glassmaster.inference.trims import FIT_HZ, equalizer_beside, trims_response_db
from glassmaster.models.processors.equalizer import LEVEL_CENTERS_HZ, ResolvedEqualizer
from glassmaster.models.processors.multiband_compressor import BANDS
from glassmaster.models.settings import BLOCKS

RATE = 48_000


def compressor(**trims_db: float) -> dict[str, float]:
    values = {spec.key: spec.default for spec in BLOCKS["multiband_compressor"]}
    return values | {f"{band}_trim_db": trims_db.get(band, 0.0) for band in BANDS}


def equalizer(**given: float) -> dict[str, float]:
    return {spec.key: spec.default for spec in BLOCKS["equalizer"]} | given


def response_db(values: dict[str, float]) -> np.ndarray:
    found: np.ndarray = ResolvedEqualizer(values).response_db(FIT_HZ, RATE)
    return found


def test_trims_are_the_bands_gains_far_from_their_corners() -> None:
    trims_db = {"low": 2.0, "low_mid": -1.0, "high_mid": 0.5, "high": -2.0}
    middles_hz = np.array([15.0, 330.0, 2000.0, 40_000.0])
    found = trims_response_db(compressor(**trims_db), middles_hz)
    steps = np.diff(found)
    assert steps == pytest.approx(np.diff(list(trims_db.values())), abs=0.25)  # bands overlap


def test_trims_that_are_alike_are_no_balance() -> None:
    alike = dict.fromkeys(BANDS, 2.5)
    assert trims_response_db(compressor(**alike), FIT_HZ) == pytest.approx(0.0, abs=1e-9)
    assert trims_response_db(compressor(), LEVEL_CENTERS_HZ).mean() == pytest.approx(0.0)


def test_what_trims_do_already_is_not_done_again() -> None:
    """Wanted +4 dB of treble in all; the compressor's trim makes about half of it."""
    wanted = equalizer(high_shelf_gain_db=4.0, high_shelf_frequency_hz=5000.0)
    given = compressor(high=2.0)
    found = equalizer_beside(wanted, given, RATE)
    assert found is not None
    both_db = response_db(dict(found)) + trims_response_db(given, FIT_HZ)
    error_db = both_db - response_db(wanted)
    heard = (FIT_HZ > 40.0) & (FIT_HZ < 16_000.0)
    assert np.abs(error_db[heard]).max() < 0.5
    assert found["high_shelf_gain_db"] < 3.0


def test_trims_are_never_undone() -> None:
    """Where the compressor does more than was wanted, or the opposite, the person's word stands."""
    more = equalizer_beside(equalizer(high_shelf_gain_db=1.0), compressor(high=3.0), RATE)
    assert more is not None
    assert response_db(dict(more)).min() > -0.3
    against = equalizer(high_shelf_gain_db=3.0, low_shelf_gain_db=-3.0)
    assert equalizer_beside(against, compressor(high=-2.0, low=2.0), RATE) is None


@pytest.mark.parametrize("wanted", [equalizer(), equalizer(low_gain_db=3.0)])
def test_a_compressor_without_trims_changes_nothing(wanted: dict[str, float]) -> None:
    assert equalizer_beside(wanted, compressor(), RATE) is None
