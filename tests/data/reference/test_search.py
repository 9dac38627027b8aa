from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from glassmaster.data.reference import search
from glassmaster.data.reference.search import (
    EXACT_TRACKS,
    Nearest,
    TrackIndex,
    exact_nearest,
    nearest,
)
from glassmaster.models.errors import CatalogueError

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

DIMENSION = 16
TRACKS = 20_000

# Small whole numbers: distances without rounding, and many ties.
points = st.integers(0, 40).flatmap(
    lambda tracks: st.tuples(
        arrays(np.float32, (tracks, 3), elements=st.integers(-3, 3).map(float)),
        arrays(np.float32, 3, elements=st.integers(-3, 3).map(float)),
        st.none() | arrays(np.bool_, tracks),
    )
)


def brute_force(embeddings: Floats, query: Floats, count: int, allowed: Mask | None) -> list[int]:
    def squared(place: int) -> float:
        pairs = zip(embeddings[place], query, strict=True)
        return sum((float(a) - float(b)) ** 2 for a, b in pairs)

    places = [place for place in range(len(embeddings)) if allowed is None or allowed[place]]
    return sorted(places, key=lambda place: (squared(place), place))[:count]


def overlap(found: Nearest, expected: Nearest) -> float:
    return len(set(found.indices) & set(expected.indices)) / len(expected.indices)


@pytest.fixture(scope="module")
def embeddings() -> Floats:
    rng = np.random.default_rng(0)
    centers = rng.standard_normal((200, DIMENSION))
    drawn = centers[rng.integers(0, 200, TRACKS)] + 0.4 * rng.standard_normal((TRACKS, DIMENSION))
    return drawn.astype(np.float32)


@pytest.fixture(scope="module")
def queries(embeddings: Floats) -> Floats:
    rng = np.random.default_rng(1)
    drawn = embeddings[:100] + 0.4 * rng.standard_normal((100, DIMENSION))
    return drawn.astype(np.float32)


@pytest.fixture(scope="module")
def index(embeddings: Floats) -> TrackIndex:
    pytest.importorskip("usearch")
    return TrackIndex.build(embeddings)


@pytest.fixture
def path(tmp_path: Path, index: TrackIndex) -> Path:
    path = tmp_path / "tracks.index"
    index.save(path)
    return path


@given(points, st.integers(0, 50))
def test_exact_is_a_sort_of_everything(
    drawn: tuple[Floats, Floats, Mask | None], count: int
) -> None:
    embeddings, query, allowed = drawn
    found = exact_nearest(embeddings, query, count, allowed)
    expected = brute_force(embeddings, query, count, allowed)
    assert found.indices.tolist() == expected
    assert found.indices.dtype == np.int64
    apart = np.linalg.norm(embeddings[expected].astype(np.float64) - query, axis=1)
    np.testing.assert_allclose(found.distances, apart, rtol=1e-12)


@given(st.integers(0, 2**32 - 1), st.floats(1e-3, 1e3), st.integers(1, 20))
def test_exact_is_not_led_astray_by_rounding(seed: int, offset: float, count: int) -> None:
    rng = np.random.default_rng(seed)
    embeddings = (offset + 1e-5 * rng.standard_normal((60, 4))).astype(np.float32)
    query = rng.permuted(embeddings[:4].ravel())[:4]
    found = exact_nearest(embeddings, query, count)
    assert found.indices.tolist() == brute_force(embeddings, query, count, None)


def test_ties_go_to_the_first() -> None:
    embeddings = np.ones((40_000, DIMENSION), np.float32)
    found = exact_nearest(embeddings, embeddings[0], 5)
    assert found.indices.tolist() == [0, 1, 2, 3, 4]
    assert found.distances.tolist() == [0.0] * 5


def test_far_and_near_blocks_are_all_searched(embeddings: Floats, queries: Floats) -> None:
    many = np.tile(embeddings, (3, 1))
    many[-1] = queries[0]
    found = exact_nearest(many, queries[0], 2)
    assert found.indices[0] == len(many) - 1
    assert found.indices[1] == exact_nearest(embeddings, queries[0], 1).indices[0]


