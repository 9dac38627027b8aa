from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from glassmaster.data.corpus.shard import ShardSong
from glassmaster.data.features.content import CONTENT
from glassmaster.data.reference.embedding import shipped_embedding
from glassmaster.data.reference.search import exact_nearest
from glassmaster.models.errors import ModelError, ParameterError
from glassmaster.models.spectrum import CENTERS_HZ, PowerSpectrum
from glassmaster.training.learning.smoke import generated_songs
from glassmaster.training.retrieval.embedding import (
    DIMENSION,
    export_embedding,
    learn_embedding,
    song_tones_db,
)

SONGS, PACKAGES = 120, 12


@pytest.fixture(scope="module")
def songs() -> list[ShardSong]:
    """Songs whose tilt is told by three of the numbers of their content, and by no other."""
    [plain] = generated_songs(1, 6.0, split="fit", first=0)
    rng = np.random.default_rng(0)
    octaves = np.log2(CENTERS_HZ / 1000.0)
    made = []
    for index in range(SONGS):
        content = rng.normal(size=len(CONTENT))
        tilt_db = content[:3].sum()
        power = 10.0 ** (0.1 * (tilt_db * octaves + rng.normal(0.0, 0.5, len(octaves))))
        spectrum = PowerSpectrum(power, 0.1 * power, 0.0 * power)
        package = f"p{index % PACKAGES}"
        made.append(replace(plain, content=content, spectrum=spectrum, package=package))
    return made


def test_songs_of_like_spectra_lie_near_each_other(songs: list[ShardSong]) -> None:
    told: list[str] = []
    embedding = learn_embedding(songs, told.append)
    assert "penalty" in told[0]
    places = embedding.of(np.array([song.content for song in songs]))
    assert places.shape == (SONGS, DIMENSION)
    tones = song_tones_db(songs)
    errors, chance = [], []
    rng = np.random.default_rng(1)
    for index in range(SONGS):
        others = np.arange(SONGS) != index
        near = exact_nearest(places, places[index], 8, others).indices
        errors.append(np.abs(tones[near].mean(axis=0) - tones[index]).mean())
        drawn = rng.permutation(np.flatnonzero(others))[:8]
        chance.append(np.abs(tones[drawn].mean(axis=0) - tones[index]).mean())
    assert np.mean(errors) < 0.6 * np.mean(chance)


def test_places_by_production_are_white(songs: list[ShardSong]) -> None:
    embedding = learn_embedding(songs, lambda _: None)
    from glassmaster.data.reference.production import Production
    from glassmaster.training.retrieval.embedding import _production

    rows = [_production(song) for song in songs]
    names = ("figures", "mid_db", "side_db", "correlation")
    whole = Production(*(np.stack([getattr(row, name) for row in rows]) for name in names))
    places = embedding.of_production(whole)
    np.testing.assert_allclose(places.std(axis=0), 1.0, atol=0.05)


def test_what_is_written_is_read(songs: list[ShardSong], tmp_path: Path) -> None:
    embedding = learn_embedding(songs, lambda _: None)
    path = export_embedding(tmp_path / "e.safetensors", embedding, {"seed": "1"})
    again = path.read_bytes()
    found = shipped_embedding(path)
    np.testing.assert_array_equal(found.content.matrix, embedding.content.matrix)
    np.testing.assert_array_equal(found.production.mean, embedding.production.mean)
    assert export_embedding(path, embedding, {"seed": "1"}).read_bytes() == again
    path.write_bytes(again[:-100])
    shipped_embedding.cache_clear()
    with pytest.raises(ModelError, match="install the package again"):
        shipped_embedding(path)


def test_songs_of_one_package_are_too_few(songs: list[ShardSong]) -> None:
    with pytest.raises(ParameterError, match="several packages"):
        learn_embedding(songs[::PACKAGES], lambda _: None)
