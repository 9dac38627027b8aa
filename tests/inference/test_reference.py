from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from glassmaster.data.analysis import Analysis, Analyzer
from glassmaster.data.corpus.origins import artist_keys, upstream_game
from glassmaster.data.corpus.splits import shipped_splits
from glassmaster.data.features.content import CONTENT
from glassmaster.data.reference.corpus import ReferenceCorpus, empty_corpus, write_corpus
from glassmaster.data.reference.embedding import shipped_embedding
from glassmaster.data.reference.production import FIGURES
from glassmaster.data.synthetic import compose
from glassmaster.inference.corpora import (
    Weighted,
    check_own,
    named_corpora,
    one_corpus,
    shipped_corpus,
    split_weight,
)
from glassmaster.inference.reference import (
    NEIGHBORS,
    check_excluded,
    match,
    mix_production,
    nearer_share,
)
from glassmaster.models.errors import CatalogueError, UsageError


@pytest.fixture(scope="module")
def analysis() -> Analysis:
    song = compose(3, duration_s=20.0).mix
    analyzer = Analyzer(song.sample_rate, 2)
    analyzer.feed(song.samples)
    return analyzer.result()


def like(corpus: ReferenceCorpus, analysis: Analysis, index: int) -> Analysis:
    return replace(analysis, content=corpus.content[index])


def test_the_corpus_that_ships_holds_no_song_of_the_benchmark() -> None:
    corpus, splits = shipped_corpus(), shipped_splits()
    assert len(corpus) > 250
    learned = {t.identity for name in ("fit", "calibration") for t in splits[name]}
    assert {track.identity for track in corpus.tracks} <= learned
    for name in ("validation", "test"):
        held = splits[name]
        assert not {t.album for t in corpus.tracks} & {t.package for t in held}
        games, artists = (
            {upstream_game(t.album) for t in corpus.tracks},
            {key for t in corpus.tracks for key in artist_keys(t.artist)},
        )
        assert not games & {upstream_game(t.package) for t in held}
        assert not artists & {key for t in held for key in artist_keys(t.artist)}


def test_every_shipped_track_states_a_licence() -> None:
    corpus = shipped_corpus()
    assert all(track.licence not in ("", "unread", "unclear") for track in corpus.tracks)
    assert np.isfinite(corpus.production.figures[:, :4]).all()
    assert (corpus.production.figures[:, 0] > -17.0).all()


def test_a_track_is_nearest_to_itself_unless_excluded(analysis: Analysis) -> None:
    corpus = shipped_corpus()
    track = corpus.tracks[40]
    mix = like(corpus, analysis, 40)
    found = match(mix, (Weighted(corpus),))
    assert found is not None
    assert found.neighbors[0].track == track
    assert found.neighbors[0].distance == pytest.approx(0.0, abs=1e-5)
    distances = [each.distance for each in found.neighbors]
    assert distances == sorted(distances)
    assert len(found.neighbors) == NEIGHBORS
    assert found.statistics.shape == (NEIGHBORS, corpus.statistics.shape[1])
    for name in (track.identity, track.album, track.artist):
        if name:
            other = match(mix, (Weighted(corpus),), excluded=(name,))
            assert other is not None
            assert track not in [each.track for each in other.neighbors]


def test_the_mix_has_its_place_among_neighbors(analysis: Analysis) -> None:
    found = match(analysis, (Weighted(shipped_corpus()),))
    assert found is not None
    place, own = found.figures, mix_production(analysis).figures
    np.testing.assert_array_equal(place.mix, own)
    assert np.all(place.low <= place.middle)
    assert np.all(place.middle <= place.high)
    index = FIGURES.index("integrated_lufs")
    rows = shipped_corpus()
    names = [track.identity for track in rows.tracks]
    chosen = [names.index(each.track.identity) for each in found.neighbors]
    figures = rows.production.figures[chosen, index]
    assert place.percentile[index] == pytest.approx(100.0 * np.mean(figures < own[index]))
    assert place.middle[index] == pytest.approx(np.median(figures))
    for each in (found.tone_db, found.width_db, found.correlation):
        assert each.mix.shape == (31,)
        assert np.all((each.percentile >= 0.0) & (each.percentile <= 100.0))


def test_music_of_another_kind_is_far(analysis: Analysis) -> None:
    corpora = (Weighted(shipped_corpus()),)
    assert nearer_share(analysis, analysis, corpora) == 0.0
    odd = replace(analysis, content=analysis.content + 1e3)
    assert nearer_share(analysis, odd, corpora) > 0.95


def test_corpora_share_neighbors_by_weight(analysis: Analysis) -> None:
    whole = shipped_corpus()
    first, second = (replace(whole.rows(range(i, 200, 2)), name=str(i)) for i in range(2))
    found = match(analysis, (Weighted(first, 3.0), Weighted(second, 1.0)))
    assert found is not None
    names = [each.corpus for each in found.neighbors]
    assert (names.count("0"), names.count("1")) == (12, 4)