def test_the_index_finds_nearly_all(embeddings: Floats, queries: Floats, index: TrackIndex) -> None:
    for given_embeddings in (None, embeddings):
        recalls = []
        for query in queries:
            found = index.nearest(query, 16, embeddings=given_embeddings)
            assert len(found.indices) == 16
            assert (np.diff(found.distances) >= 0.0).all()
            apart = np.linalg.norm(embeddings[found.indices] - query, axis=1)
            np.testing.assert_allclose(found.distances, apart, rtol=1e-4)
            recalls.append(overlap(found, exact_nearest(embeddings, query, 16)))
        assert np.mean(recalls) >= 0.95


@pytest.mark.parametrize("share", [0.5, 0.02])
def test_the_index_finds_allowed_tracks_only(
    embeddings: Floats, queries: Floats, index: TrackIndex, share: float
) -> None:
    allowed = np.random.default_rng(2).random(TRACKS) < share
    recalls = []
    for query in queries[:30]:
        found = index.nearest(query, 16, allowed)
        assert len(found.indices) == 16
        assert allowed[found.indices].all()
        recalls.append(overlap(found, exact_nearest(embeddings, query, 16, allowed)))
    assert np.mean(recalls) >= 0.95


def test_what_is_allowed_may_all_be_far(
    embeddings: Floats, queries: Floats, index: TrackIndex
) -> None:
    apart = np.linalg.norm(embeddings - queries[0], axis=1)
    allowed = apart > np.quantile(apart, 0.7)
    expected = exact_nearest(embeddings, queries[0], 16, allowed)
    found = index.nearest(queries[0], 16, allowed, embeddings)
    np.testing.assert_array_equal(found.indices, expected.indices)
    np.testing.assert_array_equal(found.distances, expected.distances)
    assert overlap(index.nearest(queries[0], 16, allowed), expected) >= 0.75


def test_the_index_finds_as_many_as_there_are(
    embeddings: Floats, queries: Floats, index: TrackIndex
) -> None:
    allowed = np.zeros(TRACKS, np.bool_)
    allowed[[7, 19_999]] = True
    for mask, count in ((~np.ones(TRACKS, np.bool_), 0), (allowed, 2)):
        found = index.nearest(queries[0], 16, mask, embeddings)
        expected = exact_nearest(embeddings, queries[0], 16, mask)
        assert len(found.indices) == count
        np.testing.assert_array_equal(found.indices, expected.indices)
    assert len(index.nearest(queries[0], TRACKS + 5, embeddings=embeddings).indices) == TRACKS


