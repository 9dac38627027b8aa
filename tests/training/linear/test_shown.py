"""Telling settings: from songs whose spread and whose settings are known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from glassmaster.inference.learned.model_file import ModelFile
from glassmaster.inference.learned.shown import ShownSettings
from glassmaster.inference.predictor import Company
from glassmaster.models.errors import ModelError
from glassmaster.models.mel import mel_edges_hz
from glassmaster.models.mel_statistics import STATISTICS
from glassmaster.models.moves import MOVES, NEUTRAL, RESPONSE, RESPONSE_HZ, WIDTH
from glassmaster.training.learning.styles import StylePrior
from glassmaster.training.linear.shown import learn_shown

Array = npt.NDArray[np.float64]

SONGS = 300
SPECTRUM = np.array([name.startswith("spectrum_db@") for name in STATISTICS])
WIDTHS = np.array([name.startswith("width_db@") for name in STATISTICS])
BAND_HZ = mel_edges_hz()[1:-1]


def _songs(rng: np.random.Generator, count: int) -> Array:
    """Return songs whose spectra differ by 6 dB over an octave or more."""
    statistics = 0.1 * rng.standard_normal((count, len(STATISTICS)))
    octaves = np.log2(BAND_HZ)
    alike = np.exp(-0.5 * (octaves[:, None] - octaves) ** 2)
    shape = np.linalg.cholesky(alike + 1e-6 * np.eye(len(octaves)))
    statistics[:, SPECTRUM] += 6.0 * rng.standard_normal((count, len(octaves))) @ shape.T
    statistics[:, WIDTHS] += 5.0 * rng.standard_normal((count, 1)) - 12.0
    return statistics


@pytest.fixture(scope="module")
def told() -> ShownSettings:
    songs = _songs(np.random.default_rng(3), SONGS)
    arrays = learn_shown(songs, StylePrior(), seed=1)
    return ShownSettings(ModelFile(Path("told"), "", "network", {}, arrays))


def _tilted(songs: Array, tilt_db: float) -> Array:
    """Return songs that went through a tilt around 1 kHz, in dB an octave."""
    through = songs.copy()
    through[:, SPECTRUM] += tilt_db * np.log2(BAND_HZ / 1000.0)
    return through


def _slope(moves: Array) -> float:
    """Return the tilt of a response in dB an octave."""
    return float(np.polyfit(np.log2(RESPONSE_HZ), moves[RESPONSE], 1)[0])


@pytest.mark.parametrize("tilt_db", [-0.5, 0.5])
def test_the_more_songs_show_settings_the_more_of_them_is_told(
    told: ShownSettings, tilt_db: float
) -> None:
    songs = _songs(np.random.default_rng(5), 4000)
    usual = _slope(told.moves(Company(songs, np.ones(len(songs)))))
    shown = [
        _slope(told.moves(Company(_tilted(songs[:count], tilt_db), np.ones(count)))) - usual
        for count in (400, 4000)
    ]
    assert shown[-1] == pytest.approx(tilt_db, rel=0.15)
    # expected over many songs: one tells least
    one = np.mean(
        [
            _slope(told.moves(Company(_tilted(song[None], tilt_db), np.ones(1)))) - usual
            for song in songs[:2000]
        ]
    )
    assert 0.0 < one / tilt_db < 0.5 * shown[-1] / tilt_db


def test_errors_are_smaller_than_those_of_doing_nothing(told: ShownSettings) -> None:
    rng = np.random.default_rng(7)
    songs = _songs(rng, 2000)
    tilts = 0.3 * rng.standard_normal(len(songs))
    found = np.array(
        [
            _slope(told.moves(Company(_tilted(song[None], tilt), np.ones(1))))
            for song, tilt in zip(songs, tilts, strict=True)
        ]
    )
    assert np.mean((found - tilts) ** 2) < np.mean(tilts**2)


def test_no_song_shows_nothing(told: ShownSettings) -> None:
    none = Company(np.zeros((0, len(STATISTICS))), np.zeros(0))
    np.testing.assert_array_equal(told.moves(none), NEUTRAL)


def test_equal_songs_count_by_their_weights(told: ShownSettings) -> None:
    songs = _songs(np.random.default_rng(9), 3)
    even = told.moves(Company(songs[:2], np.ones(2)))
    scaled = told.moves(Company(songs[:2], np.full(2, 0.1)))
    np.testing.assert_allclose(even, scaled, atol=1e-9)
    # a song that counts next to nothing changes next to nothing
    nearly = told.moves(Company(songs, np.array([1.0, 1.0, 1e-9])))
    np.testing.assert_allclose(nearly, even, atol=1e-6)


def test_a_width_is_told_where_it_is(told: ShownSettings) -> None:
    songs = _songs(np.random.default_rng(11), 3000)
    wider = songs.copy()
    wider[:, np.flatnonzero(WIDTHS)[-12:]] += 2.0
    usual, found = (told.moves(Company(rows, np.ones(len(rows))))[WIDTH] for rows in (songs, wider))
    gained = found - usual
    assert gained[2] > 5.0 * abs(gained[0])


def test_a_file_without_all_of_it_is_refused() -> None:
    arrays = learn_shown(_songs(np.random.default_rng(3), SONGS), StylePrior(), seed=1)
    assert arrays["shown.weights"].shape[0] == len(MOVES)
    for name in arrays:
        kept = {key: value for key, value in arrays.items() if key != name}
        with pytest.raises(ModelError, match="shown"):
            ShownSettings(ModelFile(Path("told"), "", "network", {}, kept))
