from __future__ import annotations

import numpy as np

from glassmaster.models.mel_statistics import GROUP_SIZES, STATISTICS
from glassmaster.training.linear.inputs import WHOLE, compact_inputs


def test_groups_of_the_spectrum_are_averaged() -> None:
    matrix = compact_inputs()
    row = np.zeros(len(STATISTICS))
    spectrum = [i for i, name in enumerate(STATISTICS) if name.startswith("spectrum_db")]
    row[spectrum] = 2.0
    row[spectrum[-1]] += GROUP_SIZES[-1]
    np.testing.assert_allclose(matrix[: len(GROUP_SIZES) - 1] @ row, 2.0)
    np.testing.assert_allclose(matrix[len(GROUP_SIZES) - 1] @ row, 3.0)


def test_statistics_of_the_whole_are_inputs_as_they_are() -> None:
    matrix = compact_inputs()
    statistics = np.random.default_rng(0).standard_normal(len(STATISTICS))
    wanted = [statistics[STATISTICS.index(name)] for name in WHOLE]
    np.testing.assert_array_equal(matrix[len(GROUP_SIZES) :] @ statistics, wanted)


def test_what_betrays_how_a_mix_was_made_is_not_read() -> None:
    families = ("crest", "peak_p5", "peak_p95", "rise", "flux", "p10", "p50", "spread", "slow")
    left = [i for i, name in enumerate(STATISTICS) if name.startswith(families)]
    assert left
    assert not compact_inputs()[:, left].any()