def test_a_large_corpus_asks_its_index(
    embeddings: Floats, queries: Floats, index: TrackIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    exactly = exact_nearest(embeddings, queries[0], 16)
    assert nearest(embeddings, queries[0], 16, index=index).indices.tolist() == (
        exactly.indices.tolist()
    )
    asked: list[int] = []
    whole = TrackIndex.nearest

    def noted(self: TrackIndex, query: Floats, count: int, *rest: object) -> Nearest:
        asked.append(count)
        return whole(self, query, count, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(TrackIndex, "nearest", noted)
    monkeypatch.setattr(search, "EXACT_TRACKS", 1000)
    found = nearest(embeddings, queries[0], 16, index=index)
    few = np.arange(TRACKS) < 1000
    assert asked == [16]
    assert overlap(found, exactly) >= 0.75
    np.testing.assert_array_equal(
        nearest(embeddings, queries[0], 16, few, index).indices,
        exact_nearest(embeddings, queries[0], 16, few).indices,
    )
    assert nearest(embeddings, queries[0], 16).indices.tolist() == exactly.indices.tolist()
    assert asked == [16]
    assert EXACT_TRACKS == 100_000


def test_an_index_comes_back(queries: Floats, index: TrackIndex, path: Path) -> None:
    loaded = TrackIndex.load(path, TRACKS, DIMENSION)
    again = path.with_name("again.index")
    loaded.save(again)
    assert again.read_bytes() == path.read_bytes()
    path.unlink()  # it stays open
    for query in queries[:20]:
        found, expected = loaded.nearest(query, 16), index.nearest(query, 16)
        np.testing.assert_array_equal(found.indices, expected.indices)
        np.testing.assert_array_equal(found.distances, expected.distances)


def test_the_same_embeddings_give_the_same_file(
    embeddings: Floats, index: TrackIndex, tmp_path: Path
) -> None:
    pair = [tmp_path / "a.index", tmp_path / "b.index"]
    for path in pair:
        TrackIndex.build(embeddings[:2000]).save(path)
    assert pair[0].read_bytes() == pair[1].read_bytes()
    assert [each.name for each in sorted(tmp_path.iterdir())] == ["a.index", "b.index"]


@pytest.mark.parametrize("tracks", [0, 1, 2])
def test_few_tracks_are_indexed_too(tmp_path: Path, tracks: int) -> None:
    pytest.importorskip("usearch")
    embeddings = np.eye(3, dtype=np.float32)[:tracks]
    TrackIndex.build(embeddings).save(tmp_path / "few.index")
    index = TrackIndex.load(tmp_path / "few.index", tracks, 3)
    for rows in (None, embeddings):
        found = index.nearest(np.array([0.9, 0.1, 0.0], np.float32), 16, embeddings=rows)
        assert found.indices.tolist() == list(range(tracks))


def test_a_damaged_file_is_refused(path: Path) -> None:
    whole = path.read_bytes()
    for place in (20, 33, 41, 64, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(CatalogueError, match=r"damaged.*again") as caught:
            TrackIndex.load(path, TRACKS, DIMENSION)
        assert caught.value.code == "index_damaged"
        assert caught.value.path == str(path)
    for body in (whole[:-1], whole[:1000], whole[:64], whole + b"\0"):
        path.write_bytes(body)
        with pytest.raises(CatalogueError) as caught:
            TrackIndex.load(path, TRACKS, DIMENSION)
        assert caught.value.code == "index_damaged"


def test_what_is_no_index_is_refused(path: Path) -> None:
    whole = path.read_bytes()
    for body in (b"", whole[:63], b"RIFF" + whole[4:], whole[:15] + b"\7" + whole[16:]):
        path.write_bytes(body)
        with pytest.raises(CatalogueError, match="build it again") as caught:
            TrackIndex.load(path, TRACKS, DIMENSION)
        assert caught.value.code == "no_index"
    with pytest.raises(CatalogueError, match="cannot be read") as caught:
        TrackIndex.load(path.with_name("missing.index"), TRACKS, DIMENSION)
    assert caught.value.code == "no_index"


@pytest.mark.parametrize(("tracks", "dimension"), [(TRACKS + 1, 16), (TRACKS, 15), (0, 16)])
def test_an_index_of_another_size_is_refused(path: Path, tracks: int, dimension: int) -> None:
    with pytest.raises(CatalogueError, match="20000 tracks of 16 numbers, not") as caught:
        TrackIndex.load(path, tracks, dimension)
    assert caught.value.code == "index_size"
    assert "\n" not in caught.value.message


def test_shapes_that_do_not_match_are_refused(
    embeddings: Floats, queries: Floats, index: TrackIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "EXACT_TRACKS", 10)
    calls = (
        lambda: exact_nearest(embeddings, queries[0, :15], 16),
        lambda: exact_nearest(embeddings, queries[0, :1], 16),
        lambda: exact_nearest(embeddings, queries[0], 16, np.ones(5, np.bool_)),
        lambda: index.nearest(queries[0, :15], 16),
        lambda: index.nearest(queries[0], 16, np.ones(TRACKS + 1, np.bool_)),
    )
    for call in calls:
        with pytest.raises(CatalogueError) as caught:
            call()
        assert caught.value.code == "embedding_shape"
    with pytest.raises(CatalogueError, match="build it again") as caught:
        nearest(embeddings[:-1], queries[0], 16, index=index)
    assert caught.value.code == "index_size"


def test_a_missing_library_is_named(embeddings: Floats, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str) -> ModuleType:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(importlib, "import_module", refuse)
    with pytest.raises(CatalogueError, match=r"pip install glassmaster\[large\]") as caught:
        TrackIndex.build(embeddings)
    assert caught.value.code == "no_usearch"