def test_any_count_is_kept_and_no_recording_counts_twice(analysis: Analysis) -> None:
    whole = shipped_corpus()
    parts = [Weighted(whole.rows(range(i, 60, 3))) for i in range(3)]
    for count in (1, 2, 16, 40):
        found = match(analysis, parts, count=count)
        assert found is not None
        assert len(found.neighbors) == count
    twice = match(analysis, (Weighted(whole), Weighted(replace(whole, name="copy"))))
    assert twice is not None
    assert len({each.track.sha256 for each in twice.neighbors}) == NEIGHBORS
    few = match(analysis, (Weighted(whole.rows(range(3))), Weighted(whole, 0.1)))
    assert few is not None
    assert len(few.neighbors) == NEIGHBORS


def test_a_name_that_excludes_nothing_is_refused() -> None:
    corpora = (Weighted(shipped_corpus()),)
    album = shipped_corpus().tracks[0].album
    check_excluded(corpora, (album.upper(),))
    with pytest.raises(UsageError) as caught:
        check_excluded(corpora, (album, "nobody at all"))
    assert caught.value.code == "nothing_excluded"


def test_an_artist_is_passed_over_in_company_too(analysis: Analysis) -> None:
    corpus = shipped_corpus()
    joined = replace(corpus.tracks[0], artist="Ann Other & Some Body")
    with_them = replace(corpus, tracks=(joined, *corpus.tracks[1:]))
    check_excluded((Weighted(with_them),), ("ann other",))
    found = match(like(corpus, analysis, 0), (Weighted(with_them),), excluded=("Ann Other",))
    assert found is not None
    assert joined not in [each.track for each in found.neighbors]


def test_figures_that_no_neighbor_has_are_undefined(analysis: Analysis) -> None:
    corpus = shipped_corpus().rows(range(16))
    figures = corpus.production.figures.copy()
    figures[:, 2] = np.nan
    blind = replace(corpus, production=replace(corpus.production, figures=figures))
    found = match(analysis, (Weighted(blind),))
    assert found is not None
    for values in (found.figures.low, found.figures.high, found.figures.percentile):
        assert np.isnan(values[2])


def test_without_tracks_or_sound_nothing_is_made_up(analysis: Analysis) -> None:
    corpus = shipped_corpus()
    with pytest.raises(CatalogueError) as caught:
        match(analysis, (Weighted(empty_corpus("mine")),))
    assert caught.value.code == "empty_corpus"
    assert "mine" in caught.value.message
    few = corpus.rows([0])
    with pytest.raises(CatalogueError, match="exclude fewer"):
        match(analysis, (Weighted(few),), excluded=(few.tracks[0].album,))
    silent = replace(analysis, content=np.zeros(len(CONTENT)))
    assert match(silent, (Weighted(corpus),)) is None


def test_corpora_have_names_and_weights(tmp_path: Path) -> None:
    path = tmp_path / "mine.corpus"
    write_corpus(path, shipped_corpus().rows(range(3)))
    assert [len(each.corpus) for each in named_corpora(())] == [len(shipped_corpus())]
    found = named_corpora((f"{path}:0.25", "shipped:2"))
    assert [(len(each.corpus), each.weight) for each in found] == [
        (3, 0.25),
        (len(shipped_corpus()), 2.0),
    ]
    assert named_corpora(("none",)) == ()
    with pytest.raises(CatalogueError):
        named_corpora((str(tmp_path / "gone.corpus"),))
    with pytest.raises(UsageError, match="above 0"):
        named_corpora((f"{path}:0",))
    assert len(one_corpus("shipped")) == len(shipped_corpus())
    for refused in (one_corpus, lambda name: check_own(Path(name))):
        with pytest.raises(UsageError):
            refused("none")


@pytest.mark.parametrize(
    ("text", "name", "weight"),
    [
        ("a.wav", "a.wav", 1.0),
        ("a.wav:0.5", "a.wav", 0.5),
        ("C:/music/a.wav", "C:/music/a.wav", 1.0),
        ("take: two.wav", "take: two.wav", 1.0),
        ("take: two.wav:0.25", "take: two.wav", 0.25),
    ],
)
def test_a_colon_is_a_weight_only_before_a_number(text: str, name: str, weight: float) -> None:
    assert split_weight(text, default=1.0) == (name, weight)


def test_a_file_whose_name_ends_like_a_weight_is_that_file(tmp_path: Path) -> None:
    path = tmp_path / "take:2"
    path.write_bytes(b"")
    assert split_weight(str(path), default=1.0) == (str(path), 1.0)


def test_the_embedding_that_ships_fits_the_content() -> None:
    embedding = shipped_embedding()
    places = embedding.of(shipped_corpus().content)
    assert places.shape == (len(shipped_corpus()), 16)
    far = embedding.of(embedding.content.mean + 1e6 * embedding.content.scale)
    assert np.abs(far).max() < 100.0  # what is odd is held
