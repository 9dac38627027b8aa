from __future__ import annotations

import numpy as np
import pytest

from glassmaster.models.errors import ParameterError
from glassmaster.models.mel_statistics import GROUP_SIZES, STATISTICS
from glassmaster.training.linear.inputs import (
    WHOLE,
    compact_inputs,
    content_free_inputs,
    input_matrix,
)


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


def test_what_the_music_tells_is_taken_from_the_inputs() -> None:
    rng = np.random.default_rng(2)
    songs = rng.standard_normal((400, len(STATISTICS)))
    spectrum = [i for i, name in enumerate(STATISTICS) if name.startswith("spectrum_db@")]
    rise = STATISTICS.index(next(name for name in STATISTICS if name.startswith("rise_db@")))
    songs[:, spectrum] += 4.0 * songs[:, [rise]]  # all bands follow one number of content
    packages = np.arange(400) // 10
    matrix = content_free_inputs(songs, packages)
    compact, free = songs @ compact_inputs().T, songs @ matrix.T
    assert compact[:, :20].std(axis=0).min() > 3.5
    assert free[:, :20].std(axis=0).max() < 1.5
    # what an equalizer does to a song is seen as before
    filtered = songs.copy()
    filtered[:, spectrum[3]] += 6.0
    np.testing.assert_allclose(
        (filtered - songs) @ matrix.T, (filtered - songs) @ compact_inputs().T, atol=1e-9
    )


def test_inputs_are_chosen_by_name() -> None:
    songs = np.random.default_rng(2).standard_normal((60, len(STATISTICS)))
    packages = np.arange(60) // 6
    np.testing.assert_array_equal(input_matrix("compact", songs, packages), compact_inputs())
    np.testing.assert_array_equal(input_matrix("all", songs, packages), np.eye(len(STATISTICS)))
    with pytest.raises(ParameterError, match="content_free"):
        input_matrix("none", songs, packages)
