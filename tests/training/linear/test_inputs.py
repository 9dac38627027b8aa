from __future__ import annotations

import numpy as np

from glassmaster.models.mel_statistics import GROUP_SIZES, STATISTICS
from glassmaster.training.linear.inputs import CONTENT_DIRECTIONS, compact_inputs


def songs(seed: int = 0, count: int = 40) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((count, len(STATISTICS)))


def test_groups_of_the_spectrum_are_averaged() -> None:
    matrix = compact_inputs(songs())
    row = np.zeros(len(STATISTICS))
    spectrum = [i for i, name in enumerate(STATISTICS) if name.startswith("spectrum_db")]
    row[spectrum] = 2.0
    np.testing.assert_allclose(matrix[: len(GROUP_SIZES)] @ row, 2.0)


def test_every_statistic_of_the_whole_is_an_input_of_its_own() -> None:
    matrix = compact_inputs(songs())
    whole = [i for i, name in enumerate(STATISTICS) if name.endswith("@all") or "@" not in name]
    kept = [i for i in whole if not STATISTICS[i].startswith(("p10", "spread", "slow"))]
    assert len(kept) == len(whole) - 4
    for place in kept:
        rows = np.flatnonzero(matrix[:, place])
        assert len(rows) == 1
        assert np.count_nonzero(matrix[rows[0]]) == 1


def test_widths_of_single_bands_and_what_depends_on_length_are_left_out() -> None:
    families = ("width_db@", "p10_db", "spread_db", "slow_p")
    left = [i for i, name in enumerate(STATISTICS) if name.startswith(families)]
    assert not compact_inputs(songs())[:, left].any()


def test_the_direction_in_which_songs_differ_most_is_kept() -> None:
    data = 0.1 * songs()
    content = [i for i, name in enumerate(STATISTICS) if name.startswith("flux_db@")][:-1]
    common = np.random.default_rng(1).standard_normal(len(data))
    data[:, content] += 5.0 * common[:, None]
    found = data @ compact_inputs(data)[-CONTENT_DIRECTIONS].T
    assert abs(np.corrcoef(found, common)[0, 1]) > 0.99


def test_fewer_songs_than_directions_are_enough() -> None:
    assert np.isfinite(compact_inputs(songs(count=2))).all()
